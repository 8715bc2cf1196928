"""Rows as CSV that a spreadsheet shows and does not compute."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any


def as_csv(rows: Sequence[Sequence[Any]], separator: str = ",") -> str:
    """Rows as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerows([[harmless(value) for value in row] for row in rows])
    return file.getvalue()


def harmless(value: Any) -> Any:
    """A value for a CSV: text that a spreadsheet would take for a formula gets an apostrophe."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", value)
    text = re.sub(r";(?=\s*[=+\-@])", ";'", text)  # some spreadsheets begin a new cell there
    return f"'{text}" if re.match(r"\s*[=+\-@＝＋－＠|%]", text) else text


def as_written(text: str) -> str:
    """Without the apostrophe that `harmless` has put in front."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text
