"""The instructor's truth: the emotion of every face of the test part."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_kit.datasets.splits import split_of
from fer_kit.emotions import EMOTIONS, FER2013, canonical, in_course_order, is_emotion
from fer_kit.errors import InputError, first_few
from fer_kit.faces import SPLITS, Faces
from fer_kit.grading.tables import Table, number, read_table
from fer_kit.run import read_config

# Usage is FER2013's column.
HEADS = {"id": ("face",), "split": ("part", "usage"), "label": ("emotion",)}


@dataclass(frozen=True, eq=False)
class Labels:
    """The truth.

    Attributes:
        source: where it was read from.
        emotions: the names.
        truth: the id of each test face and the index of its emotion.
    """

    source: str
    emotions: tuple[str, ...]
    truth: dict[str, int]


def read_labels(path: str | Path, wanted: dict[str, Any] | None = None) -> Labels:
    """The truth, from a run of the instructor's own or from a CSV with id, split and label.

    Emotions and parts may be called whatever the course knows: "Happy", "happiness", FER2013's
    number 3; "test", "PrivateTest".

    Args:
        wanted: the run that was asked for (dataset, profile, seed), which a run of the
            instructor's has to be, too.

    Raises:
        InputError: neither of them, another run, a name that nobody knows, or two labels of a face.
    """
    path = Path(path)
    prepared = path / "data" / "prepared.npz"
    if prepared.exists():
        _check_run(path, wanted or {})
        test = Faces.open(prepared).subset("test")
        truth = dict(zip(test.ids.tolist(), test.labels.tolist(), strict=True))
        return Labels(path.name, test.emotions, truth)
    if path.is_dir():
        raise InputError(
            f"Expected labels: a run of yours, or a CSV with id, split and label. Received: {path}"
            ", a folder without data/prepared.npz. Run the course there first: make run NB=03."
        )
    names = _names(read_table(path, "labels: a run of yours, or a CSV with id, split and label"))
    emotions = in_course_order(tuple(set(names.values())))
    return Labels(path.name, emotions, {face: emotions.index(name) for face, name in names.items()})


def _check_run(path: Path, wanted: dict[str, Any]) -> None:
    run = read_config(path) if (path / "config.json").exists() else None
    for name, value in wanted.items():
        if (received := getattr(run, name, value)) != value:
            raise InputError(
                f"Expected labels of the run that the rubric asks for, with {name} {value!r}. "
                f"Received: {path.name} with {received!r}. Name another run with LABELS=…, or "
                "change [run] in the rubric."
            )


def _names(table: Table) -> dict[str, str]:
    """The emotion of each test face, by its id."""
    heads = {name: _head(table, name) for name in HEADS}
    found: dict[str, str] = {}
    problems = []
    for index, row in enumerate(table.rows):
        face, split, label = (row[heads[name]] for name in HEADS)
        try:
            if not (part := split_of(split)):
                raise ValueError(f"{split!r} is no part")
            if part != "test":
                continue
            emotion = _emotion(label)
        except ValueError as error:
            problems.append(f"{error} on line {table.lines[index]}")
            continue
        if not face:
            problems.append(f"no id on line {table.lines[index]}")
        elif found.setdefault(face, emotion) != emotion:
            problems.append(f"{face} is {found[face]}, and {emotion} on line {table.lines[index]}")
    if problems or not found:
        raise InputError(
            "Expected a row for each test face: its id, its part "
            f"({', '.join(SPLITS)}) and one label ({', '.join(EMOTIONS)}, or FER2013's number). "
            f"Received: {table.path} with {first_few(problems, 3) or 'no row of the test part'}."
        )
    return found


def _head(table: Table, name: str) -> str:
    if not (found := table.head(name, *HEADS[name])):
        raise InputError(
            f"Expected labels with the columns id, split and label. Received: {table}."
        )
    return found


def _emotion(text: str) -> str:
    if is_emotion(text):
        return canonical(text)
    try:
        code = number(text)
        if code != int(code) or code < 0:
            raise IndexError
        return FER2013[int(code)]
    except (ValueError, IndexError, OverflowError):
        raise ValueError(f"{text!r} is no emotion") from None
