"""Wrong answers to the checks of lesson 02, and what they are told."""

import numpy as np
import pytest
from checks import told, wrong_answers

from fer_kit import check

WRONG = {
    "mirrored_copies": [
        (lambda a, b: [], "none"),
        (lambda a, b: [0, 5, 9], "rows of the test images"),
        (lambda a, b: [i for i, x in enumerate(a) if any((x == y[::-1]).all() for y in b)],
         "on its head"),
        (lambda a, b: [i for i, x in enumerate(a)
                       if any((x == y).all() or (x == y[:, ::-1]).all() for y in b)],
         "a copy as it is"),
        (lambda a, b: [i for i, x in enumerate(a) for y in b if (x == y[:, ::-1]).all()],
         "listed once"),
        (lambda a, b: [j for j, y in enumerate(b) if any((x == y[:, ::-1]).all() for x in a)],
         "rows of the test images"),
        (lambda a, b: list(range(len(a))), "Every training row"),
        (lambda a, b: 3, "as a list"),
        (lambda a, b: (3, 11, 26), "Put list(…) around"),
        (lambda a, b: ["3", "11", "26"], "a list of numbers"),
        (lambda a, b: [[3, 11], [26]], "a list of numbers"),
    ],
    "entropy": [
        (lambda p: -(p * np.log2(p)).sum(axis=1), "0 · log 0"),
        (lambda p: -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1), "nats"),
        (lambda p: -(p * np.log2(np.where(p > 0, p, 1))).sum(), "axis=1"),
        (lambda p: -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=0), "not over the faces"),
        (lambda p: (p * np.log2(np.where(p > 0, p, 1))).sum(axis=1), "minus"),
        (lambda p: -(p * np.log2(p + 1e-5)).sum(axis=1), "replace the zeros"),
        (lambda p: -(p * np.log2(p + 6e-7)).sum(axis=1), "adds to the entropy"),
    ],
}  # fmt: skip


@wrong_answers("analyze", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


@pytest.mark.parametrize("small", [1e-12, 1e-9, 1e-8])
def test_an_entropy_that_is_a_little_below_zero_is_right(small):
    assert check.entropy(lambda shares: -(shares * np.log2(shares + small)).sum(axis=1))
