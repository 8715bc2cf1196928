"""FER+'s rules on single faces, its counts on all of them, and how far people agree."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

from fer_kit import votes
from fer_kit.emotions import FERPLUS
from fer_kit.errors import InputError

# neutral happy surprise sad angry disgust fear contempt unknown NF
CLEAR = [8, 0, 0, 1, 1, 0, 0, 0, 0, 0]
DIVIDED = [4, 0, 0, 3, 3, 0, 0, 0, 0, 0]
HALF = [5, 0, 0, 5, 0, 0, 0, 0, 0, 0]
UNKNOWN = [2, 0, 0, 0, 0, 0, 0, 0, 6, 2]
SCATTERED = [2, 2, 2, 2, 2, 0, 0, 0, 0, 0]
NO_FACE = [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]
SINGLES = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
PARTLY = [4, 0, 0, 3, 0, 0, 0, 0, 3, 0]


def label(row, mode):
    targets, kept = votes.label(np.array([row]), mode)
    named = {name: round(float(t), 4) for name, t in zip(FERPLUS, targets[0], strict=True) if t}
    assert bool(named) == kept[0]
    return named


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (CLEAR, {"neutral": 1}),
        (DIVIDED, {}),
        (HALF, {}),  # more than half is needed
        (UNKNOWN, {}),
        (NO_FACE, {}),
        (SINGLES, {}),
        ([0, 0, 0, 0, 0, 4, 1, 1, 1, 0], {"disgust": 1}),  # single votes are taken out first
    ],
)
def test_majority(row, expected):
    assert label(row, "majority") == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (CLEAR, {"neutral": 1}),
        (DIVIDED, {"neutral": 0.4, "sad": 0.3, "angry": 0.3}),
        (HALF, {"neutral": 0.5, "sad": 0.5}),
        (SCATTERED, {}),  # five are more than three
        (UNKNOWN, {}),
        (NO_FACE, {}),
        (SINGLES, {}),
        (PARTLY, {"neutral": 0.5714, "sad": 0.4286}),  # unknown ends it and is not added
    ],
)
@pytest.mark.parametrize("mode", ["cross-entropy", "probability"])
def test_cross_entropy_and_the_shares_that_probability_draws_from(row, expected, mode):
    assert label(row, mode) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (CLEAR, ["neutral"]),
        (DIVIDED, ["neutral", "sad", "angry"]),
        (SCATTERED, []),
        ([6, 3, 0, 0, 0, 0, 0, 0, 0, 0], ["neutral", "happy"]),
        ([7, 2, 0, 0, 0, 0, 0, 0, 0, 0], ["neutral"]),
        (NO_FACE, []),
    ],
)
def test_multi_target(row, expected):
    named = label(row, "multi-target")
    assert [name for name, target in named.items() if target == 1] == expected
    assert set(named.values()) <= {1.0, 0.001}


def test_drawn_faces_have_no_unnamed_answers():
    targets, kept = votes.label(np.array([[6, 4, 0]]), "majority", unnamed=0)
    assert targets.tolist() == [[1, 0, 0]]
    assert kept.all()


def test_drawing_follows_the_shares():
    shares = np.tile(np.array([[0.5, 0.0, 0.3, 0.2]], np.float32), (4000, 1))
    drawn = votes.draw(shares, np.random.default_rng(0))
    assert set(drawn.sum(axis=1)) == {1.0}
    np.testing.assert_allclose(drawn.mean(axis=0), shares[0], atol=0.04)
    assert drawn[:, 1].sum() == 0


def test_any_target_will_do_for_the_multi_target_loss():
    targets = np.array([[1, 1, 0.001], [1, 1, 0.001]], np.float32)
    answers = np.array([[0.2, 0.7, 0.1], [0.01, 0.01, 0.98]], np.float32)
    loss = np.asarray(votes.multi_target_loss(targets, answers))
    np.testing.assert_allclose(loss, -np.log([0.7, 0.01]), rtol=1e-4)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([10, 0, 0], 1.0),
        ([9, 1, 0], 0.9),
        ([1, 1, 0], 0.0),
        ([2, 2, 0], 0.0),  # each is held against one of the same and two of the other
        ([2, 1, 1], (2 * (1 / 3) + 0 + 0) / 4),  # one left of each: a third right
    ],
)
def test_agreement_of_one_with_the_others(row, expected):
    assert votes.agreement(np.array([row]))[0] == pytest.approx(expected)


def test_one_annotator_has_nobody_to_agree_with():
    assert np.isnan(votes.agreement(np.array([[1, 0], [0, 0]]))).all()


def test_whoever_is_judged_has_no_say_in_which_faces_count():
    # Of 6 against 4 the six meet five against four of the others, the four meet six against three.
    split, alone = np.array([[6, 4]]), np.array([[2, 1, 1]])
    assert votes.level_of_a_person(split) == pytest.approx(0.6)
    # Only who said something else meets two others who agree, and is wrong.
    assert votes.level_of_a_person(alone) == 0


def test_the_divergence_from_the_crowd():
    counts = np.array([[5, 5, 0], [10, 0, 0], [5, 5, 0]])
    answers = np.array([[0.5, 0.5, 0], [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    expected = [0, np.log(2), np.log(2)]
    np.testing.assert_allclose(votes.divergence(counts, answers), expected, atol=1e-9)


def test_an_unknown_mode_is_a_sentence():
    with pytest.raises(InputError, match="majority, probability.*Received: 'soft'"):
        votes.label(np.array([CLEAR]), "soft")


# As a data set


# The real votes


@pytest.fixture(scope="module")
def real(fer2013_folder):
    spec = importlib.util.spec_from_file_location("materialize", fer2013_folder / "materialize.py")
    materialize = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(materialize)
    _, _, usage, counts, _ = materialize.load()
    return np.asarray(counts), np.asarray(usage)


@pytest.mark.parametrize(
    ("mode", "counts"),
    [
        ("majority", [25060, 3199, 3153]),
        ("cross-entropy", [27956, 3505, 3505]),
        ("probability", [27956, 3505, 3505]),
        ("multi-target", [27671, 3472, 3472]),
    ],
)
def test_the_real_votes_give_the_counts_of_each_mode(real, mode, counts):
    rows, usage = real
    _, kept = votes.label(rows, mode)
    parts = ("Training", "PublicTest", "PrivateTest")
    assert [int(kept[usage == name].sum()) for name in parts] == counts


def test_the_real_test_part_has_sixteen_faces_of_contempt(real):
    rows, usage = real
    targets, kept = votes.label(rows, "majority")
    counts = targets[kept & (usage == "PrivateTest")].sum(axis=0)
    assert counts.tolist() == [1090, 893, 396, 384, 273, 18, 83, 16]


def test_the_level_of_a_person(real):
    rows, usage = real
    test = usage == "PrivateTest"
    level = votes.agreement(rows[:, :8])
    _, kept = votes.label(rows, "majority")
    assert np.nanmean(level[test]) == pytest.approx(0.737, abs=5e-4)
    assert np.nanmean(level[test & kept]) == pytest.approx(0.806, abs=5e-4)
    assert votes.level_of_a_person(rows[test], unnamed=2) == pytest.approx(0.743, abs=5e-4)
    assert votes.level_of_a_person(rows[test][:, :8]) == pytest.approx(0.772, abs=5e-4)


COUNTED = np.array(
    [
        [5, 4, 1, 0],  # two
        [3, 7, 0, 0],  # exactly 30 % counts
        [8, 2, 0, 0],  # one
        [4, 3, 3, 0],  # three
        [2, 2, 0, 0],  # few voted for an emotion
        [10, 0, 0, 0],
    ],
    np.float32,
)


def test_faces_on_which_people_divide_between_two_emotions():
    both = [[0, 1], [1, 0], [-1, -1], [-1, -1], [0, 1], [-1, -1]]
    assert votes.two_emotions(COUNTED).tolist() == both
    shares = COUNTED / COUNTED.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(votes.two_emotions(shares), votes.two_emotions(COUNTED))


def test_the_count_on_the_real_votes(fer2013_folder, tmp_path):
    """842 of 3,573 PrivateTest faces; 851 where three emotions may share."""
    labels = pd.read_csv(fer2013_folder / "labels.csv")
    if "Usage" not in labels or "contempt" not in labels:
        pytest.skip("labels.csv has no votes")
    names = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
    counts = labels.loc[labels["Usage"] == "PrivateTest", names].to_numpy(float)
    counts = counts[counts.sum(axis=1) > 0]
    assert (len(counts), (votes.two_emotions(counts)[:, 0] >= 0).sum()) == (3573, 842)


def test_divergence_in_bits():
    counts = np.array([[1, 1, 0], [1, 0, 0]])
    same = votes.divergence(counts, np.array([[0.5, 0.5, 0], [1, 0, 0]]), base=2)
    np.testing.assert_allclose(same, 0, atol=1e-5)
    other = votes.divergence(counts, np.array([[0.25, 0.25, 0.5], [0.25, 0.75, 0]]), base=2)
    np.testing.assert_allclose(other, [1, 2], atol=1e-5)
    assert np.isfinite(votes.divergence(counts, np.array([[0, 0, 1], [0, 0, 1]]), base=2)).all()
