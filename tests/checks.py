"""What the tests of the checks share: the notebooks' solutions, and answers that are wrong."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

import fer_kit as fk
from fer_kit import check
from fer_kit.check.answers import Wrong
from fer_kit.course.executed import is_solution

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def solutions() -> dict[str, str]:
    """The source of every filled-in code cell of the notebooks, by the function it defines."""
    found = {}
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if is_solution(cell) and cell.cell_type == "code":
                found[cell.source.split("def ")[1].split("(")[0]] = cell.source
    return found


def solution(name: str):
    """A solution as a function, in the place that its notebook offers it."""
    from fer_kit import detect

    # The exercise's function is called as its check, but for the network that can be sure.
    name = {"single_softmax": "can_be_sure"}.get(name, name)
    place = {"np": np, "pd": pd, "fk": fk, "detect": detect, "classes": 7, "Path": Path, "t": t}
    if name in ("can_be_sure", "only_the_last"):
        import keras
        from keras import layers

        place |= {"keras": keras, "layers": layers}
    exec(solutions()[name], place)
    return place[name]


def wrong_answers(lesson: str, wrong: dict):
    """Give a test, one by one, the wrong answers to every check of a lesson, and what is said."""
    assert set(wrong) == {name for name, file in check._CHECKS.items() if file == lesson}
    cases = [
        pytest.param(name, *case, id=f"{name}-{number}")
        for name, cases in wrong.items()
        for number, case in enumerate(cases)
    ]
    return pytest.mark.parametrize(("name", "answer", "said"), cases)


def told(name: str, answer) -> str:
    """What a check says about a wrong answer."""
    with pytest.raises(Wrong, match="Expected .* Received: ") as wrong:
        getattr(check, name)(answer)
    return str(wrong.value)


class Strange:
    """What nobody thought of: every comparison ends with an error."""

    def __eq__(self, other):
        raise RuntimeError("strange\nindeed")

    __lt__ = __gt__ = __ge__ = __le__ = __float__ = __len__ = __iter__ = __array__ = __eq__
    __hash__ = None
