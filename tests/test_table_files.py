"""Tables as people have them: one small file of each kind, and what comes of it.

Nothing is trained: `--explain-table` reads and chooses rows and columns as a run does.
"""

import datetime
import decimal
import gzip

import numpy as np
import pytest

from paris_core import cli
from paris_core.tables import TableError, read_table

pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
pa = pytest.importorskip("pyarrow", reason="pyarrow (the extra `cli`) is not installed")
pytest.importorskip("clevercsv", reason="CleverCSV (the extra `cli`) is not installed")

X = [1.5, 2.25, 1000.5, -3.0, 0.125, 7.0, 12.5, 8.0]
Y = [10.0, 20.5, 30.0, 41.0, 50.0, 60.0, 70.25, 80.0]
NAMES = ["ab", "cd", "ab", "cd", "ab", "cd", "ab", "cd"]


def lines(sep=",", decimal=".", header="x{0}y{0}name", quote=""):
    """Eight rows of two numbers and a name."""

    def number(value):
        return f"{quote}{value}{quote}".replace(".", decimal)

    rows = [
        f"{number(x)}{sep}{number(y)}{sep}{name}" for x, y, name in zip(X, Y, NAMES, strict=True)
    ]
    return ([header.format(sep)] if header else []) + rows


def text(rows, end="\n"):
    return end.join([*rows, ""])


