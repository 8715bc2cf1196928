"""VIRI and NVIE: archives and folders that the tests make themselves, in the layouts they come in.

Every made-up pair has a grey level of its own, twice as bright in infrared: whoever pairs the wrong
pictures is found out.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fer_kit as fk
from fer_kit.datasets.paired import find_pairs
from fer_kit.emotions import NVIE, VIRI
from fer_kit.errors import InputError

ARCHIVED = ("Angry", "Happy", "Neutral", "Sad", "Surprise")
SPLITS = {"train": 3, "val": 1, "test": 2}
FOLDER_OF = {"Vis": "Visible", "Ir": "IR"}


def jpeg(level: int, size: tuple[int, int] = (60, 40)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, (level, level, level)).save(content, "JPEG", quality=95)
    return content.getvalue()


def level(name: str, modality: str) -> int:
    """A grey level that a pair has for itself: 10 to 120, twice that in infrared."""
    number = sum(ord(letter) * (place + 7) for place, letter in enumerate(name)) % 111 + 10
    return 2 * number if modality == "Ir" else number


def write_zip(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path


def archive(folder: Path, kind: str, emotion: str, modality: str, names: list[str], **changes):
    """VIRI-Angry-Ir.zip with a picture of each name; `changes` replaces some by other bytes."""
    inside = {f"{name}.JPG": jpeg(level(emotion + name, modality)) for name in names}
    return write_zip(folder / f"{kind}-{emotion}-{modality}.zip", inside | changes)


@pytest.fixture
def viri(tmp_path) -> Path:
    """VIRI's ten archives: eight people, each with every emotion. The orders inside differ."""
    folder = tmp_path / "VIRI"
    folder.mkdir()
    names = [f"S{number:02d}_1" for number in range(8)]
    for emotion in ARCHIVED:
        archive(folder, "VIRI", emotion, "Vis", names)
        archive(folder, "VIRI", emotion, "Ir", names[::-1])
    return folder


@pytest.fixture
def tree(tmp_path) -> Path:
    """The published code's folders, and its augmented copies beside them."""
    for modality, place in FOLDER_OF.items():
        for split, count in SPLITS.items():
            for emotion in ARCHIVED:
                folder = tmp_path / "tran_val_test" / place / split / emotion
                folder.mkdir(parents=True)
                for number in range(count):
                    name = f"{split}{number:02d}"
                    content = jpeg(level(emotion + name, modality))
                    (folder / f"{name}.JPG").write_bytes(content)
        copies = tmp_path / modality / "train_aug_images" / "Angry"
        copies.mkdir(parents=True)
        (copies / "train00_shear_1.JPG").write_bytes(jpeg(100))
    return tmp_path


def assert_pairs_belong_together(faces: fk.Faces) -> None:
    visible = faces.images.mean(axis=(1, 2, 3))
    infrared = faces.infrared.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(infrared, 2 * visible, atol=2)


def test_viris_archives_are_read_as_they_are_distributed(viri):
    faces = fk.load("viri", viri, seed=1)
    assert faces.source == "VIRI"
    assert faces.emotions == VIRI
    assert faces.images.shape == faces.infrared.shape == (40, 48, 48, 1)
    assert faces.counts().to_numpy().sum(axis=1).tolist() == [8] * 5
    assert "VIRI-Angry-Vis.zip/S00_1.JPG" in faces.ids
    assert_pairs_belong_together(faces)


def test_labels_follow_the_archives_name(viri):
    faces = fk.load("viri", viri)
    named = [name.split("-")[1].lower() for name in faces.ids]
    assert [faces.emotions[label] for label in faces.labels] == named


def test_nobody_is_in_two_parts_where_names_tell_who_is_shown(viri):
    faces = fk.load("viri", viri, seed=3)
    parts = {name: set(faces.split[faces.subject == name]) for name in np.unique(faces.subject)}
    assert len(parts) == 8
    assert all(len(found) == 1 for found in parts.values())
    assert set(faces.split) == {"train", "validation", "test"}
    for part in ("train", "validation", "test"):  # every part has all emotions equally often
        assert len(set(faces.counts()[part])) == 1


def test_the_same_seed_draws_the_same_split_and_another_one_another(viri):
    splits = [fk.load("viri", viri, seed=seed, cache=False).split for seed in (1, 1, 2)]
    np.testing.assert_array_equal(splits[0], splits[1])
    assert not np.array_equal(splits[0], splits[2])


