"""Wrong answers to the checks of lesson 07, and what they are told."""

from itertools import combinations, pairwise

import numpy as np
from checks import told, wrong_answers


def distances(maps):
    return [np.mean((a - b) ** 2) for a, b in combinations(maps, 2)]


def majority(counts, unnamed, least=2, at_least_half=False, cut=False):
    """FER+'s rule, with the slips that it invites."""
    left = np.where(counts < least, 0, counts)
    if cut:
        left = left[:, : left.shape[1] - unnamed]
    most, half = left.max(axis=1), left.sum(axis=1) / 2
    found = np.where((most >= half) if at_least_half else (most > half), left.argmax(axis=1), -1)
    return np.where(found < counts.shape[1] - unnamed, found, -1)


def majority_from_the_right(counts, unnamed):
    named = counts[:, :-unnamed]
    return np.where(named.any(axis=1), majority(counts, unnamed), named.argmax(axis=1))


WRONG = {
    "attention_loss": [
        (lambda maps: sum(distances(maps)), "one over it"),
        (lambda maps: 1 / np.mean(np.abs(maps[0] - maps[1])), "Square"),
        (lambda maps: 1 / np.sum((maps[0] - maps[1]) ** 2), "take the mean"),
        (lambda maps: (len(maps) - 1) / sum(distances([a, b])[0] for a, b in pairwise(maps)),
         "only against the next"),
        (lambda maps: np.mean([1 / one for one in distances(maps)]), "then divide"),
        (lambda maps: len(distances(maps)) / (2 * sum(distances(maps))), "i < j"),
        (lambda maps: len(maps) / sum(distances(maps)), "not of heads"),
        (lambda maps: 1 / (sum(distances(maps)) + 1e-6), "3 for three heads"),
        (lambda maps: len(distances(maps)) / sum(distances(maps)), "before you divide"),
        (lambda maps: len(distances(maps)) / max(sum(distances(maps)), 1e-9), "denominator"),
        (lambda maps: len(distances(maps)) / sum(1e-6 + one for one in distances(maps)),
         "not to the distance"),
        (lambda maps: 1 / (np.mean(distances(maps)) + 1e-6), "not to the distance"),
        (lambda maps: (maps[0] - maps[1]) ** 2, "as one number"),
        (lambda maps: "much", "as one number"),
    ],
    "label_by_majority": [
        (lambda c, u: c[:, : c.shape[1] - u].argmax(axis=1), "more than half"),
        (lambda c, u: majority(c, u, at_least_half=True), ">, not >="),
        (lambda c, u: majority(c, u, least=0), "one person alone"),
        (lambda c, u: majority(c, u, least=3), "of two stay"),
        (lambda c, u: majority((c - 1).clip(min=0), u, least=0), "of two stay"),
        (lambda c, u: majority(c, 0), "has named an emotion"),
        (lambda c, u: majority(c, u, cut=True), "“unknown”"),
        (majority_from_the_right, "Count from the left"),
        (lambda c, u: majority(c, u).astype(float), "whole numbers"),
        (lambda c, u: majority(c, u)[:, None] == range(3), "for each face"),
    ],
}  # fmt: skip


@wrong_answers("ddamfn", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
