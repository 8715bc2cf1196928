"""Mixed emotions: two pictures of one person, fused, for every pair of different emotions.

    mixtures = mix(faces, method="paste")            # 42 ordered pairs for seven emotions
    write_mixtures(mixtures, "my-mixtures")          # folders and a table, to be used elsewhere

Lesson 10.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from fer_kit import synthetic
from fer_kit.datasets import load
from fer_kit.emotions import JAFFE, JAFFE_CODES, canonical
from fer_kit.errors import InputError
from fer_kit.faces import SPLITS, Faces, are_drawn
from fer_kit.files import replace_folder
from fer_kit.fusion.methods import align as align_pictures
from fer_kit.fusion.methods import find_eyes, fuse
from fer_kit.pictures import write_picture

log = logging.getLogger(__name__)

TABLE = "mixtures.csv"
SHEET = 256  # pixels; the size of JAFFE's pictures, on which the source drew names


@dataclass(frozen=True, eq=False)
class Mixtures:
    """N fused pictures and what they were fused from.

    Attributes:
        faces: the pictures, as `Faces`: targets hold one half for each of the two emotions, and the
            subject and the split are those of the person.
        first, second: int (N,), the two emotions, as indices into `faces.emotions`.
        sources: str (N, 2), the ids of the two pictures.
        method: how they were fused, as in `fusion.fuse`.
    """

    faces: Faces
    first: np.ndarray
    second: np.ndarray
    sources: np.ndarray
    method: str

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def pairs(self) -> np.ndarray:
        """int (N,): the class of each mixture, its place in `pair_names`."""
        return pair_index(self.first, self.second, len(self.faces.emotions))

    def subset(self, which: str | Sequence[int] | np.ndarray) -> "Mixtures":
        """The mixtures of one split, or at some indices or of a mask (N,)."""
        if isinstance(which, str):
            which = self.faces.split == which
        rows = {name: getattr(self, name)[which] for name in ("first", "second", "sources")}
        return replace(self, faces=self.faces.subset(which), **rows)


def mix(
    faces: Faces,
    method: str = "paste",
    weight: float = 0.5,
    align: str = "",
    pairs: Sequence[tuple[str, str]] | None = None,
) -> Mixtures:
    """Fuse the pictures of each person, two by two.

    Of each person and emotion the first picture is used, as in the source. A person who lacks an
    emotion takes part in the pairs that do without it; a warning says how many lack one.

    Args:
        faces: with subjects: drawn sittings, JAFFE, or a folder of people.
        method, weight, align: as in `fusion.fuse`.
        pairs: the ordered pairs of emotions; all pairs of two different ones if None.

    Raises:
        InputError: nobody knows who is shown; a pair of one emotion with itself; no mixture at all.
    """
    pairs = _pairs(faces, pairs)
    chosen = _first_of_each(faces)
    rows = [
        (chosen[who, one], chosen[who, other], one, other)
        for who in dict.fromkeys(faces.subject.tolist())
        for one, other in pairs
        if (who, one) in chosen and (who, other) in chosen
    ]
    if not rows:
        raise InputError(
            "Expected somebody with pictures of two different emotions. Received: nobody in "
            f"{faces.source} has both of any pair. Use pictures of more emotions of each person."
        )
    here, there, first, second = np.array(rows).T
    names = np.array(pair_names(faces.emotions))[pair_index(first, second, len(faces.emotions))]
    mixed = replace(
        faces.subset(here),
        images=fuse(
            faces.images[here], _partners(faces.images, here, there, align), method, weight
        ),
        targets=(faces.targets[here] + faces.targets[there]) / 2,
        ids=np.array(
            [f"{who}-{name}" for who, name in zip(faces.subject[here], names, strict=True)]
        ),
        infrared=None,
        votes=None,
    )
    return Mixtures(mixed, first, second, np.stack([faces.ids[here], faces.ids[there]], 1), method)


def load_sitters(dataset: str = "synthetic", data: str | Path = "", seed: int = 42) -> Faces:
    """Faces of people with pictures of several emotions each, to be mixed.

    Args:
        dataset: "synthetic" draws sittings; "jaffe" and "people" are loaded from `data`.

    Raises:
        InputError: a data set that does not tell who is shown.
    """
    if are_drawn(dataset):
        return synthetic.sittings(seed=seed)
    faces = load(dataset, data, seed=seed, need=())
    _check_subjects(faces)
    return faces


def find_sitters(faces: Faces) -> Faces | None:
    """The faces of those people who posed for every emotion (lesson 10).

    Returns:
        None where nobody knows who is shown, where some split has fewer than two such people
        (one for validation), or where angry or happy is missing.
    """
    if faces.subject is None or not {"angry", "happy"} <= set(faces.emotions):
        return None
    posed = pd.Series(faces.labels).groupby(faces.subject).nunique()
    everything = posed.index[posed == len(faces.emotions)]
    sitters = faces.subset(np.isin(faces.subject, everything))
    people = {split: len(set(sitters.subject[sitters.split == split])) for split in SPLITS}
    enough = people["train"] > 1 and people["validation"] > 0 and people["test"] > 1
    return sitters if enough else None


def pair_names(emotions: Sequence[str] = JAFFE) -> tuple[str, ...]:
    """The ordered pairs of different emotions, "angry+disgust" first: 42 for seven emotions.

    With JAFFE's order of emotions they are numbered as in the source: 0 is angry+disgust, 41
    surprise+sad.
    """
    return tuple(f"{first}+{second}" for first, second in permutations(emotions, 2))


def pair_index(first, second, emotions: int):
    """The place of a pair in `pair_names`, for numbers or for arrays of them.

    Raises:
        InputError: an emotion is paired with itself.
    """
    first, second = np.asarray(first), np.asarray(second)
    if (first == second).any():
        raise InputError(
            "Expected two different emotions in a mixture. Received: the same one twice. "
            "Fuse two pictures of one emotion with fusion.fuse, which does not ask."
        )
    return first * (emotions - 1) + second - (second > first)


def emotions_of_pairs(probabilities: np.ndarray, emotions: int) -> np.ndarray:
    """What probabilities of ordered pairs, (N, K(K-1)), say about single emotions: (N, K).

    An emotion's share is half of the probability of all pairs that it is part of; rows sum to 1.
    """
    table = np.zeros((emotions * (emotions - 1), emotions), np.float32)
    for index, (first, second) in enumerate(permutations(range(emotions), 2)):
        table[index, [first, second]] = 0.5
    return np.asarray(probabilities) @ table


def with_names(mixtures: Mixtures) -> Mixtures:
    """The same mixtures with their file names drawn in, bottom right, as the source did by mistake.

    Do not use them for anything but seeing what such a leak does: the name tells the answer.
    """
    faces = mixtures.faces
    codes = {emotion: code for code, emotion in JAFFE_CODES.items()}
    images = []
    for image, who, one, other in zip(
        faces.images, faces.subject, mixtures.first, mixtures.second, strict=True
    ):
        parts = [f"{who}.{codes[faces.emotions[index]]}1" for index in (one, other)]
        images.append(_with_text(image, "C_" + ".".join(parts)))
    return replace(mixtures, faces=replace(faces, images=np.stack(images)))


def standardise(images: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Subtract the mean and divide by the standard deviation of each pixel: float32.

    Args:
        images: (N, H, W, C).
        like: the pictures that mean and standard deviation are taken from. Only training pictures
            may be among them: statistics of test pictures are knowledge about the test.
    """
    like = like.astype(np.float32)
    mean, deviation = like.mean(axis=0), like.std(axis=0)
    return (images.astype(np.float32) - mean) / np.maximum(deviation, 1)


