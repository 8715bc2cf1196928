"""How a check looks at an answer and says what it found.

A check is a function with the decorator `check`. It is given what the student wrote as `ask`, calls
it with `ask(values…)`, and states with `expect…` what has to hold. A *slip* is what was probably
overlooked, as a sentence; `slips` are pairs of a wrong answer and the slip that leads to it.
"""

import os
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import wraps
from math import isclose
from numbers import Real
from typing import Any

import numpy as np

# What a check showed, for programs that read the executed notebook.
OUTCOME = "application/vnd.fer-kit.check+json"
WITHIN = 1e-6  # by how much a number may differ from the right one
DIVIDED = "Was something divided by zero, or the logarithm of zero taken?"

Slips = Iterable[tuple[Any, str]]


class Wrong(AssertionError):
    """An answer that is not right yet; the message says what was expected and what came."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows: the sentence alone, without the check's own code."""
        return [f"✗ {self}"]


class Unwritten(Wrong):
    """There is no answer yet."""


def check(judge: Callable[["Ask"], None]) -> Callable[[Callable], bool]:
    """Make a function that raises `Wrong` into a check, which also shows that all is well.

    In JupyterLab a wrong answer ends *Run All*; one that is not written yet is passed over.
    """

    @wraps(judge)
    def tell(function: Callable) -> bool:
        try:
            _judge_any(judge, function)
        except Wrong as wrong:
            if os.environ.get("FER_KIT_HEADLESS") != "1" and not isinstance(wrong, Unwritten):
                raise
            _show(judge.__name__, False, f"✗ {wrong}")
            return False
        _show(judge.__name__, True, f"✓ {judge.__name__}: right.")
        return True

    return tell


class Ask:
    """What a student wrote, to be called: with copies, and with a look whether it changed them.

    Raises:
        Wrong: it is no function, not written yet, ends with an error, or changes what it is given.
    """

    def __init__(self, function: Callable):
        expect(callable(function), "a function", function, "Give its name, without brackets.")
        self.function, self.latest = function, "nothing"

    def __call__(self, *values: Any) -> Any:
        name = getattr(self.function, "__name__", "the function")
        given = deepcopy(values)
        wanted = f"Expected {name} to return a value. Received:"
        try:
            with np.errstate(all="ignore"):  # the check says what a NaN comes from
                answer = self.function(*given)
        except NotImplementedError:
            raise Unwritten(f"{name} is not written yet.") from None
        except Exception as error:
            raise Wrong(f"{wanted} {type(error).__name__}: {error}.") from error
        if answer is None or answer is ...:
            raise Wrong(f"{wanted} nothing. Does every way through the function end with return?")
        self.latest = _kind(answer)
        for before, after in zip(values, given, strict=True):
            expect(
                _is_same(before, after),
                f"{name} to leave its arguments as they are",
                f"a changed {type(before).__name__}",
                "Operations such as x += 1 and methods such as pop or sort work in place: write "
                "x = x + 1, or begin with a copy.",
            )
        return answer


def _judge_any(judge: Callable[[Ask], None], function: Callable) -> None:
    """Judge an answer; one of a type that the check cannot even look at is `Wrong`, too."""
    ask = Ask(function)
    try:
        judge(ask)
    except Wrong:
        raise
    except Exception as error:  # whatever comes of comparing with an answer nobody thought of
        asked = " ".join((judge.__doc__ or judge.__name__).split()).rstrip(".")
        said = " ".join(str(error).split())[:200]
        raise Wrong(
            f"Expected {asked}. Received: {ask.latest}, at which the check ended with "
            f"{type(error).__name__}: {said}. Is it of the type that the task asks for?"
        ) from error


def expect(holds: Any, expected: str, received: Any, slip: str = "") -> None:
    """Raise `Wrong` unless `holds`.

    Args:
        expected: what should have come, as the end of "Expected …".
        received: what came.
    """
    if not holds:
        raise Wrong(f"Expected {expected}. Received: {_brief(received)}. {slip}".strip())


def expect_array(
    value: Any, shape: tuple[int, ...], what: str, slip: str = "", nan: str = DIVIDED
) -> np.ndarray:
    """The value, if it is an array of numbers, of this shape and without NaN (the slip `nan`)."""
    makes_one = "np.array(…) makes one of a list." if isinstance(value, list | tuple) else ""
    expect(hasattr(value, "shape"), f"{what} as an array", _kind(value), makes_one)
    value = np.asarray(value)
    expect(value.shape == shape, f"{what} of shape {shape}", f"shape {value.shape}", slip)
    expect(value.dtype.kind in "biuf", f"{what} of numbers", f"an array of {value.dtype}")
    has_nan = value.dtype.kind == "f" and np.isnan(value).any()
    expect(not has_nan, f"{what} without NaN", "NaN", nan)
    return value


def expect_numbers(value: Any, what: str) -> list:
    """The value, if it is a list of numbers. No tuple and no array: the tasks promise a list."""
    is_list = isinstance(value, list)
    expect(is_list, f"{what} as a list", _kind(value), "Put list(…) around what you return.")
    expect(all(isinstance(one, Real) for one in value), f"{what} as a list of numbers", value)
    return value


def expect_number(
    value: Any, right: float, what: str, slip: str = "", slips: Slips = (), *, within=WITHIN
) -> None:
    """Raise `Wrong` unless the value is a number that is `right`, give or take `within`."""
    number = as_number(value, what)
    said = (said for wrong, said in slips if isclose(number, wrong, rel_tol=1e-3, abs_tol=WITHIN))
    digits = 12 if f"{number:g}" == f"{right:g}" else 6  # as many as show the difference
    expected, received = f"{what} = {right:.{digits}g}", f"{number:.{digits}g}"
    expect(abs(number - right) <= within, expected, received, next(said, slip))


def expect_equal(found: Any, right: Any, what: str, slip: str = "", slips: Slips = ()) -> None:
    """Raise `Wrong` unless a list or an array holds exactly what it should."""
    said = (said for wrong, said in slips if np.array_equal(found, wrong))
    expected = f"{_brief(right)} {what}".strip()
    expect(np.array_equal(found, right), expected, found, next(said, slip))


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
    """Of which type a value is, and an array's shape; a text itself, in quotation marks."""
    if isinstance(value, str):
        return f"the text {value!r}"
    shape = getattr(value, "shape", None)
    return type(value).__name__ + (f" of shape {shape}" if isinstance(shape, tuple) else "")


def _brief(value: Any) -> str:
    """A value as a short text; a text stands for itself, and a type for its name."""
    if isinstance(value, str | np.dtype):
        return str(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    text = value.__name__ if isinstance(value, type) else repr(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _show(name: str, passed: bool, text: str) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(text)
        return
    outcome = {"check": name, "passed": passed, "message": text}
    display({"text/plain": text, OUTCOME: outcome}, raw=True)
