import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from paris_core.datasets import StormSeries, coupling_field, load_omni, make_storms, ring_current

needs_data = pytest.mark.skipif(
    "PARIS_CORE_DATA" not in os.environ, reason="PARIS_CORE_DATA is not set"
)

# The format line of omni2.text, restated here so that the reader's table is checked against it.
FORMAT = (
    "2I4,I3,I5,2I3,2I4,14F6.1,F9.0,F6.1,F6.0,2F6.1,F6.3,F6.2,F9.0,F6.1,F6.0,2F6.1,F6.3,"
    "2F7.2,F6.1,I3,I4,I6,I5,F10.2,5F9.2,I3,I4,2F6.1,2I6,F5.1"
)
# A line as in the earliest files: no solar wind yet (fill values written out), indices only.
FIRST_LINE = (
    "1963   1  0 1771 99 99 999 999 999.9 999.9 999.9 999.9 999.9 999.9 999.9 999.9 999.9 999.9 "
    "999.9 999.9 999.9 999.9 9999999. 999.9 9999. 999.9 999.9 9.999 99.99 9999999. 999.9 9999. "
    "999.9 999.9 9.999 999.99 999.99 999.9  7  33    -6  119 999999.99 99999.99 99999.99 99999.99 "
    "99999.99 99999.99  0   3 999.9 999.9 99999 99999 99.9"
)
WORDS = {
    "bt": (9, 999.9),
    "bx": (13, 999.9),
    "by_gsm": (16, 999.9),
    "bz_gsm": (17, 999.9),
    "temperature": (23, 9999999.0),
    "density": (24, 999.9),
    "speed": (25, 9999.0),
    "pressure": (29, 99.99),
    "kp": (39, 99),
    "sunspot": (40, 999),
    "dst": (41, 99999),
    "ae": (42, 9999),
    "f107": (51, 999.9),
}


def fields():
    """(letter, width, decimals) of every word of FORMAT."""
    for item in FORMAT.split(","):
        letter = "I" if "I" in item else "F"
        count, size = item.split(letter)
        width, _, decimals = size.partition(".")
        for _ in range(int(count or 1)):
            yield letter, int(width), int(decimals or 0)


def dat_line(words):
    """A line of an omni2 file with the given words (by number), every other word 1."""
    text = ""
    for number, (letter, width, decimals) in enumerate(fields(), start=1):
        value = words.get(number, 1)
        if letter == "I":
            cell = f"{value:d}"
        else:
            cell = f"{value:.{decimals}f}" + ("." if decimals == 0 else "")
        assert len(cell) <= width
        text += cell.rjust(width)
    return text


def sample(n=40, seed=3):
    """Random values of every column, about one in five missing (None)."""
    rng = np.random.default_rng(seed)
    low_high_digits = {
        "bt": (0, 60, 1),
        "bx": (-60, 60, 1),
        "by_gsm": (-60, 60, 1),
        "bz_gsm": (-60, 60, 1),
        "temperature": (5000, 900000, 0),
        "density": (0.1, 90, 1),
        "speed": (250, 999, 0),
        "pressure": (0.1, 80, 2),
        "kp": (0, 9, 1),
        "sunspot": (0, 300, 0),
        "dst": (-420, 60, 0),
        "ae": (0, 2000, 0),
        "f107": (60, 300, 1),
    }
    return {
        name: [
            None if rng.random() < 0.2 else round(float(rng.uniform(low, high)), digits)
            for _ in range(n)
        ]
        for name, (low, high, digits) in low_high_digits.items()
    }


