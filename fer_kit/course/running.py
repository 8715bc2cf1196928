"""The course: which notebooks there are, in which order, and running them.

`run_course` executes notebooks with papermill. A notebook whose source, parameters, inputs and
library are the ones of last time is not executed again.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fer_kit.course import records
from fer_kit.course.environment import describe
from fer_kit.datasets import check_dataset
from fer_kit.errors import InputError
from fer_kit.files import read_json, write_json
from fer_kit.lessons import LESSONS, METRICS, Lesson, find
from fer_kit.run import Run, check_name, course_folder, default_name, find_data, read_config


class ParameterError(InputError):
    """A parameter that the notebooks do not have, or a value of another type than they declare."""


def run_course(
    run: str = "",
    dataset: str | None = None,
    data: str | Path = "",
    profile: str | None = None,
    seed: int | None = None,
    only: Sequence[str] = (),
    force: bool = False,
    notebooks: Path | None = None,
    extra: dict[str, Any] | None = None,
) -> Run:
    """Run the course's notebooks in order, into `runs/RUN/notebooks/`, and write the report.

    Args:
        run: the run's name; "" takes "DATASET-PROFILE".
        dataset, data, profile, seed: as in `Run.open`. What is left out is what the run was made
            with, or the default.
        only: the notebooks to run, such as ["04"]; all of them where it is empty.
        force: run a notebook even where nothing has changed since the last time.
        notebooks: the folder of the notebooks.
        extra: further parameters, for those of the notebooks that have them.

    Returns:
        The run.

    Raises:
        InputError: something given cannot be used (then nothing has been run), or a notebook
            failed; the results of earlier runs stay as they were.
    """
    lessons = find(only) if only else LESSONS
    folder = Path(notebooks) if notebooks else course_folder() / "notebooks"
    given = _parameters(run, dataset, data, profile, seed)
    parameters = _check_notebooks(folder, lessons, given, extra or {})
    opened = Run.open(**given)
    with opened.locked():
        _check_inputs(opened, lessons)
        bar = tqdm(lessons, desc=opened.run, unit="notebook", leave=False, disable=None)
        for number, lesson in enumerate(bar, start=1):
            _say(f"[{number}/{len(lessons)}] {lesson.number} · {lesson.title}")
            notebook = folder / f"{lesson.name}.ipynb"
            _run_lesson(opened, lesson, notebook, parameters[lesson.name], force)
        _finish(opened)
    return opened


# What is given


def _parameters(
    run: str, dataset: str | None, data: str | Path, profile: str | None, seed: int | None
) -> dict[str, Any]:
    """The parameters that every notebook has: as given, else as in the run, else the defaults."""
    name = check_name(run or default_name(dataset, profile, seed))
    known = read_config(name) or Run(name)
    dataset = known.dataset if dataset is None else dataset
    profile = known.profile if profile is None else profile
    seed = known.seed if seed is None else seed
    return {
        "run": name,
        "dataset": check_dataset(dataset),
        "data": find_data(data) or known.data,
        "profile": profile,
        "seed": seed,
    }


def _check_notebooks(
    folder: Path, lessons: Sequence[Lesson], given: dict[str, Any], extra: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """The parameters for each notebook, after comparing them with its parameters cell.

    papermill itself only warns of a parameter that a notebook does not have.
    """
    declared = {lesson.name: _declared(folder / f"{lesson.name}.ipynb") for lesson in lessons}
    for name in extra:
        if not any(name in types for types in declared.values()):
            known = sorted({name for types in declared.values() for name in types})
            raise ParameterError(
                f"Expected a parameter among {', '.join(known)}. Received: {name!r}, which none of "
                "the chosen notebooks has in its parameters cell."
            )
    parameters = {}
    for notebook, types in declared.items():
        own = given | {name: value for name, value in extra.items() if name in types}
        for name, value in own.items():
            _check_parameter(notebook, types, name, value)
        parameters[notebook] = own
    return parameters


def _declared(path: Path) -> dict[str, str]:
    """The names and types in a notebook's parameters cell."""
    import papermill

    if not path.exists():
        raise InputError(
            f"Expected the notebook {path.name} in {path.parent}. Received: no such file. Run this "
            "in the course's folder."
        )
    try:
        found = papermill.inspect_notebook(str(path))
    except Exception as error:  # papermill passes on whatever its parser raises
        raise InputError(
            f"Expected a Jupyter notebook. Received: {path}, which cannot be read "
            f"({type(error).__name__}). Get it again: git checkout {path.name}, or a new copy."
        ) from error
    return {name: about["inferred_type_name"] for name, about in found.items()}


