"""Checks of notebooks/11_classify.ipynb."""

from collections.abc import Callable

from fer_kit.check.answers import as_number, ask, check, expect, expect_number
from fer_kit.detect import Box


@check
def overlap(function: Callable) -> None:
    """`overlap(first, second)`: the area that two boxes share, over the area that they cover."""
    box = Box(10, 20, 30, 40)
    expect_number(
        ask(function, box, box),
        1,
        "the overlap of a box with itself",
        "Area shared over area covered; the covered one counts the shared once.",
    )
    half = ask(function, box, Box(10, 20, 30, 20))
    expect_number(
        half,
        0.5,
        "the overlap with the upper half",
        "Is the shared area counted twice in the other?",
    )
    what = "the overlap of boxes side by side"
    beside = as_number(ask(function, box, Box(60, 20, 30, 40)), what)
    expect(
        beside >= 0,
        "0 for boxes that do not touch",
        f"{beside:g}",
        "A negative width is no width: max(0, …).",
    )
    expect_number(
        beside,
        0,
        what,
        "Apart in one direction is apart: max(0, …) for width and height.",
    )
    apart = ask(function, box, Box(100, 200, 30, 40))
    expect_number(
        apart,
        0,
        "the overlap of boxes apart in both directions",
        "Two negative sides multiply to a positive area: max(0, …) for each.",
    )
    corner = ask(function, Box(0, 0, 10, 10), Box(5, 5, 10, 10))
    expect_number(corner, 25 / 175, "the overlap of two squares that share a corner")


@check
def decide(function: Callable) -> None:
    """`decide(probabilities, margin)`: the best emotion, or "unsure" if the second is close."""
    sure = {"angry": 0.1, "happy": 0.7, "neutral": 0.2}
    close = {"angry": 0.45, "happy": 0.1, "neutral": 0.45}
    found = ask(function, sure, 0.2)
    expect(
        isinstance(found, str),
        "a name",
        type(found).__name__,
        "max(probabilities, key=probabilities.get) is the name of the largest.",
    )
    expect(
        found == "happy",
        "'happy', half ahead of the second",
        found,
        "Compare the best with the second best, not with the smallest.",
    )
    expect(ask(function, close, 0.2) == "unsure", "'unsure' for two equal ones", "a name")
    expect(
        ask(function, {"sad": 0.6, "fear": 0.4}, 0.5) == "unsure",
        "'unsure' where 0.6 is only 0.2 ahead and the margin is 0.5",
        "a name",
        "It is the difference of the two best that has to reach the margin.",
    )
    expect(
        ask(function, close, 0.0) != "unsure",
        "a name with a margin of 0",
        "'unsure'",
        "Reaching the margin is enough: >=, not >.",
    )