def write_dat(path, columns, year=2003, first_day=365):
    lines = []
    for i in range(len(columns["dst"])):
        hours = i
        days = (np.datetime64(f"{year}-01-01") + (first_day - 1) + hours // 24).astype(object)
        words = {1: days.year, 2: days.timetuple().tm_yday, 3: hours % 24}
        for name, (number, fill) in WORDS.items():
            value = columns[name][i]
            if value is None:
                words[number] = fill
            elif name == "kp":
                words[number] = round(10 * value)
            elif name in ("sunspot", "dst", "ae"):
                words[number] = int(value)
            else:
                words[number] = value
        lines.append(dat_line(words))
    path.write_text("\n".join(lines) + "\n")


def write_csv(path, columns, start="2003-12-31T00"):
    names = list(columns)
    lines = [",".join(["time", *names])]
    for i in range(len(columns["dst"])):
        cells = ["" if columns[name][i] is None else str(columns[name][i]) for name in names]
        lines.append(",".join([str(np.datetime64(start, "h") + i), *cells]))
    path.write_text("\n".join(lines) + "\n")


def assert_same(one: StormSeries, other: StormSeries):
    assert one.start == other.start
    for name in ("time", "bz", "speed", "density", "pressure", "dst"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert set(one.extra) == set(other.extra)
    for name in one.extra:
        np.testing.assert_array_equal(one.extra[name], other.extra[name], err_msg=name)


# --- the ring current and the generator ---------------------------------------------------------


def test_ring_current_solves_the_published_equation():
    field = np.abs(np.random.default_rng(0).normal(0.0, 6.0, 60))

    def slope(dst, vbs):
        injection = -4.4 * (vbs - 0.49) if vbs > 0.49 else 0.0
        return injection - dst / (2.40 * np.exp(9.74 / (4.69 + vbs)))

    state, expected, step = -30.0, [], 0.01
    for vbs in field:
        for _ in range(100):  # classical Runge-Kutta
            a = slope(state, vbs)
            b = slope(state + step / 2 * a, vbs)
            c = slope(state + step / 2 * b, vbs)
            d = slope(state + step * c, vbs)
            state += step / 6 * (a + 2 * b + 2 * c + d)
        expected.append(state)
    np.testing.assert_allclose(ring_current(field, initial=-30.0), expected, rtol=1e-8)


def test_ring_current_without_driving_decays_with_the_quiet_lifetime():
    dst_star = ring_current(np.full(50, 0.49), initial=-100.0)
    lifetime = 2.40 * np.exp(9.74 / (4.69 + 0.49))
    np.testing.assert_allclose(dst_star, -100.0 * np.exp(-np.arange(1, 51) / lifetime))


def test_coupling_field_is_zero_for_northward_field_and_keeps_nan():
    np.testing.assert_array_equal(
        coupling_field([400.0, 400.0, np.nan, 400.0], [-5.0, 5.0, -5.0, np.nan]),
        [2.0, 0.0, np.nan, np.nan],
    )


@pytest.mark.parametrize(
    ("vbs", "message"),
    [
        ([1.0, -0.1], "row 1"),
        ([np.nan], "row 0"),
        ([[1.0]], "one-dimensional"),
    ],
    ids=["negative", "nan", "2-D"],
)
def test_ring_current_refuses_bad_fields(vbs, message):
    with pytest.raises(ValueError, match=message):
        ring_current(vbs)


def test_make_storms_dst_is_ring_current_plus_pressure_plus_noise():
    series = make_storms(20_000, random_state=1)
    np.testing.assert_allclose(series.pressure, 2.0e-6 * series.density * series.speed**2)
    dst_star = ring_current(coupling_field(series.speed, series.bz))
    # The first hours remember a Dst* that the series does not show.
    noise = (series.dst - dst_star - 7.26 * np.sqrt(series.pressure) + 11.0)[300:]
    assert abs(noise.mean()) < 1.0
    assert 4.5 < noise.std() < 5.5
    assert np.corrcoef(noise[:-1], noise[1:])[0, 1] == pytest.approx(np.exp(-1 / 6), abs=0.02)


def test_make_storms_tail_over_twenty_years_is_rare_and_deep():
    series = make_storms(175_320, random_state=0)
    share = np.mean(series.dst <= -100.0)
    assert 0.005 <= share <= 0.011
    assert -450.0 < series.dst.min() < -200.0
    assert series.speed.min() > 150.0
    assert series.speed.max() < 1200.0
    assert series.density.min() > 0.0


@pytest.mark.parametrize("seed", range(6))
def test_make_storms_has_a_tail_in_a_few_thousand_hours(seed):
    dst = make_storms(6000, random_state=seed).dst
    assert 0 < np.sum(dst <= -100.0) < 0.04 * dst.size


def test_make_storms_is_reproducible():
    one, two, other = make_storms(500, 7), make_storms(500, 7), make_storms(500, 8)
    assert_same(one, two)
    assert not np.array_equal(one.dst, other.dst)
    assert_same(one, make_storms(500, np.random.default_rng(7)))
    assert make_storms(500).dst.shape == (500,)


@pytest.mark.parametrize("n", [1, 2, 249, 251])
def test_make_storms_short_series_are_complete(n):
    series = make_storms(n, 0)
    assert len(series) == n
    np.testing.assert_array_equal(series.time, np.arange(n))
    for name in ("bz", "speed", "density", "pressure", "dst"):
        assert np.isfinite(getattr(series, name)).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 0), ValueError, "n_hours"),
        ((10.0, 0), TypeError, "n_hours"),
        ((True, 0), TypeError, "n_hours"),
        ((10, 1.5), TypeError, "random_state"),
        ((10, -1), ValueError, "random_state"),
    ],
    ids=["zero", "float", "bool", "float seed", "negative seed"],
)
def test_make_storms_refuses_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        make_storms(*arguments)


