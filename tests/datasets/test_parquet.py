"""Parquet tables, as Hugging Face hands them out."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tables import random_images

import fer_kit as fk
from fer_kit.emotions import FER2013
from fer_kit.errors import InputError

arrow = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")
IMAGES = random_images(42)
ALPHABET = sorted(FER2013)


def write(path, columns, names=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = arrow.table(columns)
    if names:
        about = {"info": {"features": {"label": {"names": list(names), "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(about)})
    arrow.parquet.write_table(table, path)
    return path


def picture(image):
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return {"bytes": content.getvalue(), "path": None}


def load(path, name="fer2013", **options):
    return fk.load(name, path, cache=False, **options)


@pytest.fixture
def hub(tmp_path):
    """A folder with two parts, whose numbers count in the alphabet's order."""
    for part, rows in (("train", range(35)), ("test", range(35, 42))):
        columns = {"image": [picture(IMAGES[n]) for n in rows], "label": [n % 7 for n in rows]}
        write(tmp_path / "hub" / "data" / f"{part}-00000-of-00001.parquet", columns, ALPHABET)
    return tmp_path / "hub"


@pytest.mark.parametrize("name", ["fer2013", "folder"])
def test_numbers_mean_what_the_table_says(hub, name):
    faces = load(hub, name)
    assert faces.emotions == FER2013
    assert {part: (faces.split == part).sum() for part in ("train", "validation", "test")} == {
        "train": 31, "validation": 4, "test": 7,
    }  # fmt: skip
    for face, label, identity in zip(faces.images, faces.labels, faces.ids, strict=True):
        part, row = identity.split("/")
        number = int(row) + (35 if part.startswith("test") else 0)
        np.testing.assert_array_equal(face[..., 0], IMAGES[number])
        assert FER2013[label] == ALPHABET[number % 7]


def test_pixels_as_text_with_the_emotions_words_and_a_part_in_a_column(tmp_path):
    usage = ("Training", "PublicTest", "PrivateTest")
    columns = {
        "emotion": [FER2013[n % 7] for n in range(42)],
        "pixels": [" ".join(map(str, image.ravel())) for image in IMAGES],
        "Usage": [usage[n % 3] for n in range(42)],
    }
    faces = load(write(tmp_path / "fer.parquet", columns))
    np.testing.assert_array_equal(faces.images[..., 0], IMAGES)
    assert faces.labels.tolist() == [n % 7 for n in range(42)]
    assert faces.split[:3].tolist() == ["train", "validation", "test"]


def test_numbers_without_names_are_refused(tmp_path):
    columns = {"image": [picture(image) for image in IMAGES], "label": list(range(7)) * 6}
    with pytest.raises(InputError, match="emotions by name.*Received: 0; 1; 2"):
        load(write(tmp_path / "fer.parquet", columns))


def test_a_table_that_lacks_a_column_or_is_none_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="Expected a column among.*Received: something"):
        load(write(tmp_path / "odd.parquet", {"something": [1]}))
    (tmp_path / "odd.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError, match=r"Expected a Parquet table. Received: .*odd\.parquet"):
        load(tmp_path / "odd.parquet")
    columns = {"image": [{"bytes": b"none", "path": None}], "label": ["happy"]}
    with pytest.raises(InputError, match="Expected a picture"):
        load(write(tmp_path / "bad.parquet", columns))


def test_without_the_package_it_is_named(tmp_path, monkeypatch):
    path = write(tmp_path / "fer.parquet", {"label": ["happy"]})
    monkeypatch.setattr(pd, "read_parquet", lambda _: (_ for _ in ()).throw(ImportError))
    with pytest.raises(InputError, match="pip install"):
        load(path)
