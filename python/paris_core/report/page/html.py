"""HTML: elements with escaped text, and the page they stand on."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ...notebook import element

__all__ = ["code", "element", "facts", "figure", "items", "page", "table", "tiles"]

_STYLE = """
:root { --ink: #1b1f24; --soft: #5c6670; --line: #d9dee3; --accent: #b3261e; --wash: #f5f7f8; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 3rem; color: var(--ink);
  background: #fff; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
  "Liberation Sans", Arial, sans-serif; }
h1 { margin: 0 0 .2rem; font-size: 1.5rem; line-height: 1.3; }
h2 { margin: 2.6rem 0 .7rem; padding-bottom: .25rem; font-size: 1.2rem;
  border-bottom: 1px solid var(--line); }
p, li { margin: .5rem 0; max-width: 46rem; }
.sub, figcaption, footer, .note { color: var(--soft); font-size: .9rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.4rem 0; padding: 0; }
.tile { flex: 1 1 11rem; padding: .8rem 1rem; background: var(--wash); border-radius: .4rem; }
.tile b { display: block; font-size: 1.25rem; font-weight: 600;
  white-space: nowrap; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
.facts td:last-child { text-align: left; }
tr.chosen td { font-weight: 650; }
figure { margin: 1.4rem 0 2rem; break-inside: avoid; }
figure h3 { margin: 0 0 .4rem; font-size: 1rem; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: .4rem; max-width: 46rem; }
pre { padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
  background: var(--wash); border-radius: .4rem;
  font: .82rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
footer { margin-top: 3rem; padding-top: .6rem; border-top: 1px solid var(--line); }
@media print {
  @page { margin: 16mm; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .tile, pre { border: 1px solid var(--line); }
  h2 { break-after: avoid; }
  table, tr, .tiles { break-inside: avoid; }
}
"""


def page(title: str, parts: Sequence[str]) -> str:
    """The whole document."""
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def items(lines: Sequence[str]) -> str:
    """A list of sentences."""
    return f"<ul>{''.join(element('li', line) for line in lines)}</ul>"


def tiles(items: Sequence[tuple[str, str]]) -> str:
    """The numbers to see first, each with what it is."""
    inner = "".join(
        f'<div class="tile"><b>{html.escape(value)}</b><span>{html.escape(what)}</span></div>'
        for value, what in items
    )
    return f'<div class="tiles">{inner}</div>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]], chosen: Sequence[int] = ()) -> str:
    """A table; the `chosen` rows stand out."""
    lines = [f"<tr>{''.join(element('th', cell) for cell in head)}</tr>"]
    for place, row in enumerate(rows):
        cells = "".join(element("td", cell) for cell in row)
        lines.append(f"<tr{_class('chosen' if place in chosen else '')}>{cells}</tr>")
    inner = "\n".join(lines)
    return f'<div class="scroll"><table>\n{inner}\n</table></div>'


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """A table of names and what they stand for."""
    lines = [f"<tr>{element('td', name)}{element('td', value)}</tr>" for name, value in rows]
    return f'<table class="facts">{"".join(lines)}</table>'


def figure(title: str, uri: str, caption: str) -> str:
    """A picture with its name above and its text below."""
    return (
        f'<figure>{element("h3", title)}<img src="{html.escape(uri)}" alt="{html.escape(title)}">'
        f"{element('figcaption', caption)}</figure>"
    )


def code(text: str) -> str:
    """A block of code."""
    return element("pre", text)


def _class(css: str) -> str:
    return f' class="{css}"' if css else ""