def _check_parameter(notebook: str, types: dict[str, str], name: str, value: Any) -> None:
    if name not in types:
        raise ParameterError(
            f"Expected a parameter that {notebook}.ipynb has: {', '.join(types) or 'none'}. "
            f"Received: {name!r}. Add it to the cell tagged parameters."
        )
    expected, came = types[name].split("[")[0], type(value).__name__
    if expected not in (came, "None") and (expected, came) != ("float", "int"):
        raise ParameterError(
            f"Expected {name} to be {types[name]}, as {notebook}.ipynb declares it. "
            f"Received: {value!r}, which is {came}."
        )


def _check_inputs(run: Run, lessons: Sequence[Lesson]) -> None:
    """Every file that a lesson needs is there, or a lesson before it will make it."""
    coming: set[str] = set()
    for lesson in lessons:
        for name in lesson.needs:
            if name not in coming and "*" not in name:
                run.need(name)
        coming.update(lesson.makes)


# Running one notebook


def _run_lesson(
    run: Run, lesson: Lesson, notebook: Path, parameters: dict[str, Any], force: bool
) -> None:
    path = records.path_of(run, lesson)
    last = records.read(path)
    fingerprint = records.fingerprint(notebook, parameters, run, lesson.needs)
    took = f"{_duration(last['seconds'])} last time" if "seconds" in last else ""
    is_same = last.get("fingerprint") == fingerprint and records.is_whole(last, run, lesson)
    if is_same and not force:
        _say(f"      up to date ({took})")
        write_json(path, last | {"checked": records.now()})
        return
    if took:
        _say(f"      took {took}")
    record = {"title": lesson.title, "fingerprint": fingerprint, "environment": describe()}
    start = time.monotonic()
    records.take_back(path)
    try:
        _execute(notebook, run.file(f"notebooks/{lesson.name}.ipynb"), parameters)
    except InputError as error:
        # The first line says what happened; the next ones lead to files on this machine.
        write_json(path, last | {"failed": str(error).splitlines()[0]})
        raise
    record |= {"seconds": round(time.monotonic() - start, 1), "finished": records.now()}
    write_json(path, record | {"made": records.made(run, lesson)})
    _say(f"      done in {_duration(record['seconds'])}")


def _execute(notebook: Path, output: Path, parameters: dict[str, Any]) -> None:
    from fer_kit.course.execution import execute

    execute(notebook, output, parameters)


def _say(text: str) -> None:
    """Print a line above the progress bars, at once even where nobody watches."""
    tqdm.write(text)
    sys.stdout.flush()


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


# At the end


def _finish(run: Run) -> None:
    from fer_kit.course.report import write_report

    print(f"\nThe report: {write_report(run.folder)}")
    metrics = run.folder / METRICS
    if metrics.exists():
        print(results_table(read_json(metrics)))


def results_table(metrics: dict[str, Any]) -> str:
    """The results of all models as text: a line for each."""
    lines = [f"\nResults on {metrics['source']} (test part):"]
    width = max(map(len, metrics["models"]), default=0)
    for name, of in metrics["models"].items():
        low, high = of["accuracy_95"]
        lines.append(
            f"  {name:<{width}}  accuracy {of['accuracy']:.3f} (95 %: {low:.3f} to {high:.3f}; "
            f"always the commonest: {of['majority_baseline']:.3f})  macro F1 {of['macro_f1']:.3f}  "
            f"{of['protocol']}"
        )
    if metrics["synthetic"]:
        lines.append("These faces are drawn: nothing here says anything about real faces.")
    return "\n".join(lines)