@pytest.fixture
def file(tmp_path):
    """Write bytes, text, lines or a pyarrow table to a file; return its path."""

    def write(content, name="t.csv"):
        path = tmp_path / name
        if isinstance(content, pa.Table):
            import pyarrow.parquet as pq

            path = path.with_suffix(".parquet")
            pq.write_table(content, path)
            return path
        if isinstance(content, list):
            content = text(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def explain(capsys, tmp_path, monkeypatch):
    """Exit code, output and messages of `paris COMMAND FILE ... --explain-table`."""
    monkeypatch.chdir(tmp_path)

    def run(path, *options, target="y", command="prune"):
        code = cli.main([command, path.name, "--target", target, "--explain-table", *options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def ragged(extra):
    rows = lines()
    rows[4] += extra
    return rows


KINDS = {
    "commas": text(lines()),
    "semicolons": text(lines(";")),
    "tabs": text(lines("\t")),
    "bars": text(lines("|")),
    "spaces": text(lines(" ")),
    "aligned by spaces": text([f"  {line.replace(' ', '    ')} " for line in lines(" ")]),
    "decimal commas": text(lines(";", ",")),
    "decimal commas and tabs": text(lines("\t", ",")),
    "quoted decimal commas": text(lines(",", ",", quote='"')),
    "quoted": text(lines(";", quote='"')),
    "single quotes": text(lines(quote="'")),
    "carriage returns": text(lines(), "\r\n"),
    "only carriage returns": text(lines(), "\r"),
    "no end of the last line": text(lines())[:-1],
    "a byte order mark": b"\xef\xbb\xbf" + text(lines()).encode(),
    "UTF-16": text(lines()).encode("utf-16"),
    "UTF-16, big-endian": "\ufeff".encode("utf-16-be") + text(lines()).encode("utf-16-be"),
    "UTF-16 without a mark": text(lines()).encode("utf-16-le"),
    "UTF-32": text(lines()).encode("utf-32"),
    "comments above": text(["# by hand; 2020, in May", "# x in m", *lines()]),
    "percent comments": text(["% by hand", *lines()]),
    "comments within": text([*lines()[:4], "# the next are doubtful", *lines()[4:]]),
    "blank lines": text(["", *lines()[:3], "", "  ", *lines()[3:], "", ""]),
    "a title": text(["Measured at sea", *lines()]),
    "the header in a comment": text(["# x,y,name", *lines(header="")]),
    "what Excel writes first": text(["sep=;", *lines(";")]),
    "a delimiter at the end": text([f"{line};" for line in lines(";")]),
    "spaces behind commas": text([line.replace(",", ", ") for line in lines()]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_values_however_they_are_written(file, kind):
    frame = read_table(file(KINDS[kind])).to_frame(names=["x", "y", "name"])
    assert frame["x"].tolist() == X
    assert frame["y"].tolist() == Y
    assert frame["name"].tolist() == NAMES


def test_packed_and_other_suffixes(file):
    for name, content in (
        ("t.csv.gz", gzip.compress(text(lines()).encode())),
        ("t.tsv", text(lines("\t"))),
        ("t.TXT", text(lines(";"))),
    ):
        assert read_table(file(content, name)).to_frame()["x"].tolist() == X


def test_latin_1_is_read_and_said(file, explain):
    rows = [line.replace("ab", "Zürich") for line in lines()]
    path = file(text(rows).encode("latin-1"))
    assert read_table(path).to_frame()["name"][0] == "Zürich"
    assert explain(path)[2].startswith("paris prune: t.csv is read as Windows-1252, as it is not U")
    other = file(text([line.replace("ab", "Łódź") for line in lines()]).encode("cp1250"))
    assert read_table(other, encoding="cp1250").to_frame()["name"][0] == "Łódź"


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,234.5", "999.25", "12,000,000.0"], [1234.5, 999.25, 12e6]),
        (["1.234,5", "999,25", "12.000.000"], [1234.5, 999.25, 12e6]),
        (["1'234.5", "999.25", "12'000'000"], [1234.5, 999.25, 12e6]),
        (["1\u202f234,5", "999,25", "0,5"], [1234.5, 999.25, 0.5]),
        (["1.234", "0.5", "+3e2"], [1.234, 0.5, 300.0]),
        (["\u22121.5", "-0.5", "\u22122"], [-1.5, -0.5, -2.0]),
        (["1,234", "0,125", "3,5e2"], [1.234, 0.125, 350.0]),
    ],
)
def test_thousands_marks(file, cells, values):
    table = read_table(file(["x;y", *(f"{cell};{k}5" for k, cell in enumerate(cells))]))
    assert table.to_frame()["x"].tolist() == values


def test_a_mark_that_may_be_either_is_asked_about(file, explain):
    path = file(["x,y", *(f'"{k},234",{k}.5' for k in range(1, 9))])
    assert explain(path)[0] == 0  # y has decimal points
    assert read_table(path).to_frame()["x"][0] == 1234.0
    path = file(["x;y", *(f"{k},234;{k}1" for k in range(1, 9))])
    code, _, said = explain(path)
    assert code == 2
    assert "column 'x': '1,234' in row 0 (line 2): it cannot be told what is the decimal" in said
    dots = file(["x,y", *(f"{k}.5,{k}" for k in range(3, 12))], "dots.csv")
    code, _, said = explain(dots, "--decimal=,")
    assert code == 2
    assert "column 'x': '3.5' in row 0 (line 2) is no number with the decimal mark ','" in said
    for mark, value in ((",", 1.234), (".", 1234.0)):
        assert read_table(path, decimal=mark).to_frame()["x"][0] == value
        assert explain(path, f"--decimal={mark}")[0] == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ragged(",more"), "line 5 has 4 cells, the header 3: '-3.0,41.0,cd,more'; mend or delete"),
        ([*lines()[:4], "8.0", *lines()[4:]], "line 5 has 1 cell, the header 3: '8.0'"),
        ([*lines(), "8 rows"], "line 10 has 1 cell, the header 3: '8 rows'"),
        (["a,b,a,y,y", *["1,2,3,4,4"] * 5], "two columns are named 'a', the 1st and the 3rd"),
        (["1,2,2,3.5", "5,6,7,8.5", "1,3,7,9.5"], "the first line seems to hold values, such as"),
        (lines(header="")[:1] * 5, "has no column 'y'; its first line seems to hold values (1.5"),
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("# nothing\n", "no line of it holds a row"),
        ("x,y\n", "no rows"),
        (b"x,y\n1,2\n3,\x00\n5,6\n", "line 3 holds a byte that is 0: it is no text"),
        (b"\x81\x8d" * 30, "it is neither UTF-8 nor Windows-1252; say --encoding"),
        (["xy", "1", "2", "3"], "has no column 'y'"),
        (["x y;z", *["1;2"] * 5], "has no column 'y'; it has x y, z"),
    ],
)
def test_what_cannot_be_right_is_one_line(file, explain, content, said):
    code, _, err = explain(file(content))
    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["a\nb" * 20, *"2345678"], "column 'x' holds numbers, but 'a\\nba"),
        (["?", *"2345678"], "column 'x' holds numbers, but '?' in row 0 (line 2); say --na='?'"),
        ([*"123", "n/k", *"5678"], "'n/k' in row 3 (line 5); say --na=n/k if it is a missing"),
        ([*"12", "-", "-", *"5678"], "'-' in row 2 (line 4) (2 such cells: '-'); say --na=-"),
        ([f"{k}.5" for k in range(7)] + ["1,5"], "'1,5' in row 7 (line 9)"),
    ],
)
def test_a_cell_that_is_no_number(file, explain, column, said):
    path = file(["x;y", *(f'"{cell}";{k}.5' for k, cell in enumerate(column))])
    code, out, err = explain(path)
    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1
    assert "!" in out
    word = next(cell for cell in column if not cell[0].isdigit() or "," in cell)
    missing = [cell == word for cell in column]
    assert read_table(path, na=[word]).to_frame()["x"].isna().tolist() == missing
    assert explain(path, f"--na={word}")[0] == 0
    assert explain(path, "--category", "x")[0] == 0
    assert explain(path, "--drop", "x")[0] == 2  # nothing is left


