"""How a check looks at an answer and says what it found.

A check is written as a function with the decorator `check`; in it, `ask` calls what the student
wrote, and `expect` states what has to hold.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from numbers import Real
from typing import Any

import numpy as np

# What a check showed, for programs that read the executed notebook.
OUTCOME = "application/vnd.fer-kit.check+json"
WITHIN = 1e-6  # by how much a number may differ from the right one

_latest = "nothing"  # what kind of value `ask` was given last


class Wrong(AssertionError):
    """An answer that is not right yet; the message says what was expected and what came."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows: the sentence alone, without the check's own code."""
        return [f"✗ {self}"]


def check(judge: Callable[..., None]) -> Callable[..., bool]:
    """Make a function that raises `Wrong` into a check, which also shows that all is well."""

    @wraps(judge)
    def tell(*answer: Any) -> bool:
        try:
            _judge_any(judge, answer)
        except Wrong as wrong:
            if os.environ.get("FER_KIT_HEADLESS") != "1":
                raise
            _show(judge.__name__, False, f"✗ {wrong}")
            return False
        _show(judge.__name__, True, f"✓ {judge.__name__}: right.")
        return True

    return tell


def _judge_any(judge: Callable[..., None], answer: tuple[Any, ...]) -> None:
    """Judge an answer; one of a type that the check cannot even look at is `Wrong`, too."""
    global _latest
    _latest = "nothing"
    try:
        judge(*answer)
    except Wrong:
        raise
    except Exception as error:  # whatever comes of comparing with an answer nobody thought of
        asked = " ".join((judge.__doc__ or judge.__name__).split()).rstrip(".")
        said = " ".join(str(error).split())[:200]
        raise Wrong(
            f"Expected {asked}. Received: {_latest}, at which the check ended with "
            f"{type(error).__name__}: {said}. Is it of the type that the task asks for?"
        ) from error


def expect(holds: Any, expected: str, received: Any, slip: str = "") -> None:
    """Raise `Wrong` unless `holds`.

    Args:
        expected: what should have come, as the end of "Expected …".
        received: what came.
        slip: what was probably overlooked, as a sentence.
    """
    if not holds:
        text = received if isinstance(received, str) else _brief(received)
        raise Wrong(f"Expected {expected}. Received: {text}. {slip}".strip())


def ask(function: Callable, *values: Any) -> Any:
    """Call what the student wrote, with copies, and look whether it changed them.

    Raises:
        Wrong: it is no function, not written yet, ends with an error, or changes what it is given.
    """
    expect(callable(function), "a function", function, "Give its name, without brackets.")
    global _latest
    name = getattr(function, "__name__", "the function")
    given = deepcopy(values)
    try:
        answer = function(*given)
    except NotImplementedError:
        raise Wrong(f"{name} is not written yet.") from None
    except Exception as error:
        raise Wrong(
            f"Expected {name} to return a value. Received: {type(error).__name__}: {error}."
        ) from error
    if answer is None or answer is ...:
        raise Wrong(
            f"Expected {name} to return a value. Received: nothing. Does every way through the "
            "function end with return?"
        )
    _latest = _kind(answer)
    for before, after in zip(values, given, strict=True):
        expect(
            _is_same(before, after),
            f"{name} to leave its arguments as they are",
            f"a changed {type(before).__name__}",
            "Operations such as x += 1 and methods such as pop or sort work in place: write "
            "x = x + 1, or begin with a copy.",
        )
    return answer


def expect_array(value: Any, shape: tuple[int, ...], what: str, slip: str = "") -> np.ndarray:
    """The value, if it is an array of numbers, of this shape and without NaN."""
    expect(hasattr(value, "shape"), f"{what} as an array", type(value).__name__)
    value = np.asarray(value)
    expect(value.shape == shape, f"{what} of shape {shape}", f"shape {value.shape}", slip)
    expect(value.dtype.kind in "biuf", f"{what} of numbers", f"an array of {value.dtype}")
    expect(
        value.dtype.kind != "f" or not np.isnan(value).any(),
        f"{what} without NaN",
        "NaN",
        "Was something divided by zero, or the logarithm of zero taken?",
    )
    return value


def expect_numbers(value: Any, what: str) -> list:
    """The value, if it is a list of numbers. No tuple and no array: the tasks promise a list."""
    expect(
        isinstance(value, list),
        f"{what} as a list",
        _kind(value),
        "Put list(…) around what you return.",
    )
    expect(all(isinstance(one, Real) for one in value), f"{what} as a list of numbers", value)
    return value


def expect_number(value: Any, expected: float, what: str, slip: str = "", within=WITHIN) -> None:
    """Raise `Wrong` unless the value is a number that is `expected`, give or take `within`."""
    number = as_number(value, what)
    digits = 12 if f"{number:g}" == f"{expected:g}" else 6  # as many as show the difference
    expect(
        abs(number - expected) <= within,
        f"{what} = {expected:.{digits}g}",
        f"{number:.{digits}g}",
        slip,
    )


def as_number(value: Any, what: str) -> float:
    """The value, if it is one number; an array without dimensions is one, a text is none."""
    wrong = Wrong(f"Expected {what} as one number. Received: {_kind(value)}.")
    if isinstance(value, str | bytes) or getattr(value, "ndim", 0) != 0:
        raise wrong
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None


def _is_same(before: Any, after: Any) -> bool:
    """Whether an argument, and all that is in it, is as it was."""
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(
            _is_same(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_is_same, before, after))
    if hasattr(before, "equals"):  # a table of pandas
        return before.equals(after)
    return before == after


def _kind(value: Any) -> str:
    """Of which type a value is, and an array's shape."""
    shape = getattr(value, "shape", None)
    return type(value).__name__ + (f" of shape {shape}" if isinstance(shape, tuple) else "")


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _show(name: str, passed: bool, text: str) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(text)
        return
    outcome = {"check": name, "passed": passed, "message": text}
    display({"text/plain": text, OUTCOME: outcome}, raw=True)