def test_series_refuses_columns_of_different_lengths():
    three, two = np.zeros(3), np.zeros(2)
    with pytest.raises(ValueError, match="density"):
        StormSeries(three, three, three, two, three, three)
    with pytest.raises(ValueError, match=r"extra\['kp'\]"):
        StormSeries(three, three, three, three, three, three, extra={"kp": two})


# --- the OMNI reader ----------------------------------------------------------------------------


def test_format_has_55_words_of_327_characters():
    assert len(list(fields())) == 55
    assert sum(width for _, width, _ in fields()) == 327 == len(FIRST_LINE)


def test_dat_line_with_fill_values_written_out(tmp_path):
    file = tmp_path / "omni2_1963.dat"
    file.write_text(FIRST_LINE + "\n")
    series = load_omni(file)
    assert series.start == np.datetime64("1963-01-01T00")
    assert series.dst.tolist() == [-6.0]
    assert {name: column[0] for name, column in series.extra.items() if column[0] > -1} == {
        "kp": 0.7,
        "sunspot": 33.0,
        "ae": 119.0,
    }
    for name in ("bz", "speed", "density", "pressure"):
        assert np.isnan(getattr(series, name)).all()


def test_dat_and_csv_of_the_same_values_agree(tmp_path):
    columns = sample()
    write_dat(tmp_path / "omni2_2003.dat", columns)
    write_csv(tmp_path / "same.csv", columns)
    from_dat, from_csv = load_omni(tmp_path / "omni2_2003.dat"), load_omni(tmp_path / "same.csv")
    assert_same(from_dat, from_csv)
    assert from_dat.start == np.datetime64("2003-12-31T00")
    for name, column in {"bz_gsm": from_dat.bz, "kp": from_dat.extra["kp"]}.items():
        expected = [np.nan if value is None else value for value in columns[name]]
        np.testing.assert_array_equal(column, expected)
        assert 0 < np.isnan(column).sum() < column.size


def test_dat_with_appended_words_and_carriage_returns(tmp_path):
    columns = sample()
    write_dat(tmp_path / "plain.dat", columns)
    lines = (tmp_path / "plain.dat").read_text().splitlines()
    extended = tmp_path / "extended.dat"
    extended.write_bytes("".join(f"{line} 0.008389 0.4000\r\n" for line in lines).encode())
    assert_same(load_omni(extended), load_omni(tmp_path / "plain.dat"))


def test_directory_and_list_of_years_join_in_time_order(tmp_path):
    columns = sample(48)
    early = {name: values[:24] for name, values in columns.items()}
    late = {name: values[24:] for name, values in columns.items()}
    write_dat(tmp_path / "whole.dat", columns)
    write_dat(tmp_path / "omni2_2003.dat", early)
    write_dat(tmp_path / "omni2_2004.dat", late, 2004, 1)
    (tmp_path / "omni_m2003.dat").write_text("another layout\n")
    whole = load_omni(tmp_path / "whole.dat")
    assert_same(load_omni(tmp_path), whole)
    assert_same(load_omni([tmp_path / "omni2_2004.dat", str(tmp_path / "omni2_2003.dat")]), whole)


