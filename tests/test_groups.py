"""Rates of groups, with people drawn again and not pictures."""

import numpy as np
import pytest

from fer_kit import groups
from fer_kit.errors import InputError

PEOPLE = np.repeat([f"p{number}" for number in range(40)], 10)
GROUP = np.repeat(["dark", "light"], 200)


def some_hits(dark: float, light: float) -> np.ndarray:
    """Hits of whole people: all ten pictures of somebody are right, or all are wrong."""
    return np.concatenate([np.arange(200) < 200 * dark, np.arange(200) < 200 * light])


def test_each_group_has_its_own_rate_faces_and_people():
    table = groups.by_group(some_hits(0.5, 0.75), GROUP, PEOPLE)
    assert table["value"].to_dict() == {"dark": 0.5, "light": 0.75}
    assert table["faces"].tolist() == [200, 200]
    assert table["people"].tolist() == [20, 20]
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()


def test_groups_stand_in_the_order_that_is_asked_for():
    table = groups.by_group(some_hits(0.5, 0.75), GROUP, PEOPLE, order=["light", "none", "dark"])
    assert table["value"].to_dict() == {"light": 0.75, "dark": 0.5}
    assert table.index.tolist() == ["light", "dark"]


def test_ten_pictures_that_go_together_are_no_more_than_one():
    """The interval of 20 people, and not of 200 pictures, which would be a third of it."""
    pictures = np.array([f"one{number}" for number in range(400)])
    of_people, of_pictures = (
        groups.by_group(some_hits(0.5, 0.5), GROUP, who).loc["dark"] for who in (PEOPLE, pictures)
    )
    ratio = (of_people["high"] - of_people["low"]) / (of_pictures["high"] - of_pictures["low"])
    assert ratio == pytest.approx(np.sqrt(10), rel=0.15)


def test_the_gap_has_an_interval_of_its_own():
    value, low, high = groups.gap(some_hits(0.5, 0.9), GROUP, PEOPLE, ("light", "dark"))
    assert value == pytest.approx(0.4)
    assert 0.1 < low < value < high < 0.7
    value, low, high = groups.gap(some_hits(0.5, 0.5), GROUP, PEOPLE, ("light", "dark"))
    assert low < 0 < high


def test_only_faces_that_could_have_been_hits_are_counted():
    among = np.arange(400) % 2 == 0
    table = groups.by_group(np.ones(400, bool), GROUP, PEOPLE, among=among)
    assert table["value"].tolist() == [1, 1]
    assert table["faces"].tolist() == [100, 100]


def test_somebody_may_be_in_two_groups_with_different_pictures():
    light = np.where(np.arange(400) % 2, "front", "side")
    table = groups.by_group(np.arange(400) % 2 == 1, light, PEOPLE)
    assert table["value"].to_dict() == {"front": 1, "side": 0}
    assert table["people"].tolist() == [40, 40]


def test_with_the_weights_every_group_counts_the_same():
    group = np.array(["rare"] * 10 + ["common"] * 90)
    weight = groups.weights(group)
    assert weight[group == "rare"].sum() == pytest.approx(weight[group == "common"].sum())
    assert weight.mean() == pytest.approx(1)


def test_a_group_without_faces_and_lists_of_other_lengths_are_named():
    with pytest.raises(InputError, match="dark, light. Received: 'medium'"):
        groups.gap(some_hits(0.5, 0.5), GROUP, PEOPLE, ("light", "medium"))
    with pytest.raises(InputError, match="400 hits, 399 groups"):
        groups.by_group(some_hits(0.5, 0.5), GROUP[1:], PEOPLE)
    with pytest.raises(InputError, match="at least one face"):
        groups.by_group(np.zeros(0), [], [])
