"""Pictures in folders that are named after emotions: `train/happy/1.jpg`, or just `happy/1.jpg`."""

import filecmp
import logging
import os
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from fer_kit.datasets.decode import read_square
from fer_kit.datasets.parquet import read_parquet, tables_in
from fer_kit.datasets.source import Source
from fer_kit.datasets.splits import SPLIT_OF_USAGE, complete_split, draw_split, split_of
from fer_kit.emotions import canonical, in_course_order, is_emotion
from fer_kit.errors import InputError, first_few
from fer_kit.faces import SPLITS, Faces, one_hot
from fer_kit.files import files_below
from fer_kit.pictures import is_picture

log = logging.getLogger(__name__)

_UNDECODED = re.compile("[\udc80-\udcff]")  # how Python keeps bytes of a name that are not UTF-8


class File(NamedTuple):
    """A picture's file: its path inside the folder, its emotion, its split or ""."""

    path: str
    emotion: str
    split: str


def read_folder(path: Path, seed: int = 42, image_size: int = 48) -> Faces:
    """Read anybody's pictures, sorted into a folder for each emotion.

    Folders may be called by any usual name of an emotion, in any letter case, and may stand below
    train, validation and test folders, or below others of any name. What is not split yet is split
    at random; see `splits.complete_split`.

    Args:
        path: the folder. Pictures of any format are read, and links followed; or Parquet tables.

    Returns:
        Grey faces: from a picture that is not square, the middle. Emotions are those that occur, in
        the course's order; ids are the paths inside the folder.

    Raises:
        InputError: no pictures, one that cannot be read, or one that belongs to no emotion.
    """
    if tables_in(path):
        return read_parquet(path, "own pictures", seed, image_size)
    files = find_files(path)
    emotions = in_course_order([file.emotion for file in files])
    return read_files(path, files, emotions, "own pictures", seed=seed, image_size=image_size)


SOURCE = Source(read_folder, "a folder that holds a folder for each emotion", own=True)


def find_files(folder: Path) -> list[File]:
    """All pictures below a folder, sorted by path.

    Raises:
        InputError: there are none, or some are in no folder of an emotion.
    """
    paths = _without_copies(folder, picture_paths(folder))
    if not paths:
        raise InputError(
            f"Expected pictures in {folder}. Received: none. "
            "Point to the folder that holds the emotions' folders, or to the table itself."
        )
    strays = [path for path in paths if _emotion(path) is None]
    if strays:
        raise InputError(
            f"Expected every picture of {folder} in a folder named after an emotion. "
            f"Received: {len(strays):,} that are not: {first_few(strays)}. Rename their folder, or "
            "add its spelling to SYNONYMS in fer_kit/emotions.py."
        )
    return [File(path, _emotion(path), _split(path)) for path in paths]


def match_names(
    pattern: re.Pattern, paths: Sequence[str], folder: Path, expected: str
) -> list[re.Match]:
    """What each file's name tells.

    Raises:
        InputError: a name of another form than `expected`, which ends "Expected names like …".
    """
    found = [pattern.match(path.rsplit("/", 1)[-1]) for path in paths]
    strange = [path for path, match in zip(paths, found, strict=True) if match is None]
    if strange:
        raise InputError(
            f"Expected names like {expected} in {folder}. Received: {len(strange):,} others: "
            f"{first_few(strange)}. Give them back their names, or take them out."
        )
    return found


def read_files(
    folder: Path,
    files: list[File],
    emotions: Sequence[str],
    source: str,
    *,
    seed: int,
    image_size: int,
    subject: Sequence[str] | None = None,
) -> Faces:
    """Decode the files and put them together as `Faces`.

    Args:
        subject: who is shown, if known: then nobody is in two splits, whatever the files tell.

    Raises:
        InputError: a file that is no picture, or subjects, but fewer than three.
    """
    labels = np.array([list(emotions).index(file.emotion) for file in files])
    if subject is None:
        split = complete_split(np.array([file.split for file in files], "U10"), labels, seed)
    else:
        subject = np.array(subject)
        if (people := len(np.unique(subject))) < len(SPLITS):
            raise InputError(
                "Expected at least three people, one each to train, validate and test with. "
                f"Received: {people} in {source}."
            )
        split = draw_split(labels, seed, subject)
    return Faces(
        images=_decode(folder, [file.path for file in files], image_size),
        targets=one_hot(labels, len(emotions)),
        emotions=tuple(emotions),
        split=split,
        ids=np.array([file.path for file in files]),
        source=source,
        subject=subject,
    )


