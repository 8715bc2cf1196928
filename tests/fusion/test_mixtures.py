"""Mixtures of a person's expressions: classes, splits, the source's leaks, files, votes."""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from fer_kit import synthetic
from fer_kit.emotions import JAFFE
from fer_kit.errors import InputError
from fer_kit.faces import Faces, one_hot
from fer_kit.fusion import methods, mixtures
from fer_kit.fusion.mixtures import mix, pair_index, pair_names, write_mixtures


@pytest.fixture(scope="module")
def sitters() -> Faces:
    return synthetic.sittings(2, 1, 1, seed=3, progress=False)


def people(emotions_of: dict[str, str]) -> Faces:
    """Random pictures: for each person the emotions' initial letters, such as "ahs"."""
    rows = [(who, letter) for who, letters in emotions_of.items() for letter in letters]
    names = ("angry", "happy", "sad")
    labels = ["ahs".index(letter) for _, letter in rows]
    return Faces(
        images=np.random.default_rng(0).integers(0, 256, (len(rows), 12, 12, 1), np.uint8),
        targets=one_hot(labels, 3),
        emotions=names,
        split=np.array(["train"] * len(rows)),
        ids=np.array([f"{who}-{number}" for number, (who, _) in enumerate(rows)]),
        source="synthetic noise",
        subject=np.array([who for who, _ in rows]),
    )


def test_the_42_classes_are_numbered_as_in_the_source():
    names = pair_names()
    assert len(names) == len(set(names)) == 42
    assert (names[0], names[4], names[6], names[41]) == (
        "angry+disgust",
        "angry+sad",
        "disgust+angry",
        "surprise+sad",
    )
    for index, name in enumerate(names):
        first, second = (JAFFE.index(emotion) for emotion in name.split("+"))
        assert pair_index(first, second, 7) == index


def test_an_emotion_is_not_mixed_with_itself():
    with pytest.raises(InputError, match="two different emotions.*the same one twice"):
        pair_index(np.array([0, 2]), np.array([1, 2]), 7)
    faces = people({"anna": "ahs"})
    with pytest.raises(InputError, match=r"Received: happy \+ joy"):
        mix(faces, pairs=[("happy", "joy")])
    with pytest.raises(InputError, match=r"among angry, happy, sad. Received: happy \+ fear"):
        mix(faces, pairs=[("happy", "fear")])


def test_every_person_gives_42_mixtures_of_two_of_their_own_pictures(sitters):
    mixed = mix(sitters)
    assert len(mixed) == 4 * 42
    assert np.bincount(mixed.pairs).tolist() == [4] * 42
    row = {name: index for index, name in enumerate(sitters.ids)}
    for image, who, (one, other) in zip(
        mixed.faces.images, mixed.faces.subject, mixed.sources, strict=True
    ):
        assert one.startswith(who)
        assert other.startswith(who)
        first, second = sitters.images[row[one]], sitters.images[row[other]]
        np.testing.assert_array_equal(image, methods.fuse(first, second, "paste"))
    assert (np.sort(mixed.faces.targets, axis=1)[:, -2:] == 0.5).all()


