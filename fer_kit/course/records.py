"""What is remembered of each notebook's last execution, to skip it where nothing has changed.

`runs/RUN/notebooks/NN_name.json` holds it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fer_kit.checked import checked, read_as
from fer_kit.course.environment import backend, versions
from fer_kit.errors import InputError
from fer_kit.files import code, read_json, sha256, write_json
from fer_kit.lessons import Lesson
from fer_kit.run import Run

UNKNOWN = ("", None, {})
# These run notebooks and show results; no result depends on them.
AROUND_THE_LESSONS = ("camera", "cli.py", "course", "grading", "zoo")


@dataclass(frozen=True)
class Student:
    """Who a run belongs to; each "" as long as nobody has said it."""

    name: str = ""
    id: str = ""


@checked
class LastRun:
    """A notebook's last execution; what is not known is empty.

    Attributes:
        fingerprint: of all that its results depend on.
        environment: versions and device.
        seconds: how long it took.
        finished: when.
        made: the sha256 of each file that the lesson makes.
        failed: why the last try did not succeed; before work begins it says that it was
            interrupted, and so it was unless a new record follows.
        checked: when it was last found up to date.
    """

    fingerprint: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None
    finished: str = ""
    made: dict[str, str | None] = field(default_factory=dict)
    failed: str = ""
    checked: str = ""

    def write(self, path: Path) -> None:
        """Write what is known."""
        write_json(
            path, {name: value for name, value in asdict(self).items() if value not in UNKNOWN}
        )


def read(path: Path) -> LastRun:
    """A notebook's record; an empty one where there is none, or none that can be read."""
    try:
        told, known = read_json(path), [one.name for one in fields(LastRun)]
        return LastRun(**{name: told[name] for name in known if name in told})
    except (InputError, TypeError):
        return LastRun()


def is_whole(record: LastRun, run: Run, lesson: Lesson) -> bool:
    """Whether all that the lesson makes is there, as it was when the record was written."""
    found = made(run, lesson)
    return not record.failed and None not in found.values() and record.made == found


def made(run: Run, lesson: Lesson) -> dict[str, str | None]:
    """The sha256 of the executed notebook and of all that the lesson makes; None for no file."""
    paths = {name: run.folder / name for name in (f"notebooks/{lesson.name}.ipynb", *lesson.makes)}
    return {name: sha256(path) if path.is_file() else None for name, path in paths.items()}


def student(run_folder: Path) -> Student:
    """Who a run belongs to.

    Raises:
        InputError: student.json holds something else.
    """
    path = run_folder / "student.json"
    what, then = "who hands in", 'Say it anew: make bundle STUDENT="…" ID=….'
    return read_as(Student, path, what, then, missing={})


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
        for name, value in read(path).environment.items():
            found.setdefault(name, set()).add(value)
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
        "library": code(without=AROUND_THE_LESSONS),
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
