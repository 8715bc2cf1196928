"""Ensembles: the mean of their members' answers, and only of members that belong together."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from trainings import noise_faces, recipe

import fer_kit as fk
from fer_kit import cards
from fer_kit.errors import InputError
from fer_kit.run import Run
from fer_kit.zoo import ensemble, ship, train


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of runs with one that holds two small trained models."""
    runs = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_KIT_RUNS", str(runs))
        patch.setattr(train, "faces_of", lambda *_args, **_options: noise_faces())
        lab = Run.open("mine", "synthetic", "", "smoke", 5)
        for name, rate in (("one", 1e-3), ("two", 1e-2)):
            short = recipe(epochs=1, learning_rate=rate)
            train.train_from_scratch("lenet5", short, lab, name)
    return runs


@pytest.fixture
def lab(runs, monkeypatch):
    monkeypatch.setenv("FER_KIT_RUNS", str(runs))
    monkeypatch.setattr(ensemble, "faces_of", lambda *_args, **_options: noise_faces())
    return Run.open("mine", "synthetic", "", "smoke", 5)


def test_an_ensemble_answers_with_the_mean_and_can_be_shipped(lab, tmp_path):
    card = ensemble.make_ensemble(["one", "two"], lab)
    assert card["name"] == "ensemble-synthetic"
    assert card["parameters"] == 2 * 168_971
    assert card["epochs"] == 2
    assert card["command"].startswith("fer-kit ensemble one two --dataset synthetic")
    assert list(card["plan"]["members"]) == ["one", "two"]
    images = fk.normalise(noise_faces().images)
    models = [
        keras.saving.load_model(lab.need(f"models/{name}.keras"), compile=False)
        for name in ("one", "two", "ensemble-synthetic")
    ]
    one, two, both = (model.predict(images, verbose=0) for model in models)
    np.testing.assert_allclose(both, (one + two) / 2, atol=5e-3)  # float16 in between
    ship.ship(lab.need("models/ensemble-synthetic.keras"), tmp_path)
    assert list(cards.shipped(tmp_path)) == ["ensemble-synthetic"]
    assert "fer-kit ensemble one two" in (tmp_path / "README.md").read_text()


def test_an_ensemble_never_takes_the_place_of_another_model(lab):
    before = lab.need("models/one.keras").read_bytes()
    with pytest.raises(InputError, match="Give this one another name"):
        ensemble.make_ensemble(["one", "two"], lab, "one")
    assert lab.need("models/one.keras").read_bytes() == before


def test_an_ensemble_of_another_name_says_so_in_its_command_and_is_made_once(lab, monkeypatch):
    card = ensemble.make_ensemble(["one", "two"], lab, "both")
    assert card["command"].endswith("--name both")
    monkeypatch.setattr(ensemble, "average", None)  # a second making would fail
    assert ensemble.make_ensemble(["one", "two"], lab, "both") == card


@pytest.mark.parametrize("models", [["one"], ["one", "one"]])
def test_an_ensemble_needs_two_models(lab, models):
    with pytest.raises(InputError, match="at least two models"):
        ensemble.make_ensemble(models, lab)


def test_members_must_have_learned_from_the_same_faces(lab, monkeypatch):
    faces = noise_faces()
    moved = replace(faces, split=np.roll(faces.split, 1))
    monkeypatch.setattr(ensemble, "faces_of", lambda *_args, **_options: moved)
    with pytest.raises(InputError, match="new to all of them"):
        ensemble.make_ensemble(["one", "two"], lab)
