"""JAFFE: people and emotions follow from the names of its files."""

import pytest

import fer_kit as fk
from fer_kit.datasets.jaffe import SERIALS
from fer_kit.emotions import JAFFE, JAFFE_CODES
from fer_kit.errors import InputError

WOMEN = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")


# How often each emotion occurs in the real set.
COUNTS = {"AN": 30, "DI": 29, "FE": 32, "HA": 31, "NE": 30, "SA": 31, "SU": 30}


def jaffe_names() -> list[str]:
    """213 names with the real set's serials and counts of emotions."""
    codes = [code for code, count in COUNTS.items() for _ in range(count)]
    return [
        f"{WOMEN[number % 10]}.{code}{1 + number // 10 % 4}.{serial}.tiff"
        for number, (code, serial) in enumerate(zip(codes, SERIALS, strict=True))
    ]


def load(name, path, **options):
    return fk.load(name, path, cache=False, **options)


def test_jaffe_has_213_serials_without_the_six_that_were_not_released():
    assert len(SERIALS) == 213
    assert not {8, 12, 21, 76, 108, 183} & set(SERIALS)


def test_jaffe_from_its_file_names(put, caplog):
    folder = put(*(f"jaffe/{name}" for name in jaffe_names()))
    (folder / "jaffe" / "README_FIRST.txt").write_text("read me")
    faces = load("jaffe", folder)
    assert "are not here" not in caplog.text
    assert faces.emotions == JAFFE
    assert faces.counts().sum(axis=1).tolist() == list(COUNTS.values())
    assert set(faces.subject) == set(WOMEN)
    for name, who, label in zip(faces.ids, faces.subject, faces.labels, strict=True):
        assert name.split("/")[1][:5] == f"{who}.{name.split('/')[1][3:5]}"
        assert JAFFE_CODES[name.split("/")[1][3:5]] == JAFFE[label]
    assert faces.images.shape == (213, 48, 48, 1)
    assert faces.source == "JAFFE"


def test_jaffe_is_split_by_person(put):
    folder = put(*jaffe_names())
    faces = load("jaffe", folder, image_size=16)
    parts = [set(faces.subject[faces.split == name]) for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [6, 2, 2]
    assert len(set.union(*parts)) == 10
    other = load("jaffe", folder, image_size=16, seed=7)
    assert set(other.subject[other.split == "test"]) != parts[2]


def test_an_incomplete_jaffe_says_what_is_missing(put, caplog):
    folder = put(*jaffe_names()[3:])
    assert len(load("jaffe", folder, image_size=16)) == 210
    assert "213 pictures; 3 of them are not here, serial numbers 1; 2; 3" in caplog.text


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "Received: no TIFF file"),
        (("KA.AN1.39.tiff", "holiday.tiff"), "1 others: holiday.tiff"),
        (("KA.XX1.39.tiff",), "AN, DI, FE.*1 others: KA.XX1.39.tiff"),
        (("KA.AN1.39.tiff", "b/KA.AN1.39.tiff"), "some twice: KA.AN1.39.tiff"),
        (("KA.AN1.39.tiff", "KL.AN1.40.tiff"), "at least three people.*Received: 2 in JAFFE"),
    ],
)
def test_what_is_not_jaffe_is_a_sentence(put, names, sentence):
    with pytest.raises(InputError, match=sentence):
        load("jaffe", put(*names))


def test_a_damaged_picture_of_jaffe_is_named(put):
    folder = put(*jaffe_names()[:40])
    (folder / jaffe_names()[5]).write_bytes(b"no picture")
    with pytest.raises(InputError, match=jaffe_names()[5]):
        load("jaffe", folder)
