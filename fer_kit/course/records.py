"""What is remembered of each notebook's last execution, to skip it where nothing has changed.

`runs/RUN/notebooks/NN_name.json` holds the seconds it took, when it finished, versions
and device, a fingerprint of all that its results depend on, and in "made" the sha256 of each file.
"failed" is there, with the reason, where the last try did not succeed; before work begins it says
that it was interrupted, and so it was unless a new record follows. "checked" says when it was last
found up to date.
"""

import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fer_kit.course.environment import backend, versions
from fer_kit.errors import InputError
from fer_kit.files import read_json, sha256
from fer_kit.lessons import Lesson
from fer_kit.run import Run

# These run notebooks and show results; no result depends on them.
AROUND_THE_LESSONS = ("camera", "cli.py", "course", "grading", "zoo")


def read(path: Path) -> dict[str, Any]:
    """A notebook's record; empty where there is none, or none that can be read."""
    try:
        record = read_json(path)
    except InputError:
        return {}
    return record if isinstance(record, dict) else {}


def is_whole(record: dict[str, Any], run: Run, lesson: Lesson) -> bool:
    """Whether all that the lesson makes is there, as it was when the record was written."""
    found = made(run, lesson)
    return "failed" not in record and None not in found.values() and record.get("made") == found


def made(run: Run, lesson: Lesson) -> dict[str, str | None]:
    """The sha256 of the executed notebook and of all that the lesson makes; None for no file."""
    paths = {name: run.folder / name for name in (f"notebooks/{lesson.name}.ipynb", *lesson.makes)}
    return {name: sha256(path) if path.is_file() else None for name, path in paths.items()}


def student(run_folder: Path) -> dict[str, str]:
    """Who a run belongs to: name and id, each "" as long as nobody has said it."""
    return {"name": "", "id": ""} | read_json(run_folder / "student.json", {})


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def duration(seconds: float | None) -> str:
    """A time as people read it: "1 min 5 s"."""
    if seconds is None:
        return "not known"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def environment(run_folder: Path) -> dict[str, list[str]]:
    """Versions and devices; more than one value where notebooks ran on different ones."""
    found: dict[str, set[str]] = {}
    for path in sorted(run_folder.glob("notebooks/[!.]*.json")):
        for name, value in read(path).get("environment", {}).items():
            found.setdefault(name, set()).add(str(value))
    return {name: sorted(values) for name, values in found.items()}


def fingerprint(
    notebook: Path, parameters: dict[str, Any], run: Run, needs: tuple[str, ...]
) -> str:
    """sha256 of all that a notebook's results depend on.

    That is: its cells, its parameters, the files it reads, the library's source, and the versions
    of what computes.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    told = {
        "cells": [(cell["cell_type"], "".join(cell["source"])) for cell in cells],
        "parameters": parameters,
        # The first lessons read the data set itself, the others what those made of it.
        "inputs": _hashes(run.folder, needs) if needs else _listing(run.data),
        "library": code(AROUND_THE_LESSONS),
        "versions": computing(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _hashes(folder: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return {path.relative_to(folder).as_posix(): sha256(path) for path in paths}


def _listing(data: str) -> list[tuple[str, int, int]]:
    """Places, sizes and times of a data set's files: reading all of them would take too long."""
    if not data:
        return []
    path = Path(data)
    folder = path if path.is_dir() else path.parent
    # A file may have companions: FER+ keeps its votes beside fer2013.csv.
    files = path.rglob("*") if path.is_dir() else [path, *path.parent.glob("*.csv")]
    facts = {file.relative_to(folder).as_posix(): file.stat() for file in files if file.is_file()}
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in sorted(facts.items())]


def computing() -> dict[str, str]:
    """The versions of all that computes, and Keras's backend."""
    return versions() | {"backend": backend()}


@cache
def code(without: tuple[str, ...] = ()) -> str:
    """sha256 of the library's source, without some of its rooms."""
    folder = Path(__file__).parents[1]
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*.py"))]
    told = [
        (path.as_posix(), sha256(folder / path)) for path in paths if path.parts[0] not in without
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()
