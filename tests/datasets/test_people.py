"""Folders of people: who is shown follows from the first folder."""

import numpy as np
import pytest

import fer_kit as fk
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError
from fer_kit.fusion.mixtures import load_sitters, mix


def load(name, path, **options):
    return fk.load(name, path, cache=False, **options)


def test_a_folder_of_people(put):
    names = [f"{who}/{emotion}/1.png" for who in "abcdefghij" for emotion in FER2013]
    faces = load("people", put(*names))
    assert faces.emotions == FER2013
    assert sorted(set(faces.subject)) == list("abcdefghij")
    for name, who in zip(faces.ids, faces.subject, strict=True):
        assert name.startswith(f"{who}/")
    parts = [set(faces.subject[faces.split == name]) for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [6, 2, 2]
    assert len(mix(faces)) == 10 * 42


def test_people_may_be_called_like_an_emotion_or_a_part(put):
    people = ("joy", "val", "test", "anna")
    faces = load(
        "people", put(*(f"{who}/{emotion}/1.png" for who in people for emotion in FER2013))
    )
    assert set(faces.subject) == set(people)
    assert sorted(np.unique(faces.subject, return_counts=True)[1]) == [7, 7, 7, 7]
    assert (faces.counts().sum(axis=1) == 4).all()


def test_the_parts_of_a_data_set_are_no_people(put):
    names = [f"{part}/happy/1.png" for part in ("train_set", "val_set", "test_set")]
    with pytest.raises(
        InputError, match='parts, test_set; train_set; val_set. Load it as "folder"'
    ):
        load("people", put(*names))


def test_pictures_that_nobody_is_named_for_are_a_sentence(put):
    with pytest.raises(InputError, match="person/emotion/picture.*1 others: happy/1.png"):
        load("people", put("anna/happy/1.png", "happy/1.png"))
    with pytest.raises(InputError, match="2 others: .*happy/anna/1.png"):
        load("people", put("happy/anna/1.png"))


def test_sitters_are_drawn_or_loaded(put, monkeypatch):
    monkeypatch.setattr("fer_kit.synthetic.sittings", lambda seed: f"drawn {seed}")
    assert load_sitters(seed=5) == "drawn 5"
    names = [f"{who}/{emotion}/1.png" for who in "abc" for emotion in ("happy", "sad")]
    folder = put(*names)
    assert set(load_sitters("people", folder).subject) == set("abc")
    with pytest.raises(InputError, match="without subjects"):
        load_sitters("folder", folder)
