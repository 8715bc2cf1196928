"""Parts of a data set: the shares of emotions in each, and nobody in two of them."""

import numpy as np
import pytest

from fer_kit.datasets.splits import HELD_BACK, draw_split
from fer_kit.faces import SPLITS


def people_of(split: np.ndarray, subject: np.ndarray) -> dict[str, set[str]]:
    return {name: set(subject[split == name].tolist()) for name in SPLITS}


def test_a_split_by_subject_keeps_the_shares():
    generator = np.random.default_rng(0)
    subject = np.repeat(np.arange(110), 5).astype(str)
    labels = np.tile(np.arange(5), 110)
    shuffled = generator.permutation(550)
    split = draw_split(labels[shuffled], 0, subject[shuffled])
    shares = [(split == name).mean() for name in ("train", "validation", "test")]
    np.testing.assert_allclose(shares, (0.70, 0.15, 0.15), atol=0.01)
    for name in set(subject):
        assert len(set(split[subject[shuffled] == name])) == 1


@pytest.mark.parametrize("faces", [(1, 1, 1), (100, 5, 1), (1, 50, 50)])
def test_three_people_go_into_three_parts_whatever_they_show(faces):
    subject = np.repeat(["anna", "bert", "carl"], faces)
    labels = np.repeat([0, 1, 2], faces)  # each shows an emotion that nobody else shows
    parts = people_of(draw_split(labels, 1, subject), subject)
    assert sorted(map(len, parts.values())) == [1, 1, 1]


def test_a_part_gets_its_share_of_people_and_of_emotions():
    subject = np.repeat([f"s{number:02d}" for number in range(40)], 6)
    labels = np.where(np.arange(240) // 6 % 4 == 0, 1, 0)  # every fourth person shows emotion 1
    split = draw_split(labels, 3, subject)
    assert {name: len(who) for name, who in people_of(split, subject).items()} == {
        "train": 28, "validation": 6, "test": 6,
    }  # fmt: skip
    for name in SPLITS:
        assert labels[split == name].mean() == pytest.approx(1 / 4, abs=0.09)


def test_where_a_test_part_is_given_a_ninth_of_the_people_validate():
    subject = np.repeat([f"s{number:02d}" for number in range(18)], 4)
    parts = people_of(draw_split(np.zeros(72, int), 0, subject, HELD_BACK), subject)
    assert {name: len(who) for name, who in parts.items()} == {
        "train": 16, "validation": 2, "test": 0,
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_who_has_many_faces_is_placed_before_those_with_few(seed):
    counts = np.r_[np.full(4, 60), np.full(36, 5)]
    subject = np.repeat([f"s{number:02d}" for number in range(40)], counts)
    split = draw_split(np.arange(len(subject)) % 2, seed, subject)
    assert (split == "train").mean() == pytest.approx(0.7, abs=0.2)
    assert (split == "test").mean() == pytest.approx(0.15, abs=0.2)
