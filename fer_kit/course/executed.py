"""What an executed notebook proves: what was run and in which order, and how its exercises went.

Notebooks here are dictionaries as nbformat or json reads them. Exercises are marked with nbgrader's
metadata: a task, the cell to be filled in, and the cell that checks it; or a task and the text to
be written.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fer_kit.check.answers import OUTCOME

# Cells that papermill puts in; they are no part of a lesson.
INSERTED = {"injected-parameters", "papermill-error-cell-tag"}
EMPTY = "YOUR ANSWER HERE"  # nbgrader puts it where the student is to write


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Attributes:
        name: "04-single-softmax", nbgrader's grade_id without "-check".
        title: as in the heading of its task.
        points: what it is worth.
        written: whether it is answered in words.
        state: "passed", "failed" or "not run" for a check; "answered" or "not answered" in words.
        answer: the code or the text of the student.
        graded, filled: the ids of the cell that counts and of the one that is filled in.
    """

    name: str
    title: str
    points: float
    written: bool
    state: str
    answer: str
    graded: str = ""
    filled: str = ""


def read_exercises(notebook: Mapping[str, Any]) -> list[Exercise]:
    """The exercises of a notebook (a dictionary as nbformat reads it), in their order."""
    cells = [(_nbgrader(cell), cell) for cell in notebook["cells"]]
    by_name = {about["grade_id"]: cell for about, cell in cells if about.get("grade_id")}
    found = []
    for about, cell in cells:
        if not about.get("grade"):
            continue
        name = str(about.get("grade_id", "")).removesuffix("-check")
        filled = cell if cell["cell_type"] == "markdown" else by_name.get(name)
        found.append(
            Exercise(
                name=name,
                title=_title(by_name.get(f"{name}-task"), name),
                points=float(about.get("points") or 0),
                written=cell["cell_type"] == "markdown",
                state=state_of(cell),
                answer=source(filled) if filled else "",
                graded=str(cell.get("id")),
                filled=str(filled.get("id")) if filled else "",
            )
        )
    return found


def state_of(cell: Mapping[str, Any]) -> str:
    """What became of an exercise, from the cell that counts; see `Exercise.state`."""
    return _written_state(cell) if cell["cell_type"] == "markdown" else _check_state(cell)


def is_solution(cell: Mapping[str, Any]) -> bool:
    """Whether the student is meant to change this cell."""
    return bool(_nbgrader(cell).get("solution"))


def is_check(cell: Mapping[str, Any]) -> bool:
    """Whether this cell checks an answer."""
    return cell["cell_type"] == "code" and bool(_nbgrader(cell).get("grade"))


def _nbgrader(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    about = cell.get("metadata", {}).get("nbgrader", {})
    return about if isinstance(about, Mapping) else {}


def _title(task: Mapping[str, Any] | None, name: str) -> str:
    heading = re.match(r"#+ (.+)", source(task) if task else "")
    return heading[1].strip() if heading else name


def _written_state(cell: Mapping[str, Any]) -> str:
    return "answered" if source(cell).strip() not in ("", EMPTY) else "not answered"


def _check_state(cell: Mapping[str, Any]) -> str:
    """What the check itself showed; text that merely looks like it does not count."""
    outputs = cell.get("outputs", [])
    if cell.get("execution_count") is None:
        return "not run"
    if any(output.get("output_type") == "error" for output in outputs):
        return "failed"
    told = [output.get("data", {}).get(OUTCOME) for output in outputs]
    told = [outcome for outcome in told if isinstance(outcome, Mapping)]
    return "passed" if told and all(outcome.get("passed") is True for outcome in told) else "failed"


def source(cell: Mapping[str, Any]) -> str:
    """A cell's text, which may be stored as a list of lines."""
    text = cell.get("source", "")
    return "".join(text) if isinstance(text, list) else str(text)


def tags(cell: Mapping[str, Any]) -> set[str]:
    """The tags of a cell."""
    return set(cell.get("metadata", {}).get("tags", []))


def lesson_cells(notebook: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cells of the lesson itself, without those that running it puts in."""
    return [cell for cell in notebook["cells"] if not tags(cell) & INSERTED]


def source_hash(notebook: Mapping[str, Any]) -> str:
    """sha256 of what was written, whatever has been executed and put out."""
    told = [(cell["cell_type"], source(cell)) for cell in lesson_cells(notebook)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def execution(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """How a notebook was executed.

    Returns:
        cells, executed: code cells, and how many of them ran; in_order: whether they are numbered
        1, 2, 3, … from top to bottom, as one fresh kernel does; errors: the names of exceptions;
        started, ended (UTC in ISO form or ""), seconds (or None), parameters: as papermill noted.
    """
    code = [c for c in notebook["cells"] if c["cell_type"] == "code" and source(c).strip()]
    counts = [cell.get("execution_count") for cell in code]
    done = [count for count in counts if count is not None]
    papermill = notebook.get("metadata", {}).get("papermill", {})
    errors = [
        str(output.get("ename"))
        for cell in code
        if "raises-exception" not in tags(cell)
        for output in cell.get("outputs", [])
        if output.get("output_type") == "error"
    ]
    return {
        "cells": len(code),
        "executed": len(done),
        "in_order": done == list(range(1, len(done) + 1)),
        "errors": errors,
        "started": papermill.get("start_time") or "",
        "ended": papermill.get("end_time") or "",
        "seconds": papermill.get("duration"),
        "parameters": dict(papermill.get("parameters") or {}),
    }
