import numpy as np
import pytest

from fer_kit.errors import InputError
from fer_kit.faces import Faces, are_drawn, one_hot


def test_subset_keeps_rows_together(make_faces):
    faces = make_faces(28, subject=np.array([f"s{i}" for i in range(28)]))
    test = faces.subset("test")
    assert set(test.split) == {"test"}
    assert [name[1:] for name in test.subject] == list(test.ids)
    np.testing.assert_array_equal(test.images[0], faces.images[int(test.ids[0])])


def test_counts_add_up(make_faces):
    counts = make_faces(28).counts()
    assert counts.to_numpy().sum() == 28
    assert counts["train"].sum() == 14
    assert list(counts.index) == list(make_faces().emotions)


def test_save_and_open_round_trip(make_faces, tmp_path):
    faces = make_faces(12, infrared=np.zeros((12, 48, 48, 1), np.uint8), votes=np.ones((12, 7)))
    again = Faces.open(faces.save(tmp_path / "faces.npz"))
    assert again.fingerprint() == faces.fingerprint()
    assert again.emotions == faces.emotions
    assert again.subject is None
    np.testing.assert_array_equal(again.images, faces.images)


def test_chosen_faces_stand_on_the_disk_once(make_faces, tmp_path):
    faces = Faces.open(make_faces(28).save(tmp_path / "faces.npz"))
    chosen = faces.subset(np.arange(28) % 3 > 0)
    path = chosen.save(tmp_path / "prepared.npz", of=tmp_path / "faces.npz")
    assert path.stat().st_size < (tmp_path / "faces.npz").stat().st_size / 10
    assert Faces.open(path).fingerprint() == chosen.fingerprint()
    make_faces(28, source="others").save(tmp_path / "faces.npz")
    with pytest.raises(InputError, match=r"prepared.npz \(faces.npz has changed since\)"):
        Faces.open(path)


def test_changed_faces_are_not_taken_for_chosen_ones(make_faces, tmp_path):
    faces = make_faces(28)
    faces.save(tmp_path / "faces.npz")
    faces.images[0, 0, 0] ^= 1
    with pytest.raises(InputError, match="Leave `of` out"):
        faces.subset("train").save(tmp_path / "prepared.npz", of=tmp_path / "faces.npz")


def test_fingerprint_sees_one_pixel(make_faces):
    faces = make_faces()
    before = faces.fingerprint()
    faces.images[3, 7, 7] ^= 1
    assert faces.fingerprint() != before


def test_repr_tells_source_and_sizes(make_faces):
    assert repr(make_faces(28)).startswith("Faces(synthetic noise: 14 train, 7 validation, 7 test")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((28, 48, 48), np.uint8)}, "uint8 of shape"),
        ({"images": np.zeros((28, 48, 48, 1), np.float32)}, "Received: float32"),
        ({"targets": np.zeros((27, 7), np.float32)}, r"targets of shape \(28, 7\)"),
        ({"targets": np.zeros((28, 7), np.float32)}, "sum to 1"),
        ({"ids": np.array(["1"])}, "28 values of ids"),
        ({"split": np.array(["training"] * 28)}, r"Received: \['training'\]"),
    ],
)
def test_inconsistent_faces_are_refused(make_faces, changes, message):
    with pytest.raises(InputError, match=message):
        make_faces(28, **changes)


def test_unknown_split_is_a_sentence(make_faces):
    with pytest.raises(InputError, match="Received: 'val'"):
        make_faces().subset("val")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 half"])
def test_damaged_file_is_a_sentence(tmp_path, content):
    path = tmp_path / "faces.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="faces.npz"):
        Faces.open(path)


def test_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="nowhere.npz"):
        Faces.open(tmp_path / "nowhere.npz")


def test_one_hot():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("origin", ["synthetic", "synthetic faces", "synthetic sittings"])
def test_drawn_faces_are_told_by_their_data_set_or_source(origin):
    assert are_drawn(origin)


@pytest.mark.parametrize("origin", ["fer2013", "FER+", "folder synthetic", "synthetics", ""])
def test_all_others_count_as_real(origin):
    assert not are_drawn(origin)


@pytest.mark.parametrize("labels", [[-1], [7], [1.5], [float("nan")]])
def test_a_label_that_is_none_of_the_classes_is_a_sentence(labels):
    with pytest.raises(InputError, match="whole numbers from 0 to 6"):
        one_hot(labels, 7)
    np.testing.assert_array_equal(one_hot([2.0, 0], 3), [[0, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"targets": np.array([[2, -1], [0, 1]], np.float32)}, "shares from 0 up"),
        ({"targets": np.array([[np.nan, 1], [0, 1]], np.float32)}, "shares from 0 up"),
        ({"emotions": ("happy", "happy")}, "each emotion once"),
        ({"split": np.array(["train", "exam"])}, "Expected splits among"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(make_faces, change, said):
    values = {"images": np.zeros((2, 4, 4, 1), np.uint8), "targets": np.eye(2, dtype=np.float32)}
    values |= {"split": np.array(["train", "test"]), "ids": np.array(["1", "2"])}
    with pytest.raises(InputError, match=said):
        make_faces(2, **{"emotions": ("happy", "sad")} | values | change)