def write_mixtures(mixtures: Mixtures, folder: str | Path) -> Path:
    """Write mixtures as PNG files in a folder for each pair, and mixtures.csv beside them.

    The table has a line for each file: its path, the two emotions, the person, the split, the two
    source pictures and the method. The folder appears whole or not at all.

    Raises:
        InputError: the folder is there already and is not empty, or cannot be written.
    """
    folder, table = new_folder(folder), _table(mixtures)

    def write(fresh: Path) -> None:
        for name, image in zip(table["file"], mixtures.faces.images, strict=True):
            write_picture(fresh / name, image if image.shape[-1] == 3 else image[..., 0])
        table.to_csv(fresh / TABLE, index=False)

    replace_folder(folder, write)
    return folder


def new_folder(path: str | Path) -> Path:
    """The path of a folder to be written.

    Raises:
        InputError: something is there already.
    """
    folder = Path(path).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"Expected the name of a new folder. Received: {folder}, which is there already. "
            "Choose another name: what is there stays."
        )
    return folder


def _pairs(faces: Faces, pairs: Sequence[tuple[str, str]] | None) -> list[tuple[int, int]]:
    """The pairs as indices, checked."""
    _check_subjects(faces)
    if pairs is None:
        return list(permutations(range(len(faces.emotions)), 2))
    indices = []
    for pair in pairs:
        names = [canonical(name) for name in pair]
        missing = [name for name in names if name not in faces.emotions]
        if len(names) != 2 or names[0] == names[1] or missing:
            raise InputError(
                f"Expected pairs of two different emotions among {', '.join(faces.emotions)}. "
                f"Received: {' + '.join(pair)}."
            )
        indices.append(tuple(faces.emotions.index(name) for name in names))
    return indices


