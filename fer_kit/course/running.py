"""The course: running its notebooks, side by side where they do not wait for each other.

`run_course` executes notebooks with papermill. A notebook whose source, parameters, inputs and
library are the ones of last time is not executed again.
"""

import sys
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fer_kit.course import progress, records
from fer_kit.course.environment import describe
from fer_kit.course.executed import read_notebook, tags
from fer_kit.course.results import Metrics, read_metrics
from fer_kit.course.workers import OneAfterTheOther, check_workers, fitting, side_by_side, why_not
from fer_kit.datasets import check_dataset
from fer_kit.errors import InputError
from fer_kit.evaluation import percent
from fer_kit.faces import DRAWN
from fer_kit.lessons import LESSONS, Lesson, feeds, find
from fer_kit.processes import GRACE, speaking_as, threads_each
from fer_kit.run import (
    Run,
    check_name,
    default_name,
    find_data,
    in_course,
    read_config,
    runs_folder,
)


class ParameterError(InputError):
    """A parameter that the notebooks do not have, or a value of another type than they declare."""


def run_course(
    run: str = "",
    *,
    dataset: str | None = None,
    data: str | Path = "",
    profile: str | None = None,
    seed: int | None = None,
    only: Sequence[str] = (),
    force: bool = False,
    notebooks: Path | None = None,
    extra: dict[str, Any] | None = None,
    workers: int | None = None,
    cluster: str = "",
) -> Run:
    """Run the course's notebooks, into `runs/RUN/notebooks/`, and write the report.

    A notebook starts as soon as all are done that make what it reads. One that fails stops only
    those that need what it makes.

    Args:
        run: the run's name; "" takes "DATASET-PROFILE".
        dataset, data, profile, seed: as in `Run.open`. What is left out is what the run was made
            with, or the default.
        only: the notebooks to run, such as ["04"]; all of them where it is empty.
        force: run a notebook even where nothing has changed since the last time.
        notebooks: the folder of the notebooks.
        extra: further parameters, for those of the notebooks that have them.
        workers: how many run side by side; by default, as many as fit this computer. Their results
            are the same, whatever the number.
        cluster: a Dask scheduler whose workers do it instead: its address, or its scheduler file.

    Returns:
        The run.

    Raises:
        InputError: something given cannot be used, the cluster among it, or somebody else works on
            this run (then nothing has been run); or a notebook failed; the results of earlier runs
            stay as they were.
    """
    workers = check_workers(workers) or fitting(threads_each())
    lessons = find(only) if only else LESSONS
    folder = in_course("notebooks", notebooks).resolve()
    given = _parameters(run, dataset, data, profile, seed)
    parameters = _check_notebooks(folder, lessons, given, extra or {})
    opened = Run.open(**given)
    tasks = {
        lesson.name: Task(opened, lesson, folder / f"{lesson.name}.ipynb", parameters[lesson.name])
        for lesson in lessons
    }
    with opened.locked():
        _check_inputs(opened, lessons, folder)
        shared = [opened.folder, folder, *map(Path, filter(None, [opened.data]))]
        workers = min(workers, len(tasks))
        with side_by_side(workers, threads_each(), _say, cluster, shared) as pool:
            failed = _run_all(tasks, force, pool)
        _finish(opened, lessons, folder)
    if failed:
        raise InputError(_what_failed(tasks, failed))
    return opened


# What is given


def _parameters(
    run: str, dataset: str | None, data: str | Path, profile: str | None, seed: int | None
) -> dict[str, Any]:
    """The parameters that every notebook has: as given, else as in the run, else the defaults."""
    name = check_name(run or default_name(dataset, profile, seed))
    known = read_config(runs_folder() / name) or Run(name)
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
    from papermill.translators import PythonTranslator

    if not path.exists():
        others = [other.name for other in progress.copies_of(path)]
        raise InputError(
            f"Expected the notebook {path.name} in {path.parent}. Received: no such file"
            + (f", but {', '.join(others)}. Rename it." if others else ". Is it another folder?")
        )
    tagged = [cell for cell in read_notebook(path).cells if "parameters" in tags(cell)]
    found = PythonTranslator.inspect(tagged[0]) if tagged else []
    return {parameter.name: parameter.inferred_type_name for parameter in found}


def _check_parameter(notebook: str, types: dict[str, str], name: str, value: Any) -> None:
    if name not in types:
        raise ParameterError(
            f"Expected a parameter that {notebook}.ipynb has: {', '.join(types) or 'none'}. "
            f"Received: {name!r}. The cell that sets the parameters needs the tag parameters (in "
            "JupyterLab: Property Inspector, Cell Tags), and a line for each of them."
        )
    expected, came = types[name].split("[")[0], type(value).__name__
    if expected not in (came, "None") and (expected, came) != ("float", "int"):
        raise ParameterError(
            f"Expected {name} to be {types[name]}, as {notebook}.ipynb declares it. "
            f"Received: {value!r}, which is {came}."
        )


def _check_inputs(run: Run, lessons: Sequence[Lesson], notebooks: Path) -> None:
    """Every file that a lesson needs is there, or a lesson before it will make it."""
    coming: set[str] = set()
    for lesson in lessons:
        for name in lesson.needs:
            if name not in coming and "*" not in name:
                run.need(name, notebooks)
        coming.update(lesson.makes)


# Running them


@dataclass(frozen=True)
class Task:
    """One lesson of a run, for whoever works on it: here, or on another computer."""

    run: Run
    lesson: Lesson
    notebook: Path
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        """The lesson's."""
        return self.lesson.name

    @property
    def record(self) -> Path:
        """What is remembered of its last execution; see `records`."""
        return self.run.file(f"notebooks/{self.name}.json")


