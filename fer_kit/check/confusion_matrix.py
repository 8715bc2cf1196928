"""Checks of notebooks/08_confusion_matrix.ipynb."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from fer_kit.check.answers import Ask, as_number, check, expect, expect_array, expect_number

NAMES = ["happy", "fear", "disgust"]
MATRIX = pd.DataFrame([[6, 2, 0], [1, 3, 0], [3, 1, 0]], index=NAMES, columns=NAMES)


@check
def f1_from_matrix(ask: Ask) -> None:
    """`f1_from_matrix(matrix, emotion)`: a table of counts, true in rows → F1 of one emotion."""
    precision, recall = 3 / 6, 3 / 4
    arithmetic = "That is the arithmetic mean. The harmonic one is 2 · P · R / (P + R)."
    slips = [
        (precision, "That is its precision; F1 is the harmonic mean of precision and recall."),
        (recall, "That is its recall; F1 is the harmonic mean of precision and recall."),
        ((precision + recall) / 2, arithmetic),
    ]
    slip = (
        "Right answers are on the diagonal; a row holds the true ones, a column the predicted ones."
    )
    expect_number(ask(MATRIX, "fear"), 0.6, "F1 of fear", slip, slips)
    never = as_number(ask(MATRIX, "disgust"), "F1 of disgust")
    slip = "Its precision is 0 / 0: decide that F1 is 0 there."
    expect(not np.isnan(never), "0 for an emotion that is never predicted", "NaN", slip)
    expect_number(never, 0, "F1 of an emotion that is never predicted")


@check
def top_k_accuracy(ask: Ask) -> None:
    """`top_k_accuracy(probabilities, true, k)` → share of faces with the truth among k best."""
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.35, 0.25], [0.2, 0.7, 0.1]])
    percent = "That is in percent; a share lies between 0 and 1."
    upwards = "np.argsort sorts upwards: the best is the last."
    one_more = "That is of one answer more: k of them, [:, -k:]."
    one_less = "That is of one answer less (and [:, -0:] is everything): k of them, [:, -k:]."
    no_best = "A slice that ends at -1 leaves the best out: [:, -k:]."
    largest = "The truth counts wherever it is among the k largest."
    cases = (
        (1, 0.5, "With k = 1 it is the ordinary accuracy.", [(0.75, one_more), (1, one_less)]),
        (2, 0.75, largest, [(1, one_more), (0.5, one_less)]),
        (3, 1, largest, [(0.75, one_less)]),
    )
    for k, right, slip, slips in cases:
        found = ask(p, np.array([0, 0, 1, 1]), k)
        slips = [(100 * right, percent), (0.25, upwards), (0, no_best), *slips]
        expect_number(found, right, f"top-{k} accuracy", slip, slips)


@check
def mcnemar_p(ask: Ask) -> None:
    """`mcnemar_p(only_first, only_second)` → the exact p-value of McNemar's test, two-sided."""
    ends = "range(m) ends before m: the sum goes from k = 0 to m, both included."
    uneven = (
        "Two coins that fall alike, both heads or both tails: 2 · 0.25. A test asks for a split "
        "this uneven in either direction, and χ² is too rough for so few."
    )
    expect_number(ask(0, 2), 0.5, "p of 0 against 2", uneven, [(0, ends)])
    slip = "m is the smaller of the two numbers: min(only_first, only_second)."
    expect_number(ask(2, 0), 0.5, "p of 2 against 0, as of 0 against 2,", slip)
    even = as_number(ask(5, 5), "p of 5 against 5")
    slip = "Doubled, the middle is counted twice: a probability is at most 1, min(1, …)."
    expect_number(even, 1, "p of 5 against 5", slip if even > 1 else "")
    expect_number(ask(0, 0), 1, "p of 0 against 0", "Nothing speaks for a difference: n is 0.")
    slip = "Sum the binomial coefficients from k = 0 to m, m included, and divide by 2**n."
    for one, other in ((3, 12), (150, 210)):
        right = binomtest(one, one + other).pvalue
        expect_number(ask(one, other), right, f"p of {one} against {other}", slip)


@check
def take_back(ask: Ask) -> None:
    """`take_back(probabilities, shares, strength)` → answers without the training's habits."""
    shares = np.array([0.64, 0.32, 0.04])
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    for strength in (0, 1, 0.5):
        found = expect_array(ask(p, shares, strength), p.shape, "answers as they came")
        sums = found.sum(axis=1)
        slip = "Divide each row by its own sum: sum(axis=1, keepdims=True)."
        expect(np.allclose(sums, 1), "rows that sum to 1", sums.round(3), slip)
        right = _in_shares(p / shares**strength)
        slips = (
            (_in_shares(p * shares**strength), "That puts the habit in again: divide."),
            (p, "That is what came: the habit is still in it."),
            (
                _in_shares(p / shares),
                "That takes all of it back: the strength is a power of shares.",
            ),
        )
        slip = next((said for wrong, said in slips if np.allclose(found, wrong)), "")
        expected = f"{right[0].round(3).tolist()} for strength {strength}"
        expect(np.allclose(found, right, atol=1e-5), expected, found[0].round(3), slip)


def _in_shares(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=1, keepdims=True)