def _check_subjects(faces: Faces) -> None:
    if faces.subject is None:
        raise InputError(
            "Expected faces of which it is known who is shown: only pictures of one person are "
            f"mixed. Received: {faces.source}, without subjects. Use drawn sittings, JAFFE, or a "
            "folder of people."
        )


def _first_of_each(faces: Faces) -> dict[tuple[str, int], int]:
    """The row of each person's first picture of each emotion."""
    shown = pd.DataFrame({"who": faces.subject, "emotion": faces.labels}).drop_duplicates()
    posed = shown["who"].value_counts()
    if lacking := int((posed < len(faces.emotions)).sum()):
        log.warning(
            "People without a picture of some emotion: %s of %s. Mixtures that need it are left "
            "out.",
            *(lacking, len(posed)),
        )
    return {(who, emotion): row for row, who, emotion in shown.itertuples()}


def _partners(images: np.ndarray, here: np.ndarray, there: np.ndarray, align: str) -> np.ndarray:
    """The second picture of each pair; each picture's eyes are sought once, not for each pair."""
    if not align:
        return images[there]
    eyes = find_eyes(images) if align == "eyes" else None
    known = None if eyes is None else (eyes[there], eyes[here])
    return align_pictures(images[there], images[here], align, known)


def _table(mixtures: Mixtures) -> pd.DataFrame:
    faces = mixtures.faces
    names = np.array(pair_names(faces.emotions))[mixtures.pairs]
    emotions = np.array(faces.emotions)
    return pd.DataFrame(
        {
            "file": [f"{pair}/{who}.png" for pair, who in zip(names, faces.subject, strict=True)],
            "first": emotions[mixtures.first],
            "second": emotions[mixtures.second],
            "subject": faces.subject,
            "split": faces.split,
            "first_source": mixtures.sources[:, 0],
            "second_source": mixtures.sources[:, 1],
            "method": mixtures.method,
            "faces": faces.source,
        }
    )


def _with_text(image: np.ndarray, text: str) -> np.ndarray:
    """White text in the bottom right corner, drawn at JAFFE's size and scaled with the picture."""
    page = Image.new("L", (SHEET, SHEET))
    ImageDraw.Draw(page).text((SHEET - 2, SHEET - 2), text, fill=255, anchor="rb")
    size = image.shape[1::-1]
    ink = cv2.resize(np.asarray(page), size, interpolation=cv2.INTER_AREA)[..., None] / 255
    return np.rint(image * (1 - ink) + 255 * ink).astype(np.uint8)