def test_numbers_with_units_are_no_categories(file, explain):
    path = file(["x,y,z", *(f"{k} %,{k}.5,{k % 3}" for k in range(20))])
    code, _, err = explain(path)
    assert code == 2
    assert "column 'x' holds numbers that are not plain, such as '0 %' in row 0 (line 2)" in err
    assert explain(path, "--drop", "x")[0] == 0


def test_codes_with_few_numbers_are_categories_and_it_is_said(file, explain):
    path = file(["x,y,z", *(f"{'ABC'[k % 3] if k % 3 else k},{k}.5,{k % 4}" for k in range(20))])
    code, _out, err = explain(path)
    assert code == 0
    assert (
        "column 'x' is taken for categories: 7 of 20 cells are numbers, but not 'B' in row 1"
        in (err)
    )


@pytest.mark.parametrize(
    ("mark", "values"),
    [
        (-999, [1.5, 2.5, 3.0]),
        (-9999.0, [100.0, 250.0, 300.0]),
        (9999, [100.0, 250.0, 300.0]),
        (999.9, [1.0, 5.0, -20.0]),
        (-200, [1.0, 1479.0, 300.0]),
        (-99, [0.0, 1e6, 5e5]),
        (1e20, [1.0, 5.0, 8.0]),
        (9.969209968386869e36, [1.0, 5.0, 8.0]),
    ],
)
def test_marks_of_instruments(file, explain, mark, values):
    column = [*values * 4, mark, mark, mark]
    path = file(["x,y,z", *(f"{cell},{k}.5,{k % 4}" for k, cell in enumerate(column))])
    code, _, err = explain(path)
    assert code == 2
    assert "stands in 3 rows, the first of them row 12 (line 14); say --na=" in err
    said = err.partition("say --na=")[2].split()[0]
    assert float(said) == float(mark)
    assert read_table(path, na=[said]).to_frame()["x"].isna().sum() == 3
    assert explain(path, f"--na={said}")[0] == 0
    assert read_table(path, na=[]).to_frame()["x"].max() == max(column)
    assert explain(path, "--na")[0] == 0
    assert "target 'x'" not in err
    assert explain(path, target="x")[0] == 2  # of the target, too


@pytest.mark.parametrize(
    "values",
    [[*range(100), 99, 99], [-1.0, 5.0, 3.0] * 5, [0.0, 0.0, 0.0, 99.0], [1.0, 2.0, -999.0, 5.0]],
    ids=["ages", "minus one", "few", "once"],
)
def test_extremes_that_are_values(file, values):
    assert read_table(file(["x,y", *(f"{x},5" for x in values)])).column("x").problem is None


@pytest.mark.parametrize("word", ["None", "NA", "N/A", "none"])
def test_a_class_may_be_called_so(file, explain, word):
    path = file(["x,kind", *(f"{k}.5,{(word, 'storm', 'calm')[k % 3]}" for k in range(30))])
    code, _out, err = explain(path, target="kind")
    assert code == 0
    assert f"target 'kind': '{word}', in 10 rows, is taken for a class (--na {word} if it" in err
    assert "left out" not in err
    err = explain(path, "--na", word, target="kind")[2]
    assert "10 rows are left out, without 'kind', the first row 0 (line 2)" in err


