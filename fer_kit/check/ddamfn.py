"""Checks of notebooks/07_ddamfn.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import Wrong, as_number, ask, check, expect, expect_array, expect_number

TINY = 1e-6  # as in the task: keeps heads that are equal from a division by zero


@check
def attention_loss(function: Callable) -> None:
    """`attention_loss(maps)`: the maps of any number of heads → the pairs over their distances."""
    zero = np.zeros((4, 7, 7, 8), np.float32)
    two = as_number(ask(function, [zero, zero + 0.4]), "the loss")
    twice = "Each pair counts once, in the numerator as in the sum: i < j."
    slips = {
        0.16: "That is the mean squared distance; the loss is one over it, so that small "
        "distances are dear.",
        2.5: "Square the differences before you take their mean.",
        6.25 / zero.size: "That divides by the sum over all places; take the mean.",
        12.5: "P is the number of pairs, not of heads: 1 for two heads.",
        3.125: twice,
    }
    for mistaken, slip in slips.items():
        expect(
            abs(two - mistaken) > 1e-3 * mistaken,
            "6.25 for two heads that differ by 0.4",
            f"{two:.3g}",
            slip,
        )
    expect_number(
        two,
        6.25,
        "the loss of two heads that differ by 0.4",
        "The mean over faces, places and filters of the squared difference, and one over it.",
        within=0.01,
    )
    _expect_pairs(function, zero.shape)
    _expect_equal_heads(function, zero)


def _expect_pairs(function: Callable, shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(7)
    maps = [generator.random(shape).astype(np.float32) * scale for scale in (1, 0.5, 0.2)]
    squares = [np.mean((maps[i] - maps[j]) ** 2) for i, j in ((0, 1), (0, 2), (1, 2))]
    right = 3 / (sum(squares) + TINY)
    found = as_number(ask(function, maps), "the loss of three heads")
    slips = {
        1 / sum(squares): "The numerator is P, the number of pairs: 3 for three heads.",
        3 / (squares[0] + squares[2]): "Each head against each other, not only against the next.",
        2 / (squares[0] + squares[2]): "Each head against each other, not only against the next.",
        np.mean([1 / square for square in squares]): "Add the distances first, then divide.",
    }
    for mistaken, slip in slips.items():
        expect(
            abs(found - mistaken) > 1e-3 * mistaken,
            f"{right:.2f} for three heads",
            f"{found:.2f}",
            slip,
        )
    expect_number(found, right, "the loss of these three heads", within=0.001)


def _expect_equal_heads(function: Callable, zero: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        equal = as_number(ask(function, [zero, zero]), "the loss of two equal heads")
    expect(
        np.isfinite(equal),
        "a large number for two equal heads",
        f"{equal}",
        "Add 10⁻⁶ to the sum of the distances before you divide by it.",
    )
    expect(
        0.9e6 < equal < 1.1e6,
        "10⁶ for two equal heads",
        f"{equal:g}",
        "The 10⁻⁶ belongs to the sum in the denominator.",
    )


@check
def label_by_majority(function: Callable) -> None:
    """`label_by_majority(counts, unnamed)` → the emotion of each face by FER+'s rule, or -1."""
    cases = [
        ([6, 4, 0, 0, 0], 0, "six of ten are more than half"),
        ([0, 0, 9, 1, 0], 2, "nine of ten are more than half"),
        ([5, 5, 0, 0, 0], -1, "Half is not more than half: >, not >=."),
        (
            [4, 1, 1, 1, 3],
            0,
            "Answers of one person alone go first: 4 of the 7 votes that are left are a majority.",
        ),
        ([1, 1, 1, 1, 1], -1, "Nothing is left once the answers of one person are gone."),
        (
            [0, 2, 1, 6, 1],
            -1,
            "Where “unknown” or “no face” wins, nobody has named an emotion. Their votes count "
            "in the total, and so may not be cut off before.",
        ),
        (
            [3, 2, 0, 5, 0],
            -1,
            "Votes for “unknown” count in the total: 3 of 10 are no majority.",
        ),
    ]
    counts = np.array([row for row, _, _ in cases])
    with np.errstate(all="ignore"):
        found = ask(function, counts, 2)
    found = expect_array(
        found, (len(cases),), "a label for each face", "argmax(axis=1) gives one for each row."
    )
    expect(found.dtype.kind in "iu", "whole numbers", f"{found.dtype}")
    for (row, right, slip), label in zip(cases, found, strict=True):
        expect(label == right, f"{right} for the votes {row}", int(label), slip)
    _expect_without_unnamed(function)


def _expect_without_unnamed(function: Callable) -> None:
    slip = "counts[:, :-0] is empty. Count from the left: the emotions are the columns below K."
    try:
        found = ask(function, np.array([[6, 3, 1], [1, 8, 1], [2, 2, 6]]), 0)
    except Wrong as wrong:
        raise Wrong(f"{wrong} {slip}") from wrong
    found = expect_array(found, (3,), "a label for each face", slip)
    expect(
        found.tolist() == [0, 1, 2],
        "[0, 1, 2] for votes without unnamed columns",
        found.tolist(),
        slip,
    )