def test_missing_hours_become_nan_rows(tmp_path):
    file = tmp_path / "gap.csv"
    file.write_text(
        "time,speed,density,pressure,dst,bz_gsm\n"
        "2000-02-29T05,400,5,1.5,-3,-1\n"
        "2000-02-28T23,500,6,2.5,-4,2\n"
    )
    series = load_omni(file)
    assert len(series) == 7
    assert series.start == np.datetime64("2000-02-28T23")
    assert np.isnan(series.dst[1:6]).all()
    assert (series.dst[0], series.dst[6], series.speed[0], series.bz[6]) == (-4, -3, 500, -1)


@pytest.mark.parametrize("name", ["OMNI2_2003.DAT", "a.lst", "a.Txt"])
def test_suffixes_in_capitals_and_others(tmp_path, name):
    write_dat(tmp_path / "a.dat", sample())
    (tmp_path / name).write_bytes((tmp_path / "a.dat").read_bytes())
    assert_same(load_omni(tmp_path / name), load_omni(tmp_path / "a.dat"))


def test_a_slip_in_a_year_makes_no_series_of_decades(tmp_path):
    hours = np.datetime64("2003-10-01T00") + np.arange(200)
    rows = [f"{hour},1,2,3,4,5" for hour in hours]
    rows[150] = rows[150].replace("2003", "2033")
    file = tmp_path / "x.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n")
    with pytest.raises(
        ValueError, match=r"x\.csv, line 152: the hour 2033-10-07T06 is more than a"
    ):
        load_omni(file)
    years = [np.datetime64(f"{year}-10-01T00") + np.arange(60) for year in (1990, 2003)]
    rows = [f"{hour},1,2,3,4,5" for hour in np.concatenate(years)]
    file.write_text(HEADER + "\n".join(rows) + "\n")
    assert len(load_omni(file)) == 13 * 8766 - 6 + 60


def test_gzip_reads_like_the_plain_file(tmp_path):
    columns = sample()
    write_dat(tmp_path / "a.dat", columns)
    write_csv(tmp_path / "a.csv", columns)
    for name in ("a.dat", "a.csv"):
        packed = tmp_path / f"{name}.gz"
        packed.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        assert_same(load_omni(packed), load_omni(tmp_path / name))