def test_the_same_words_are_missing_among_numbers(file):
    cells = ["1.5", "NA", "None", "n/a", "nan", "NULL", "", "2.5", "3", "4", "5", "6"]
    values = read_table(file(["x,y", *(f"{cell},1" for cell in cells)])).to_frame()["x"]
    assert values.isna().tolist() == [False, *[True] * 6, *[False] * 5]


def test_classes_are_called_alike_in_both_files(file, explain):
    """A missing label makes 0 and 1 what others read as 0.0 and 1.0."""
    rows = [f"{k}.5,{k % 2}" for k in range(20)]
    train = file(["x,y", *rows, "30.5,"])
    for name, val in (
        ("a.csv", ["x,y", "3.25,0", "4.25,1", "5.25,"]),
        ("b.csv", ["x,y", "3.25,0.0", "4.25,1.0", "5.25,1.0"]),
        ("c.csv", ["x,y", "3.25,0", "4.25,0", "5.25,0"]),
    ):
        file(val, name)
        assert explain(train, "--val", name, "--classify")[0] == 0
    file(["x,y", "3.25,0", "4.25,2"], "d.csv")
    code, _, err = explain(train, "--val", "d.csv", "--classify")
    assert code == 2
    assert "d.csv: class '2' of target 'y', in row 1 (line 3), is not in the training table" in err


def test_columns_that_number_the_rows_are_no_inputs(file, explain):
    for header, rows in (
        (",x,y", [f"{k},{k % 5}.5,{k}.25" for k in range(12)]),
        ("Unnamed: 0,x,y", [f"{3 * k + 2},{k % 5}.5,{k}.25" for k in range(12)]),
        ("n,x,y", [f"{k + 1},{k % 5}.5,{k}.25" for k in range(12)]),
    ):
        path = file([header, *rows])
        code, out, err = explain(path)
        assert code == 0
        assert "number" in err or "counts the rows" in err
        assert [line.split()[0] for line in out.splitlines() if " input " in line] == ["x"]


def test_an_input_that_is_the_target(file, explain):
    path = file(["x,y,y.1", *(f"{k % 5}.5,{k}.25,{k}.25" for k in range(12))])
    code, _, err = explain(path)
    assert code == 2
    assert (
        "column 'y.1' equals target 'y' in every row, 0.25 in row 0 (line 2); say --drop y.1"
        in (err)
    )
    assert explain(path, "--drop", "y.1")[0] == 0
    path = file(["x,y,copy", *(f"{k}.5,{'ab'[k % 2]},{'ab'[k % 2]}" for k in range(12))])
    code, _, err = explain(path)
    assert code == 2
    assert "column 'copy' equals target 'y' in every row, 'a' in row 0 (line 2)" in err


def test_groups_without_a_name_are_refused(file, explain):
    path = file(["site,x,y", *(f"{'' if k == 3 else f'0{k % 4}'},{k}.5,{k}.25" for k in range(12))])
    code, _, err = explain(path, "--group-column", "site")
    assert code == 2
    assert "1 row has no group in 'site', the first of them row 3 (line 5)" in err


def test_validation_rows_that_are_training_rows(file, explain):
    rows = [f"{k % 7}.5,{k}.25" for k in range(40)]
    train = file(["x,y", *rows])
    file(["x,y", *rows[10:30]], "val.csv")
    for command in ("prune", "audit", "compare"):
        code, _, err = explain(train, "--val", "val.csv", command=command)
        assert code == 2
        assert (
            "val.csv: 20 of 20 rows are in t.csv as well, inputs and target; the first of " in err
        )
        assert "row 0 (line 2), there row 10 (line 12)" in err
    file(["x,y", *(f"{k % 7}.75,{k}.75" for k in range(40)), rows[3]], "val.csv")
    code, _, err = explain(train, "--val", "val.csv")
    assert code == 0
    assert "1 of 41 rows are in t.csv as well" in err


DATES = [datetime.datetime(2020, 1, 5, 6) + datetime.timedelta(days=37 * k) for k in range(12)]
FORMATS = {
    "ISO": "%Y-%m-%d %H:%M",
    "ISO with T and zone": "%Y-%m-%dT%H:%M:%SZ",
    "slashes, year first": "%Y/%m/%d %H:%M",
    "day first": "%d/%m/%Y %H:%M",
    "day first, points": "%d.%m.%Y %H:%M:%S",
    "day first, two digits": "%d.%m.%y %H:%M",
    "month first": "%m/%d/%Y %H:%M",
    "twelve hours": "%m/%d/%Y %I:%M %p",
    "names": "%b %d %Y %H:%M",
    "names, day first": "%d-%b-%Y %H:%M",
}


