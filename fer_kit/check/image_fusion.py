"""Checks of notebooks/10_image_fusion.ipynb."""

from collections.abc import Callable

import numpy as np

from fer_kit.check.answers import ask, check, expect, expect_array

STRIPES = np.where(np.arange(48) % 2, 200, 100).astype(np.uint8)
LYING = np.tile(STRIPES[:, None, None], (1, 48, 1))
STANDING = np.tile(STRIPES[None, :, None], (48, 1, 1))
GREY = np.full((48, 48, 1), 128, np.uint8)


@check
def principal_weights(function: Callable) -> None:
    """`principal_weights(first, second)`: two pictures → their two weights by PCA."""
    picture = np.random.default_rng(10).integers(0, 100, (48, 48, 1)).astype(np.uint8)
    twice = 2 * picture  # still below 200
    weights = _weights(function, picture, twice)
    slips = {
        2 / 3: "The principal direction belongs to the larger eigenvalue, and eigh sorts upwards: "
        "its column is the last.",
        1 / 5: "Those are the squares, v₁² and v₂²; the weights are |v₁| and |v₂|, over their sum.",
    }
    for mistaken, slip in slips.items():
        expect(abs(weights[0] - mistaken) > 1e-3, "weights of ⅓ and ⅔", weights, slip)
    expect(
        np.allclose(weights, [1 / 3, 2 / 3], atol=1e-3),
        "weights of ⅓ and ⅔ where the second picture has twice the contrast",
        weights,
        "Flatten both pictures, np.cov of the two rows, eigh, and its last column.",
    )
    negative = _weights(function, picture, 255 - twice)
    expect(
        np.allclose(negative, [1 / 3, 2 / 3], atol=1e-3),
        "weights of ⅓ and ⅔ for a negative, too",
        negative,
        "One component is negative there: take absolute values, before you divide by the sum.",
    )
    alone = _weights(function, picture, GREY)
    expect(
        np.allclose(alone, [1, 0], atol=1e-3),
        "1 and 0 where the second picture is one grey",
        alone,
        "One constant picture is no special case: C tells which of the two says something.",
    )
    _expect_halves(function)


def _weights(function: Callable, first: np.ndarray, second: np.ndarray) -> list[float]:
    with np.errstate(all="ignore"):
        found = ask(function, first, second)
    found = np.asarray(found, float)
    expect(
        found.shape == (2,),
        "two weights, of the first picture and of the second",
        f"shape {found.shape}",
    )
    expect(
        not np.isnan(found).any(),
        "two numbers",
        "NaN",
        "Something was divided by zero: both pictures are constant. Decide for ½ and ½ before.",
    )
    expect(
        abs(found.sum() - 1) < 1e-6,
        "weights that sum to 1",
        f"{found.sum():.3g}",
        "eigh gives vectors of length 1: divide |v| by its sum.",
    )
    return [round(float(weight), 3) for weight in found]


def _expect_halves(function: Callable) -> None:
    """Where no direction is better than another."""
    nothing = _weights(function, GREY, GREY // 2)
    expect(
        nothing == [0.5, 0.5],
        "½ and ½ for two constant pictures",
        nothing,
        "C is all zero, both eigenvalues are, and eigh's vectors are arbitrary. Look at the "
        "eigenvalues first.",
    )
    unrelated = _weights(function, LYING, STANDING)
    expect(
        unrelated == [0.5, 0.5],
        "½ and ½ for unrelated pictures of equal contrast",
        unrelated,
        "C is not zero there, but its eigenvalues are equal: compare them with each other, not "
        "with 0.",
    )
    faint = _weights(function, LYING // 100, LYING // 50)
    expect(
        np.allclose(faint, [1 / 3, 2 / 3], atol=0.01),
        "⅓ and ⅔ for faint pictures as well",
        faint,
        "Compare the difference of the eigenvalues with their sum, not with a fixed number.",
    )


@check
def known_halves(function: Callable) -> None:
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
    found = expect_array(
        ask(function, learned, asked),
        (len(asked),),
        "a number for each of the test mixtures",
        "Go through the rows of `asked`, not of `learned`.",
    )
    expect(found.dtype.kind in "iu", "whole numbers, 0 to 2", f"{found.dtype}", "Add the two up.")
    expect(
        found[0] == 0,
        "0 for a person who is in no training mixture",
        int(found[0]),
        "0 stands for none, 2 for both.",
    )
    expect(
        tuple(found[1:3]) == (1, 1),
        "1 where one half is known",
        f"{found[1]} for a known upper half, {found[2]} for a known lower half",
        "Compare single pictures, column by column, not whole rows.",
    )
    expect(
        tuple(found[3:5]) == (0, 0),
        "0 where a picture was only the *other* half in training",
        found[3:5].tolist(),
        "The network saw anna-fear's mouth, never her eyes: upper halves with upper halves.",
    )
    expect(
        tuple(found[5:]) == (2, 2),
        "2 where both halves are known, together or from two mixtures",
        found[5:].tolist(),
    )
    often = ask(function, np.repeat(learned, 3, axis=0), learned[:1])
    often = expect_array(often, (1,), "a number for each of the test mixtures")
    expect(
        often[0] == 2,
        "2, however often a half was trained on",
        int(often[0]),
        "Known is known: np.isin tells whether, not how often.",
    )
