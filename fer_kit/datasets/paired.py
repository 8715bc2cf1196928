"""VIRI and NVIE: a visible and an infrared picture of the same moment.

Both are taken as they are distributed, an archive for each emotion and modality
(`VIRI-Angry-Ir.zip`, `NVIE-happy1-Vis.7z`), or unpacked into folders
(`Visible/train/Angry/12.JPG`, `IR/Angry/12.JPG`), in any letter case. Which two pictures belong
together follows from their names alone, never from the order in which a folder lists them.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from fer_kit.datasets.archives import KINDS, find_members, read_members
from fer_kit.datasets.decode import read_square
from fer_kit.datasets.folder import picture_paths
from fer_kit.datasets.source import Source
from fer_kit.datasets.splits import complete_split, split_of
from fer_kit.emotions import NVIE, VIRI, canonical, is_emotion
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces, one_hot

log = logging.getLogger(__name__)

EMOTIONS = {"VIRI": VIRI, "NVIE": NVIE}
MODALITIES = ("visible", "infrared")
DIGITS = "0123456789"
LISTED = 20  # as many pictures without a partner are named in a warning

_MODALITY_OF = dict.fromkeys(("visible", "vis"), "visible") | dict.fromkeys(
    ("infrared", "ir", "thermal"), "infrared"
)
_ARCHIVE = re.compile(r"(viri|nvie)-([a-z]+)\d*-(ir|vis)", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:s|sub|subj|subject|person|id)?0*(\d+)", re.IGNORECASE)
_MARKED_SUBJECT = re.compile(r"(?:s|sub|subj|subject|person|id)0*(\d+)", re.IGNORECASE)


class Shot(NamedTuple):
    """One picture of a pair, and what its place tells.

    Attributes:
        archive: the archive that it is in, or None for a file of the folder.
        name: its path inside the archive or the folder, with "/".
        modality: "visible" or "infrared".
        emotion: the course's name for it.
        split: "train", "validation", "test", or "" where its place does not tell.
        key: what it has in common with its partner alone.
        subject: who is shown, or "" where its place does not tell.
    """

    archive: Path | None
    name: str
    modality: str
    emotion: str
    split: str
    key: str
    subject: str

    @property
    def id(self) -> str:
        """Where it is, for people: "VIRI-Angry-Ir.zip/12.JPG"."""
        return f"{self.archive.name}/{self.name}" if self.archive else self.name


def read_pairs(
    source: str, path: Path, seed: int = 42, image_size: int = 48, colour: bool | None = None
) -> Faces:
    """Read VIRI, 566 pairs of five posed emotions, or NVIE's happy, disgust and fear pairs.

    (Siddiqui & Javaid 2020; Wang et al. 2010.) Lesson 06.

    Pictures without a partner are left out and named in a warning. Where the folders tell no split,
    70/15/15 is drawn, with the same shares of emotions in each part, and with nobody in two parts
    where the names tell who is shown.

    Args:
        source: "VIRI" or "NVIE".
        path: where the archives or the folders of pictures are. Where there are archives of either
            data set, they are read and everything beside them is left alone.
        colour: three channels (RGB) instead of one.

    Returns:
        Faces with infrared pictures; ids are the places of the visible ones.

    Raises:
        InputError: a modality or an emotion is missing, a picture belongs to another data set or
            cannot be decoded, or an archive is damaged or not safe.
    """
    pairs, unpaired = find_pairs(source, path)
    if unpaired:
        names = first_few([shot.id for shot in unpaired], LISTED)
        log.warning("Left out %s pictures without a partner: %s", f"{len(unpaired):,}", names)
    emotions = EMOTIONS[source]
    labels = np.array([emotions.index(visible.emotion) for visible, _ in pairs])
    shots = [shot for pair in pairs for shot in pair]
    images = _decode_all(path, shots, image_size, bool(colour))
    subject = _subjects(pairs)
    return Faces(
        images=images[0::2],
        targets=one_hot(labels, len(emotions)),
        emotions=emotions,
        split=_split(pairs, labels, subject, seed),
        ids=np.array([visible.id for visible, _ in pairs]),
        source=source,
        subject=subject,
        infrared=images[1::2],
    )


VIRI_SOURCE = Source(partial(read_pairs, "VIRI"), "the folder of VIRI's archives")
NVIE_SOURCE = Source(partial(read_pairs, "NVIE"), "the folder of NVIE's archives")


def find_pairs(source: str, folder: Path) -> tuple[list[tuple[Shot, Shot]], list[Shot]]:
    """Match visible and infrared pictures by name, without decoding them.

    Two pictures belong together if emotion, part, folders and file name agree, apart from the words
    that name the modality, the emotion, the part or the data set.

    Returns:
        The pairs (visible, infrared), and the pictures without a partner, both sorted by place.

    Raises:
        InputError: nothing is there, or no two pictures belong together.
    """
    if not folder.is_dir():
        raise InputError(
            f"Expected the folder that holds {source}'s archives or pictures. Received: {folder}, "
            "which is a file."
        )
    shots = _find_shots(source, folder)
    _check_modalities(source, folder, shots)
    found = defaultdict(dict)
    for shot in shots:
        partners = found[shot.emotion, shot.split, shot.key]
        if shot.modality in partners:
            raise InputError(
                f"Expected one {shot.modality} picture of each name. Received: "
                f"{partners[shot.modality].id} and {shot.id}. "
                "Rename one of them, or move it elsewhere."
            )
        partners[shot.modality] = shot
    pairs = [tuple(both[name] for name in MODALITIES) for both in found.values() if len(both) == 2]
    alone = [shot for both in found.values() if len(both) == 1 for shot in both.values()]
    _check_emotions(source, pairs, alone)
    return sorted(pairs, key=lambda pair: pair[0].id), sorted(alone, key=lambda shot: shot.id)


# Finding the pictures


def _find_shots(source: str, folder: Path) -> list[Shot]:
    """The pictures in the archives of a data set, or else those in its folders."""
    told = {
        archive: _told_by_archive(source, archive, named)
        for archive in sorted(folder.iterdir())
        if (named := _ARCHIVE.fullmatch(archive.stem)) and archive.suffix.lower() in KINDS
    }
    names = [(archive, name) for archive in told for name in find_members(archive)]
    names = names or [(None, name) for name in picture_paths(folder)]
    # A folder on the way may say that a picture was made from another one.
    kept = [place for place in names if {"aug", "msx"}.isdisjoint(_folder_words(place[1]))]
    if len(kept) < len(names):
        log.warning("Left out %s copies (augmented or MSX).", f"{len(names) - len(kept):,}")
    return [
        _shot(archive, name, *(told[archive] if archive else _told_by_folders(source, name)))
        for archive, name in kept
    ]


def _told_by_archive(source: str, archive: Path, named: re.Match) -> tuple[str, str]:
    """Modality and emotion of all pictures in an archive."""
    kind, emotion, modality = named.groups()
    if kind.upper() != source:
        raise InputError(
            f"Expected archives of {source} alone in {archive.parent}. Received: {archive.name}, "
            f"which belongs to {kind.upper()}. Give each data set a folder of its own."
        )
    return _MODALITY_OF[modality.lower()], _check_emotion(source, emotion, archive.name)


def _told_by_folders(source: str, name: str) -> tuple[str, str]:
    """Modality and emotion of a picture, from the folders that it is in."""
    words = _folder_words(name)
    modality = next((_MODALITY_OF[word] for word in words if word in _MODALITY_OF), None)
    letters = [word.rstrip(DIGITS) for word in reversed(words)]
    emotion = next((word for word in letters if is_emotion(word)), None)
    if modality is None or emotion is None:
        raise InputError(
            f"Expected every picture of {source} below a folder Visible or IR and one named "
            f"after its emotion. Received: {name}. Move it, or point to another folder."
        )
    return modality, _check_emotion(source, emotion, name)


def _folder_words(name: str) -> list[str]:
    folders = name.replace("\\", "/").split("/")[:-1]
    return [word for folder in folders for word in _words(folder)]


def _shot(archive: Path | None, name: str, modality: str, emotion: str) -> Shot:
    *folders, file = name.replace("\\", "/").split("/")
    telling = [rest for folder in folders if (rest := _without_names(_words(folder)))]
    stem = _without_names(_words(Path(file).stem), keep_numbers=True)
    split = next((told for folder in folders if (told := split_of(folder))), "")
    subject = _subject(telling, stem)
    return Shot(archive, name, modality, emotion, split, "/".join([*telling, stem]), subject)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


def _without_names(words: list[str], keep_numbers: bool = False) -> str:
    """What is left without modality, emotion, part and data set: S012_happy_vis_3 → s012_3."""
    kept = []
    for word in words:
        letters = word.rstrip(DIGITS)
        is_name = letters in _MODALITY_OF or is_emotion(letters) or letters in ("viri", "nvie")
        if is_name or split_of(word):
            number = word[len(letters) :]
            kept += [number] if keep_numbers and number else []
        else:
            kept.append(word)
    return "_".join(kept)


def _subject(folders: list[str], stem: str) -> str:
    """Who is shown, where a folder (S012, 12) or the file name (S012_3) tells it."""
    for folder in reversed(folders):
        if told := _SUBJECT.fullmatch(folder.replace("_", "")):
            return told.group(1)
    told = _MARKED_SUBJECT.fullmatch(stem.split("_")[0])
    return told.group(1) if told else ""


# Checking what was found


def _check_emotion(source: str, name: str, place: str) -> str:
    if not is_emotion(name) or canonical(name) not in EMOTIONS[source]:
        raise InputError(
            f"Expected {source}'s emotions: {', '.join(EMOTIONS[source])}. Received: {place}, "
            f"which is {name.lower()}. Move it elsewhere: one folder holds one data set."
        )
    return canonical(name)


def _check_modalities(source: str, folder: Path, shots: list[Shot]) -> None:
    present = {shot.modality for shot in shots}
    missing = [modality for modality in MODALITIES if modality not in present]
    if missing:
        example = f", only {present.pop()} ones such as {shots[0].id}" if shots else ""
        raise InputError(
            f"Expected visible and infrared pictures of {source} in {folder}. "
            f"Received: no {' and no '.join(missing)} pictures{example}. "
            "data/README.md says which archives and folders are understood."
        )


def _check_emotions(source: str, pairs: list[tuple[Shot, Shot]], alone: list[Shot]) -> None:
    paired = {visible.emotion for visible, _ in pairs}
    for emotion in EMOTIONS[source]:
        if emotion not in paired:
            left = [shot.id for shot in alone if shot.emotion == emotion]
            came = f"pictures without a partner: {first_few(left)}" if left else "no picture of it"
            raise InputError(
                f"Expected pairs of every emotion of {source}. Received: for {emotion}, {came}. "
                "A pair has the same file name in both modalities."
            )


# Putting them together


def _subjects(pairs: list[tuple[Shot, Shot]]) -> np.ndarray | None:
    told = np.array([visible.subject for visible, _ in pairs])
    if (told != "").all():
        return told
    if (told != "").any():
        log.warning("Only some names tell who is shown: %s of %s.", (told != "").sum(), len(told))
    return None


def _split(
    pairs: list[tuple[Shot, Shot]], labels: np.ndarray, subject: np.ndarray | None, seed: int
) -> np.ndarray:
    found = np.array([visible.split for visible, _ in pairs], "U10")
    split = complete_split(found, labels, seed, subject)
    if subject is None:
        return split
    crossing = [name for name in np.unique(subject) if len(set(split[subject == name])) > 1]
    if crossing:
        log.warning("The folders put the same people into several parts: %s.", first_few(crossing))
    return split


def _decode_all(folder: Path, shots: Sequence[Shot], size: int, colour: bool) -> np.ndarray:
    """uint8 (N, size, size, 1 or 3), in the order of `shots`."""
    images = np.empty((len(shots), size, size, 3 if colour else 1), np.uint8)
    places = {shot.id: place for place, shot in enumerate(shots)}
    broken = {}
    for name, content in tqdm(_contents(folder, shots), "Reading pairs", len(shots), delay=1):
        try:
            images[places[name]], _ = read_square(BytesIO(content), size, colour)
        except InputError as error:
            broken[name] = error
    if broken:
        raise InputError(
            f"Expected pictures that can be decoded. Received: {len(broken):,} that cannot: "
            f"{first_few(list(broken))}. Mend them, or move both pictures of the pair elsewhere. "
            f"The first: {next(iter(broken.values()))}"
        )
    return images


def _contents(folder: Path, shots: Sequence[Shot]) -> Iterator[tuple[str, bytes]]:
    """The files themselves, with the ids of their pictures."""
    by_archive = defaultdict(list)
    for shot in shots:
        by_archive[shot.archive].append(shot.name)
    for archive, names in by_archive.items():
        if archive is None:
            yield from ((name, (folder / name).read_bytes()) for name in names)
        else:
            for name, content in read_members(archive, names):
                yield f"{archive.name}/{name}", content
