"""Wrong answers to the checks of lesson 08, and what they are told."""

from math import comb

import numpy as np
from checks import told, wrong_answers
from scipy.stats import chi2


def tail_of_coins(one, other, ends_before=0, sides=2):
    """The sum in McNemar's test, which may exceed 1."""
    n, m = one + other, min(one, other)
    return sides * sum(comb(n, k) for k in range(m + 1 - ends_before)) / 2**n


def in_shares(values):
    return values / values.sum(axis=1, keepdims=True)


def in_best(p, true, columns):
    return (np.argsort(p, axis=1)[:, columns] == true[:, None]).any(axis=1).mean()


def mcnemar_by_chi_square(one, other):
    return float(chi2.sf((one - other) ** 2 / max(one + other, 1), 1))


WRONG = {
    "f1_from_matrix": [
        (lambda m, e: m.loc[e, e] / m[e].sum(), "precision"),
        (lambda m, e: m.loc[e, e] / m.loc[e].sum(), "recall"),
        (lambda m, e: 0.5 * (m.loc[e, e] / m[e].sum() + m.loc[e, e] / m.loc[e].sum()), "harmonic"),
        (lambda m, e: 0.6 if e == "fear" else np.float64("nan"), "0 / 0"),
        (lambda m, e: 0.7, "diagonal"),
        (lambda m, e: m[e] / m[e].sum(), "Received: Series of shape (3,)"),
    ],
    "top_k_accuracy": [
        (lambda p, t, k: (np.argsort(p, 1)[:, :k] == t[:, None]).any(1).mean(), "best is the last"),
        (lambda p, t, k: (p.argmax(1) == t).mean(), "one answer less"),
        (lambda p, t, k: in_best(p, t, slice(-k - 1, None)), "one answer more"),
        (lambda p, t, k: in_best(p, t, slice(-k + 1, None)), "one answer less"),
        (lambda p, t, k: in_best(p, t, slice(-k, -1)), "leaves the best out"),
        (lambda p, t, k: 100 * in_best(p, t, slice(-k, None)), "in percent"),
        (lambda p, t, k: p.argmax(1) == t, "one number"),
    ],
    "take_back": [
        (lambda p, s, k: p / s**k, "by its own sum"),
        (lambda p, s, k: in_shares(p * s**k), "puts the habit in again"),
        (lambda p, s, k: p, "still in it"),
        (lambda p, s, k: in_shares(p / s), "a power of shares"),
        (lambda p, s, k: in_shares((p / s**k).T).T, "keepdims=True"),
        (lambda p, s, k: (p / s**k).tolist(), "np.array(…)"),
        (lambda p, s, k: in_shares(p / s**k)[:, :2], "of shape (4, 3)"),
    ],
    "mcnemar_p": [
        (lambda a, b: tail_of_coins(a, b, sides=1), "either direction"),
        (lambda a, b: tail_of_coins(a, b), "at most 1"),
        (lambda a, b: min(1, tail_of_coins(a, b) if a <= b else 1), "the smaller"),
        (lambda a, b: min(1, tail_of_coins(a, b)) if a + b else 0, "n is 0"),
        (lambda a, b: tail_of_coins(a, b, ends_before=1), "both included"),
        (mcnemar_by_chi_square, "too rough"),
        (lambda a, b: 0.5 if a + b == 2 else 1.0, "divide by 2**n"),
        (lambda a, b: (a, b), "as one number"),
    ],
}  # fmt: skip


@wrong_answers("confusion_matrix", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
