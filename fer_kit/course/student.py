"""The students' copies of the notebooks: without solutions and without hidden tests.

`notebooks/` holds the lessons as they are written, with solutions between nbgrader's markers.
`student/` holds what students open; it is always made from `notebooks/`, never edited.
"""

import json
from pathlib import Path

import nbformat

from fer_kit.course.executed import is_solution, is_unwritten, read_notebook
from fer_kit.errors import InputError
from fer_kit.files import write_text
from fer_kit.run import in_course

ELSEWHERE = {
    "/main/notebooks/": "/main/student/",
    "labpath=notebooks/": "labpath=student/",
    "%cd fer-kit/notebooks": "%cd fer-kit/student",
}


def write_student_copies(folder: str | Path = "", notebooks: str | Path = "") -> list[Path]:
    """Write the students' copy of every notebook; copies of notebooks that are gone are removed.

    Args:
        folder: where they go, by default `student` in the course's folder.
        notebooks: the lessons, by default `notebooks` in the course's folder.

    Raises:
        InputError: there are no notebooks, nbgrader is not installed, or its markers are wrong; or
            somebody's work is in the folder. Then nothing is written.
    """
    folder = in_course("student", folder)
    copies = _copies(notebooks)
    changed = [path for path in sorted(folder.glob("*.ipynb")) if _is_work(path, copies)]
    if changed:
        raise InputError(
            f"Expected in {folder} copies that nobody has worked in. Received: "
            f"{', '.join(path.name for path in changed)}, with answers, results or cells of their "
            "own. Nothing was written. Give that folder another name, and it stays as it is."
        )
    for path in folder.glob("*.ipynb"):
        if path.name not in copies:
            path.unlink()
    return [write_text(folder / name, text) for name, text in copies.items()]


def stale_student_copies(folder: str | Path = "", notebooks: str | Path = "") -> list[str]:
    """The names of the copies that are missing, outdated, edited, or of no notebook."""
    folder = in_course("student", folder)
    copies = _copies(notebooks)
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.ipynb")}
    return sorted(name for name in copies | there if copies.get(name) != there.get(name))


def student_copy(notebook: nbformat.NotebookNode, name: str = "") -> nbformat.NotebookNode:
    """A notebook as students get it: nbgrader's own steps, and badges that open the copy.

    Raises:
        InputError: nbgrader is not installed, or a marker is wrong.
    """
    try:
        from nbgrader import preprocessors as steps
    except ImportError as error:
        raise InputError(
            "Expected nbgrader, which takes the solutions out. Received: it is not installed. "
            'Install it with the course: pip install -e ".[grade]".'
        ) from error
    copy = nbformat.from_dict(notebook)
    try:
        for step in (steps.ClearSolutions, steps.ClearHiddenTests, steps.LockCells):
            copy, _ = step().preprocess(copy, {})
    except RuntimeError as error:
        raise InputError(
            f"Expected nbgrader's markers in pairs, in cells of the right kind. Received: {name} "
            f"({error}). CONTRIBUTING.md says how an exercise is written."
        ) from error
    for cell in copy.cells[:3]:  # the badges, and where the course is on Colab
        for before, after in ELSEWHERE.items():
            cell.source = cell.source.replace(before, after)
    return copy


def _is_work(path: Path, copies: dict[str, str]) -> bool:
    """Whether there is more in a notebook than `make student` ever wrote."""
    copy = copies.get(path.name, '{"cells": []}')
    if path.read_text(encoding="utf-8", errors="replace") == copy:
        return False
    known = {cell["id"] for cell in json.loads(copy)["cells"]}
    try:
        cells = read_notebook(path).cells
    except InputError:
        return True  # whatever it was
    return any(
        not (cell.id in known or cell.id.startswith(f"{path.stem.split('_')[0]}-"))
        or cell.get("outputs")
        or cell.get("execution_count")
        or (is_solution(cell) and not is_unwritten(cell))
        for cell in cells
    )


def _copies(notebooks: str | Path) -> dict[str, str]:
    folder = in_course("notebooks", notebooks)
    paths = sorted(folder.glob("[!.]*.ipynb"))
    if not paths:
        raise InputError(
            f"Expected the course's notebooks in {folder}. Received: none. Run this in the folder "
            "of the course."
        )
    read = {path.name: nbformat.read(path, as_version=4) for path in paths}
    return {name: nbformat.writes(student_copy(nb, name)) + "\n" for name, nb in read.items()}