@pytest.mark.parametrize("name", FORMATS)
def test_dates(file, explain, name):
    order = np.random.default_rng(0).permutation(12)
    rows = [f"{DATES[k].strftime(FORMATS[name])},{k % 5}.5,{k}.25" for k in order]
    path = file(["t,x,y", *rows])
    frame = read_table(path).to_frame()
    assert frame["t"].dt.tz_localize(None).tolist() == [DATES[k] for k in order]
    code, _out, err = explain(path)
    assert code == 0
    assert "column 't' holds dates and is no input (see --time-column)" in err
    assert explain(path, "--time-column", "t")[0] == 0
    assert (
        read_table(path, date_format=FORMATS[name]).to_frame()["t"].tolist() == frame["t"].tolist()
    )


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (["03/04/2020", "05/06/2020", "01/02/2020"], "'03/04/2020' in row 0 (line 2) may have the"),
        (["03/04/2020", "13/06/2020", "01/22/2020"], "'13/06/2020' in row 1 (line 3) has the day "),
        (["2020-01-03", "2020-13-45", "2020-02-01"], "got '2020-13-45' in row 1 (line 3)"),
        (["2023-02-28", "2023-02-29", "2023-03-01"], "got '2023-02-29' in row 1 (line 3)"),
        (["2020-01-03", "2020-01-04", "soon"], "got 'soon' in row 2 (line 4)"),
        (["2020-01-03 05:00", "2020-01-03 25:00", "2020-01-04"], "got '2020-01-03 25:00' in row 1"),
    ],
)
def test_dates_that_cannot_be_sorted_by(file, explain, dates, said):
    path = file(["t,x,y", *(f"{date},{k}.5,{k % 5}.25" for k, date in enumerate(dates * 2))])
    code, _, err = explain(path, "--time-column", "t")
    assert code == 2
    assert said in err


def test_a_date_format_that_decides(file):
    path = file(["t,x", "03/04/2020,1", "05/06/2020,2"])
    for form, month in (("%d/%m/%Y", 4), ("%m/%d/%Y", 3)):
        assert read_table(path, date_format=form).to_frame()["t"][0].month == month
    path = file(["t,x", "03042020,1", "05062020,2"])
    assert read_table(path, date_format="%d%m%Y").to_frame()["t"][1].month == 6


PARQUET = {
    "decimal": (pa.array([decimal.Decimal("11.37"), decimal.Decimal("-2.1"), None]), [11.37, -2.1]),
    "float32": (pa.array([1.5, -2.25, None], pa.float32()), [1.5, -2.25]),
    "int64": (pa.array([7, -2, None], pa.int64()), [7.0, -2.0]),
    "uint8": (pa.array([7, 2, None], pa.uint8()), [7.0, 2.0]),
    "text": (pa.array(["1,5", "-2,25", ""]), [1.5, -2.25]),
}


@pytest.mark.parametrize("kind", PARQUET)
def test_parquet_numbers(file, explain, kind):
    values, wanted = PARQUET[kind]
    whole = pa.concat_arrays([values] * 8)
    table = pa.table({"x": whole, "y": pa.array([k * 1.5 for k in range(24)])})
    path = file(table)
    read = read_table(path).to_frame()["x"]
    assert read[:2].tolist() == wanted
    assert np.isnan(read[2])
    assert explain(path)[0] == 0
    assert explain(path, target="x")[0] == 0