def test_nobody_is_in_two_splits(sitters):
    mixed = mix(sitters, pairs=[("happy", "sad")]).faces
    parts = [set(mixed.subject[mixed.split == name]) for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [2, 1, 1]
    assert len(set.union(*parts)) == 4


@pytest.mark.parametrize("align", ["eyes", "flow"])
def test_aligned_mixtures_are_those_of_fuse(sitters, align):
    mixed = mix(sitters, "weighted_average", align=align, pairs=[("happy", "sad")])
    happy, sad = (sitters.images[sitters.labels == JAFFE.index(name)] for name in ("happy", "sad"))
    expected = methods.fuse(happy, sad, "weighted_average", align=align)
    np.testing.assert_array_equal(mixed.faces.images, expected)


def test_the_first_picture_of_each_emotion_is_used():
    faces = people({"anna": "aahh"})
    mixed = mix(faces, pairs=[("angry", "happy")])
    assert mixed.sources.tolist() == [["anna-0", "anna-2"]]


def test_who_lacks_an_emotion_is_left_out_where_it_is_needed(caplog):
    mixed = mix(people({"anna": "ahs", "bert": "as"}))
    assert "People without a picture of some emotion: 1 of 2" in caplog.text
    assert [name.split("-")[1] for name in mixed.faces.ids if name.startswith("bert")] == [
        "angry+sad",
        "sad+angry",
    ]
    assert sum(name.startswith("anna") for name in mixed.faces.ids) == 6
    with pytest.raises(InputError, match="nobody in synthetic noise has both"):
        mix(people({"anna": "aa", "bert": "s"}))


def test_without_subjects_there_is_nobody_to_mix(make_faces):
    with pytest.raises(InputError, match="synthetic noise, without subjects"):
        mix(make_faces(14))


def test_the_sitters_are_those_who_posed_for_everything_or_nobody():
    letters = {"a": "ahs", "b": "ahs", "c": "ahs", "d": "ahs", "e": "ahs", "f": "ah"}
    faces = people(letters)
    parts = {"a": "train", "b": "train", "c": "validation", "d": "test", "e": "test", "f": "test"}
    faces = replace(faces, split=np.array([parts[who] for who in faces.subject]))
    assert set(mixtures.find_sitters(faces).subject) == set("abcde")
    assert mixtures.find_sitters(faces.subset(faces.subject != "e")) is None  # one to test with
    assert mixtures.find_sitters(replace(faces, subject=None)) is None


def test_single_emotions_from_pairs():
    probabilities = np.eye(42, dtype=np.float32)[[0, 41]]
    shares = mixtures.emotions_of_pairs(probabilities, 7)
    assert shares[0].tolist() == [0.5, 0.5, 0, 0, 0, 0, 0]
    assert shares[1].tolist() == [0, 0, 0, 0, 0, 0.5, 0.5][:5] + [0.5, 0.5]
    uniform = mixtures.emotions_of_pairs(np.full((1, 42), 1 / 42), 7)
    np.testing.assert_allclose(uniform, 1 / 7, rtol=1e-5)


def test_the_name_is_drawn_bottom_right_and_nowhere_else(sitters):
    mixed = mix(sitters, pairs=[("happy", "sad"), ("sad", "happy")])
    named = mixtures.with_names(mixed)
    changed = (named.faces.images != mixed.faces.images)[..., 0]
    rows, columns = np.flatnonzero(changed.any((0, 2))), np.flatnonzero(changed.any((0, 1)))
    assert rows.min() >= 44
    assert columns.min() >= 12
    ink = named.faces.images[:2, 44:].astype(int) - mixed.faces.images[:2, 44:]
    assert not np.array_equal(ink[0] > 20, ink[1] > 20)


def test_statistics_come_from_the_pictures_that_are_named():
    train = np.array([0, 100], np.uint8).reshape(2, 1, 1, 1)
    test = np.array([150], np.uint8).reshape(1, 1, 1, 1)
    assert mixtures.standardise(train, train).ravel().tolist() == [-1, 1]
    assert mixtures.standardise(test, train).ravel().tolist() == [2]
    constant = np.full((3, 2, 2, 1), 7, np.uint8)
    assert (mixtures.standardise(constant, constant) == 0).all()


def test_a_written_set_can_be_read_elsewhere(sitters, tmp_path):
    mixed = mix(sitters, "pca", pairs=[("happy", "sad"), ("angry", "fear")])
    folder = write_mixtures(mixed, tmp_path / "deep" / "mixes")
    table = pd.read_csv(folder / "mixtures.csv")
    assert len(table) == len(mixed) == 8
    assert set(table["method"]) == {"pca"}
    assert sorted(path.name for path in folder.iterdir()) == [
        "angry+fear",
        "happy+sad",
        "mixtures.csv",
    ]
    for line, image, sources in zip(
        table.itertuples(), mixed.faces.images, mixed.sources, strict=True
    ):
        assert line.file.split("/")[0] == f"{line.first}+{line.second}"
        assert [line.first_source, line.second_source] == sources.tolist()
        read = cv2.imread(str(folder / line.file), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(read, image[..., 0])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["mixes"]


def test_a_folder_that_is_there_is_not_touched(sitters, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="name of a new folder"):
        write_mixtures(mix(sitters, pairs=[("happy", "sad")]), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_half_written_is_left(sitters, tmp_path, monkeypatch):
    def fail(*_args, **_options):
        raise InputError("Expected space. Received: a full disk.")

    monkeypatch.setattr("fer_kit.fusion.mixtures.write_picture", fail)
    with pytest.raises(InputError, match="full disk"):
        write_mixtures(mix(sitters, pairs=[("happy", "sad")]), tmp_path / "mixes")
    assert list(tmp_path.iterdir()) == []


def test_colour_stays_colour(sitters, tmp_path):
    colour = replace(sitters, images=np.repeat(sitters.images, 3, axis=3))
    mixed = mix(colour, pairs=[("happy", "sad")])
    folder = write_mixtures(mixed, tmp_path / "mixes")
    assert cv2.imread(str(next(folder.glob("*/*.png")))).shape == (48, 48, 3)