def _run_all(tasks: dict[str, Task], force: bool, pool: Executor) -> dict[str, str]:
    """Begin each lesson once what it reads is made; the reasons why some failed."""
    order = TopologicalSorter({name: _makers(name, list(tasks)) for name in tasks})
    order.prepare()
    ready, at_work, failed = [], {}, {}
    with tqdm(total=len(tasks), unit="notebook", leave=False, disable=None) as bar:
        while True:
            ready = sorted([*ready, *order.get_ready()], key=partial(_turn, tasks, pool.at_once))
            while ready and len(at_work) < pool.at_once:
                task = tasks[ready.pop(0)]
                bar.set_description_str(" + ".join(one.name for one in (*at_work.values(), task)))
                at_work[_begin(task, force, pool)] = task
            if not at_work:
                return failed
            for future in wait(at_work, return_when=FIRST_COMPLETED).done:
                task = at_work.pop(future)
                bar.update()
                if reason := why_not(future):
                    failed[task.name] = reason
                    _say(f"{task.lesson.number} · failed")
                else:
                    order.done(task.name)
                    _say(f"{task.lesson.number} · {future.result()}")


def _makers(name: str, names: list[str]) -> list[str]:
    """Those lessons before this one that make what it reads."""
    return [other for other in names[: names.index(name)] if feeds(other, name)]


def _turn(tasks: dict[str, Task], at_once: int, name: str) -> tuple[float, str]:
    """Whose turn is first: whoever has most still waiting behind; alone, as in the course."""
    return (0 if at_once == 1 else -_minutes(name, list(tasks)), name)


def _minutes(name: str, names: list[str]) -> float:
    """About how long it takes until a lesson and all that follow from it are done."""
    later = [other for other in names if name in _makers(other, names)]
    return find([name])[0].minutes + max((_minutes(other, names) for other in later), default=0)


def _begin(task: Task, force: bool, pool: Executor) -> Future:
    """Give a lesson to somebody who works on it, if it is due."""
    last = records.read(task.record)
    fingerprint = records.fingerprint(task.notebook, task.parameters, task.run, task.lesson.needs)
    took = f" ({records.duration(last.seconds)} last time)" if last.seconds is not None else ""
    is_same = last.fingerprint == fingerprint
    if is_same and not force and records.is_whole(last, task.run, task.lesson):
        replace(last, checked=records.now()).write(task.record)
        return OneAfterTheOther().submit(str, f"up to date{took}")
    _say(f"{task.lesson.number} · {task.lesson.title}{took}")
    return pool.submit(work_on, task, fingerprint)


def work_on(task: Task, fingerprint: str) -> str:
    """Execute a lesson and note what it made; how long it took, in words.

    Its record is taken back before, so that nothing half-made is ever taken for whole.

    Raises:
        InputError: a cell failed, or somebody else works on this lesson.
    """
    run, lesson, path = task.run, task.lesson, task.record
    environment = describe()
    with speaking_as(lesson.name), run.locked(lesson.name, wait=2 * GRACE):
        last, start = records.read(path), time.monotonic()
        replace(last, failed="It was interrupted.").write(path)
        try:
            _execute(task.notebook, run.file(f"notebooks/{lesson.name}.ipynb"), task.parameters)
        except InputError as error:
            # The first line says what happened; the next ones lead to files on this machine.
            replace(last, failed=str(error).splitlines()[0]).write(path)
            raise
        took, made = round(time.monotonic() - start, 1), records.made(run, lesson)
        records.LastRun(fingerprint, environment, took, records.now(), made).write(path)
        return f"done in {records.duration(took)}"


def _execute(notebook: Path, output: Path, parameters: dict[str, Any]) -> None:
    from fer_kit.course.execution import execute

    execute(notebook, output, parameters)


def _say(text: str) -> None:
    """Print a line above the progress bars, at once even where nobody watches."""
    tqdm.write(text)
    sys.stdout.flush()


# At the end


def _what_failed(tasks: dict[str, Task], failed: dict[str, str]) -> str:
    """Why lessons failed, and which therefore did not run."""
    stopped: list[str] = []
    for name in tasks:
        if any(maker in (*failed, *stopped) for maker in _makers(name, list(tasks))):
            stopped.append(name)
    reasons = [
        reason if reason.startswith(name) else f"{name} stopped. {reason}"
        for name, reason in failed.items()
    ]
    if stopped:
        reasons.append(f"Not run, because they read what is missing now: {', '.join(stopped)}.")
    return "\n".join(reasons)


def _finish(run: Run, lessons: Sequence[Lesson], notebooks: Path) -> None:
    from fer_kit.course.report import write_report

    print(f"\nThe report: {write_report(run.folder)}")
    if metrics := read_metrics(run.folder):
        print(results_table(metrics))
    done = progress.look(run.folder, notebooks, [lesson.name for lesson in lessons])
    print(f"\n{progress.told(done, progress.warnings(done))}")


def results_table(metrics: Metrics) -> str:
    """The results of all models as text: a line for each."""
    lines = [f"\nResults on {metrics.source} (test part; in brackets 95 % intervals):"]
    shown = [(of.title or name, of) for name, of in metrics.models.items()]
    width = max((len(title) for title, _ in shown), default=0)
    for title, of in shown:
        lines.append(
            f"  {title:<{width}}  accuracy {percent(of.accuracy, of.accuracy_95)}, always the "
            f"commonest {percent(of.majority_baseline)}, macro F1 {percent(of.macro_f1)}; "
            f"{of.protocol}"
        )
    if metrics.synthetic:
        lines.append(DRAWN)
    return "\n".join(lines)
