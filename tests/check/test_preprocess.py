"""Wrong answers to the checks of lesson 03, and what they are told."""

import math
from functools import partial

import numpy as np
import pytest
from checks import told, wrong_answers

from fer_kit import check


def drawn_with_replacement(subject, share, seed, first=0):
    people, generator = np.unique(subject), np.random.default_rng(100 * first + seed)
    return np.isin(subject, generator.choice(people, round(share * len(people))))


def coin_for_each_person(subject, share, seed, first=0):
    people, generator = np.unique(subject), np.random.default_rng(100 * first + seed)
    return np.isin(subject, people[generator.random(len(people)) < share])


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
        *((partial(drawn_with_replacement, first=first), "replace=False") for first in range(20)),
        *((partial(coin_for_each_person, first=first), "A coin") for first in range(20)),
        (lambda s, share, seed: np.zeros(len(s)), "True and False"),
    ],
}  # fmt: skip


@wrong_answers("preprocess", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


@pytest.mark.parametrize("whole", [math.floor, math.ceil, round])
def test_a_share_that_is_no_whole_number_of_people_may_be_rounded_either_way(whole):
    def split_by_person(subject, share, seed):
        people = np.random.default_rng(seed).permutation(np.unique(subject))
        return np.isin(subject, people[: whole(share * len(people))])

    assert check.split_by_person(split_by_person)