def test_a_drawn_validation_part_shares_nobody_with_training(tmp_path):
    for place in FOLDER_OF.values():
        for split, people in (("train", range(12)), ("test", range(12, 14))):
            for emotion in ARCHIVED:
                folder = tmp_path / place / split / emotion
                folder.mkdir(parents=True)
                for person in people:
                    (folder / f"S{person:02d}_1.jpg").write_bytes(jpeg(100))
    faces = fk.load("viri", tmp_path)
    parts = {split: set(faces.subject[faces.split == split]) for split in fk.faces.SPLITS}
    assert {split: len(people) for split, people in parts.items()} == {
        "train": 11, "validation": 1, "test": 2,
    }  # fmt: skip
    assert not parts["train"] & parts["validation"]


def test_the_published_folders_keep_their_split(tree):
    faces = fk.load("viri", tree)
    assert {part: int((faces.split == part).sum()) for part in set(faces.split)} == {
        "train": 15,
        "validation": 5,
        "test": 10,
    }
    assert "tran_val_test/Visible/train/Angry/train00.JPG" in faces.ids
    assert faces.subject is None  # nothing tells who is shown
    assert_pairs_belong_together(faces)


def test_augmented_copies_are_left_out(tree, caplog):
    assert not any("aug" in name for name in fk.load("viri", tree).ids)
    assert "2 copies" in caplog.text


def test_augmented_copies_inside_archives_are_left_out(viri, caplog):
    for modality in ("Vis", "Ir"):
        copies = {"S00_1_flipped.JPG": jpeg(9)}
        names = {f"S{number:02d}_1.JPG": jpeg(100) for number in range(8)}
        inside = names | {f"train_aug_images/{name}": copy for name, copy in copies.items()}
        write_zip(viri / f"VIRI-Angry-{modality}.zip", inside)
    assert len(fk.load("viri", viri)) == 8 * len(ARCHIVED)
    assert "Left out 2 copies" in caplog.text


def test_any_letter_case_and_folders_without_a_split(tmp_path):
    for emotion in ARCHIVED:
        for place in ("visible", "Ir"):
            folder = tmp_path / place.upper() / emotion.lower()
            folder.mkdir(parents=True)
            for number in range(10):
                grey = level(f"{emotion}{number}", place[:2].title())
                (folder / f"{number}.jpg").write_bytes(jpeg(grey))
    faces = fk.load("viri", tmp_path, image_size=32)
    assert faces.images.shape == (50, 32, 32, 1)
    assert sorted(faces.counts().sum()) == [7, 8, 35]  # 70/15/15 of fifty
    assert_pairs_belong_together(faces)


def test_names_may_carry_their_modality(tmp_path):
    for emotion in ARCHIVED:
        for modality, word in (("Vis", "vis"), ("Ir", "IR")):
            names = {
                f"{emotion}/{word}{number:02d}.png": jpeg(level(f"{number}", modality))
                for number in range(7)
            }
            write_zip(tmp_path / f"viri-{emotion.upper()}-{modality}.ZIP", names)
    assert_pairs_belong_together(fk.load("viri", tmp_path))


def test_colour_and_the_middle_of_a_wide_picture(viri):
    wide = io.BytesIO()
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, 10:50] = (200, 100, 50)
    Image.fromarray(pixels).save(wide, "PNG")
    archive(viri, "VIRI", "Sad", "Vis", ["S00_1"], **{"S00_1.JPG": wide.getvalue()})
    faces = fk.load("viri", viri, colour=True)
    assert faces.images.shape[1:] == (48, 48, 3)
    picture = faces.images[faces.ids == "VIRI-Sad-Vis.zip/S00_1.JPG"][0]
    np.testing.assert_array_equal(picture, np.broadcast_to([200, 100, 50], (48, 48, 3)))


