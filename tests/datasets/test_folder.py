"""Pictures in folders: every layout in which people hold them, and what can be wrong."""

import os
import sys

import cv2
import numpy as np
import pytest
from tables import random_images

import fer_kit as fk
from fer_kit import emotions
from fer_kit.errors import InputError

IMAGES = random_images(7)


@pytest.fixture
def put(tmp_path):
    """A function that writes grey pictures, the row-th with all pixels from IMAGES[row % 7]."""

    def put(*paths):
        for row, path in enumerate(paths):
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            extension = os.path.splitext(path)[1]
            place.write_bytes(cv2.imencode(extension, IMAGES[row % 7])[1])
        return tmp_path

    return put


def load(path, name="folder", **options):
    return fk.load(name, path, cache=False, **options)


def spread(pattern, count, names=emotions.FER2013):
    return [pattern.format(emotion=name, n=n) for name in names for n in range(count)]


def test_emotions_come_in_the_course_order_not_the_alphabets(put):
    folder = put("surprised/1.png", "Sadness/1.png", "NEUTRAL/1.png", "anger/1.png", "anger/2.png")
    faces = load(folder, need=())
    assert faces.emotions == ("angry", "sad", "surprise", "neutral")
    assert faces.counts().sum(axis=1).to_dict() == {
        "angry": 2,
        "sad": 1,
        "surprise": 1,
        "neutral": 1,
    }
    assert faces.source == "own pictures"  # not the folder's name, which could be a person's


def test_pixels_and_ids_belong_together(put):
    names = spread("{emotion}/pictures of me/{n}.png", 1)
    faces = load(put(*names))
    for face, name in zip(faces.images[..., 0], faces.ids, strict=True):
        np.testing.assert_array_equal(face, IMAGES[names.index(name)])


@pytest.mark.parametrize(
    "extension", [".png", ".PNG", ".bmp", ".webp", ".tif", ".tiff", ".jpg", ".JPEG"]
)
def test_every_usual_kind_of_picture(put, extension):
    folder = put(*spread("{emotion}/{n}" + extension.lower(), 1))
    for file in folder.rglob(f"*{extension.lower()}"):
        file.rename(file.with_suffix(extension))
    assert len(load(folder)) == 7


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "validation", "test"),
        ("Train", "VAL", "Test"),
        ("images/images/training", "images/images/valid", "images/images/testing"),
        ("FER2013Train", "FER2013Valid", "FER2013Test"),
        ("train_set", "validation_set", "test_set"),
        ("Training Data", "dev", "Testing Data"),
        ("TrainImages", "ValImages", "TestImages"),
        ("01_train", "02_val", "03_test"),
        ("Training", "Public Test", "Private_Test"),
        ("trainset", "evalset", "holdout"),
    ],
)
def test_a_split_that_is_there_is_kept(put, train, validation, test):
    parts = {"train": (train, 3), "validation": (validation, 2), "test": (test, 1)}
    names = [name for part, n in parts.values() for name in spread(part + "/{emotion}/{n}.png", n)]
    faces = load(put(*names))
    assert {split: (faces.split == split).sum() for split in parts} == {
        "train": 21,
        "validation": 14,
        "test": 7,
    }


def test_without_a_split_one_is_drawn_in_proportion(put, caplog):
    folder = put(*spread("happy/{n}.png", 60, [""]), *spread("sad/{n}.png", 20, [""]))
    faces = load(folder)
    assert "drawing 70 % train, 15 % validation, 15 % test" in caplog.text
    assert faces.counts().loc["happy"].tolist() == [42, 9, 9]
    assert faces.counts().loc["sad"].tolist() == [14, 3, 3]
    np.testing.assert_array_equal(load(folder).split, faces.split)
    assert (load(folder, seed=7).split != faces.split).any()


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train/{emotion}/im{n}.png", "test/{emotion}/im{n}.png"),
        ("train/train/{emotion}/{n}.png", "test/test/{emotion}/{n}.png"),
        ("images/train/{emotion}/{n}.png", "images/validation/{emotion}/{n}.png"),
        ("images/images/train/{emotion}/{n}.png", "images/images/validation/{emotion}/{n}.png"),
    ],
)
def test_an_edition_with_one_held_out_part(put, train, test):
    names = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
    faces = load(put(*spread(train, 9, names), *spread(test, 3, names)), "fer2013")
    assert faces.emotions == emotions.FER2013
    assert faces.counts()["train"].tolist() == [8] * 7
    assert faces.counts()["validation"].tolist() == [1] * 7
    assert faces.counts()["test"].tolist() == [3] * 7


