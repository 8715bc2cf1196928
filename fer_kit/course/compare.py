"""An executed notebook beside the one that was given out: what was changed, skipped, passed.

Grading counts with it; `bundle` and `progress` use the same to say in time what will be missed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from fer_kit.course.executed import (
    EMPTY,
    INSERTED,
    Execution,
    Exercise,
    errors_in,
    execution,
    injected_parameters,
    is_check,
    is_solution,
    is_unwritten,
    lesson_cells,
    may_fail,
    read_exercises,
    read_notebook,
    source,
    state_of,
    tags,
)
from fer_kit.course.matching import Cell, cell_id, cell_text, match
from fer_kit.course.remains import is_emptied
from fer_kit.errors import InputError

HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n", re.DOTALL)


@dataclass(frozen=True)
class Released:
    """A notebook as it was given out.

    Attributes:
        cells: its cells, by id; checks without hidden tests.
        exercises: the exercises, with the ids of their cells.
        originals: the text of each check as the instructor has it, with hidden tests.
    """

    cells: Mapping[str, Cell]
    exercises: tuple[Exercise, ...]
    originals: Mapping[str, str]

    @cached_property
    def sources(self) -> dict[str, str]:
        """Each cell's text, by id."""
        return {key: cell_text(cell) for key, cell in self.cells.items()}


