"""What the lessons measured: `results/LESSON.json` of a run, as tables that a page can show.

A lesson writes what it likes, in names, numbers, lists and dictionaries; nothing here knows which
lesson wrote what. Two habits are understood: a value beside one called NAME_95 is shown with it as
its 95 % interval, and so is a list of a value and the two ends of its interval.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field

from fer_kit.checked import Share, read_as
from fer_kit.errors import InputError
from fer_kit.lessons import LESSONS, METRICS

log = logging.getLogger(__name__)

ABOUT = ("source", "synthetic", "fingerprint", "emotions", "seed")  # what it was measured on


Interval = Annotated[list[Share], Field(min_length=2, max_length=2)]


class OfEmotion(BaseModel):
    """What the report shows of one emotion."""

    f1: Share


class Scores(BaseModel, extra="allow"):
    """What the course shows of a model's scores; `fer_kit.evaluation.score` makes them."""

    title: str = ""
    protocol: str = "–"
    split: str = "test"
    faces: int
    accuracy: Share
    accuracy_95: Interval
    majority_baseline: Share
    macro_f1: Share
    macro_f1_95: Interval
    weighted_f1: Share
    per_emotion: dict[str, OfEmotion]


class Metrics(BaseModel, extra="allow"):
    """What a file of results says of its models, and on which faces; the rest is the lesson's."""

    source: str = ""
    synthetic: bool | None = None
    fingerprint: str = ""
    models: dict[str, Scores] = {}


@dataclass(frozen=True)
class ResultsTable:
    """Cells as text, a row for each thing that was measured.

    Attributes:
        caption: what of the results it is, such as "noise: as trained".
        rows: the heading of each row, and its cells by the heading of their column.
    """

    caption: str
    rows: list[tuple[str, dict[str, str]]]

    @property
    def columns(self) -> list[str]:
        """The headings of all cells."""
        return list(dict.fromkeys(name for _, cells in self.rows for name in cells))


@dataclass(frozen=True)
class Results:
    """What one lesson measured.

    Attributes:
        title: the lesson's.
        about: the faces that it was measured on: source, emotions, ….
        models: the scores of each model.
        tables: everything else.
        problem: why nothing of it can be shown, or "".
    """

    title: str
    about: dict[str, Any]
    models: dict[str, Scores]
    tables: list[ResultsTable]
    problem: str = ""


def read_results(run_folder: Path) -> list[Results]:
    """All results of a run: the scores of the models, then the others in the order of the lessons.

    A file that is damaged is named, in a warning too, and keeps nobody from the others.
    """
    titles = {Path(METRICS).stem: ""} | {lesson.key: lesson.title for lesson in LESSONS}
    paths = sorted(run_folder.glob("results/[!.]*.json"))
    paths.sort(key=lambda path: [*titles, path.stem].index(path.stem))
    return [_results(path, titles.get(path.stem, path.stem)) for path in paths]


def read_metrics(run_folder: Path) -> Metrics | None:
    """The scores of every model; None where there are none, or where their file is damaged."""
    with suppress(InputError):
        return _told(run_folder / METRICS)
    return None


def _results(path: Path, title: str) -> Results:
    try:
        found = _told(path)
    except InputError as error:
        log.warning("%s is passed over. %s", path.name, error)
        # Where the run is, is nobody's business but its owner's.
        problem = str(error).replace(str(path), f"results/{path.name}")
        return Results(title, {}, {}, [], problem)
    told = found.model_dump(exclude={"models"}, exclude_unset=True)
    about = {name: told.pop(name) for name in ABOUT if name in told}
    return Results(title, about, found.models, list(tables(told)))


def _told(path: Path) -> Metrics:
    return read_as(Metrics, path, "the results of a lesson", "Run the lesson again.")


def tables(told: dict[str, Any], caption: str = "") -> Iterator[ResultsTable]:
    """The tables that hold everything in a dictionary, however deep."""
    plain = _cells({name: value for name, value in told.items() if _is_cell(value)})
    if plain:
        yield ResultsTable(caption, [(name, {"value": cell}) for name, cell in plain.items()])
    for name, value in told.items():
        if not _is_cell(value):
            yield from _table(value, f"{caption}: {_words(name)}" if caption else _words(name))


def _table(value: dict[str, Any] | list[Any], caption: str) -> Iterator[ResultsTable]:
    rows = value if isinstance(value, dict) else {str(i): row for i, row in enumerate(value, 1)}
    if not all(isinstance(row, dict) and all(map(_is_cell, row.values())) for row in rows.values()):
        yield from tables(rows, caption)
    elif rows:
        yield ResultsTable(caption, [(_words(name), _cells(row)) for name, row in rows.items()])


def _is_cell(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return not any(isinstance(part, dict | list) for part in parts)


def _cells(row: dict[str, Any]) -> dict[str, str]:
    """Values as text; NAME_95 goes into the cell of NAME."""
    cells = {}
    for name, value in row.items():
        interval = row.get(f"{name}_95")
        if not (name.endswith("_95") and name.removesuffix("_95") in row):
            told = text([value, *interval] if isinstance(interval, list) else value)
            cells[_words(name)] = told
    return cells


def _words(name: str) -> str:
    """A name as people read it: majority_baseline → majority baseline."""
    return str(name).replace("_", " ")


def text(value: Any) -> str:
    """A value as people read it: three digits of a number, an interval in brackets."""
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        first, *ends = map(text, value)
        return (
            f"{first} ({' to '.join(ends)})" if _is_interval(value) else ", ".join((first, *ends))
        )
    return str(value)


def _is_interval(values: list[Any]) -> bool:
    """Whether these are a value and the ends of an interval around it."""
    is_triple = len(values) == 3 and all(isinstance(value, Real) for value in values)
    return is_triple and values[1] <= values[0] <= values[2]
