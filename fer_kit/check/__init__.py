"""Checks for the exercises: `fk.check.standardise(standardise)`.

Each is a plain function that takes a student's answer, looks at it from coarse to fine and says
what was expected, what came, and the likely slip. None looks at what a network has learned. Where a
task promises a type (`-> list[int]`), the check asks for it, as the hidden tests do.

A right answer gives True. A wrong one raises `Wrong`, so that the cell visibly fails; where a whole
run is executed unattended (FER_KIT_HEADLESS=1) it gives False and the run goes on.

The checks of a lesson are in the file named after it; `answers` holds what they share.
"""

import re
from importlib import import_module
from pathlib import Path

# The check -> the file that it is in; read, because nothing is imported before it is asked for.
_CHECKS = {
    name: file.stem
    for file in Path(__file__).parent.glob("*.py")
    for name in re.findall(r"^@check\ndef (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
}

__all__ = sorted(_CHECKS)


def __getattr__(name: str):
    if name in _CHECKS:
        return getattr(import_module(f"fer_kit.check.{_CHECKS[name]}"), name)
    raise AttributeError(f"fer_kit.check has no {name!r}. It offers: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__
