"""Checks of notebooks/11_classify.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_array, expect_number
from fer_kit.detect import Box


@check
def overlap(ask: Ask) -> None:
    """`overlap(first, second)`: the area that two boxes share, over the area that they cover."""
    box = Box(10, 20, 30, 40)

    def expect_overlap(other: Box, right: float, which: str, slip: str = "") -> None:
        expect_number(ask(box, other), right, f"the overlap {which}", slip)

    expect_overlap(box, 1, "of a box with itself", "Area shared over area covered, counted once.")
    slip = "Is the shared area counted twice in the other?"
    expect_overlap(Box(10, 20, 30, 20), 0.5, "with the upper half", slip)
    slip = "A negative width is no width, apart in one direction is apart: max(0, …) for both."
    expect_overlap(Box(60, 20, 30, 40), 0, "of boxes side by side", slip)
    slip = "Two negative sides multiply to a positive area: max(0, …) for each."
    expect_overlap(Box(45, 70, 30, 40), 0, "of boxes apart in both directions", slip)
    expect_overlap(Box(25, 40, 30, 40), 1 / 7, "of two boxes that share a corner")


@check
def decide(ask: Ask) -> None:
    """`decide(probabilities, margin)`: the best emotion, or "unsure" if the second is close."""
    sure = {"angry": 0.1, "happy": 0.7, "neutral": 0.2}
    close = {"angry": 0.45, "happy": 0.1, "neutral": 0.45}
    found = ask(sure, 0.2)
    slip = "max(probabilities, key=probabilities.get) is the name of the largest."
    expect(isinstance(found, str), "a name", type(found), slip)
    small = 'Write it as the task does: "unsure".'
    slip = "Compare the best with the second best, not with the smallest."
    expect(found == "happy", "'happy', half ahead of the second", repr(found), slip)
    found = ask(close, 0.2)
    slip = small if str(found).strip().lower() == "unsure" else ""
    expect(found == "unsure", "'unsure' for two equal ones", repr(found), slip)
    found = ask({"sad": 0.6, "fear": 0.4}, 0.5)
    slip = "It is the difference of the two best that has to reach the margin."
    expected = "'unsure' where 0.6 is only 0.2 ahead and the margin is 0.5"
    expect(found == "unsure", expected, repr(found), slip)
    found = ask(close, 0.0)
    slip = "Reaching the margin is enough: >=, not >."
    expect(found in close, "a name with a margin of 0", repr(found), slip)


@check
def moving_average(ask: Ask) -> None:
    """`moving_average(shares, window)`: each row becomes the mean of the last `window` rows."""
    shares = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0.5, 0.5]])
    slip = "A row for each frame comes out, as many as went in."
    found = expect_array(ask(shares, 3), shares.shape, "the means", slip)
    slip = (
        "At the beginning fewer rows than the window have come: their mean is over those there are."
    )
    expect(np.allclose(found[0], [1, 0]), "the first row as it is, [1, 0]", found[0], slip)
    slip = "A mean divides by how many rows there are."
    expect(np.allclose(found.sum(axis=1), 1), "rows that sum to 1", found.sum(axis=1), slip)
    slip = "Only this row and those before: live, nobody knows the next one."
    expect(np.allclose(found[1], [1, 0]), "no look at the third row in the second", found[1], slip)
    slip = "A window of 3 is this row and two before it."
    third, right = found[2], [2 / 3, 1 / 3]
    expect(np.allclose(third, right), "a third row of two thirds and one", third, slip)
    slip = "Rows from before the window are forgotten: begin at end - window."
    expect(np.allclose(found[4], [0, 1]), "nothing of the first rows in the fifth", found[4], slip)
    one = expect_array(ask(shares, 1), shares.shape, "the means")
    expect(np.allclose(one, shares), "no change with a window of 1", one)