def test_nvies_archives_with_one_7z_among_them(tmp_path):
    py7zr = pytest.importorskip("py7zr")
    names = [f"{subject:03d}/{number}" for subject in range(10) for number in range(2)]
    for emotion in ("happy", "disgust", "fear"):
        archive(tmp_path, "NVIE", emotion, "Ir", names)
    archive(tmp_path, "NVIE", "fear", "Vis", names)
    for number, some in (("disgust1", names[:6]), ("disgust2", names[6:]), ("happy2", names[6:])):
        inside = {f"{n}.JPG": jpeg(level(number.rstrip("12") + n, "Vis")) for n in some}
        write_zip(tmp_path / f"NVIE-{number}-Vis.zip", inside)
    with py7zr.SevenZipFile(tmp_path / "NVIE-happy1-Vis.7z", "w") as opened:
        for name in names[:6]:
            opened.writestr(jpeg(level("happy" + name, "Vis")), f"happy1/{name}.JPG")
    faces = fk.load("nvie", tmp_path)
    assert faces.emotions == NVIE == ("happy", "disgust", "fear")
    assert faces.counts().to_numpy().sum(axis=1).tolist() == [20, 20, 20]
    assert len(set(faces.subject)) == 10
    assert_pairs_belong_together(faces)


def test_pictures_without_a_partner_are_named(viri, caplog):
    names = [f"S{number:02d}_1" for number in range(7)] + ["S99_1"]
    archive(viri, "VIRI", "Happy", "Ir", names)
    faces = fk.load("viri", viri)
    assert len(faces) == 39
    assert "VIRI-Happy-Ir.zip/S99_1.JPG" in caplog.text
    assert "VIRI-Happy-Vis.zip/S07_1.JPG" in caplog.text
    assert [shot.name for shot in find_pairs("VIRI", viri)[1]] == ["S99_1.JPG", "S07_1.JPG"]


# Bad input: a sentence that names the file


def test_a_missing_modality(viri):
    for file in viri.glob("*-Ir.zip"):
        file.unlink()
    with pytest.raises(InputError, match=r"no infrared pictures.*VIRI-Angry-Vis.zip/S00_1.JPG"):
        fk.load("viri", viri)


def test_a_folder_without_anything(tmp_path):
    with pytest.raises(InputError, match="no visible and no infrared pictures"):
        fk.load("viri", tmp_path)


def test_a_class_without_pairs(viri):
    archive(viri, "VIRI", "Sad", "Ir", ["S77_1"])
    with pytest.raises(InputError, match=r"for sad.*VIRI-Sad-Ir.zip/S77_1.JPG"):
        fk.load("viri", viri)


def test_a_class_that_is_not_there(viri):
    for file in viri.glob("VIRI-Neutral-*"):
        file.unlink()
    with pytest.raises(InputError, match="for neutral, no picture of it"):
        fk.load("viri", viri)


def test_a_picture_that_does_not_decode(viri):
    whole = jpeg(50, (600, 400))
    archive(viri, "VIRI", "Angry", "Ir", [f"S{n:02d}_1" for n in range(8)],
            **{"S03_1.JPG": whole[: len(whole) // 2], "S04_1.JPG": b"no picture"})  # fmt: skip
    with pytest.raises(InputError, match=r"VIRI-Angry-Ir.zip/S03_1.JPG; VIRI-Angry-Ir.zip/S04_1"):
        fk.load("viri", viri)


def test_archives_of_two_data_sets(viri):
    archive(viri, "NVIE", "fear", "Vis", ["1"])
    with pytest.raises(InputError, match=r"Received: NVIE-fear-Vis.zip.*folder of its own"):
        fk.load("viri", viri)


def test_an_emotion_of_another_data_set(tree):
    for place in FOLDER_OF.values():
        folder = tree / "tran_val_test" / place / "train" / "Fear"
        folder.mkdir()
        (folder / "1.JPG").write_bytes(jpeg(50))
    with pytest.raises(InputError, match=r"Received: tran_val_test/IR/train/Fear/1.JPG"):
        fk.load("viri", tree)


def test_a_picture_that_belongs_nowhere(tree):
    (tree / "holiday.jpg").write_bytes(jpeg(50))
    with pytest.raises(InputError, match="Received: holiday.jpg"):
        fk.load("viri", tree)


def test_two_pictures_of_the_same_name(viri):
    inside = {f"{place}/S00_1.jpg": jpeg(50) for place in ("Vis", "Visible")}
    write_zip(viri / "VIRI-Angry-Vis.zip", inside)
    with pytest.raises(InputError, match="one visible picture of each name"):
        fk.load("viri", viri)


def test_a_file_instead_of_a_folder(viri):
    with pytest.raises(InputError, match="which is a file"):
        fk.load("viri", viri / "VIRI-Angry-Vis.zip")


def test_colour_is_for_pairs_alone():
    with pytest.raises(InputError, match="Expected no colour for 'synthetic'"):
        fk.load("synthetic", colour=True)
