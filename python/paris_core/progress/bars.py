"""Stages as bars of tqdm, in terminals and notebooks."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from .stages import Stage, duration

__all__ = ["Bars"]

_SETTLED = 0.3  # seconds after which a stage gets a bar: no flicker for those that are over by then


class Bars:
    """One bar for the whole, and one below it for the part of it that is being done.

    Parameters
    ----------
    stream : text file
        Where they are drawn.
    """

    #: Seconds between two looks at the stages.
    interval = 0.25

    def __init__(self, stream: TextIO) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about notebooks without widgets: text will do
            from tqdm.auto import tqdm
        self._stream, self._tqdm = stream, tqdm
        self._bars: list[tuple[Stage, Any]] = []

    def draw(self, stages: Sequence[Stage]) -> None:
        """Show what is being done now."""
        settled = [one for one in stages if time.time() - one.began >= _SETTLED]
        shown = [*settled[:1], *settled[1:][-1:]]
        while self._bars and [one for one, _ in self._bars] != shown[: len(self._bars)]:
            self._bars.pop()[1].close()
        for stage in shown[len(self._bars) :]:
            self._bars.append((stage, self._new(stage)))
        for stage, bar in self._bars:
            within = settled[1:-1] if stage is not settled[0] else []
            self._update(bar, stage, within)

    def clear(self) -> None:
        """Take the bars away, for lines in their place."""
        for _, bar in reversed(self._bars):
            bar.clear()

    def close(self) -> None:
        """Take them away for good."""
        while self._bars:
            self._bars.pop()[1].close()

    def _new(self, stage: Stage) -> Any:
        bar = self._tqdm(
            desc=stage.what,
            total=stage.total,
            unit=f" {stage.unit}" if stage.unit else "it",
            file=self._stream,
            leave=False,
            dynamic_ncols=True,
            delay=1e-3,  # so that making it draws nothing yet
        )
        bar.start_t = stage.began
        return bar

    def _update(self, bar: Any, stage: Stage, within: Sequence[Stage]) -> None:
        done = stage.done
        bar.n = done or 0
        bar.bar_format = _counted(stage) if done is not None else "{desc} [{elapsed}]{postfix}"
        what = "; ".join([*(one.text() for one in within), stage.what])
        bar.set_description_str(what, refresh=False)
        bar.set_postfix_str(stage.note, refresh=False)
        bar.refresh()


def _counted(stage: Stage) -> str:
    """How tqdm lays out the bar of a stage that counts."""
    if stage.total is None:
        return "{desc}: {n_fmt}{unit} [{elapsed}]{postfix}"
    most = "at most " * stage.at_most
    left = stage.left(time.time())
    end = "?" if left is None else duration(left)
    return (
        f"{{desc}}: |{{bar}}| {{n_fmt}} of {most}{{total_fmt}}{{unit}} "
        f"[{{elapsed}}, {most}{end} left]{{postfix}}"
    )
