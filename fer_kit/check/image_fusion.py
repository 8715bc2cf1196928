"""Checks of notebooks/10_image_fusion.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, check, expect, expect_array, expect_number

STRIPES = np.where(np.arange(48) % 2, 200, 100).astype(np.uint8)
LYING = np.tile(STRIPES[:, None, None], (1, 48, 1))
STANDING = np.tile(STRIPES[None, :, None], (48, 1, 1))
GREY = np.full((48, 48, 1), 128, np.uint8)
THIRDS, HALVES = ([1 / 3, 2 / 3], "⅓ and ⅔"), ([1 / 2, 1 / 2], "½ and ½")
QUARTERS, WHOLE = ([1 / 4, 3 / 4], "¼ and ¾"), ([1, 0], "1 and 0")


@check
def principal_weights(ask: Ask) -> None:
    """`principal_weights(first, second)`: two pictures → their two weights by PCA."""
    picture = np.random.default_rng(10).integers(0, 100, (48, 48, 1)).astype(np.uint8)
    twice = 2 * picture  # still below 200
    largest = (
        "The principal direction belongs to the larger eigenvalue, and eigh sorts upwards: its "
        "column is the last."
    )
    squares = "Those are the squares, v₁² and v₂²; the weights are |v₁| and |v₂|, over their sum."
    slips = [(2 / 3, largest), (1 / 5, squares)]
    slip = "Flatten both pictures, np.cov of the two rows, eigh, and its last column."
    what = "the weight of a picture beside one of twice its contrast"
    expect_number(_weights(ask, picture, twice)[0], 1 / 3, what, slip, slips, within=1e-3)
    slip = "One component is negative there: take absolute values, before you divide by the sum."
    _expect_weights(ask, picture, 255 - twice, THIRDS, "for a negative, too", slip)
    # C is 225 · [[1, 1/3], [1/3, 17/9]], times (1, 3) it is 450 · (1, 3).
    partly = 10 * (LYING // 100) + 40 * (STANDING // 100)
    slip = "The contrasts alone do not decide: what C has beside its diagonal counts as well."
    where = "for two that vary together only in part"
    _expect_weights(ask, 30 * (LYING // 100), partly, QUARTERS, where, slip)
    slip = "One constant picture is no special case: C tells which of the two says something."
    _expect_weights(ask, picture, GREY, WHOLE, "where the second picture is one grey", slip)
    _expect_weights_of_alike(ask)


def _expect_weights_of_alike(ask: Ask) -> None:
    """What comes of pictures without a principal direction, and of faint ones, which have one."""
    slip = "C is all zero, and eigh's vectors are arbitrary. Look at the eigenvalues first."
    _expect_weights(ask, GREY, GREY // 2, HALVES, "for two constant pictures", slip)
    slip = "C is not zero there, but its eigenvalues are equal: compare them with each other."
    where = "for unrelated pictures of equal contrast"
    _expect_weights(ask, LYING, STANDING, HALVES, where, slip)
    slip = "Compare the difference of the eigenvalues with their sum, not with a fixed number."
    _expect_weights(ask, LYING // 100, LYING // 50, THIRDS, "for faint pictures as well", slip)


def _expect_weights(
    ask: Ask, one: np.ndarray, other: np.ndarray, right: tuple, where: str, slip: str
) -> None:
    weights, (numbers, named) = _weights(ask, one, other), right
    is_right = np.allclose(weights, numbers, atol=0.002)
    expect(is_right, f"weights of {named} {where}", weights, slip)


def _weights(ask: Ask, first: np.ndarray, second: np.ndarray) -> list[float]:
    what = "two weights, of the first picture and of the second,"
    nan = "Something was divided by zero: both pictures are constant. Decide for ½ and ½ before."
    found = expect_array(np.asarray(ask(first, second), float), (2,), what, nan=nan)
    slip = "eigh gives vectors of length 1: divide |v| by its sum."
    expect(abs(found.sum() - 1) < 1e-6, "weights that sum to 1", f"{found.sum():.3g}", slip)
    return found.round(3).tolist()


@check
def known_halves(ask: Ask) -> None:
    """`known_halves(learned, asked)` → how many halves of each test mixture were trained on."""
    learned = np.array([["anna-sad", "anna-fear"], ["bert-fear", "bert-sad"]])
    asked = np.array(
        [
            ["carl-sad", "carl-fear"],
            ["anna-sad", "anna-happy"],
            ["bert-happy", "bert-sad"],
            ["anna-fear", "anna-happy"],
            ["anna-fear", "anna-sad"],
            ["anna-sad", "anna-fear"],
            ["anna-sad", "bert-sad"],
        ]
    )
    what, slip = "a number for each of the test mixtures", "Go through the rows of `asked`."
    found = expect_array(ask(learned, asked), (len(asked),), what, f"{slip} Not of `learned`.")
    expect(found.dtype.kind in "iu", "whole numbers, 0 to 2", found.dtype, "Add the two up.")
    cases = [
        (0, 1, 0, "for a person who is in no training mixture", "0 stands for none, 2 for both."),
        (1, 3, 1, "where one half is known", "Compare single pictures, column by column."),
        (
            3,
            5,
            0,
            "where a picture was only the *other* half in training",
            "The network saw anna-fear's mouth, never her eyes: upper halves with upper halves.",
        ),
        (5, 7, 2, "where both halves are known, together or from two mixtures", ""),
    ]
    for start, end, right, where, slip in cases:
        expect((found[start:end] == right).all(), f"{right} {where}", found[start:end], slip)
    often = expect_array(ask(np.repeat(learned, 3, axis=0), learned[:1]), (1,), what)
    slip = "Known is known: np.isin tells whether, not how often."
    expect(often[0] == 2, "2, however often a half was trained on", int(often[0]), slip)
