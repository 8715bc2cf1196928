"""What an executed notebook proves: what was run and in which order, and how its exercises went.

Notebooks here are dictionaries as nbformat or json reads them. Exercises are marked with nbgrader's
metadata: a task, the cell to be filled in, and the cell that checks it; or a task and the text to
be written.
"""

import ast
import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from fer_kit.check.answers import OUTCOME
from fer_kit.errors import InputError

# nbgrader puts these where the student is to write.
EMPTY, STUB = "YOUR ANSWER HERE", "raise NotImplementedError()"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
# The tags of what papermill puts in, which is no part of a lesson.
INSERTED = {"injected-parameters", "papermill-error-cell-tag"}
CONFLICT = "<<<<<<<"  # where git puts two versions into a file


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Attributes:
        name: "04-single-softmax", nbgrader's grade_id without "-check".
        title: as in the heading of its task.
        points: what it is worth.
        written: whether it is answered in words.
        state: "passed", "failed", "not run", or "not answered" where nothing is filled in, for a
            check; "answered" or "not answered" in words.
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


def read_notebook(path: Path) -> Any:
    """A notebook as nbformat reads it.

    Raises:
        InputError: it cannot be read. What the message advises can cost nobody their work.
    """
    try:
        text = path.read_text(encoding="utf-8")
        with warnings.catch_warnings(action="ignore"):  # about ids that it mends by itself
            return nbformat.reads(text, as_version=4)
    except OSError as error:
        raise InputError(f"Expected the notebook {path}. Received: {error.strerror}.") from error
    except Exception as error:  # nbformat passes on whatever its parser raises
        raise InputError(
            f"Expected a Jupyter notebook. Received: {path}, {_what_is_wrong(path, error)}"
        ) from error


def _what_is_wrong(path: Path, error: Exception) -> str:
    """Why a notebook cannot be read, and how to get at what was written in it."""
    lines = path.read_bytes().decode(errors="replace").splitlines()
    kept = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    earlier = f" Jupyter has kept an earlier state: {kept}." if kept.exists() else ""
    if not any(line.strip() for line in lines):
        return f"which is empty.{earlier}"
    # Whatever is tried next, it begins with a copy.
    copied = "Your work is still in it: before anything else, copy it to another name. "
    marks = [number for number, line in enumerate(lines, 1) if line.startswith(CONFLICT)]
    if marks:
        return (
            f"into which git has put two versions (line {marks[0]}: {CONFLICT}). {copied}Then open "
            f"it in a text editor, keep one of the two versions at each {CONFLICT}, and take out "
            f"the lines that begin with <<<<<<<, ======= and >>>>>>>.{earlier}"
        )
    return (
        f"which cannot be read ({type(error).__name__}). {copied}A text editor shows what "
        f"you wrote; a new notebook can take it over.{earlier}"
    )


# Exercises


def read_exercises(notebook: Mapping[str, Any]) -> list[Exercise]:
    """The exercises of a notebook, in their order, as its own metadata tell of them."""
    cells = [cell for cell in notebook["cells"] if grade_id(cell)]
    by_name = {grade_id(cell): cell for cell in reversed(cells)}  # of a copied cell the first
    graded = {grade_id(cell): cell for cell in reversed(cells) if _nbgrader(cell).get("grade")}
    found = []
    for name, cell in reversed(graded.items()):
        name = name.removesuffix("-check")
        written = cell["cell_type"] == "markdown"
        filled = cell if written else by_name.get(name)
        found.append(
            Exercise(
                name=name,
                title=_title(by_name.get(f"{name}-task"), name),
                points=float(_nbgrader(cell).get("points") or 0),
                written=written,
                state=state_of(cell, filled),
                answer=source(filled) if filled else "",
                graded=str(cell.get("id")),
                filled=str(filled.get("id")) if filled else "",
            )
        )
    return found


def state_of(graded: Mapping[str, Any], filled: Mapping[str, Any] | None) -> str:
    """What became of an exercise, from the cell that counts and the one that is filled in."""
    unwritten = filled is not None and is_unwritten(filled)
    if graded["cell_type"] == "markdown":
        return "not answered" if unwritten else "answered"
    state = _check_state(graded)
    return "not answered" if unwritten and state != "passed" else state


