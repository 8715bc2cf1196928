"""Tables that an instructor has made, most often in a spreadsheet: labels, points, a class list.

Whatever a spreadsheet makes of a CSV is read: commas, semicolons or tabs, decimal commas, heads in
capitals, empty columns at the end, and every encoding that `decode` knows.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from fer_kit.errors import InputError
from fer_kit.files import decode, read_bytes
from fer_kit.kinds import EMPTY, START, TEXT, kind_of

LARGEST = 200_000_000  # bytes
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """A CSV as it was read.

    Attributes:
        path: where from.
        columns: the heads, in small letters and without spaces around; no two are the same.
        rows: for each line that is not empty its cells by column, without spaces around.
        lines: the number of each row's line in the file.
        separator: what stands between its cells.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]
    separator: str

    def where(self, row: int) -> str:
        """Where a row stands, for a message."""
        return f"line {self.lines[row]} of {self.path}"

    def head(self, *names: str) -> str:
        """The first of these heads that it has, or ""."""
        return next((name for name in names if name in self.columns), "")

    def __str__(self) -> str:
        return f"{self.path} with {', '.join(self.columns)[:200]}"


def read_table(path: str | Path, what: str) -> Table:
    """Read a CSV.

    Args:
        what: what it should be, for messages: "a CSV of manual points".

    Raises:
        InputError: no such file, no table, two columns of one name, or a row with more cells than
            there are columns.
    """
    path = Path(path)
    text = _text(path, what)
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise InputError(f"Expected {what}. Received: {path} ({error}).") from error
    if lines and lines[0][1][0].lower().startswith("sep="):  # for spreadsheets only
        lines = lines[1:]
    if not lines:
        raise InputError(f"Expected {what}. Received: {path}, which is empty.")
    columns = [head.strip().lower() for head in lines[0][1]]
    named = [head for head in columns if head]
    if len(set(named)) < len(named):
        twice = next(head for head in named if named.count(head) > 1)
        raise InputError(
            f"Expected every column once. Received: {path} with {twice!r} twice. Give one of "
            "them another name."
        )
    rows = tuple(_row(path, line, columns, cells) for line, cells in lines[1:])
    return Table(path, tuple(named), rows, tuple(line for line, _ in lines[1:]), separator)


def number(text: str) -> float:
    """A number as it stands in a cell, with a decimal point or a decimal comma.

    Raises:
        ValueError: it is none.
    """
    return float(text.replace(",", ".") if "." not in text else text)


def _text(path: Path, what: str) -> str:
    try:
        content = read_bytes(path, LARGEST)
    except OSError as error:
        raise InputError(f"Expected {what}. Received: {path} ({error.strerror}).") from error
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(
            f"Expected {what}. Received: {path}, a workbook. Save the sheet as CSV in your "
            "spreadsheet."
        )
    kind = kind_of(content[:START])
    if kind not in (None, TEXT, EMPTY):
        raise InputError(f"Expected {what}. Received: {path}, {kind.name}.")
    return decode(content)


def _separator(text: str) -> str:
    """What splits the line of heads into most cells."""
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    if lines and lines[0].lower().startswith("sep=") and lines[0][4:5] in SEPARATORS:
        return lines[0][4]
    head = lines[0] if lines else ""
    return max(SEPARATORS, key=lambda one: len(next(csv.reader([head], delimiter=one), [])))


def _row(path: Path, line: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    cells = [cell.strip() for cell in cells]
    beside = [cell for cell in cells[len(columns) :] if cell]
    beside += [cell for head, cell in zip(columns, cells, strict=False) if cell and not head]
    if beside:
        raise InputError(
            f"Expected a head above every cell. Received: {beside[0][:40]!r} on line {line} of "
            f"{path}, beside all columns. Text with commas in it needs quotation marks."
        )
    filled = [*cells, *[""] * (len(columns) - len(cells))]
    return {head: cell for head, cell in zip(columns, filled, strict=False) if head}
