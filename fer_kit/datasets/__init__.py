"""Load a data set of faces: `fk.load("synthetic")`, `fk.load("fer2013", "data/fer2013.csv")`.

Each source is one module with one function that returns `Faces`; `SOURCES` lists them. What was
read once is kept in a cache, so that the next notebook has it at once. Lesson 01.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_kit.datasets import ckplus, fer2013, ferplus, folder, jaffe, paired, people, synthetic
from fer_kit.datasets.cache import cached
from fer_kit.datasets.downloads import download
from fer_kit.datasets.source import Source
from fer_kit.datasets.splits import sample
from fer_kit.errors import InputError, check_whole, choose, is_whole
from fer_kit.faces import SPLITS, Faces

__all__ = ["SOURCES", "Source", "check_dataset", "check_path", "download", "load"]

log = logging.getLogger(__name__)

SOURCES = {
    "synthetic": synthetic.SOURCE,
    "fer2013": fer2013.SOURCE,
    "ferplus": ferplus.SOURCE,
    "ckplus": ckplus.SOURCE,
    "folder": folder.SOURCE,
    "people": people.SOURCE,
    "jaffe": jaffe.SOURCE,
    "viri": paired.VIRI_SOURCE,
    "nvie": paired.NVIE_SOURCE,
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
    source = SOURCES[check_dataset(name)]
    _check_numbers(size, seed, image_size)
    for part in need:
        choose(part, SPLITS, "a part that is needed")
    check_path(name, path)
    path = _found(path, source.path) if path else None
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
    _check_faces(faces, need)
    if size is None or "size" in options:
        return faces
    return sample(faces, size, seed)


def check_dataset(name: str) -> str:
    """The name, if there is a data set of that name; otherwise an InputError."""
    own = 'Pictures of your own, in a folder for each emotion, are "folder".'
    return choose(name, SOURCES, "a data set", own)


def check_path(name: str, path: str | Path | None) -> None:
    """Raise an InputError if a data set lacks its path, or is given one though it needs none."""
    needed = SOURCES[name].path
    if bool(path) != bool(needed):
        expected = f"the path of {needed}" if needed else "no path"
        what_to_do = (
            "data/README.md says what to get and where to put it."
            if needed
            else "Say which data set it is: fer2013, folder, … (with make: DATASET=fer2013)."
        )
        raise InputError(
            f"Expected {expected} for {name!r}. Received: {str(path or '')!r}. {what_to_do}"
        )


def _check_faces(faces: Faces, need: Sequence[str]) -> None:
    """Raise an InputError where a part is empty; warn where there is nothing to tell apart."""
    counts = {name: int((faces.split == name).sum()) for name in SPLITS}
    empty = [name for name in need if not counts[name]]
    if empty:
        found = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        raise InputError(
            f"Expected faces in {' and '.join(empty)}. Received: {faces.source} with {found}. "
            "Point to the folder above, add pictures, or get the whole data set: data/README.md "
            "says how parts are told."
        )
    if len(shown := np.unique(faces.labels)) == 1:
        only = faces.emotions[shown[0]]
        log.warning("All faces show one emotion, %s: whoever always says so is right.", only)


def _check_numbers(size: tuple[int, int, int] | None, seed: int, image_size: int) -> None:
    is_triple = isinstance(size, tuple | list) and len(size) == len(SPLITS)
    if size is not None and not (is_triple and all(is_whole(count, 1) for count in size)):
        raise InputError(
            f"Expected size as three whole numbers above 0, for {', '.join(SPLITS)}, such as "
            f"(6000, 2000, 2000). Received: {size!r}."
        )
    for name, value, least in (("image_size", image_size, 1), ("seed", seed, 0)):
        check_whole(name, value, least)


def _votes(source: Source, path: Path | None, votes: str | Path | None) -> str | Path | None:
    """The file of votes: the given one, or the one beside the path."""
    if not source.votes:
        return votes
    return _found(
        votes or path.absolute().parent / source.votes, f"the file of votes, {source.votes}"
    )


def _found(path: str | Path, what: str) -> Path:
    if not isinstance(path, str | Path):
        raise InputError(f"Expected {what}, as a path. Received: {path!r}.")
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