@dataclass(frozen=True)
class Compared:
    """What a student did with one notebook. Cells are named by the id of the released one.

    Attributes:
        name: "04_lenet5".
        changed: released cells with another text; cells that are to be filled in, and the
            parameters, do not count.
        missing: released code cells that are gone.
        emptied: released code cells of which little is left that would run.
        hidden_errors: cells that ended with an error and are tagged to hide it.
        repeated: ids that more than one cell has.
        disguised: cells that are tagged as papermill's own, and are not.
        added: how many cells are new.
        without_ids: whether most cells had to be found otherwise than by their ids.
        execution: how it was executed.
        injected: the parameters in the cell that papermill has put in.
        exercises: what became of them; a check that was changed has not been passed.
        changed_checks: check cells with another text.
        empty_but_passed: exercises whose check shows success though nothing was filled in.
        with_solutions: whether it is the instructor's notebook, and not the released one.
        own: what the student wrote, by cell: filled, changed, and under "NAME-added" the rest.
    """

    name: str
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    emptied: tuple[str, ...]
    hidden_errors: tuple[str, ...]
    repeated: tuple[str, ...]
    disguised: tuple[str, ...]
    added: int
    without_ids: bool
    execution: Execution
    injected: dict[str, Any]
    exercises: tuple[Exercise, ...]
    changed_checks: tuple[str, ...]
    empty_but_passed: tuple[str, ...]
    with_solutions: bool
    own: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether all of it ran from top to bottom in one kernel without an error."""
        is_whole = not self.missing and not self.emptied and not self.hidden_errors
        return is_whole and self.execution.state == "complete"

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

    @property
    def believed(self) -> tuple[Exercise, ...]:
        """The exercises; where a pass is not to be believed the state is "check changed"."""
        return tuple(
            replace(one, state="check changed")
            if one.state == "passed" and one.name not in self.passed
            else one
            for one in self.exercises
        )


def read_released(folder: str | Path, originals: str | Path) -> dict[str, Released]:
    """The notebooks that were given out, by name.

    Args:
        folder: where they are; or where the originals are, from which they are made.
        originals: where those with solutions and hidden tests are.

    Raises:
        InputError: the folder has none.
    """
    paths = sorted(Path(folder).glob("[!.]*.ipynb"))
    if not paths:
        raise InputError(
            f"Expected the released notebooks in {folder}. Received: none. Name the folder that "
            "you gave out: RELEASE=…."
        )
    return {path.stem: read_one(path, Path(originals) / path.name) for path in paths}


def read_one(path: Path, original: Path) -> Released:
    """One notebook that was given out, and its original; see `read_released`."""
    notebook = read_notebook(path)
    checks = [c for c in read_notebook(original).cells if is_check(c)] if original.exists() else []
    for cell in notebook.cells:
        cell.source = HIDDEN.sub("", cell.source)
    return Released(
        cells={cell.id: cell for cell in lesson_cells(notebook)},
        exercises=tuple(read_exercises(notebook)),
        originals={cell.id: cell_text(cell) for cell in checks},
    )


def compare(name: str, notebook: Mapping[str, Any], released: Released) -> Compared:
    """What was done with a notebook, compared with the released one."""
    given, all_cells = released.cells, lesson_cells(notebook)
    cells = match(list(given.values()), all_cells)
    keys = {id(cell): key for key, cell in cells.items()}
    changed = _changed(cells, released)
    solved = {key for key in changed if cell_text(cells[key]) == released.originals.get(key)}
    checks = {key for key in changed - solved if is_check(given[key])}
    others = sorted(changed - solved - checks)
    exercises = _exercises(cells, released)
    # A new cell is called by its place.
    places = enumerate(notebook["cells"], start=1)
    named = {id(c): keys.get(id(c)) or f"{name}, cell {place}" for place, c in places}
    hiding = [c for c in all_cells if _hides_an_error(c, given.get(keys.get(id(c))))]
    return Compared(
        name=name,
        changed=tuple(others),
        missing=tuple(k for k in given if k not in cells and given[k]["cell_type"] == "code"),
        emptied=tuple(key for key in others if _is_emptied(given[key], cells[key])),
        hidden_errors=tuple(named[id(cell)] for cell in hiding),
        repeated=_repeated(all_cells),
        disguised=tuple(named[id(c)] for c in all_cells if tags(c) & INSERTED),
        added=len(all_cells) - len(cells),
        without_ids=2 * sum(cell_id(cell) == key for key, cell in cells.items()) < len(cells),
        execution=execution(notebook),
        injected=injected_parameters(notebook),
        exercises=exercises,
        changed_checks=tuple(sorted(checks)),
        empty_but_passed=_empty_but_passed(exercises, cells),
        with_solutions=bool(solved),
        own=_own(name, all_cells, keys, released),
    )


def _empty_but_passed(exercises: Sequence[Exercise], cells: Mapping[str, Cell]) -> tuple[str, ...]:
    passed = [one for one in exercises if one.state == "passed" and one.filled in cells]
    return tuple(one.name for one in passed if is_unwritten(cells[one.filled]))


def _changed(cells: Mapping[str, Cell], released: Released) -> set[str]:
    """The cells with another text, but for those that students are meant to change."""
    return {
        key
        for key, cell in cells.items()
        if cell_text(cell) != released.sources[key] and not _is_free(released.cells[key])
    }


def _is_free(given: Cell) -> bool:
    """Whether students are meant to change a cell."""
    return is_solution(given) or "parameters" in tags(given)


def _is_emptied(given: Cell, own: Cell) -> bool:
    return given["cell_type"] == "code" and is_emptied(source(given), source(own))


def _hides_an_error(cell: Cell, given: Cell | None) -> bool:
    """Whether an error was let pass that the lesson does not want to show."""
    return may_fail(cell) and bool(errors_in(cell)) and not (given and may_fail(given))


def _repeated(cells: Sequence[Cell]) -> tuple[str, ...]:
    counts = Counter(map(cell_id, cells))
    return tuple(key for key, count in counts.items() if key and count > 1)


def _exercises(cells: Mapping[str, Cell], released: Released) -> tuple[Exercise, ...]:
    """The released exercises and what became of them. The student's metadata are not asked."""
    done = []
    for asked in released.exercises:
        graded, filled = cells.get(asked.graded), cells.get(asked.filled)
        nothing = "not answered" if asked.written else "not run"
        state = state_of(graded, filled) if graded else nothing
        done.append(replace(asked, state=state, answer=source(filled) if filled else EMPTY))
    return tuple(done)


def _own(
    name: str, cells: Sequence[Cell], keys: Mapping[int, str], released: Released
) -> dict[str, str]:
    """What the student wrote: cells with another text than the released one, and new ones."""
    given, own, added = released.sources, {}, []
    for cell in cells:
        key = keys.get(id(cell))
        if key is None:
            added.append(source(cell))
        elif cell_text(cell) != given[key]:
            own[key] = source(cell)
    return own | ({f"{name}-added": "\n".join(added)} if added else {})