def is_unwritten(cell: Mapping[str, Any]) -> bool:
    """Whether there is no answer in a cell, or a function that does nothing but refuse.

    In a finished answer the line that refuses may stay at the end, where it is never reached.
    """
    if cell["cell_type"] != "code":
        return re.sub(r"\W+", " ", source(cell)).strip().upper() in ("", EMPTY)
    try:
        module = ast.parse(source(cell))
        functions = [node for node in ast.walk(module) if isinstance(node, FUNCTION)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not module.body or any(_first_line(one) == STUB for one in [module, *functions])


def _first_line(block: ast.Module | ast.FunctionDef) -> str:
    """The first statement that is not the docstring."""
    rest = block.body[1:] if ast.get_docstring(block) is not None else block.body
    return ast.unparse(rest[0]) if rest else ""


def is_solution(cell: Mapping[str, Any]) -> bool:
    """Whether the student is meant to change this cell."""
    return bool(_nbgrader(cell).get("solution"))


def is_check(cell: Mapping[str, Any]) -> bool:
    """Whether this cell checks an answer."""
    return cell["cell_type"] == "code" and bool(_nbgrader(cell).get("grade"))


def grade_id(cell: Mapping[str, Any]) -> str:
    """nbgrader's name for a cell, or ""."""
    return str(_nbgrader(cell).get("grade_id") or "")


def _nbgrader(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(cell.get("metadata", {}).get("nbgrader"))


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a dictionary, an empty one if it is anything else."""
    return value if isinstance(value, Mapping) else {}


def _title(task: Mapping[str, Any] | None, name: str) -> str:
    heading = re.match(r"#+ (.+)", source(task) if task else "")
    return heading[1].strip() if heading else name


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


# Cells


def source(cell: Mapping[str, Any]) -> str:
    """A cell's text, which may be stored as a list of lines."""
    text = cell.get("source", "")
    return "".join(text) if isinstance(text, list) else str(text)


def tags(cell: Mapping[str, Any]) -> set[str]:
    """The tags of a cell."""
    return {str(tag) for tag in cell.get("metadata", {}).get("tags", [])}


def lesson_cells(notebook: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cells of the lesson itself, without those that running it puts in."""
    injected = _injected(notebook)
    return [cell for cell in notebook["cells"] if cell is not injected and not marks_an_error(cell)]


def injected_parameters(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """What the cell sets that papermill has put in; {} where there is none."""
    cell = _injected(notebook)
    return (_literals(cell) or {}) if cell else {}


def _injected(notebook: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """papermill's own cell of parameters: one, in which names are set and nothing is done.

    The tag alone is not enough: a student's cell could carry it, too.
    """
    tagged = (cell for cell in notebook["cells"] if "injected-parameters" in tags(cell))
    return next((cell for cell in tagged if _literals(cell)), None)


def _literals(cell: Mapping[str, Any]) -> dict[str, Any] | None:
    """The names that a cell sets, with their values; None where it does anything else."""
    found = {}
    try:
        for node in ast.parse(source(cell)).body:
            (name,) = node.targets
            found[name.id] = ast.literal_eval(node.value)
    except (SyntaxError, ValueError, AttributeError, TypeError, RecursionError, MemoryError):
        return None
    return found


def marks_an_error(cell: Mapping[str, Any]) -> bool:
    """Whether it is a cell that papermill puts in to point at an error."""
    return cell["cell_type"] == "markdown" and "papermill-error-cell-tag" in tags(cell)


def source_hash(notebook: Mapping[str, Any]) -> str:
    """sha256 of what was written, whatever has been executed and put out."""
    told = [(cell["cell_type"], source(cell)) for cell in lesson_cells(notebook)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class Execution:
    """How a notebook was executed.

    Attributes:
        cells, executed: code cells, and how many of them ran.
        in_order: whether they are numbered 1, 2, 3, … from top to bottom, as one fresh kernel does.
        errors: the names of the exceptions at which it stopped.
        started, ended: UTC in ISO form or "", as papermill noted.
        seconds: how long it took, or None.
        parameters: as papermill noted.
    """

    cells: int
    executed: int
    in_order: bool
    errors: list[str]
    started: str
    ended: str
    seconds: float | None
    parameters: dict[str, Any]

    @property
    def state(self) -> str:
        """How far it got: "failed" at an error, "complete" from top to end, or "incomplete"."""
        if self.errors:
            return "failed"
        is_whole = self.executed == self.cells and self.in_order and self.ended
        return "complete" if is_whole else "incomplete"


def execution(notebook: Mapping[str, Any]) -> Execution:
    """How a notebook was executed, from the numbers of its cells and from papermill's note."""
    code = [c for c in notebook["cells"] if c["cell_type"] == "code" and source(c).strip()]
    counts = [cell.get("execution_count") for cell in code]
    done = [count for count in counts if count is not None]
    papermill = mapping(notebook.get("metadata", {}).get("papermill"))
    errors = [name for cell in code if not may_fail(cell) for name in errors_in(cell)]
    if papermill.get("exception") and not errors:
        errors = ["exception"]  # the kernel died: no cell shows it
    return Execution(
        cells=len(code),
        executed=len(done),
        in_order=done == list(range(1, len(done) + 1)),
        errors=errors,
        started=papermill.get("start_time") or "",
        ended=papermill.get("end_time") or "",
        seconds=papermill.get("duration"),
        parameters=dict(mapping(papermill.get("parameters"))),
    )


def errors_in(cell: Mapping[str, Any]) -> list[str]:
    """The names of the exceptions that a cell ended with."""
    outputs = cell.get("outputs", [])
    return [str(one.get("ename")) for one in outputs if one.get("output_type") == "error"]


def may_fail(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is marked as one that shows an error, at which a run does not stop."""
    return "raises-exception" in tags(cell)
