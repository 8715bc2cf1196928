"""Wrong answers to the checks of lesson 10, and what they are told."""

import numpy as np
from checks import told, wrong_answers


def pca(first, second, column=1, power=1, size=np.abs, equal=lambda low, high: False):
    """The weights of two pictures, with the slips that they invite."""
    values, vectors = np.linalg.eigh(np.cov(first.ravel(), second.ravel()))
    if equal(*values):
        return np.array([0.5, 0.5])
    v = size(vectors[:, column]) ** power
    return v / v.sum()


def contrasts(first, second):
    """Weights by contrast alone, whatever the two pictures have in common."""
    size = np.array([first.std(), second.std()])
    return size / size.sum() if size[0] != size[1] else np.array([0.5, 0.5])


def both_halves(learned, asked, count=np.isin):
    """How many halves are known, with another meaning of "known"."""
    return count(asked[:, 0], learned[:, 0]).astype(int) + count(asked[:, 1], learned[:, 1])


def how_often(sought, known):
    return np.array([(known == one).sum() for one in sought])


WRONG = {
    "principal_weights": [
        (lambda a, b: pca(a, b, column=0), "sorts upwards"),
        (lambda a, b: pca(a, b, power=2), "squares"),
        (lambda a, b: np.array([0.5, 0.5]), "np.cov"),
        (lambda a, b: pca(a, b, size=np.array), "absolute values"),
        (pca, "arbitrary"),
        (lambda a, b: pca(a, b, equal=lambda low, high: high == 0), "with each other"),
        (lambda a, b: pca(a, b, equal=lambda low, high: high - low < 10), "their sum"),
        (lambda a, b: pca(a, b, equal=lambda *_: not a.std() or not b.std()), "no special case"),
        (contrasts, "contrasts alone"),
        (lambda a, b: pca(a, b) * np.array([1, 1.5]), "sum to 1"),
        (lambda a, b: pca(a, b)[1], "two weights"),
        (lambda a, b: pca(a, b) / bool(a.std()), "divided by zero"),
    ],
    "known_halves": [
        (lambda learned, asked: both_halves(learned, asked[:2]), "rows of `asked`"),
        (lambda learned, asked: 2 * (asked[:, None] == learned).all(axis=2).any(axis=1),
         "column by column"),
        (lambda learned, asked: np.isin(asked, learned).sum(axis=1), "upper halves with upper"),
        (lambda learned, asked: 2 - both_halves(learned, asked), "0 stands for none"),
        (lambda learned, asked: both_halves(learned, asked, how_often), "not how often"),
        (lambda learned, asked: both_halves(learned, asked) / 2, "Add the two up"),
        (lambda learned, asked: both_halves(learned, asked).clip(max=1), "both halves are known"),
    ],
}  # fmt: skip


@wrong_answers("image_fusion", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
