"""Tables and formulas in boxes: each has a name, and what is wider than a phone can be scrolled.

A page is also heard, and moved by keys. So a table is called by its caption or by the heading above
it, its heads say what they head, and its box is a stop for the Tab key, but only where something
may lie outside of it.
"""

import re

from markupsafe import Markup, escape

PARTS = re.compile(
    r"<h[1-6]\b[^>]*>(?P<heading>.*?)</h[1-6]>|(?P<table><table\b.*?</table>)"
    r'|(?P<formula><math display="block">.*?</math>)|(?P<text><pre\b.*?</pre>)',
    re.DOTALL,
)
CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
EMPTY_HEAD = re.compile(r"<th\b([^>]*)>(\s|&nbsp;|\xa0)*</th>")
DRAWN = "━"  # of tables that are drawn with letters, and must not be broken
PHONE = 280  # pixels beside each other on a small telephone, as this file estimates them
LETTER, AROUND = 7.7, 12  # pixels of a letter in a table, and beside the text of a cell
LONGEST_FORMULA = 21  # letters of a formula that fits on a telephone, with fractions and wide gaps


def in_boxes(html: str) -> str:
    """A page whose tables and long formulas stand in boxes of their own."""
    heading = ""

    def boxed(part: re.Match) -> str:
        nonlocal heading
        if part["heading"] is not None:
            heading = _plain(part["heading"])
            return part[0]
        if part["text"]:
            return _box(part[0], f"Table: {heading}", True) if DRAWN in part[0] else part[0]
        if part["formula"]:
            fits = len(_plain(part["formula"])) <= LONGEST_FORMULA
            return part[0] if fits else _box(part[0], "Formula", True)
        if part[0].count("<table") > 1:  # of a notebook that lays out by tables
            return part[0]
        caption = CAPTION.search(part[0])
        table = _with_scopes(part[0])
        if not caption and heading:
            table = table.replace("<table", f'<table aria-label="{escape(heading)}"', 1)
        name = _plain(caption[1]) if caption else f"Table: {heading}"
        return _box(table, name, _width(table) > PHONE)

    return PARTS.sub(boxed, html)


def _box(content: str, name: str, scrolls: bool) -> str:
    stop = f' tabindex="0" role="group" aria-label="{escape(name)}"' if scrolls else ""
    return f'<div class="scroll"{stop}>{content}</div>'


def _with_scopes(table: str) -> str:
    """Heads of columns and of rows, as pandas writes them, say which they are; empty ones go."""
    table = EMPTY_HEAD.sub(r"<td\1></td>", table)
    head, end, body = table.rpartition("</thead>")
    head = re.sub(r"<th\b(?![^>]*\bscope=)", '<th scope="col"', head)
    return head + end + re.sub(r"<th\b(?![^>]*\bscope=)", '<th scope="row"', body)


def _width(table: str) -> float:
    """About how many pixels a table needs at least: lines break at blanks and hyphens only."""
    widest: dict[int, int] = {}
    for row in ROW.findall(table):
        for column, cell in enumerate(CELL.findall(row)):
            words = re.split(r"[\s-]", _plain(cell))
            widest[column] = max(widest.get(column, 0), *map(len, words))
    return sum(LETTER * letters + AROUND for letters in widest.values())


def _plain(html: str) -> str:
    return Markup(html).striptags()
