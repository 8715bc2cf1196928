"""Values and texts that strangers have written, made plain before anything looks at them."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from unicodedata import category, normalize


def finite(value: Any) -> float | None:
    """The value if it is a finite number, None if it is anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def moment(value: Any) -> datetime | None:
    """The time that an ISO text tells, UTC where it names no zone; None where it is none."""
    try:
        told = datetime.fromisoformat(str(value))
        told = told if told.tzinfo else told.replace(tzinfo=UTC)
        return told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def line(value: Any, longest: int = 200) -> str:
    """The value as one line of text, without characters that nobody sees."""
    text = "" if value is None else str(value)[: 4 * longest]
    kinds = ((one, category(one)) for one in text if category(one) != "Cf")
    text = "".join(" " if kind[0] in "CZ" else one for one, kind in kinds)
    text = re.sub(r" +", " ", text).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def reason(error: Exception) -> str:
    """Why something could not be written, without what was expected."""
    told = str(error)
    return line(told.partition("Received: ")[2].partition(". ")[0] or told)


def few(names: Sequence[str], most: int = 4) -> str:
    """The first names, each shortened, and how many more there are."""
    shown = ", ".join(line(name, 60) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def same(text: str) -> str:
    """What the spellings of one number have in common: "S 0001" and "s0001".

    A spreadsheet takes the zeros from the front of a number.
    """
    plain = re.sub(r"\s+", "", normalize("NFKC", text)).casefold()
    return plain.lstrip("0") if plain.isdecimal() else plain
