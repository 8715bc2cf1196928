"""gradebook.csv: everything in one table, or what an LMS imports.

Moodle asks for each column what it is, ends the import at a user whom it does not know, and would
give the grade of a row without one to the user above. Canvas wants its own columns in its order,
and takes every other for a new assignment. So both get only rows whose student is known, one for
each, and nobody who has handed in nothing. What has no grade is an empty cell, never a zero.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_kit.course.rubric import Rubric
from fer_kit.files import write_text
from fer_kit.grading.csvs import as_csv
from fer_kit.grading.graded import Graded
from fer_kit.grading.plain import line
from fer_kit.grading.roster import Person

LONGEST_CELL = 2000  # characters; a spreadsheet takes 32,767
FORMATS = ("all", "moodle", "canvas")


def write_gradebook(
    out: Path,
    graded: Sequence[Graded],
    missing: Sequence[Person],
    rubric: Rubric,
    format: str = "all",
) -> None:
    """Write gradebook.csv into a folder."""
    rows = {"all": _everything, "moodle": _moodle, "canvas": _canvas}[format]
    text = as_csv([[_cell(value) for value in row] for row in rows(graded, missing, rubric)])
    write_text(out / "gradebook.csv", text.encode("utf-8", "replace").decode())


def left_out(graded: Sequence[Graded]) -> list[Graded]:
    """Those that no LMS can be told of, because nobody knows for sure whose they are."""
    told = {one.name for one in _one_each(graded)}
    return [one for one in graded if one.counts and one.name not in told]


def _everything(
    graded: Sequence[Graded], missing: Sequence[Person], rubric: Rubric
) -> list[list[Any]]:
    """A row for each submission, and for each student without one."""
    ids = [criterion.id for criterion in rubric.criteria]
    rows = [["submission", "name", "id", *ids, "total", "of", "state", "doubts"]]
    for one in graded:
        scores = [one.score(name) for name in ids]
        doubts = " ".join([one.error] * bool(one.error) + one.doubts)
        about = [one.total(rubric), rubric.points, one.state(rubric), doubts]
        rows.append([one.name, one.person.name, one.person.id, *scores, *about])
    nothing = [None] * (len(ids) + 1)
    for person in missing:
        rows.append(["", person.name, person.id, *nothing, rubric.points, "missing", ""])
    return rows


def _moodle(graded: Sequence[Graded], _: Any, rubric: Rubric) -> list[list[Any]]:
    """To be mapped: ID number or Email address, the grade, and its feedback."""
    chosen = _one_each(graded)
    heads = {"id": "ID number", "email": "Email address"}
    heads = {key: head for key, head in heads.items() if all(_of(one, key) for one in chosen)}
    rows = [[*heads.values(), "Full name", _title(chosen, rubric), "Feedback"]]
    for one in chosen:
        who = [*(_of(one, key) for key in heads), one.person.name]
        rows.append([*who, one.total(rubric), _feedback(one, rubric)])
    return rows


def _canvas(graded: Sequence[Graded], _: Any, rubric: Rubric) -> list[list[Any]]:
    """As Canvas exports it: its own columns, then the assignment, with its points above."""
    chosen = _one_each(graded)
    heads = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", _title(chosen, rubric)]
    rows = [heads, ["    Points Possible", "", "", "", "", rubric.points]]
    for one in chosen:
        person = one.person
        who = [person.name, person.canvas, person.id, person.login, person.section]
        rows.append([*who, one.total(rubric)])
    return rows


def _one_each(graded: Sequence[Graded]) -> list[Graded]:
    """One for each student who is known, by the id or the email, whichever more of them have."""
    known = [one for one in graded if one.record and one.counts and one.standing.known]
    ids, emails = ([one for one in known if _of(one, key)] for key in ("id", "email"))
    return max(ids, emails, key=len)


def _of(one: Graded, key: str) -> str:
    """The id or the email; an LMS takes 0 for none."""
    told = getattr(one.person, key)
    return told if told.strip("0") else ""


def _title(graded: Sequence[Graded], rubric: Rubric) -> str:
    """Of the assignment; what is not all of the points must not be taken for it."""
    is_partial = any(one.waiting(rubric) for one in graded if not one.error)
    return f"{rubric.title} (partial)" if is_partial else rubric.title


def _feedback(one: Graded, rubric: Rubric) -> str:
    """What a student reads of the grade, in sentences."""
    if one.error:
        return f"It could not be graded. {one.error} {one.told.comment}"
    given = [(c, one.score(c.id)) for c in rubric.criteria]
    told = [f"{c.title}: {points:g} of {c.points:g}." for c, points in given if points is not None]
    waiting = [c.title for c, points in given if points is None]
    later = [f"Not graded yet: {'; '.join(waiting)}."] if waiting else []
    return " ".join([*told, *later, one.told.comment])


def _cell(value: Any) -> Any:
    return line(value, LONGEST_CELL) if isinstance(value, str) else value
