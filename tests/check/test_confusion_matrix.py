"""Wrong answers to the checks of lesson 08, and what they are told."""

import numpy as np
from checks import told, wrong_answers

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
        (lambda p, t, k: (np.argsort(p, 1)[:, :k] == t[:, None]).any(1).mean(), "best is last"),
        (lambda p, t, k: (p.argmax(1) == t).mean(), "two largest"),
        (lambda p, t, k: p.argmax(1) == t, "one number"),
    ],
}  # fmt: skip


@wrong_answers("confusion_matrix", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
