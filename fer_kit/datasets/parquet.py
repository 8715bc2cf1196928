"""Parquet tables of pictures, as Hugging Face hands data sets out."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from fer_kit.datasets.decode import read_square
from fer_kit.datasets.pixel_csv import PIXELS, SIDE, parse_row
from fer_kit.datasets.splits import complete_split, split_of
from fer_kit.emotions import canonical, in_course_order
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces, one_hot
from fer_kit.pictures import scale

ENDING = ".parquet"
PICTURES, LABELS = ("image", "pixels", "img"), ("label", "labels", "emotion")
PARTS = ("usage", "split")


def tables_in(path: Path) -> list[Path]:
    """The Parquet tables at a path or below it, sorted."""
    if path.suffix.lower() == ENDING and path.is_file():
        return [path]
    return sorted(path.rglob(f"*{ENDING}"))


def read_parquet(path: Path, source: str, seed: int, image_size: int) -> Faces:
    """Read tables of pictures and labels.

    Pictures are files within the table (`image`), or 2,304 grey values as text (`pixels`). The part
    is told by a column (`Usage` or `split`), or by the name of the file (train-00000-of-00001); see
    also `splits.complete_split`.

    Raises:
        InputError: the package for it is missing, or a column; the emotions have numbers without
            names; a picture cannot be read.
    """
    images, names, found, ids = [], [], [], []
    for table in tables_in(path):
        pictures, labels, parts = _columns(table)
        for row, picture in enumerate(pictures):
            ids.append(f"{table.stem}/{row}" if path.is_dir() else f"{row}")
            images.append(_image(picture, image_size, f"{table.name}, row {row}"))
        names += labels
        found += parts
    emotions = in_course_order(names)
    labels = np.array([emotions.index(canonical(name)) for name in names])
    split = complete_split(np.array(found, "U10"), labels, seed)
    targets = one_hot(labels, len(emotions))
    return Faces(np.stack(images), targets, emotions, split, np.array(ids), source)


def _columns(path: Path) -> tuple[list[Any], list[str], list[str]]:
    """The pictures, the emotions' names and the parts of one table."""
    try:
        import pandas as pd
        from pyarrow.parquet import read_schema

        table, about = pd.read_parquet(path), read_schema(path).metadata or {}
    except ImportError as error:
        raise InputError(
            f"Expected pyarrow, which reads Parquet. Received: {path.name}, and it is not "
            'installed. Install it: pip install "pyarrow>=20".'
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a Parquet table. Received: {path} ({error}). Copy it once more."
        ) from error
    place = {str(name).lower(): name for name in table.columns}
    picture, label = (
        next((place[name] for name in known if name in place), None) for known in (PICTURES, LABELS)
    )
    if picture is None or label is None:
        raise InputError(
            f"Expected a column among {', '.join(PICTURES)} and one among {', '.join(LABELS)} in "
            f"{path}. Received: {first_few([*map(str, table.columns)])}."
        )
    part = next((place[name] for name in PARTS if name in place), None)
    told = path.stem.split("-")[0]
    parts = [split_of(str(one)) for one in (table[part] if part else [told] * len(table))]
    return list(table[picture]), _names(list(table[label]), label, about, path), parts


def _names(labels: list[Any], column: str, about: dict[bytes, bytes], path: Path) -> list[str]:
    """The emotions by name; numbers mean what the table itself says."""
    if all(isinstance(label, str) and not label.isdecimal() for label in labels):
        return labels
    try:
        features = json.loads(about[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
        return [names[int(label)] for label in labels]
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"Expected emotions by name in {path}, or the names of their numbers in its head. "
            f"Received: {first_few([*map(str, labels)])}. Editions number the emotions differently:"
            " put the names into the column, or take fer2013.csv."
        ) from error


def _image(picture: Any, size: int, where: str) -> np.ndarray:
    """uint8 (size, size, 1)."""
    try:
        if isinstance(picture, str):
            return scale(parse_row(picture.encode()).reshape(SIDE, SIDE), size)[..., None]
        content = picture["bytes"] if isinstance(picture, dict) else picture
        return read_square(BytesIO(content), size)[0]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"Expected a picture, or {PIXELS:,} grey values. Received: {where} ({error})."
        ) from error
