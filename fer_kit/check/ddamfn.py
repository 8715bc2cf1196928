"""Checks of notebooks/07_ddamfn.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, Wrong, as_number, check, expect, expect_array, expect_number

TINY = 1e-6  # as in the task: keeps heads that are equal from a division by zero


@check
def attention_loss(ask: Ask) -> None:
    """`attention_loss(maps)`: the maps of any number of heads → the pairs over their distances."""
    zero = np.zeros((4, 7, 7, 8), np.float32)
    slips = [
        (
            0.16,
            "That is the mean squared distance; the loss is one over it, so that small distances "
            "are dear.",
        ),
        (2.5, "Square the differences before you take their mean."),
        (6.25 / zero.size, "That divides by the sum over all places; take the mean."),
        (12.5, "P is the number of pairs, not of heads: 1 for two heads."),
        (3.125, "Each pair counts once, in the numerator as in the sum: i < j."),
    ]
    slip = "The mean over faces, places and filters of the squared difference, and one over it."
    what = "the loss of two heads that differ by 0.4"
    expect_number(ask([zero, zero + 0.4]), 6.25, what, slip, slips, within=0.01)
    _expect_pairs(ask, zero.shape)
    what = "the loss of two equal heads"
    equal = as_number(ask([zero, zero]), what)
    slip = "Add 10⁻⁶ to the sum of the distances before you divide by it."
    expect(np.isfinite(equal), f"a large number as {what}", f"{equal}", slip)
    slip = "The 10⁻⁶ belongs to the sum in the denominator."
    expect_number(equal, 1e6, what, slip, within=1e5)
    slip = "Add 10⁻⁶ once, to the sum, and not to the distance of each pair."
    expect_number(ask([zero] * 3), 3e6, "the loss of three equal heads", slip, within=1e5)


def _expect_pairs(ask: Ask, shape: tuple[int, ...]) -> None:
    generator = np.random.default_rng(7)
    maps = [generator.random(shape).astype(np.float32) * scale for scale in (1, 0.5, 0.2)]
    squares = [np.mean((maps[i] - maps[j]) ** 2) for i, j in ((0, 1), (0, 2), (1, 2))]
    neighbours = "Each head against each other, not only against the next."
    slips = [
        (1 / sum(squares), "The numerator is P, the number of pairs: 3 for three heads."),
        (3 / (squares[0] + squares[2]), neighbours),
        (2 / (squares[0] + squares[2]), neighbours),
        (np.mean([1 / square for square in squares]), "Add the distances first, then divide."),
    ]
    right = 3 / (sum(squares) + TINY)
    expect_number(ask(maps), right, "the loss of these three heads", slips=slips, within=0.001)


@check
def label_by_majority(ask: Ask) -> None:
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
        (
            [4, 2, 2, 0, 0],
            -1,
            "Only the answers of one person go. Those of two stay, and all of their votes count.",
        ),
        ([1, 1, 1, 1, 1], -1, "Nothing is left once the answers of one person are gone."),
        (
            [0, 2, 1, 6, 1],
            -1,
            "Where “unknown” or “no face” wins, nobody has named an emotion. Their votes count "
            "in the total, and so may not be cut off before.",
        ),
        ([3, 2, 0, 5, 0], -1, "Votes for “unknown” count in the total: 3 of 10 are no majority."),
    ]
    counts, right, slips = zip(*cases, strict=True)
    slip = "argmax(axis=1) gives one for each row."
    found = expect_array(ask(np.array(counts), 2), (len(cases),), "a label for each face", slip)
    expect(found.dtype.kind in "iu", "whole numbers", found.dtype)
    for row, label, wanted, slip in zip(counts, found, right, slips, strict=True):
        expect(label == wanted, f"{wanted} for the votes {row}", int(label), slip)
    _expect_without_unnamed(ask)


def _expect_without_unnamed(ask: Ask) -> None:
    slip = "counts[:, :-0] is empty. Count from the left: the emotions are the columns below K."
    try:
        found = ask(np.array([[6, 3, 1], [1, 8, 1], [2, 2, 6]]), 0)
    except Wrong as wrong:
        raise Wrong(f"{wrong} {slip}") from wrong
    found = expect_array(found, (3,), "a label for each face", slip)
    expected = "[0, 1, 2] for votes without unnamed columns"
    expect(found.tolist() == [0, 1, 2], expected, found, slip)
