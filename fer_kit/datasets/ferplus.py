"""FER+: FER2013's faces, each labelled anew by ten annotators (Barsoum et al., 2016)."""

import csv
import io
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_kit.datasets.pixel_csv import open_table, read_pixel_csv
from fer_kit.datasets.source import Source
from fer_kit.datasets.splits import SPLIT_OF_USAGE
from fer_kit.emotions import FER2013, FERPLUS, canonical, is_emotion
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces
from fer_kit.votes import UNNAMED, label

log = logging.getLogger(__name__)

VOTES_FILE = "fer2013new.csv"
UNNAMED_ANSWERS = ("unknown", "NF")  # no emotion, and no face


def read_ferplus(
    path: Path, votes: Path, image_size: int = 48, targets: str | None = None
) -> Faces:
    """Read FER2013's pictures with the votes of FER+.

    The two tables are joined row by row. (The image names in the votes are no row numbers: 173 rows
    have none, and one name belongs to two different faces.)

    Args:
        path: fer2013.csv.
        votes: fer2013new.csv: Usage, image name, and ten counts. Columns go by their names.
        targets: None, or one of `fer_kit.votes.MODES` but "multi-target", whose targets are no
            shares. It applies to the training faces; the others are labelled by "majority", as in
            the paper, and what its rule leaves open is left out.

    Returns:
        Faces with votes, counts over the eight emotions, and targets: without a mode, their shares.
        The annotators could also say "unknown" or "no face" (NF); a face without a vote for any of
        the eight emotions is left out (176 in the original). "probability" has the shares of which
        `fer_kit.votes.draw` draws. Ids are the row numbers of fer2013.csv.

    Raises:
        InputError: the tables do not belong together, or one is damaged.
    """
    split, counts = _read_votes(Path(votes))
    table = read_pixel_csv(path)
    _check_match(table.split, split, path, votes)
    shares, is_kept = _labelled(counts, split, targets)
    kept = np.flatnonzero(is_kept)
    if len(kept) < len(split):
        left_out = "a vote for an emotion" if targets is None else f"a target in mode {targets}"
        missing = f"{len(split) - len(kept):,}"
        log.warning("FER+: faces without %s are left out: %s.", left_out, missing)
    faces = table.faces(FER2013, "FER+", image_size).subset(kept)
    return replace(faces, targets=shares[kept], emotions=FERPLUS, votes=counts[kept, :-UNNAMED])


SOURCE = Source(read_ferplus, "fer2013.csv", VOTES_FILE)


def _labelled(counts: np.ndarray, split: np.ndarray, mode: str | None) -> tuple:
    """Targets (N, 8), and which faces have one: of all votes, or by the rules of a mode."""
    if mode is None:
        named = counts[:, :-UNNAMED]
        total = named.sum(axis=1, keepdims=True)
        return named / np.maximum(total, 1), total[:, 0] > 0
    if mode == "multi-target":
        raise InputError(
            "Expected targets that are shares: majority, cross-entropy or probability. Received: "
            "'multi-target', whose rows do not sum to 1. Load the votes, and use "
            "fer_kit.votes.label."
        )
    targets, kept = label(counts, "majority")
    train = split == "train"
    targets[train], kept[train] = label(counts[train], mode)
    return targets, kept


def _read_votes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """split str (N,), and the counts over `emotions.FERPLUS`, unknown and NF: float32 (N, 10)."""
    with open_table(path) as file:
        rows = list(csv.reader(io.TextIOWrapper(file, "utf-8-sig", errors="replace")))
    header = [name.strip() for name in rows[0]] if rows else []
    places = {
        canonical(name) if is_emotion(name) else name: place for place, name in enumerate(header)
    }
    wanted = ("Usage", *FERPLUS, *UNNAMED_ANSWERS)
    missing = [name for name in wanted if name not in places]
    if missing:
        raise InputError(
            f"Expected votes with the columns {', '.join(wanted)}. "
            f"Received: {path} without {', '.join(missing)}. Get {VOTES_FILE} from "
            "github.com/microsoft/FERPlus."
        )
    return _parse_votes(rows[1:], [places[name] for name in wanted], path)


def _parse_votes(rows: list[list[str]], order: list[int], path: Path) -> tuple:
    split, counts, problems = [], [], []
    for line, row in enumerate(rows, start=2):
        if not row:  # an empty line at the end
            continue
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
    return np.array(split), np.array(counts, np.float32).reshape(-1, len(order) - 1)


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
