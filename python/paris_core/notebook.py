"""What notebooks show of results: text and tables as HTML, with everything escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

__all__ = ["MOST", "block", "element"]

#: Lines of a table: a notebook keeps all that it has shown.
MOST = 20

_STYLE = "text-align: left; font-variant-numeric: tabular-nums"


def element(tag: str, text: str, css: str = "") -> str:
    """An element that holds text, in a class if `css` names one."""
    named = f' class="{html.escape(css)}"' if css else ""
    return f"<{tag}{named}>{html.escape(text)}</{tag}>"


def block(
    title: str,
    head: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    notes: Sequence[str] = (),
    *,
    more: int = 0,
) -> str:
    """A title, a table, how many `more` rows there are, and notes.

    Everything is text: names that users gave are shown as they are.
    """
    parts = [f"<strong>{html.escape(title)}</strong>"]
    if rows:
        lines = [("th", head), *(("td", row) for row in rows)]
        inner = "\n".join(
            f"<tr>{''.join(element(tag, cell) for cell in cells)}</tr>" for tag, cells in lines
        )
        parts.append(f'<table style="{_STYLE}">\n{inner}\n</table>')
    if more > 0:
        parts.append(element("p", f"and {more:,} more"))
    parts += [element("p", note) for note in notes]
    return "<div>" + "\n".join(parts) + "</div>"
