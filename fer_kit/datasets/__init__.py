"""Load a data set of faces: `fk.load("synthetic")`, `fk.load("fer2013", "data/fer2013.csv")`.

Each source is one module with one function that returns `Faces`; `SOURCES` lists them. What was
read once is kept in a cache, so that the next notebook has it at once.

Introduced in notebooks/01_load.ipynb.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from fer_kit.datasets.cache import cached
from fer_kit.datasets.ckplus import read_ckplus
from fer_kit.datasets.downloads import download
from fer_kit.datasets.fer2013 import read_fer2013
from fer_kit.datasets.ferplus import VOTES_FILE, read_ferplus
from fer_kit.datasets.folder import read_folder
from fer_kit.datasets.jaffe import read_jaffe
from fer_kit.datasets.paired import read_nvie, read_viri
from fer_kit.datasets.people import read_people
from fer_kit.datasets.splits import sample
from fer_kit.datasets.synthetic import read_synthetic
from fer_kit.errors import InputError
from fer_kit.faces import SPLITS, Faces

__all__ = ["SOURCES", "Source", "download", "load"]


@dataclass(frozen=True)
class Source:
    """How one data set is read.

    Attributes:
        read: the function that returns its `Faces`.
        options: the arguments of `load` that `read` takes.
        path: what the user must point to, or "" where nothing is needed.
        votes: the file of votes that is expected beside the path, or "".
    """

    read: Callable[..., Faces]
    options: tuple[str, ...]
    path: str = ""
    votes: str = ""


SOURCES = {
    "synthetic": Source(read_synthetic, ("size", "seed", "targets", "image_size")),
    "fer2013": Source(
        read_fer2013, ("path", "seed", "image_size"), "fer2013.csv or the folder of its pictures"
    ),
    "ferplus": Source(
        read_ferplus, ("path", "votes", "image_size", "targets"), "fer2013.csv", VOTES_FILE
    ),
    "ckplus": Source(
        read_ckplus,
        ("path", "seed", "image_size", "split_by"),
        "the folder CK+48 or ckextended.csv",
    ),
    "folder": Source(
        read_folder, ("path", "seed", "image_size"), "a folder that holds a folder for each emotion"
    ),
    "people": Source(
        read_people,
        ("path", "seed", "image_size"),
        "a folder for each person, with a folder for each emotion in it",
    ),
    "jaffe": Source(read_jaffe, ("path", "seed", "image_size"), "the folder of JAFFE's pictures"),
    "viri": Source(
        read_viri, ("path", "seed", "image_size", "colour"), "the folder of VIRI's archives"
    ),
    "nvie": Source(
        read_nvie, ("path", "seed", "image_size", "colour"), "the folder of NVIE's archives"
    ),
}


def load(
    name: str,
    path: str | Path | None = None,
    *,
    size: tuple[int, int, int] | None = None,
    seed: int = 42,
    votes: str | Path | None = None,
    targets: str | None = None,
    split_by: str | None = None,
    image_size: int = 48,
    colour: bool | None = None,
    cache: bool = True,
    need: Sequence[str] = SPLITS,
) -> Faces:
    """Load a data set of faces.

    Args:
        name: a key of `SOURCES`, such as "synthetic", "fer2013", "ferplus", "folder" or "jaffe".
        path: where it lies; nothing for "synthetic". data/README.md lists the accepted layouts.
        size: (train, validation, test). Synthetic: how many faces to draw, 6000, 2000 and 2000 if
            None. Real: at most how many of each split to keep, a sample in which the emotions keep
            their shares; all if None.
        seed: decides which faces are drawn or sampled, and the split of a folder that has none.
        votes: "ferplus" only: the file of votes, if it is not beside `path`.
        targets: "synthetic": "intent" or "votes", see `fer_kit.synthetic.generate`; "ferplus": a
            mode of `fer_kit.votes.label`, or None for the shares of all votes.
        split_by: "ckplus" only: "subject" (if None) or "row"; see `datasets.ckplus.read_ckplus`.
        image_size: height and width in pixels; pictures of another size are scaled.
        colour: "viri" and "nvie" only: True for three channels, red, green and blue.
        cache: keep what was read in the cache folder (FER_KIT_CACHE), and read it from there.
        need: the splits that must not be empty.

    Returns:
        The faces, grey unless asked otherwise: images are uint8 (N, image_size, image_size, 1).

    Raises:
        InputError: something is missing or damaged; the sentence says what and where.
    """
    source = _source(name)
    _check(size, seed, image_size)
    path = _existing(name, source, path)
    given = {
        "path": path,
        "size": size,
        "seed": seed,
        "votes": _votes(source, path, votes),
        "targets": targets,
        "split_by": split_by,
        "image_size": image_size,
        "colour": colour,
    }
    options = _understood(name, source, given)
    faces = cached(name, source.read, options) if cache else source.read(**options)
    _check_parts(faces, need)
    if size is None or "size" in options:
        return faces
    return sample(faces, size, seed)


def _check_parts(faces: Faces, need: Sequence[str]) -> None:
    counts = {name: int((faces.split == name).sum()) for name in SPLITS}
    empty = [name for name in need if not counts[name]]
    if empty:
        found = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        raise InputError(
            f"Expected faces in {' and '.join(empty)}. Received: {faces.source} with {found}. "
            "Point to the folder above, add pictures, or get the whole data set: data/README.md "
            "says how parts are told."
        )


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise InputError(
            f"Expected a data set among {', '.join(SOURCES)}. Received: {name!r}. "
            'Pictures of your own, in a folder for each emotion, are "folder".'
        )
    return SOURCES[name]


def _check(size: tuple[int, int, int] | None, seed: int, image_size: int) -> None:
    if size is not None and not _is_size(size):
        raise InputError(
            f"Expected size as three whole numbers above 0, for {', '.join(SPLITS)}, such as "
            f"(6000, 2000, 2000). Received: {size!r}."
        )
    if not _is_whole(image_size, 1):
        raise InputError(
            f"Expected image_size as a whole number of pixels above 0. Received: {image_size!r}."
        )
    if not _is_whole(seed, 0):
        raise InputError(f"Expected seed as a whole number from 0 up. Received: {seed!r}.")


def _is_size(size: Any) -> bool:
    is_triple = isinstance(size, tuple | list) and len(size) == len(SPLITS)
    return is_triple and all(_is_whole(count, 1) for count in size)


def _is_whole(number: Any, least: int) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool) and number >= least


def _existing(name: str, source: Source, path: str | Path | None) -> Path | None:
    """The path, checked; an empty one, as in the notebooks' parameters, counts as none."""
    if bool(path) != bool(source.path):
        needs = f"the path of {source.path}" if source.path else "no path"
        raise InputError(
            f"Expected {needs} for {name!r}. Received: {str(path or '')!r}. "
            "data/README.md says what to get and where to put it."
        )
    return _found(path, source.path) if path else None


def _votes(source: Source, path: Path | None, votes: str | Path | None) -> str | Path | None:
    """The file of votes: the given one, or the one beside the path."""
    if not source.votes:
        return votes
    return _found(
        votes or path.absolute().parent / source.votes, f"the file of votes, {source.votes}"
    )


def _found(path: str | Path, what: str) -> Path:
    path = Path(path).expanduser()
    if not os.path.exists(path):
        raise InputError(
            f"Expected {what}. Received: {path}, where nothing is to be found. "
            "data/README.md says what to get and where to put it."
        )
    return path


def _understood(name: str, source: Source, given: dict[str, Any]) -> dict[str, Any]:
    """Those of load's arguments that the source takes; one that it would ignore is an error."""
    for option in ("votes", "targets", "colour", "split_by"):
        if given[option] is not None and option not in source.options:
            raise InputError(
                f"Expected no {option} for {name!r}. Received: {option}={given[option]!r}. "
                "Leave it out."
            )
    return {option: given[option] for option in source.options}
