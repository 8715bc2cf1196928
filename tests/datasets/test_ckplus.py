"""CK+: people stay on one side of a split, or the user has said that they need not."""

import cv2
import numpy as np
import pytest
from tables import random_images, table_lines, write_lines

import fer_kit as fk
from fer_kit.emotions import CKEXTENDED
from fer_kit.errors import InputError

FOLDERS = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")


@pytest.fixture
def folder(tmp_path):
    """Ten people with each expression, three pictures of each moment, as in CK+48."""
    pictures = iter(random_images(10 * 7 * 3))
    for number, emotion in enumerate(FOLDERS, 1):
        (tmp_path / "CK+48" / emotion).mkdir(parents=True)
        for person in range(10):
            for last in range(3):
                name = f"S{person:03}_{number:03}_{10 + last:08}.png"
                cv2.imwrite(str(tmp_path / "CK+48" / emotion / name), next(pictures))
    return tmp_path / "CK+48"


def load(path, **options):
    return fk.load("ckplus", path, cache=False, **options)


def test_emotions_go_by_name_and_neutral_does_not_occur(folder):
    faces = load(folder)
    assert faces.emotions == ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
    assert faces.counts().sum(axis=1).tolist() == 7 * [30]
    row = faces.ids.tolist().index("sadness/S003_006_00000011.png")
    assert faces.emotions[faces.labels[row]] == "sad"
    assert faces.subject[row] == "S003"


def test_nobody_is_in_two_parts(folder):
    faces = load(folder)
    parts = ("train", "validation", "test")
    people = {name: set(faces.subset(name).subject.tolist()) for name in parts}
    assert [len(group) for group in people.values()] == [6, 2, 2]
    assert len(set.union(*people.values())) == 10
    assert faces.source == "CK+"


def test_the_seed_decides_who_is_tested(folder):
    tested = [set(load(folder, seed=seed).subset("test").subject.tolist()) for seed in (1, 1, 2, 3)]
    assert tested[0] == tested[1]
    assert not tested[0] == tested[2] == tested[3]


def test_pictures_can_be_drawn_whoever_is_in_them_and_the_source_says_so(folder):
    faces = load(folder, split_by="row")
    shared = set(faces.subset("train").subject) & set(faces.subset("test").subject)
    assert shared
    assert faces.source == "CK+ (split by row)"


@pytest.mark.parametrize("name", ["face7.png", "S05_001_00000011.png", "X005_001_00000011.png"])
def test_a_broken_name_is_named(folder, name):
    (folder / "fear" / "S001_004_00000010.png").rename(folder / "fear" / name)
    with pytest.raises(InputError, match=rf"1 others: fear/{name}"):
        load(folder)


def test_an_unknown_emotion_is_named(folder):
    (folder / "fear").rename(folder / "boredom")
    with pytest.raises(InputError, match="30 that are not: boredom/S000_004_00000010.png"):
        load(folder)


def test_two_people_cannot_be_split_three_ways(folder):
    for path in folder.glob("*/*.png"):
        if path.name[:4] not in ("S000", "S001"):
            path.unlink()
    with pytest.raises(InputError, match="at least three people.*Received: 2 in CK"):
        load(folder)


@pytest.fixture
def table(tmp_path):
    return write_lines(tmp_path / "ckextended.csv", table_lines(random_images(20)))


def test_a_table_without_people_is_refused(table):
    with pytest.raises(InputError, match='does not tell who is shown.*split_by="row"'):
        load(table)


def test_a_table_can_be_taken_by_row(table):
    faces = load(table, split_by="row")
    # As the table's page has them, 0 to 7; contempt stands last, unlike in the folders.
    assert faces.emotions == CKEXTENDED == (
        "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt",
    )  # fmt: skip
    assert faces.counts().sum().tolist() == [10, 5, 5]
    np.testing.assert_array_equal(faces.images[..., 0], random_images(20))
    assert faces.subject is None
    assert faces.source == "CK+ (split by row)"


def test_the_emotions_of_the_table_are_not_those_of_fer2013(table):
    text = table.read_text().replace("\n5,", "\n7,")
    table.write_text(text)
    faces = load(table, split_by="row")
    assert faces.counts().loc["contempt"].sum() == 3


def test_other_ways_to_split_are_a_sentence(folder):
    with pytest.raises(InputError, match="subject, row. Received: 'people'"):
        load(folder, split_by="people")
    with pytest.raises(InputError, match="Expected no split_by for 'fer2013'"):
        fk.load("fer2013", folder, split_by="row")
