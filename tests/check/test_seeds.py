"""Wrong answers to the checks of lesson 08c, and what they are told."""

import numpy as np
from checks import told, wrong_answers
from scipy.stats import false_discovery_control, t


def bonferroni(p):
    return np.minimum(p * len(p), 1)


def raised(p):
    order = np.argsort(p)
    found = np.empty(len(p))
    found[order] = p[order] * np.arange(len(p), 0, -1)
    return found


def sorted_twice(p):
    order = np.argsort(p)
    found = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return found[order]


def half(a, *, ddof=1, degrees=1, level=0.975):
    return t.ppf(level, len(a) - degrees) * np.std(a, ddof=ddof) / len(a) ** 0.5


WRONG = {
    "half_width": [
        (lambda a: half(a, ddof=0), "ddof=1"),
        (lambda a: half(a) * len(a) ** 0.5, "divide by √n"),
        (lambda a: half(a) / len(a) ** 0.5, "not by n"),
        (lambda a: 1.96 * np.std(a, ddof=1) / len(a) ** 0.5, "take t"),
        (lambda a: 2 * np.std(a, ddof=1) / len(a) ** 0.5, "many trainings"),
        (lambda a: half(a, degrees=0), "n - 1 degrees"),
        (lambda a: half(a, level=0.95), "0.975"),
        (lambda a: 2 * half(a), "whole interval"),
        (lambda a: np.std(a, ddof=1) / len(a) ** 0.5, "standard error"),
        (lambda a: t.ppf(0.975, 4) * np.std(a, ddof=1) / 5**0.5, "t · s / √n"),
        (lambda a: (a.mean(), half(a)), "as one number"),
    ],
    "holm": [
        (bonferroni, "Bonferroni"),
        (raised, "at most 1"),
        (false_discovery_control, "Benjamini"),
        (lambda p: np.minimum(raised(p), 1), "None may be smaller"),
        (
            lambda p: np.minimum(np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1)), 1),
            "in the order in which",
        ),
        (sorted_twice, "corrected[order] = …"),
        (lambda p: p, "the smallest times m"),
        (lambda p: raised(p).tolist(), "as an array"),
        (lambda p: float(p.min() * len(p)), "as an array"),
    ],
}


@wrong_answers("seeds", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
