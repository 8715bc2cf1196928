"""JAFFE: ten women, seven posed expressions, 213 pictures (Lyons et al., 1998)."""

import logging
import re
from pathlib import Path

import numpy as np

from fer_kit.datasets.folder import File, match_names, picture_paths, read_files
from fer_kit.datasets.source import Source
from fer_kit.emotions import JAFFE, JAFFE_CODES
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces

log = logging.getLogger(__name__)

# KA.AN1.39.tiff: the person, the emotion, the number of the picture, and a serial number.
NAME = re.compile(rf"([A-Z]{{2}})\.({'|'.join(JAFFE_CODES)})\d\.(\d{{1,3}})\.tiff?$", re.IGNORECASE)
NOT_RELEASED = (8, 12, 21, 76, 108, 183)
SERIALS = tuple(serial for serial in range(1, 220) if serial not in NOT_RELEASED)


def read_jaffe(path: Path, seed: int = 42, image_size: int = 48) -> Faces:
    """Read JAFFE as it is distributed: TIFF files named like KA.AN1.39.tiff (lesson 10).

    Args:
        path: the folder; pictures may lie deeper in it.
        seed: draws which of the ten people train (6), validate (2) and test (2).

    Returns:
        Grey faces with subjects, sorted by file name. The whole picture is scaled, as in the source
        that lesson 10 repeats: it is not cropped to the face. Nobody is in two splits. If it is not
        the complete set of 213 pictures, a warning names the serial numbers that are missing.

    Raises:
        InputError: no pictures, a name of another form or with an unknown emotion, or two pictures
            with one serial number.
    """
    paths = [name for name in picture_paths(path) if name.lower().endswith((".tif", ".tiff"))]
    if not paths:
        raise InputError(
            f"Expected the pictures of JAFFE in {path}, named like KA.AN1.39.tiff. Received: no "
            "TIFF file. Point to the folder that was unpacked."
        )
    like = f"KA.AN1.39.tiff, with an emotion among {', '.join(JAFFE_CODES)},"
    told = match_names(NAME, paths, path, like)
    _check_serials(paths, [int(match[3]) for match in told], path)
    files = [
        File(name, JAFFE_CODES[match[2].upper()], "")
        for name, match in zip(paths, told, strict=True)
    ]
    people = [match[1].upper() for match in told]
    return read_files(path, files, JAFFE, "JAFFE", seed=seed, image_size=image_size, subject=people)


SOURCE = Source(read_jaffe, "the folder of JAFFE's pictures")


def _check_serials(files: list[str], serials: list[int], path: Path) -> None:
    numbers = np.array(serials)
    twice = [
        file for file, number in zip(files, serials, strict=True) if (numbers == number).sum() > 1
    ]
    if twice:
        raise InputError(
            f"Expected every serial number once in {path}. Received: some twice: "
            f"{first_few(twice)}. Keep one copy of each picture."
        )
    missing = sorted(set(SERIALS) - set(serials))
    if missing:
        log.warning(
            "JAFFE has %s pictures; %s of them are not here, serial numbers %s.",
            *(len(SERIALS), len(missing), first_few([str(number) for number in missing])),
        )