def test_parquet_columns_that_are_no_numbers(file, explain):
    n = 24
    moments = [datetime.datetime(2020, 1, 1, k, tzinfo=datetime.timezone.utc) for k in range(n)]
    table = pa.table(
        {
            "list": pa.array([[1, 2]] * n),
            "struct": pa.array([{"a": 1}] * n),
            "bytes": pa.array([b"\xff"] * n),
            "code": pa.array(["3", "4"] * (n // 2)).dictionary_encode(),
            "word": pa.array(["b", None] * (n // 2)).dictionary_encode(),
            "flag": pa.array([True, False] * (n // 2)),
            "when": pa.array(moments, pa.timestamp("ns", "Europe/Berlin")),
            "day": pa.array([datetime.date(2020, 1, 1 + k) for k in range(n)]),
            "none": pa.nulls(n),
            "x": pa.array([k % 7 + 0.5 for k in range(n)]),
            "y": pa.array([k * 1.5 for k in range(n)]),
        }
    )
    path = file(table)
    code, out, err = explain(path)
    assert code == 0
    inputs = [line.split()[0] for line in out.splitlines() if " input " in line]
    assert inputs == ["code", "word", "flag", "x"]
    assert "column 'list' holds list<" in err
    assert "column 'when' holds dates and is no input" in err
    frame = read_table(path).to_frame()
    assert frame["code"].tolist()[:2] == ["3", "4"]
    assert frame["flag"].tolist()[:2] == ["True", "False"]
    assert frame["when"][5] == pd.Timestamp("2020-01-01 05:00", tz="UTC")
    assert explain(path, "--time-column", "when", "--group-column", "code")[0] == 0
    code, _, err = explain(path, target="list")
    assert code == 2
    assert "column 'list' holds list<" in err


@pytest.mark.parametrize("kind", ["Float64", "Int64", "string", "category", "boolean", "arrow"])
def test_parquet_of_pandas_types(file, tmp_path, kind):
    frame = pd.DataFrame({"a": [1, None, 2] * 4, "y": range(12)})
    types = {"arrow": "double[pyarrow]", "category": "category", "string": "string"}
    column = pd.Series([1, 0, None] * 4, dtype="Float64")
    if kind == "boolean":
        column = column.astype("boolean")
    else:
        column = column.astype("Int64").astype(types.get(kind, kind))
    frame["a"] = column
    frame.to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet").to_frame()["a"]
    wanted = {"category": ["1", "0"], "boolean": ["True", "False"]}.get(kind, [1.0, 0.0])
    assert read[:2].tolist() == wanted
    assert pd.isna(read[2])


def test_identifiers_beyond_float64_stay_apart(file, explain):
    ids = [2**60, 2**60 + 1]
    table = pa.table(
        {
            "site": pa.array(ids * 6),
            "x": pa.array([k % 5 + 0.5 for k in range(12)]),
            "y": pa.array([k * 1.5 for k in range(12)]),
        }
    )
    for path in (file(table), file(table.to_pandas().to_csv(index=False))):
        labels = read_table(path, categories=["site"]).column("site").labels(np.arange(12))
        assert sorted(set(labels)) == [str(one) for one in ids]


WRITTEN = {
    "plain": text(lines()),
    "quotes and lines in cells": 'x,y,name\n1.50,2.5,"a,\n\n# b"\n"3",  4.0,"say ""no"""\n5,6,\n',
    "decimal commas": text(["# made by hand", "", *lines(";", ",")], "\r\n"),
    "latin-1": text(lines()).replace("ab", "Zürich").encode("latin-1"),
    "UTF-16": text(lines()).encode("utf-16"),
    "a mark": b"\xef\xbb\xbf" + text(lines()).encode(),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_all_rows_written_back_are_the_file(file, tmp_path, kind):
    """Byte for byte, but for blank lines and comments between rows."""
    from paris_core.tables.options import Options
    from paris_core.tables.reading import read
    from paris_core.tables.writing import write_rows

    path = file(WRITTEN[kind])
    table = read("t", path, Options(), keep=True)
    out = tmp_path / "out.csv"
    write_rows(out, table, np.arange(len(table)))
    assert out.read_bytes() == path.read_bytes()
    write_rows(out, table, np.array([2, 0]))
    again = read_table(out)
    assert again.to_frame().to_csv(index=False) == (
        table.to_frame(np.array([2, 0])).to_csv(index=False)
    )
    write_rows(tmp_path / "out.csv.gz", table, np.arange(len(table)))
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()) == path.read_bytes()
    write_rows(tmp_path / "out.parquet", table, np.arange(len(table)))
    assert list(read_table(tmp_path / "out.parquet").names) == table.names


def test_parquet_is_written_back_with_its_types(file, tmp_path):
    import pyarrow.parquet as pq

    from paris_core.tables.options import Options
    from paris_core.tables.reading import read
    from paris_core.tables.writing import write_rows

    table = pa.table(
        {
            "price": pa.array([decimal.Decimal("1.50"), decimal.Decimal("2.25"), None]),
            "tags": pa.array([["a"], [], None]),
            "kind": pa.array(["b", "c", "b"]).dictionary_encode(),
        }
    )
    read_back = read("t", file(table), Options(), keep=True)
    write_rows(tmp_path / "out.parquet", read_back, np.array([2, 0]))
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.schema.equals(table.schema)
    assert found.to_pylist() == table.take([2, 0]).to_pylist()
    write_rows(tmp_path / "out.csv", read_back, np.array([1]))
    assert "price" in (tmp_path / "out.csv").read_text()


def test_what_was_understood_is_told(file, explain):
    path = file(
        ["site;x;y", *(f"{'ab'[k % 2]};{'NA' if k == 3 else k % 5},5;{k}" for k in range(9))]
    )
    code, out, _ = explain(path.rename(path.with_name("t.csv")), "--group-column", "site")
    assert code == 2  # 'NA,5' is no number
    path = file(
        ["site;x;y", *(f"{'ab'[k % 2]};{'NA' if k == 3 else f'{k % 5},5'};{k}" for k in range(9))]
    )
    code, out, _ = explain(path, "--group-column", "site")
    assert code == 0
    assert "cells separated by semicolons" in out
    (line,) = [line for line in out.splitlines() if line.startswith("x ")]
    assert line.split()[1:3] == ["input", "1"]
    assert "with a decimal comma (as in '0,5'); 'NA' for missing values; from 0.5 to 4.5" in line
    assert [line.split()[1] for line in out.splitlines() if line.startswith("y ")] == ["target"]
    assert [line.split()[1] for line in out.splitlines() if line.startswith("site ")] == ["group"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sep": "ab"}, "sep must be one character"),
        ({"decimal": "x"}, "decimal must be . or ,"),
        ({"sep": ",", "decimal": ","}, "sep and decimal are both ','"),
        ({"encoding": "klingon"}, "encoding must be one of Python's"),
        ({"encoding": "base64"}, "encoding must be one of text"),
        ({"encoding": "utf-16"}, "cannot be read"),
        ({"date_format": "%H"}, "date_format must name the year"),
    ],
)
def test_options_that_cannot_be_meant(file, options, said):
    with pytest.raises(TableError, match=said):
        read_table(file("x,y\n1,2\n\u00e4,5\n"), **options)


def test_the_separator_that_is_said(file):
    path = file(["x,y z", "1,2 3", "4,5 6"])
    assert read_table(path, sep=",").names == ["x", "y z"]
    assert read_table(path, sep="space").names == ["x,y", "z"]


def test_a_whole_run_and_its_verification(file, capsys, tmp_path, monkeypatch, few_epochs):
    """Rows are copied line by line, and the record holds how the table was read."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2)).round(3)
    cells = [[f"{a}", f"{b}", f"{np.exp(a):.3f}"] for a, b in x]
    for row in (3, 50):
        cells[row][1] = "?"
    rows = [f'"{k:03}";' + ";".join(row).replace(".", ",") for k, row in enumerate(cells)]
    content = text(["# Zürich", "id;a;b;y", *rows], "\r\n").encode("latin-1")
    file(content, "train.csv")
    argv = ["prune", "train.csv", "--target", "y", "--drop", "id", "--keep", "0.8", "--na=?"]
    argv += ["--tail-quantile", "0.2", "--quiet", "--rounds", "1", "--result", "run.npz"]
    assert cli.main([*argv, "--out", "kept.csv", "--removed", "removed.csv"]) == 0
    kept, removed = (
        (tmp_path / name).read_bytes().decode("latin-1").splitlines(keepends=True)
        for name in ("kept.csv", "removed.csv")
    )
    whole = content.decode("latin-1").splitlines(keepends=True)
    assert kept[:2] == removed[:2] == whole[:2]
    assert len(removed) - 2 == 84 - round(0.8 * 84)
    assert sorted(kept[2:] + removed[2:]) == whole[2:]
    assert kept[2:] == sorted(kept[2:])
    assert cli.main(["verify", "run.npz", "train.csv", "--quiet"]) == 0
    assert "the same 17 rows are removed" in capsys.readouterr().out