def test_the_official_split_is_recovered_from_file_names(put):
    faces = load(
        put(
            *spread("train/{emotion}/Training_{n}.jpg", 4),
            *spread("test/{emotion}/PublicTest_{n}.jpg", 2),
            *spread("test/{emotion}/PrivateTest_{n}.jpg", 3),
        ),
        "fer2013",
    )
    for split, count, usage in (
        ("train", 4, "Training"),
        ("validation", 2, "PublicTest"),
        ("test", 3, "PrivateTest"),
    ):
        part = faces.subset(split)
        assert len(part) == 7 * count
        assert all(f"/{usage}_" in name for name in part.ids)


def test_an_edition_with_contempt_has_the_labels_of_ferplus(put):
    names = ("angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "suprise")
    parts = ("train", "validation", "test")
    faces = load(
        put(*(n for p in parts for n in spread(p + "/{emotion}/{n}.png", 1, names))), "fer2013"
    )
    assert faces.emotions == emotions.FERPLUS
    assert faces.source == "FER+"
    assert (faces.counts() == 1).all(axis=None)


def test_a_nested_second_copy_is_left_out(put, caplog):
    names = spread("train/{emotion}/{n}.png", 3) + spread("test/{emotion}/{n}.png", 1)
    faces = load(put(*names, *(f"archive/archive/{name}" for name in names)))
    assert len(faces) == 2 * 28  # another folder's name is no repetition
    faces = load(put(*names, *(f"train/{name}" for name in names if name.startswith("train"))))
    assert "a nested folder repeats are left out: 21." in caplog.text


def test_what_only_has_the_same_name_is_no_copy(put):
    folder = put(*spread("{emotion}/{n}.png", 1), "happy/happy/0.png")  # happy/0.png is another
    assert len(load(folder)) == 8


def test_two_files_are_compared_by_their_content_alone(put, tmp_path):
    folder = put(*spread("{emotion}/{n}.png", 1))
    other = tmp_path / "happy" / "happy" / "0.png"
    other.parent.mkdir()
    first = (tmp_path / "happy" / "0.png").read_bytes()
    second = (tmp_path / "sad" / "0.png").read_bytes()
    longer = max(len(first), len(second)) + 1  # bytes after the end of a PNG change nothing
    (tmp_path / "happy" / "0.png").write_bytes(first.ljust(longer, b"\0"))
    other.write_bytes(second.ljust(longer, b"\0"))
    for path in (tmp_path / "happy" / "0.png", other):
        os.utime(path, (1e9, 1e9))  # of one size and time, as after unpacking
    assert len(load(folder)) == 8


def test_links_are_followed_and_circles_are_not(put, tmp_path):
    folder = put(*spread("faces/{emotion}/{n}.png", 1), *spread("elsewhere/{n}.png", 2, [""]))
    (folder / "faces" / "contempt").symlink_to(folder / "elsewhere", target_is_directory=True)
    (folder / "faces" / "happy" / "again").symlink_to(folder / "faces", target_is_directory=True)
    faces = load(folder / "faces")
    assert faces.counts().sum(axis=1)["contempt"] == 2
    assert len(faces) == 9


def test_what_is_no_picture_is_counted_and_what_is_one_is_read(put, tmp_path, caplog):
    folder = put(*spread("{emotion}/{n}.png", 2))
    (folder / "happy" / "0.png").rename(folder / "happy" / "0")
    (folder / "sad" / "0.png").rename(folder / "sad" / "0.dat")
    for name in ("notes.txt", "more.txt", "table.csv"):
        (folder / name).write_text("rubbish")
    assert len(load(folder)) == 14
    assert "no pictures are passed over: 3 (2 .txt, 1 .csv)" in caplog.text
    (folder / "fear" / "phone").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99))
    with pytest.raises(InputError, match="1 that cannot: fear/phone.*a HEIC picture"):
        load(folder)


