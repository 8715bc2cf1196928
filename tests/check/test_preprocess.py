"""Wrong answers to the checks of lesson 03, and what they are told."""

import numpy as np
from checks import told, wrong_answers

WRONG = {
    "standardise": [
        (lambda a, b: (a - a.mean()) / a.std(), "two arrays"),
        (lambda a, b: (a, b), "mean 0"),
        (lambda a, b: ((a - a.mean()) / a.var(), (b - a.mean()) / a.var()), "variance"),
        (lambda a, b: ((a - a.mean()) / a.std(), (b - b.mean()) / b.std()), "leak"),
        (lambda a, b: ((a - a.mean()) / a.std(), b - a.mean()), "same two numbers"),
        (lambda a, b: tuple((x - a.mean()) / a.std(ddof=1) for x in (a, b)), "ddof"),
    ],
    "split_by_person": [
        (lambda s, share, seed: np.random.default_rng(seed).random(len(s)) < share, "Draw people"),
        (lambda s, share, seed: np.isin(s, np.unique(s)[:10]), "shuffle"),
        (lambda s, share, seed: ~np.isin(s, np.unique(s)[:10]), "True stands for test"),
        (lambda s, share, seed: np.ones(len(s), bool), "empty part"),
        (lambda s, share, seed: np.zeros(len(s)), "True and False"),
    ],
}  # fmt: skip


@wrong_answers("preprocess", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
