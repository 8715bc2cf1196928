"""FER2013: 35,887 faces from the web, 48 × 48, in seven emotions (Goodfellow et al., 2013)."""

import logging
from pathlib import Path

from fer_kit.datasets.folder import find_files, read_files
from fer_kit.datasets.parquet import read_parquet, tables_in
from fer_kit.datasets.pixel_csv import read_pixel_csv
from fer_kit.datasets.source import Source
from fer_kit.emotions import FER2013, FERPLUS
from fer_kit.errors import InputError
from fer_kit.faces import Faces

log = logging.getLogger(__name__)

# How many faces of each emotion, in the order of `emotions.FER2013`, counted in the original.
COUNTS = {
    "train": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "validation": (467, 56, 496, 895, 653, 415, 607),
    "test": (491, 55, 528, 879, 594, 416, 626),
}
ROWS = sum(map(sum, COUNTS.values()))


def read_fer2013(path: Path, seed: int = 42, image_size: int = 48) -> Faces:
    """Read FER2013 from the competition's table or from a folder of its pictures.

    Training becomes train, PublicTest validation and PrivateTest test. In a folder the file names
    (PublicTest_….jpg) tell the split; where they do not, see `splits.complete_split`.

    Args:
        path: fer2013.csv or icml_face_data.csv, plain or in a .zip, .gz or .tar.gz; a folder
            of pictures; or Parquet tables of pictures with the emotions' names.

    Returns:
        Faces whose ids are the row numbers from 0, or the paths inside the folder. A folder edition
        with contempt carries FER+ labels: eight emotions, source "FER+".
    """
    if tables_in(path):
        return read_parquet(path, "FER2013", seed, image_size)
    if path.is_dir():
        return _read_edition(path, seed, image_size)
    table = read_pixel_csv(path)
    if len(table.codes) != ROWS:
        found = f"{len(table.codes):,}"
        log.warning("FER2013 has %s faces; %s has %s.", f"{ROWS:,}", path.name, found)
    return table.faces(FER2013, "FER2013", image_size)


SOURCE = Source(read_fer2013, "fer2013.csv or the folder of its pictures")


def check_counts(folder: Path) -> None:
    """Compare the pictures of a folder edition with FER2013's counts, without opening them.

    Raises:
        InputError: a picture is missing or stands in another emotion's folder.
    """
    files = find_files(folder)
    held_out = [sum(pair) for pair in zip(COUNTS["validation"], COUNTS["test"], strict=True)]
    for part, expected in (("train", list(COUNTS["train"])), ("held-out", held_out)):
        chosen = [file.emotion for file in files if (file.split == "train") == (part == "train")]
        found = [chosen.count(emotion) for emotion in FER2013]
        if found != expected:
            raise InputError(
                f"Expected FER2013's {part} pictures in {folder}: {expected} for "
                f"{', '.join(FER2013)}. Received: {found}. Download it into a new folder."
            )


def _read_edition(folder: Path, seed: int, image_size: int) -> Faces:
    files = find_files(folder)
    has_contempt = any(file.emotion == "contempt" for file in files)
    emotions, source = (FERPLUS, "FER+") if has_contempt else (FER2013, "FER2013")
    return read_files(folder, files, emotions, source, seed=seed, image_size=image_size)
