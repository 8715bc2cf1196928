"""`Faces`: a data set of face pictures, in the one form that every lesson uses."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from fer_kit import watch
from fer_kit.errors import InputError, choose
from fer_kit.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

DRAWN = "These faces are drawn: nothing here says anything about real faces."
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Faces:
    """N pictures of faces with what is known about them (lesson 01).

    Attributes:
        images: uint8 (N, H, W, C), C = 1 for grey and 3 for colour (RGB), 0 black to 255 white.
        targets: float32 (N, K), rows summing to 1: one-hot labels, or shares of annotators' votes.
        emotions: the K names, in the order of the columns of `targets`.
        split: str (N,), each "train", "validation" or "test".
        ids: str (N,), unique: the row number in a CSV, the path in a folder.
        source: where the faces come from, for titles and reports ("synthetic faces", "FER2013").
        subject: str (N,), who is shown, or None where nobody knows.
        infrared: uint8 (N, H, W, C), the thermal picture of the same moment, or None.
        votes: float32 (N, K), how many annotators chose each emotion, or None.
    """

    images: np.ndarray
    targets: np.ndarray
    emotions: tuple[str, ...]
    split: np.ndarray
    ids: np.ndarray
    source: str
    subject: np.ndarray | None = None
    infrared: np.ndarray | None = None
    votes: np.ndarray | None = None

    def __post_init__(self) -> None:
        count, classes = len(self.images), len(self.emotions)
        if self.images.ndim != 4 or self.images.dtype != np.uint8:
            raise InputError(
                "Expected images as uint8 of shape (N, height, width, channels). "
                f"Received: {self.images.dtype} of shape {self.images.shape}."
            )
        if self.targets.shape != (count, classes):
            raise InputError(
                f"Expected targets of shape {(count, classes)}: a row for each image, a column for "
                f"each emotion. Received: {self.targets.shape}."
            )
        if not ((self.targets >= 0).all() and np.allclose(self.targets.sum(axis=1), 1, atol=1e-4)):
            raise InputError(
                "Expected every row of targets to sum to 1, of shares from 0 up. Received: rows "
                "that do not."
            )
        if len(set(self.emotions)) < classes:
            raise InputError(f"Expected each emotion once. Received: {', '.join(self.emotions)}.")
        for name in ("split", "ids", "subject", "infrared", "votes"):
            value = getattr(self, name)
            if value is not None and len(value) != count:
                raise InputError(
                    f"Expected {count} values of {name}, one for each image. "
                    f"Received: {len(value)}."
                )
        check_splits(self.split)
        if not self.is_synthetic:
            watch.note(f"faces of {self.source}")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{(self.split == name).sum():,} {name}" for name in SPLITS)
        height, width, channels = self.images.shape[1:]
        shape = f"{height}×{width}×{channels}"
        return f"Faces({self.source}: {sizes}; {shape}; {len(self.emotions)} emotions)"

    @property
    def labels(self) -> np.ndarray:
        """int (N,): the index of the strongest emotion of each face."""
        return self.targets.argmax(axis=1)

    @property
    def is_synthetic(self) -> bool:
        """Whether these faces were drawn; results on them say nothing about real faces."""
        return are_drawn(self.source)

    def subset(self, which: str | Sequence[int] | np.ndarray) -> "Faces":
        """The faces of one split ("train", "validation", "test"), at indices, or of a mask (N,)."""
        if isinstance(which, str):
            which = self.split == choose(which, SPLITS, "a split")
        rows = {
            field.name: value[which]
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        return replace(self, **rows)

    def counts(self) -> "pd.DataFrame":
        """How many faces of each emotion (rows) are in each split (columns)."""
        import pandas as pd  # takes 0.2 s, which `fer-kit predict` need not wait for

        table = {
            name: np.bincount(self.labels[self.split == name], minlength=len(self.emotions))
            for name in SPLITS
        }
        return pd.DataFrame(table, index=pd.Index(self.emotions, name="emotion"))

    def fingerprint(self) -> str:
        """sha256 of everything in it: two data sets with the same fingerprint are the same."""
        digest = hashlib.sha256(repr((self.emotions, self.source)).encode())
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = np.ascontiguousarray(value)
                digest.update(f"{field.name} {value.dtype} {value.shape}".encode())
                digest.update(
                    value.tobytes() if value.dtype.kind != "U" else "\n".join(value).encode()
                )
        return digest.hexdigest()

    def save(self, path: str | Path, of: Path | None = None) -> Path:
        """Write everything to one .npz file, uncompressed: it loads at the disk's speed.

        Args:
            of: a file in the same folder that holds these faces among others, unchanged: then only
                their rows in it are written, and nothing stands on the disk twice (lesson 03).
        """
        if of:
            present = {"of": of.name, "rows": self._rows_in(of), "fingerprint": self.fingerprint()}
        else:
            present = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays = {name: np.asarray(value) for name, value in present.items() if value is not None}
        return write_whole(path, lambda temporary: np.savez(temporary, **arrays))

    def _rows_in(self, file: Path) -> np.ndarray:
        whole = Faces.open(file)
        rows = np.flatnonzero(np.isin(whole.ids, self.ids))
        if whole.subset(rows).fingerprint() != self.fingerprint():
            raise InputError(
                f"Expected faces as they are in {file}, in its order. Received: others. Leave `of` "
                "out to write them whole."
            )
        return rows

    @classmethod
    def open(cls, path: str | Path) -> "Faces":
        """Read what `save` wrote.

        Raises:
            InputError: there is no such file, or it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in stored.files}
            if "of" in values:
                chosen = cls.open(Path(path).with_name(str(values["of"]))).subset(values["rows"])
                if chosen.fingerprint() != values["fingerprint"]:
                    raise ValueError(f"{values['of']} has changed since")
                return chosen
            values["emotions"] = tuple(str(name) for name in values["emotions"])
            values["source"] = str(values["source"])
            return cls(**values)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise InputError(
                f"Expected a file of faces written by Faces.save. Received: {path} ({error}). "
                "Run the notebook that writes it; the new file takes its place."
            ) from error


def check_splits(split: np.ndarray) -> None:
    """Raise an InputError where a face, str (N,), is in a split of another name."""
    if unknown := set(np.unique(split).tolist()) - set(SPLITS):
        raise InputError(f"Expected splits among {SPLITS}. Received: {sorted(unknown)}.")


def are_drawn(origin: str) -> bool:
    """Whether faces were drawn: by their source ("synthetic faces") or their data set's name."""
    return origin.split(" ")[0] == "synthetic"


def one_hot(labels: Sequence[int] | np.ndarray, classes: int) -> np.ndarray:
    """float32 (N, classes): 1 in the column of each label, 0 elsewhere.

    Raises:
        InputError: a label that is no whole number from 0 to classes - 1.
    """
    columns = np.asarray(labels).astype(int)
    if (columns != np.asarray(labels)).any() or ((columns < 0) | (columns >= classes)).any():
        raise InputError(
            f"Expected labels as whole numbers from 0 to {classes - 1}. Received: others."
        )
    return np.eye(classes, dtype=np.float32)[columns]