def test_system_files_are_passed_over(put, tmp_path):
    folder = put(*spread("{emotion}/{n}.png", 1), "__MACOSX/happy/1.png", ".trash/x/1.png",
                 "@eaDir/happy/0.png", "$RECYCLE.BIN/1.png")  # fmt: skip
    for name in (".DS_Store", "Thumbs.db", "thumbs.db", "._0.png", "desktop.ini", "notes.txt"):
        (tmp_path / "happy" / name).write_bytes(b"rubbish")
    assert len(load(folder)) == 7


def test_colour_and_other_shapes_are_converted_and_said(put, tmp_path, caplog):
    folder = put(*spread("{emotion}/{n}.png", 1))
    red = np.zeros((100, 200, 3), np.uint8)
    red[:, 50:150] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / "happy" / "0.png"), red)
    faces = load(folder)
    # The middle square is all red; the luma of pure red is 0.299.
    face = faces.images[list(faces.ids).index("happy/0.png"), ..., 0]
    np.testing.assert_array_equal(face, np.full((48, 48), 76))
    assert "not grey squares of 48 pixels: 1 of 7" in caplog.text


def test_what_is_transparent_is_white(put, tmp_path):
    folder = put(*spread("{emotion}/{n}.png", 1))
    hidden = np.zeros((48, 48, 4), np.uint8)  # black, and all of it transparent
    cv2.imwrite(str(tmp_path / "happy" / "0.png"), hidden)
    faces = load(folder)
    assert (faces.images[list(faces.ids).index("happy/0.png")] == 255).all()


def test_another_image_size(put):
    assert load(put(*spread("{emotion}/{n}.png", 1)), image_size=64).images.shape == (7, 64, 64, 1)


def test_an_unknown_emotion_is_named(put):
    folder = put("happy/1.png", "grumpy/1.png", "grumpy/2.png")
    with pytest.raises(InputError, match="2 that are not: grumpy/1.png; grumpy/2.png"):
        load(folder)


def test_an_unreadable_picture_is_named(put, tmp_path):
    folder = put(*spread("{emotion}/{n}.png", 2))
    (tmp_path / "happy" / "0.png").write_bytes(b"no picture")
    (tmp_path / "sad" / "1.png").write_bytes(b"")
    with pytest.raises(InputError, match="2 that cannot: happy/0.png; sad/1.png"):
        load(folder)


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are always Unicode")
def test_a_name_that_is_not_utf8_is_named(put, tmp_path):
    folder = put(*spread("{emotion}/{n}.png", 1))
    os.rename(tmp_path / "happy" / "0.png", os.fsencode(tmp_path / "happy") + b"/M\xfcller.png")
    with pytest.raises(InputError, match=r"in UTF-8. Received: happy/M\\udcfcller.png"):
        load(folder)


def test_a_part_without_faces_is_refused_unless_it_is_not_needed(put):
    folder = put(*spread("test/{emotion}/{n}.png", 1))
    with pytest.raises(InputError, match="Expected faces in train and validation.*7 test"):
        load(folder)
    assert len(load(folder, need=["test"])) == 7


def test_pictures_half_in_a_split_are_refused(put):
    with pytest.raises(InputError, match="1 of 3 pictures outside"):
        load(put("train/happy/1.png", "test/happy/1.png", "happy/1.png"))


@pytest.mark.parametrize("name", ["folder", "fer2013"])
def test_no_pictures(tmp_path, name):
    (tmp_path / "happy").mkdir()
    with pytest.raises(InputError, match="Received: none"):
        load(tmp_path, name)


def test_a_folder_that_may_not_be_read(put, monkeypatch):
    folder = put("happy/1.png")

    def refuse(_):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        load(folder)
