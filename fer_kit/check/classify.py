"""Checks of notebooks/11_classify.ipynb."""

from fer_kit.check.answers import Ask, check, expect, expect_number
from fer_kit.detect import Box


@check
def overlap(ask: Ask) -> None:
    """`overlap(first, second)`: the area that two boxes share, over the area that they cover."""
    box = Box(10, 20, 30, 40)
    cases = [
        (box, 1, "of a box with itself", "Area shared over area covered, which counts it once."),
        (
            Box(10, 20, 30, 20),
            0.5,
            "with the upper half",
            "Is the shared area counted twice in the other?",
        ),
        (
            Box(60, 20, 30, 40),
            0,
            "of boxes side by side",
            "A negative width is no width, and apart in one direction is apart: max(0, …) for "
            "width and height.",
        ),
        (
            Box(100, 200, 30, 40),
            0,
            "of boxes apart in both directions",
            "Two negative sides multiply to a positive area: max(0, …) for each.",
        ),
        (Box(25, 40, 30, 40), 1 / 7, "of two boxes that share a corner", ""),
    ]
    for other, right, which, slip in cases:
        expect_number(ask(box, other), right, f"the overlap {which}", slip)


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
