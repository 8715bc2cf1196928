"""FER+: FER2013's faces, each labelled anew by ten annotators (Barsoum et al., 2016)."""

import csv
import io
import logging
from pathlib import Path

import numpy as np

from fer_kit.datasets.pictures import scale_all
from fer_kit.datasets.pixel_csv import SPLIT_OF_USAGE, open_table, read_pixel_csv
from fer_kit.datasets.problems import first_few
from fer_kit.emotions import FERPLUS, canonical, is_emotion
from fer_kit.errors import InputError
from fer_kit.faces import Faces

log = logging.getLogger(__name__)

VOTES_FILE = "fer2013new.csv"


def read_ferplus(path: Path, votes: Path, image_size: int = 48) -> Faces:
    """Read FER2013's pictures with the votes of FER+.

    The two tables are joined row by row. (The image names in the votes are no row numbers: 173 rows
    have none, and one name belongs to two different faces.)

    Args:
        path: fer2013.csv.
        votes: fer2013new.csv: Usage, image name, and ten counts.

    Returns:
        Faces with votes, counts over the eight emotions, and targets, their shares. The annotators
        could also say "unknown" or "no face" (NF); a face without a vote for any of the eight
        emotions is left out (176 in the original). Ids are the row numbers of fer2013.csv.

    Raises:
        InputError: the tables do not belong together, or one is damaged.
    """
    split, counts = _read_votes(Path(votes))
    table = read_pixel_csv(path)
    _check_match(table.split, split, path, votes)
    kept = np.flatnonzero(counts.sum(axis=1) > 0)
    if len(kept) < len(split):
        missing = f"{len(split) - len(kept):,}"
        log.warning("FER+: faces without a vote for an emotion are left out: %s.", missing)
    return Faces(
        images=scale_all(table.images[kept], image_size),
        targets=counts[kept] / counts[kept].sum(axis=1, keepdims=True),
        emotions=FERPLUS,
        split=split[kept],
        ids=kept.astype(str),
        source="FER+",
        votes=counts[kept],
    )


def _read_votes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """split str (N,), and the counts over `emotions.FERPLUS`, float32 (N, 8)."""
    with open_table(path) as file:
        rows = list(csv.reader(io.TextIOWrapper(file, "utf-8-sig", errors="replace")))
    header = [name.strip() for name in rows[0]] if rows else []
    places = {canonical(name): place for place, name in enumerate(header) if is_emotion(name)}
    missing = [name for name in ("Usage", *FERPLUS) if name not in (*places, *header)]
    if missing:
        raise InputError(
            f"Expected votes with the columns Usage and {', '.join(FERPLUS)}. "
            f"Received: {path} without {', '.join(missing)}. Get {VOTES_FILE} from "
            "github.com/microsoft/FERPlus."
        )
    order = [header.index("Usage"), *(places[name] for name in FERPLUS)]
    return _parse_votes(rows[1:], order, path)


def _parse_votes(rows: list[list[str]], order: list[int], path: Path) -> tuple:
    split, counts, problems = [], [], []
    for line, row in enumerate(rows, start=2):
        try:
            usage, *votes = (row[place].strip() for place in order)
            split.append(SPLIT_OF_USAGE[usage])
            counts.append([_count(vote) for vote in votes])
        except (IndexError, KeyError, ValueError):
            problems.append(f"line {line:,}: {','.join(row)[:60]!r}")
    if problems:
        raise InputError(
            f"Expected in every row of {path.name} a Usage and counts of votes from 0 up. "
            f"Received: {len(problems):,} bad rows: {first_few(problems)}. Download the file again."
        )
    return np.array(split), np.array(counts, np.float32).reshape(-1, len(FERPLUS))


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _check_match(faces: np.ndarray, votes: np.ndarray, path: Path, votes_path: Path) -> None:
    """Joined by row, the tables must have equally many rows and agree on Usage in each."""
    if len(faces) != len(votes):
        raise InputError(
            f"Expected a row of votes for each of the {len(faces):,} faces of {path}. "
            f"Received: {len(votes):,} rows in {votes_path}. Use both files complete and unsorted."
        )
    differing = np.flatnonzero(faces != votes)
    if len(differing):
        lines = first_few([f"line {row + 2:,}" for row in differing])
        raise InputError(
            f"Expected the same Usage in every row of {path.name} and {votes_path.name}. "
            f"Received: {len(differing):,} rows that differ: {lines}. Use both files unsorted."
        )