HEADER = "time,dst,bz_gsm,speed,density,pressure\n"
ROW = "2000-01-01T00,1,2,3,4,5\n"
GOOD = dat_line({1: 2003, 2: 1, 3: 0})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "", "line 1: the header"),
        ("x.csv", HEADER, "no line of data"),
        ("x.csv", "time,dst\n" + ROW, "line 1: missing columns .*'bz_gsm'"),
        ("x.csv", HEADER.strip() + ",wind\n", r"line 1: unknown columns \['wind'\]"),
        ("x.csv", HEADER.strip() + ",dst\n", "line 1: a column name occurs twice"),
        ("x.csv", HEADER + ROW + "2000-01-01T01,1,2,3\n", "line 3: 4 fields, expected 6"),
        ("x.csv", HEADER + ROW + "2000-01-01T01,1,2,x,4,5\n", "line 3: speed is 'x'"),
        ("x.csv", HEADER + ROW + "2000-01-01T01,1,2,-inf,4,5\n", "line 3: speed is '-inf', exp"),
        ("x.csv", HEADER + ROW + "2000-01-01T01,1e999,2,3,4,5\n", "line 3: dst is '1e999', exp"),
        ("x.csv", HEADER + ROW + "yesterday,1,2,3,4,5\n", "line 3: time is 'yesterday'"),
        ("x.csv", HEADER + ROW + ",1,2,3,4,5\n", "line 3: time is ''"),
        ("x.csv", HEADER + ROW + "20003,1,2,3,4,5\n", "line 3: time is '20003', expected YYYY-MM"),
        ("x.csv", HEADER + ROW + "2000-01-01,1,2,3,4,5\n", "line 3: time is '2000-01-01', exp"),
        ("x.csv", HEADER + ROW + "2000-01-01T01:30,1,2,3,4,5\n", "T01:30', exp.*, whole hours"),
        ("x.csv", HEADER + ROW + "2000-02-30T00,1,2,3,4,5\n", "line 3: .*: no such hour"),
        ("x.csv", HEADER + ROW + "9000-01-01T00,1,2,3,4,5\n", "line 3: .* a year in 1900 to 2099"),
        ("x.csv", HEADER + ROW + ROW, "2000-01-01T00 occurs twice"),
        ("x.csv.gz", HEADER, "not a complete gzip file"),
        ("x.xls", HEADER, "should end in"),
        ("x.lst", HEADER, "characters wide, expected at least 327 .*give it a header, as a .csv"),
        ("x.dat", "\n", "no line of data"),
        ("x.dat", GOOD[:-1] + "\n", "line 1: 326 characters wide, expected at least 327"),
        ("x.dat", GOOD + "\n" + GOOD + " 1\n", "line 2: 329 characters wide, expected 327"),
        ("x.dat", GOOD + "\n" + "2003   1 xx" + GOOD[11:] + "\n", r"line 2: word 3 .*' xx'"),
        ("x.dat", GOOD + "\n" + "2003   1 24" + GOOD[11:] + "\n", "line 2: hour is 24"),
        ("x.dat", "2003 367  0" + GOOD[11:] + "\n", "line 1: day is 367"),
        (
            "x.dat",
            "2003 366  0" + GOOD[11:] + "\n",
            "line 1: day is 366, expected 1 to 365 in 2003",
        ),
        ("x.dat", "2003 365 .5" + GOOD[11:] + "\n", "line 1: hour is 0.5, expected a whole number"),
        ("x.dat", GOOD + "\n" + GOOD[:78] + "   inf" + GOOD[84:] + "\n", r"line 2: word 17 .*inf'"),
        ("x.dat", GOOD + "\n" + GOOD[:78] + "      " + GOOD[84:] + "\n", r"line 2: word 17 "),
    ],
)
def test_broken_files_are_named_with_their_line(tmp_path, name, text, message):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        load_omni(file)
    assert str(file) in str(caught.value)


def test_an_hour_in_two_files_names_both(tmp_path):
    for name in ("a.csv", "b.csv"):
        tmp_path.joinpath(name).write_text(HEADER + ROW)
    with pytest.raises(
        ValueError, match=r"a\.csv and .*b\.csv: the hour 2000-01-01T00 occurs twice"
    ):
        load_omni([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_absent_files_and_wrong_types(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv: no such file"):
        load_omni(tmp_path / "nowhere.csv")
    with pytest.raises(FileNotFoundError, match=r"no omni2_YYYY\.dat file"):
        load_omni(tmp_path)
    with pytest.raises(ValueError, match="empty sequence"):
        load_omni([])
    with pytest.raises(ValueError, match="is a directory"):
        load_omni([tmp_path])
    with pytest.raises(TypeError, match="got int"):
        load_omni(3)
    with pytest.raises(TypeError, match="holds a int"):
        load_omni([3])


@needs_data
def test_real_csv_matches_its_description():
    series = load_omni(Path(os.environ["PARIS_CORE_DATA"], "omni_hourly_1998_2019.csv.gz"))
    assert len(series) == 192_385
    assert series.start == np.datetime64("1998-01-01T00")
    assert not np.isnan(series.dst).any()
    assert [int((series.dst <= bound).sum()) for bound in (-100, -200, -300)] == [1248, 129, 28]
    deepest = int(np.argmin(series.dst))
    assert (series.dst[deepest], series.start + deepest) == (-422, np.datetime64("2003-11-20T20"))
    assert np.isnan(series.speed).mean() == pytest.approx(0.0011, abs=5e-5)
    assert np.isnan(series.density).mean() == pytest.approx(0.0091, abs=5e-5)
    assert set(series.extra) == {
        *("bx", "by_gsm", "bt", "temperature", "f107", "ae", "kp", "sunspot")
    }
