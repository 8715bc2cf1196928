"""The names of one's own files, which may be those of people: other words stand for them.
Lesson 12.
"""

import contextlib
import csv
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from fer_kit.course.places import DATA, LONG, everywhere, replacing, spelled
from fer_kit.datasets import SOURCES
from fer_kit.emotions import is_emotion
from fer_kit.faces import SPLITS
from fer_kit.files import read_json
from fer_kit.lessons import METRICS
from fer_kit.run import course_folder, runs_folder
from fer_kit.watch import SYSTEM

QUOTED = re.compile(r"""(["'])((?:/|[A-Za-z]:[/\\])[^"'\n]{2,400})\1""")


def own_names(run_folder: Path, dataset: str, data: str) -> dict[str, str]:
    """For each name of the user's in a run what stands for it.

    These are the name of the data; and in a run on the user's own pictures their places, which are
    their ids, the names of their files with and without the ending, and the names of the folders.
    """
    ids = sorted(_ids(run_folder)) if SOURCES[dataset].own else []
    folders = sorted({part for place in ids for part in PurePosixPath(place).parts[:-1]})
    words = {folder: f"folder-{number}" for number, folder in enumerate(folders, start=1)}
    words[Path(data).name] = DATA
    for number, place in enumerate(ids, start=1):
        file = PurePosixPath(place)
        words |= dict.fromkeys((file.stem, file.name, place), f"picture-{number}")
    read_by = _keys_of_results(run_folder)
    return {
        name: word
        for name, word in words.items()
        if name in ids or (_tells_something(name) and name not in read_by)
    }


def without_names(words: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts the other words for names in a text, in whatever spelling they are."""
    return replacing(words, _pattern)


def own_places(notebooks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """For each path of the user's that stands in quotes in notebooks, what stands for it.

    That is whatever is on this computer, or would be in a folder that is, and belongs to neither
    the system nor the course.
    """
    told: dict[str, None] = {}

    def collect(text: str) -> str:
        told.update(dict.fromkeys(found[2] for found in QUOTED.finditer(text)))
        return text

    for notebook in notebooks:
        everywhere(notebook, collect)
    words: dict[str, str] = {}
    for path in filter(_is_own, map(Path, told)):
        folder = path if path.is_dir() else path.parent
        if _is_own(folder):
            words[str(folder)] = "[folder]"
        if path != folder:
            words |= dict.fromkeys((str(path), path.name), "[file]")
    return words


def _is_own(path: Path) -> bool:
    """Whether a path from the root leads to a file or folder of the user's."""
    with contextlib.suppress(OSError, ValueError):  # whatever a text may hold
        if not path.is_absolute() or len(path.parts) < 3 or path == Path.home():
            return False
        shared = [course_folder(), runs_folder(), *map(Path, (sys.prefix, *SYSTEM))]
        is_shared = any(place in (path, *path.parents) for place in shared)
        return not is_shared and (path.exists() or path.parent.exists())
    return False


def predictions(table: str, words: Mapping[str, str]) -> str:
    """A CSV of predictions with other words for the ids, and without columns of any other kind.

    Raises:
        ValueError: it is no such table.
    """
    try:
        reader = csv.DictReader(StringIO(table), strict=True)
        columns = [name for name in reader.fieldnames or () if _is_of_predictions(name)]
        rows = [row | {"id": words.get(row["id"], row["id"])} for row in reader]
    except (csv.Error, KeyError) as error:
        raise ValueError(f"{type(error).__name__} {error}") from error
    if "id" not in columns:
        raise ValueError("no column id")
    kept = StringIO()
    writer = csv.DictWriter(kept, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return kept.getvalue()


def _is_of_predictions(column: str) -> bool:
    kind, _, emotion = column.partition("_")
    return column in ("id", "split", "label") or (kind in ("target", "p") and is_emotion(emotion))


def _ids(run_folder: Path) -> set[str]:
    ids = set()
    for path in run_folder.glob("data/*.npz"):
        # Of a damaged file the lessons tell; the predictions hold the ids, too.
        with contextlib.suppress(Exception), np.load(path, allow_pickle=False) as stored:
            ids |= set(stored["ids"].tolist())
    for path in run_folder.glob("predictions/[!.]*.csv"):
        with (
            contextlib.suppress(csv.Error, UnicodeDecodeError),
            path.open(encoding="utf-8") as file,
        ):
            ids |= {row["id"] for row in csv.DictReader(file) if row.get("id")}
    return ids


def _keys_of_results(run_folder: Path) -> set[str]:
    """The words by which the scores are read, and the models: names of nobody."""
    with contextlib.suppress(AttributeError, TypeError):  # what is not as we write it says nothing
        told = read_json(run_folder / METRICS, {})
        models = told.get("models", {})
        return {*told, *models, *(name for scores in models.values() for name in scores)}
    return set()


def _tells_something(name: str) -> bool:
    """Whether it can be a name: not "1", "happy" or "train"."""
    return len(re.findall(r"[^\W\d_]", name)) > 1 and not is_emotion(name) and name not in SPLITS


def _pattern(name: str) -> str:
    patterns = [spelled(name)]
    if len(name) > LONG:
        patterns.append(rf"{spelled(name[:LONG])}[^\n\"'<>|]*?(?:\.\.\.|…)")
    return rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)"
