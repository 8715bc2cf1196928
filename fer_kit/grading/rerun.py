"""`--rerun`: execute a submission in the sandbox, with the instructor's own checks."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from fer_kit.course.compare import Released, read_released
from fer_kit.course.executed import is_check, lesson_cells, source
from fer_kit.course.matching import match
from fer_kit.grading.archive import Bundle, check_notebook
from fer_kit.grading.sandbox import run_in_outer
from fer_kit.lessons import LESSONS, feeds


@dataclass(frozen=True)
class Rerun:
    """A submission that was executed again.

    Attributes:
        notebooks: as executed, with the instructor's own checks in them. What they need of
            lessons that were not handed in, the instructor's notebooks have made.
        released: the instructor's notebooks, to compare them with.
        left: those that were not executed to their end; their checks do not count.
        summary: how it went, a sentence.
    """

    notebooks: dict[str, dict[str, Any]]
    released: dict[str, Released]
    left: list[str]
    summary: str


def rerun(bundle: Bundle, notebooks: str | Path, limits: Mapping[str, Any]) -> Rerun:
    """Execute a bundle's notebooks on drawn faces, with the checks of the instructor's notebooks.

    Args:
        bundle: the submission.
        notebooks: the instructor's notebooks, with the hidden tests.
        limits: profile, minutes, memory_mb, processes and output_mb, as in rubric.toml.

    Raises:
        InputError: there is no sandbox on this computer.
    """
    originals = {
        path.stem: nbformat.read(path, as_version=4) for path in Path(notebooks).glob("[!.]*.ipynb")
    }
    prepared = {
        name: _with_original_checks(submitted, originals[name])
        for name, submitted in bundle.notebooks()
        if name in originals
    }
    before = {name: originals[name] for name in _makers(prepared) if name in originals}
    parameters = {"run": "rerun", "dataset": "synthetic", "profile": limits["profile"], "seed": 42}
    told = {"notebooks": before | prepared, "parameters": parameters}
    # Python looks for modules neither in the working folder (-P) nor in a home (-s).
    harness = [sys.executable, "-P", "-s", "-m", "fer_kit.grading.inside"]
    outcome = run_in_outer(harness, json.dumps(told).encode(), limits)
    executed = {
        name: notebook for name, notebook in _read_lines(outcome.output).items() if name in prepared
    }
    summary = f"Executed again in a sandbox: {len(executed)} of {len(prepared)} notebooks."
    if outcome.stopped:
        summary += f" {outcome.stopped}"
    elif outcome.code:
        summary += f" Ended by the system (code {outcome.code}), most likely for lack of memory."
    left = sorted(prepared.keys() - executed.keys())
    return Rerun(executed, read_released(notebooks, notebooks), left, summary)


def _makers(names: Iterable[str]) -> set[str]:
    """The lessons whose files these lessons need, and those that make what they need in turn."""
    wanted = set(names)
    for lesson in reversed(LESSONS):
        if lesson.name in wanted:
            wanted |= {other.name for other in LESSONS if feeds(other.name, lesson.name)}
    return wanted


# Notebooks in and out


def _with_original_checks(
    submitted: Mapping[str, Any], original: nbformat.NotebookNode
) -> dict[str, Any]:
    """The student's cells without outputs; every check is the instructor's, hidden tests too."""
    checks = {cell["id"]: source(cell) for cell in original.cells if is_check(cell)}
    submitted_cells = lesson_cells(submitted)
    keys = {id(cell): key for key, cell in match(original.cells, submitted_cells).items()}
    cells = []
    for cell in submitted_cells:
        key = keys.get(id(cell), f"new-{len(cells)}")
        fresh = {
            "id": key,
            "cell_type": cell["cell_type"],
            "metadata": {"tags": list(cell.get("metadata", {}).get("tags", []))},
            "source": checks.get(key, source(cell)),
        }
        if fresh["cell_type"] == "code":
            fresh |= {"outputs": [], "execution_count": None}
        cells.append(fresh)
    about = {"kernelspec": dict(original.metadata.kernelspec)}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def _read_lines(output: bytes) -> dict[str, dict[str, Any]]:
    """The executed notebooks; what is no notebook is not looked at."""
    found = {}
    for line in output.splitlines():
        try:
            told = json.loads(line)
            check_notebook("what came out of the sandbox", told["notebook"])
            found[str(told["name"])] = told["notebook"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found
