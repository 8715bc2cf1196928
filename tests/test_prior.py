"""What a network expects before it looks, and how that is taken back."""

import json

import numpy as np
import pytest
from saved_models import save_lenet5

import fer_kit as fk
from fer_kit import evaluation, prior
from fer_kit.errors import InputError
from fer_kit.pictures import PHOTOGRAPH

SHARES = {
    "angry": 0.14, "disgust": 0.02, "fear": 0.14, "happy": 0.25, "sad": 0.17, "surprise": 0.1,
    "neutral": 0.18,
}  # fmt: skip


@pytest.fixture
def path(make_faces, tmp_path):
    path = save_lenet5(tmp_path, make_faces())
    card = json.loads(path.with_suffix(".json").read_text())
    card["trained_on"]["shares"], card["correction"] = SHARES, 0.5
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def predictions(rows, labels):
    count = len(rows)
    ids, split = np.arange(count).astype(str), np.full(count, "validation")
    targets = np.eye(rows.shape[1], dtype=np.float32)[labels]
    return evaluation.Predictions(ids, split, targets, rows, fk.emotions.FER2013[: rows.shape[1]])


def test_an_answer_that_is_only_habit_becomes_no_answer():
    shares = np.array([[0.7, 0.2, 0.1]])
    np.testing.assert_allclose(prior.corrected(shares, shares[0]), [[1 / 3] * 3])
    np.testing.assert_allclose(prior.corrected(shares, shares[0], 0.0), shares)
    expected = [0.1, 0.1, 0.8]
    np.testing.assert_allclose(prior.corrected(shares, shares[0], 1.0, expected), [expected])


def test_an_emotion_that_training_never_showed_keeps_an_answer():
    rows = prior.corrected(np.array([[0.9, 0.1, 0.0]]), [0.5, 0.5, 0.0])
    assert np.isfinite(rows).all()
    assert rows.argmax() == 0


def test_the_card_says_how_often_each_emotion_was_shown(make_faces, tmp_path):
    faces = make_faces()
    card = fk.cards.read_card(save_lenet5(tmp_path, faces))
    shares = card["trained_on"]["shares"]
    assert list(shares) == list(faces.emotions)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["angry"] == pytest.approx(faces.targets[faces.split == "train"].mean(axis=0)[0])


def test_each_prior_changes_the_answers_as_bayes_says(path, make_faces):
    classifier, images = fk.load_model(path), make_faces().images
    raw = classifier.expecting("training").probabilities(images)
    shares = np.array(list(SHARES.values()))
    for choice, weights in (
        (None, shares**-0.5),
        ("default", shares**-0.5),
        ("even", 1 / shares),
        (dict.fromkeys(SHARES, 1.0) | {"sad": 4}, [1, 1, 1, 1, 4, 1, 1] / shares),
    ):
        expected = raw * weights / (raw * weights).sum(axis=1, keepdims=True)
        found = classifier.expecting(choice).probabilities(images)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_answer_about_a_photograph_takes_a_prior_and_the_model_says_which(path):
    classifier = fk.load_model(path)
    answers = [
        fk.predict_emotion(classifier, PHOTOGRAPH, prior=choice)[0].probabilities["disgust"]
        for choice in ("training", None, "even")
    ]
    assert answers == sorted(answers)
    assert answers[0] < answers[2]
    assert "50 % of the way to equally often" in classifier.about
    assert "emotion equally often" in classifier.expecting("even").about
    assert "as often as in its training" in classifier.expecting("training").about


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (5, "Received: 5"),
        ("uneven", "Expected a prior among None, default, even, training. Received: 'uneven'"),
        ({"happy": 1.0}, "a share of 0 or more for each of angry.*Received: {'happy': 1.0}"),
        (SHARES | {"contempt": 0.1}, "and no other"),
        (SHARES | {"sad": -0.1}, "a share of 0 or more"),
        (SHARES | {"sad": float("nan")}, "a share of 0 or more"),
        (SHARES | {"bored": 0.1}, "Expected the name of an emotion"),
    ],
)
def test_a_prior_that_is_none_is_a_sentence(path, choice, said):
    with pytest.raises(InputError, match=said):
        fk.load_model(path).expecting(choice)


def test_a_card_without_shares_says_what_is_missing(path):
    card = json.loads(path.with_suffix(".json").read_text())
    del card["trained_on"]["shares"], card["correction"]
    path.with_suffix(".json").write_text(json.dumps(card))
    classifier = fk.load_model(path)
    assert "as often as in its training" in classifier.about
    with pytest.raises(InputError, match="how often each emotion occurred in training"):
        classifier.expecting("even")


@pytest.mark.parametrize("name", ["temperature", "correction", "unsure_below"])
@pytest.mark.parametrize("wrong", [-1, 1e9, "x", None, float("nan")])
def test_a_number_of_a_card_that_makes_no_sense_is_a_sentence(path, name, wrong):
    card = json.loads(path.with_suffix(".json").read_text()) | {name: wrong}
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=f"of a model, {name} as a number.*Received: "):
        fk.load_model(path)


def test_the_command_line_writes_priors_as_words_or_shares():
    assert prior.parse("") is None
    assert prior.parse("even") == "even"
    assert prior.parse("happy=0.5, sad=.5") == {"happy": 0.5, "sad": 0.5}
    for wrong in ("evn", "happy=much", "happy=0.5,sad"):
        with pytest.raises(InputError, match="happy=0.5,sad=0.2"):
            prior.parse(wrong)


def test_the_prior_is_taken_back_as_far_as_it_costs_nothing():
    generator = np.random.default_rng(0)
    shares = np.array([0.8, 0.1, 0.1])
    labels = generator.choice(3, 2000, p=shares)
    evidence = generator.normal(np.eye(3)[labels], 1)  # of which this is the exact posterior:
    rows = (np.exp(evidence) * shares).astype(np.float32)
    answers = predictions(rows / rows.sum(axis=1, keepdims=True), labels)
    strength = evaluation.fit_prior(answers, shares)
    assert 0 < strength < 1
    free = evaluation.with_prior(answers, shares, strength)
    lost = int(answers.correct.sum()) - int(free.correct.sum())
    assert lost <= np.sqrt((answers.correct != free.correct).sum())
    further = evaluation.with_prior(answers, shares, 1.0)
    assert int(further.correct.sum()) < int(free.correct.sum())
    assert evaluation.score(free)["macro_recall"] > evaluation.score(answers)["macro_recall"]


def test_a_model_that_never_loses_gives_its_habit_up_wholly():
    rows = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    assert evaluation.fit_prior(predictions(rows, [0, 1]), [0.6, 0.4]) == 1