def picture_paths(folder: Path) -> list[str]:
    """Paths below the folder, with "/" on every system; hidden and system files are passed over.

    Links are followed. Files that are no pictures are counted in a warning.
    """

    paths, others = [], Counter()
    for file in files_below(folder):
        if is_picture(file):
            paths.append(file.relative_to(folder).as_posix())
        else:
            others[file.suffix.lower() or "no ending"] += 1
    _check_letters(paths)
    if others:
        told = ", ".join(f"{count:,} {ending}" for ending, count in others.most_common(5))
        log.warning("Files that are no pictures are passed over: %s (%s).", others.total(), told)
    return sorted(paths)


def _check_letters(paths: list[str]) -> None:
    """Paths become ids in UTF-8 files; a ZIP from Windows may have been unpacked to other bytes."""
    strange = [path for path in paths if _UNDECODED.search(path)]
    if strange:
        shown = [path.encode("ascii", "backslashreplace").decode() for path in strange]
        raise InputError(
            f"Expected names of files in UTF-8. Received: {first_few(shown)}. Unpack the archive "
            "again with another tool, or rename them."
        )


def _without_copies(folder: Path, paths: list[str]) -> list[str]:
    """Some editions hold everything twice, as images/train/… and as images/images/train/…."""
    first, copies = {}, set()
    for path in sorted(paths, key=len):
        without_repeats = tuple(name for name, _ in groupby(path.split("/")))
        kept = first.setdefault(without_repeats, path)
        if kept != path and filecmp.cmp(folder / kept, folder / path, shallow=False):
            copies.add(path)
    if copies:
        log.warning("Pictures that a nested folder repeats are left out: %s.", f"{len(copies):,}")
    return sorted(set(paths) - copies)


def _emotion(path: str) -> str | None:
    """The emotion of the innermost folder that is named after one."""
    for folder in reversed(path.split("/")[:-1]):
        if is_emotion(folder):
            return canonical(folder)
    return None


def _split(path: str) -> str:
    """The split that a FER2013 file name tells (PublicTest_123.jpg), or else a folder, or ""."""
    *folders, name = path.split("/")
    usage = name.split("_")[0]
    if usage in SPLIT_OF_USAGE:
        return SPLIT_OF_USAGE[usage]
    return next((split for folder in folders if (split := split_of(folder))), "")


def _decode(folder: Path, paths: list[str], image_size: int) -> np.ndarray:
    """uint8 (N, image_size, image_size, 1). Decoding frees Python's lock, so that threads help."""
    files = [folder / path for path in paths]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(partial(_attempt, size=image_size), files)
        read = list(tqdm(results, "Reading pictures", len(files), leave=False, delay=1))
    broken = {
        path: result
        for path, result in zip(paths, read, strict=True)
        if isinstance(result, InputError)
    }
    if broken:
        raise InputError(
            f"Expected pictures that can be opened in {folder}. "
            f"Received: {len(broken):,} that cannot: {first_few(list(broken))}. Mend them, or move "
            f"them to another folder. The first: {next(iter(broken.values()))}"
        )
    converted = sum(was_converted for _, was_converted in read)
    if converted:
        log.warning(
            "Pictures that were not grey squares of %s pixels: %s of %s. They were made grey, "
            "cropped to their middle and scaled.",
            *(image_size, f"{converted:,}", f"{len(read):,}"),
        )
    return np.stack([picture for picture, _ in read])


def _attempt(file: Path, size: int) -> tuple[np.ndarray, bool] | InputError:
    """The picture, or what is wrong with it: the others are looked at as well."""
    try:
        return read_square(file, size)
    except InputError as error:
        return error
