"""An executed notebook beside the one that was given out: what was changed, skipped, passed."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from fer_kit.course.executed import (
    EMPTY,
    Exercise,
    execution,
    is_check,
    is_solution,
    lesson_cells,
    read_exercises,
    source,
    state_of,
    tags,
)
from fer_kit.errors import InputError

STUB = "raise NotImplementedError()"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Released:
    """A notebook as it was given out.

    Attributes:
        sources: each cell's text, by id.
        code: ids of the code cells.
        checks: ids of the cells that check an answer.
        free: ids of the cells that students are meant to change.
        exercises: the exercises, with the ids of their cells.
        originals: the text of each check as the instructor has it, with hidden tests.
    """

    sources: Mapping[str, str]
    code: frozenset[str]
    checks: frozenset[str]
    free: frozenset[str]
    exercises: tuple[Exercise, ...]
    originals: Mapping[str, str]


@dataclass(frozen=True)
class Lesson:
    """What a student did with one notebook.

    Attributes:
        name: "04_lenet5".
        changed: ids of released cells with another text; cells that are to be filled in, and the
            parameters, do not count.
        missing: ids of released code cells that are gone.
        added: how many cells are new.
        skipped: ids of code cells that were never run.
        execution: as `fer_kit.course.executed.execution` tells it.
        exercises: what became of them; a check that was changed has not been passed.
        changed_checks: ids of check cells with another text.
        empty_but_passed: exercises whose check shows success though nothing was filled in.
        with_solutions: whether it is the instructor's notebook, and not the released one.
        own: what the student wrote, by cell: filled, changed, and under "NAME-added" the rest.
    """

    name: str
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: int
    skipped: tuple[str, ...]
    execution: dict[str, Any]
    exercises: tuple[Exercise, ...]
    changed_checks: tuple[str, ...]
    empty_but_passed: tuple[str, ...]
    with_solutions: bool
    own: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether it ran from top to bottom in one kernel without an error."""
        told = self.execution
        is_whole = told["executed"] == told["cells"] and not self.missing
        return is_whole and told["in_order"] and not told["errors"]

    @property
    def passed(self) -> frozenset[str]:
        """The names of the exercises whose check was passed, as far as that is to be believed."""
        doubtful = {name.removesuffix("-check") for name in self.changed_checks}
        doubtful |= set(self.empty_but_passed)
        return frozenset(
            exercise.name
            for exercise in self.exercises
            if exercise.state == "passed" and exercise.name not in doubtful
        )


def read_released(folder: str | Path, originals: str | Path) -> dict[str, Released]:
    """The notebooks that were given out, by name.

    Args:
        folder: where they are.
        originals: where those with solutions and hidden tests are.

    Raises:
        InputError: the folder has none.
    """
    paths = sorted(Path(folder).glob("[!.]*.ipynb"))
    if not paths:
        raise InputError(
            f"Expected the released notebooks in {folder}. Received: none. Make them: make student."
        )
    return {
        path.stem: _released(
            nbformat.read(path, as_version=4), _checks_of(Path(originals) / path.name)
        )
        for path in paths
    }


def compare(name: str, notebook: Mapping[str, Any], released: Released) -> Lesson:
    """What was done with a notebook, compared with the released one."""
    cells = {str(cell.get("id")): cell for cell in lesson_cells(notebook)}
    changed = {
        key
        for key, text in released.sources.items()
        if key in cells and key not in released.free and _text(cells[key]) != text
    }
    original = {key for key in changed if _text(cells[key]) == released.originals.get(key)}
    changed -= original
    added = [cell for key, cell in cells.items() if key not in released.sources]
    exercises = _exercises(cells, released)
    return Lesson(
        name=name,
        changed=tuple(sorted(changed - released.checks)),
        missing=tuple(key for key in released.sources if key in released.code - cells.keys()),
        added=len(added),
        skipped=tuple(key for key, cell in cells.items() if _was_skipped(cell)),
        execution=execution(notebook),
        exercises=exercises,
        changed_checks=tuple(sorted(changed & released.checks)),
        empty_but_passed=tuple(
            exercise.name
            for exercise in exercises
            if exercise.state == "passed" and _is_empty(exercise.answer)
        ),
        with_solutions=bool(original),
        own=_own(name, cells, released),
    )


def _is_empty(answer: str) -> bool:
    """Whether a function in it does nothing but refuse, as the released cell does.

    The line may stay below a finished answer, where it is never reached.
    """
    try:
        functions = [node for node in ast.walk(ast.parse(answer)) if isinstance(node, FUNCTION)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_first_line(function) == STUB for function in functions)


def _first_line(function: ast.FunctionDef) -> str:
    """The first statement that is not the docstring."""
    rest = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return ast.unparse(rest[0]) if rest else ""


def _checks_of(path: Path) -> dict[str, str]:
    """The text of each check in a notebook, by id; nothing where there is no such notebook."""
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    return {cell["id"]: _text(cell) for cell in cells if is_check(cell)}


def _released(notebook: Mapping[str, Any], originals: Mapping[str, str]) -> Released:
    cells = {str(cell["id"]): cell for cell in lesson_cells(notebook)}
    return Released(
        sources={key: _text(cell) for key, cell in cells.items()},
        code=frozenset(key for key, cell in cells.items() if cell["cell_type"] == "code"),
        checks=frozenset(key for key, cell in cells.items() if is_check(cell)),
        free=frozenset(
            key for key, cell in cells.items() if is_solution(cell) or "parameters" in tags(cell)
        ),
        exercises=tuple(read_exercises(notebook)),
        originals=originals,
    )


def _exercises(cells: Mapping[str, Any], released: Released) -> tuple[Exercise, ...]:
    """The released exercises and what became of them. The student's metadata are not asked."""
    done = []
    for asked in released.exercises:
        graded, filled = cells.get(asked.graded), cells.get(asked.filled)
        kind = "markdown" if asked.written else "code"
        nothing = "not answered" if asked.written else "not run"
        state = state_of(graded) if graded and graded["cell_type"] == kind else nothing
        done.append(replace(asked, state=state, answer=source(filled) if filled else EMPTY))
    return tuple(done)


def _text(cell: Mapping[str, Any]) -> str:
    """The source without what an editor may change by itself: spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in source(cell).strip().splitlines())


def _own(name: str, cells: Mapping[str, Any], released: Released) -> dict[str, str]:
    texts = {
        key: source(cell)
        for key, cell in cells.items()
        if key in released.sources and _text(cell) != released.sources[key]
    }
    added = [source(cell) for key, cell in cells.items() if key not in released.sources]
    return texts | ({f"{name}-added": "\n".join(added)} if added else {})


def _was_skipped(cell: Mapping[str, Any]) -> bool:
    is_code = cell["cell_type"] == "code" and bool(source(cell).strip())
    return is_code and cell.get("execution_count") is None
