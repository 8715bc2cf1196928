"""How a check looks at an answer and says what it found.

A check is written as a function with the decorator `check`; in it, `ask` calls what the student
wrote, and `expect` states what has to hold.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any

import numpy as np

# What a check showed, for programs that read the executed notebook.
OUTCOME = "application/vnd.fer-kit.check+json"


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
            judge(*answer)
        except Wrong as wrong:
            if os.environ.get("FER_KIT_HEADLESS") != "1":
                raise
            _show(judge.__name__, False, f"✗ {wrong}")
            return False
        _show(judge.__name__, True, f"✓ {judge.__name__}: right.")
        return True

    return tell


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
    for before, after in zip(values, given, strict=True):
        if isinstance(before, np.ndarray):
            expect(
                np.array_equal(before, after, equal_nan=before.dtype.kind == "f"),
                f"{name} to leave its arguments as they are",
                "a changed array",
                "Operations such as x += 1 work in place: write x = x + 1, or begin with a copy.",
            )
    return answer


def expect_array(value: Any, shape: tuple[int, ...], what: str, slip: str = "") -> np.ndarray:
    """The value, if it is an array of this shape without NaN."""
    expect(hasattr(value, "shape"), f"{what} as an array", type(value).__name__)
    value = np.asarray(value)
    expect(value.shape == shape, f"{what} of shape {shape}", f"shape {value.shape}", slip)
    expect(
        value.dtype.kind != "f" or not np.isnan(value).any(),
        f"{what} without NaN",
        "NaN",
        "Was something divided by zero, or the logarithm of zero taken?",
    )
    return value


def expect_number(value: Any, expected: float, what: str, slip: str = "", within=1e-6) -> None:
    """Raise `Wrong` unless the value is a number that is `expected`, give or take `within`."""
    number = as_number(value, what)
    expect(abs(number - expected) <= within, f"{what} = {expected:g}", f"{number:g}", slip)


def as_number(value: Any, what: str) -> float:
    """The value, if it is one number."""
    expect(
        np.isscalar(value) or np.ndim(value) == 0,
        f"{what} as one number",
        f"{type(value).__name__} of shape {np.shape(value)}",
    )
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Wrong(f"Expected {what} as a number. Received: {_brief(value)}.") from None


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
