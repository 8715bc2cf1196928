"""CK+: posed expressions of 123 people (Lucey et al., 2010), in the two editions that circulate."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_kit.datasets.folder import find_files, match_names, read_files
from fer_kit.datasets.pixel_csv import read_pixel_csv
from fer_kit.datasets.source import Source
from fer_kit.emotions import CKEXTENDED, CKPLUS
from fer_kit.errors import InputError, choose
from fer_kit.faces import Faces

# S005_001_00000011.png: the person, the sequence, the picture in it.
FILE_NAME = re.compile(r"(S\d{3})_\d{3}_\d{8}")
SPLIT_BY = ("subject", "row")


def read_ckplus(
    path: Path, seed: int = 42, image_size: int = 48, split_by: str | None = None
) -> Faces:
    """Read CK+ from the folder `CK+48` or from the table `ckextended.csv`.

    The folder holds the last three pictures of each of 327 sequences, and one person is in up to 18
    of its 981 pictures. Whoever draws test pictures at random tests on people, and on moments, that
    were learned by heart. So the pictures are split by person, 70/15/15. The table does not say who
    is who: it is refused unless its own split, by row, is asked for.

    Args:
        path: the folder, with anger, contempt, disgust, fear, happy, sadness and surprise in it; or
            the table: emotion 0 to 7, pixels, Usage.
        seed: decides which people are in which part.
        split_by: "subject" (if None); "row" takes the table's own split, or draws pictures of the
            folder whoever is in them, and results are then too good.

    Returns:
        Faces; of the folder with `subject`, and with those of CK+'s emotions that occur: seven,
        without neutral. The table has eight.

    Raises:
        InputError: a file name without a person, a folder that is no emotion, or a table without
            `split_by="row"`.
    """
    by_row = choose(split_by or SPLIT_BY[0], SPLIT_BY, "split_by") == "row"
    source = "CK+ (split by row)" if by_row else "CK+"
    if path.is_dir():
        return _read_folder(path, seed, image_size, source, by_row)
    if not by_row:
        raise InputError(
            f"Expected CK+ with the names of its files, to split it by person. Received: {path}, "
            "which does not tell who is shown, so that the same people would be in training and "
            'in test. Use the folder CK+48, or accept that: load("ckplus", …, split_by="row").'
        )
    table = read_pixel_csv(path, CKEXTENDED)
    return table.faces(CKEXTENDED, source, image_size)


SOURCE = Source(read_ckplus, "the folder CK+48 or ckextended.csv")


def _read_folder(folder: Path, seed: int, image_size: int, source: str, by_row: bool) -> Faces:
    files = find_files(folder)
    like = "S005_001_00000011.png, which begin with the person,"
    told = match_names(FILE_NAME, [file.path for file in files], folder, like)
    people = [match[1] for match in told]
    found = {file.emotion for file in files}
    emotions = tuple(name for name in CKPLUS if name in found)
    size = {"seed": seed, "image_size": image_size}
    who = None if by_row else people
    faces = read_files(folder, files, emotions, source, **size, subject=who)
    return replace(faces, subject=np.array(people))
