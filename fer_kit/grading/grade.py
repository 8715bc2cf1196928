"""Grade hundreds of bundles in parallel; one that is broken never stops the rest."""

import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fer_kit.course.compare import Lesson, Released, compare, read_released
from fer_kit.course.rubric import Criterion, Rubric, read_rubric
from fer_kit.errors import InputError
from fer_kit.grading import pages
from fer_kit.grading.alike import Print, find_pairs, take_print
from fer_kit.grading.archive import Bundle
from fer_kit.grading.doubts import find_doubts
from fer_kit.grading.results import Labels, Result, read_labels, recompute
from fer_kit.run import course_folder

SECONDS = 120  # for one bundle, without executing it


@dataclass(frozen=True)
class Score:
    """The points for one criterion; None where nobody has given them yet."""

    criterion: Criterion
    points: float | None
    why: str


@dataclass
class Graded:
    """What came of one submission.

    Attributes:
        name: of the submission: its path below the folder, without the ending.
        student, id: as the bundle says.
        scores: a line for each criterion, in the rubric's order; of a broken bundle, only those
            that are given by hand.
        doubts: sentences for the instructor.
        error: why it could not be graded, or "".
        comment: from the CSV of manual points.
        print: what is compared with other bundles.
        rerun: what came of executing it, a sentence; "" where it was not.
    """

    name: str
    student: str = ""
    id: str = ""
    scores: list[Score] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    error: str = ""
    comment: str = ""
    print: Print | None = None
    rerun: str = ""

    @property
    def points(self) -> float:
        """All points that are given so far."""
        return sum(score.points for score in self.scores if score.points is not None)


@dataclass(frozen=True)
class Measure:
    """What every submission is measured against."""

    rubric: Rubric
    released: dict[str, Released]
    labels: Labels | None
    manual: dict[str, dict[str, str]]
    out: Path
    rerun: bool
    notebooks: Path


def grade(
    submissions: str | Path,
    rubric: str | Path = "",
    labels: str | Path = "",
    manual: str | Path = "",
    out: str | Path = "grades",
    release: str | Path = "",
    rerun: bool = False,
    workers: int | None = None,
) -> list[Graded]:
    """Grade every bundle below a folder; nothing in them is run or unpacked.

    Args:
        submissions: a folder with ZIP files, at any depth.
        rubric: a TOML file; the course's own where it is left out.
        labels: the truth for the test faces: a run of yours, or a CSV with id, split and label.
            Without it the labels in each bundle have to do, and the overview says so.
        manual: a CSV with `submission`, a column for each manual criterion, and `comment`;
            manual.csv in `out` where it is left out and there is one.
        out: the folder for gradebook.csv, overview.html, manual.csv (to be filled in) and
            feedback/NAME.html.
        release: the notebooks that were given out; `student` in the course's folder.
        rerun: also execute each submission, in a sandbox. Without one this refuses.
        workers: processes; as many as there are processors where it is left out.

    Raises:
        InputError: there are no submissions, something given cannot be used, or no sandbox.
    """
    found = _find(submissions)
    rubric = read_rubric(rubric)
    lessons = read_released(release or course_folder() / "student", course_folder() / "notebooks")
    _check_lessons(rubric, lessons)
    by_hand = Path(manual) if str(manual) else Path(out) / "manual.csv"
    is_given = bool(str(manual)) or by_hand.exists()
    measure = Measure(
        rubric=rubric,
        released=lessons,
        labels=read_labels(labels) if str(labels) else None,
        manual=pages.read_manual(by_hand, rubric, set(found)) if is_given else {},
        out=Path(out),
        rerun=rerun,
        notebooks=course_folder() / "notebooks",
    )
    if rerun:
        from fer_kit.grading.sandbox import find_sandbox

        find_sandbox()  # refuses before anything is graded
    pages.prepare(measure.out)
    bar = tqdm(total=len(found), desc="grading", unit="bundle", file=sys.stderr, disable=None)
    graded = []
    with bar:
        for one in _grade_all(found, measure, 1 if rerun else workers):
            graded.append(one)
            bar.update()
    graded.sort(key=lambda one: one.name)
    prints = {one.name: one.print for one in graded if one.print is not None}
    pairs = find_pairs(prints, rubric.limits["alike"])
    pages.write_gradebook(measure.out, graded, rubric, pairs)
    pages.write_overview(measure.out, graded, rubric, pairs, measure.labels)
    return graded


def _check_lessons(rubric: Rubric, released: dict[str, Released]) -> None:
    asked = {name for criterion in rubric.criteria for name in criterion.notebooks}
    if unknown := sorted(asked - released.keys()):
        raise InputError(
            f"Expected in the rubric notebooks that were given out: {', '.join(released)}. "
            f"Received: {', '.join(unknown)}. Name another folder with RELEASE=…, or change the "
            "rubric."
        )


def _find(submissions: str | Path) -> dict[str, Path]:
    """The ZIP files below a folder, by a name that can be the name of a file."""
    folder = Path(submissions)
    paths = sorted(path for path in folder.rglob("*.[zZ][iI][pP]") if path.is_file())
    if not paths:
        raise InputError(
            f"Expected a folder with bundles (.zip), at any depth. Received: {folder}, "
            f"{'with none' if folder.is_dir() else 'which is no folder'}."
        )
    found: dict[str, Path] = {}
    for path in paths:
        name = "-".join(path.relative_to(folder).with_suffix("").parts)
        name = name.encode("utf-8", "replace").decode()
        while name in found:
            name += "-2"
        found[name] = path
    return found


# In parallel


def _grade_all(found: dict[str, Path], measure: Measure, workers: int | None) -> Iterator[Graded]:
    """Each submission once; those that a dying process took with it, once more and alone."""
    lost = []
    tasks = list(found.items())
    if workers == 1 or len(tasks) < 4:
        _begin(measure)
        yield from (_grade_safely(name, path) for name, path in tasks)
        return
    for name, outcome in _in_processes(tasks, measure, workers):
        if outcome is None:
            lost.append((name, found[name]))
        else:
            yield outcome
    for task in lost:
        for name, outcome in _in_processes([task], measure, 1):
            yield outcome or Graded(name, error="Reading it ended the process, twice.")


def _in_processes(
    tasks: Sequence[tuple[str, Path]], measure: Measure, workers: int | None
) -> Iterator[tuple[str, Graded | None]]:
    """(name, outcome) of each task; None where the process died."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (measure,)) as pool:
        futures = {pool.submit(_grade_safely, name, path): name for name, path in tasks}
        for future in as_completed(list(futures)):
            name = futures.pop(future)  # and with it the outcome: memory stays flat
            try:
                yield name, future.result()
            except BrokenProcessPool:
                yield name, None


_measure: Measure | None = None


def _begin(measure: Measure) -> None:
    global _measure
    _measure = measure


def _grade_safely(name: str, path: Path) -> Graded:
    """Whatever is wrong with a bundle becomes a sentence about this bundle."""
    try:
        with _time_limit(_seconds(_measure)):
            return grade_one(name, path, _measure)
    except InputError as error:
        reason = str(error)
    except _TooLong:
        reason = f"Reading it took longer than {SECONDS} s."
    except MemoryError:
        reason = "Reading it needs more memory than there is."
    except Exception as error:  # a bundle that is strange in a way nobody thought of
        reason = f"It cannot be read ({type(error).__name__}: {str(error)[:200]})."
    told = _measure.manual.get(name, {})
    by_hand = [c for c in _measure.rubric.criteria if c.kind == "manual"]
    graded = Graded(name, error=reason, comment=told.get("comment", ""))
    graded.scores = [_manual_score(criterion, told) for criterion in by_hand]
    pages.write_unreadable(_measure.out, graded)
    return graded


def _seconds(measure: Measure) -> int:
    return SECONDS + (60 * int(measure.rubric.rerun["minutes"]) + 60 if measure.rerun else 0)


class _TooLong(BaseException):
    """No Exception: whatever is being read catches those, and would go on."""


class _time_limit:
    """Raise _TooLong in what runs longer; does nothing where there are no signals."""

    def __init__(self, seconds: int):
        self.seconds = seconds if hasattr(signal, "SIGALRM") else 0

    def __enter__(self) -> None:
        if self.seconds:
            self.before = signal.signal(signal.SIGALRM, _too_long)
            signal.alarm(self.seconds)

    def __exit__(self, *_: Any) -> None:
        if self.seconds:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, self.before)


def _too_long(*_: Any) -> None:
    raise _TooLong


# One submission


def grade_one(name: str, path: Path, measure: Measure) -> Graded:
    """Grade one bundle and write its feedback page.

    Raises:
        InputError: it is not a bundle, or one that must not be opened.
    """
    with Bundle(path, name) as bundle:
        lessons = [
            compare(lesson, notebook, measure.released[lesson])
            for lesson, notebook in bundle.notebooks()
            if lesson in measure.released
        ]
        results = _results(bundle, measure)
        graded = _named(bundle, measure)
        graded.doubts = _doubts(bundle, lessons, results, measure)
        passed = {lesson.name: lesson.passed for lesson in lessons}
        if measure.rerun:
            passed, graded.rerun = _rerun(bundle, measure)
    told = measure.manual.get(name, {})
    graded.print = _print(lessons, measure.released)
    graded.scores = [
        _score(criterion, lessons, results, passed, told, measure)
        for criterion in measure.rubric.criteria
    ]
    pages.write_feedback(measure.out, graded, lessons, results, passed, measure.rubric)
    return graded


def _named(bundle: Bundle, measure: Measure) -> Graded:
    student = bundle.manifest.get("student")
    student = student if isinstance(student, dict) else {}
    return Graded(
        bundle.name,
        student=str(student.get("name", ""))[:200],
        id=str(student.get("id", ""))[:100],
        comment=measure.manual.get(bundle.name, {}).get("comment", ""),
    )


def _results(bundle: Bundle, measure: Measure) -> list[Result]:
    claims, tolerance = _models(bundle.metrics), measure.rubric.limits["tolerance"]
    return [
        recompute(model, content, claims.get(model, {}), measure.labels, tolerance)
        for model, content in bundle.predictions()
    ]


def _doubts(
    bundle: Bundle, lessons: Sequence[Lesson], results: Sequence[Result], measure: Measure
) -> list[str]:
    doubts = find_doubts(bundle.manifest, bundle.metrics, lessons, results, measure.rubric)
    for what, names in (
        ("Changed after the bundle was made", bundle.altered()),
        ("Files that no bundle has", bundle.strange),
    ):
        if names:
            doubts.append(f"{what}: {', '.join(names[:4])[:200]}.")
    return doubts


def _models(metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    models = metrics.get("models")
    models = models if isinstance(models, dict) else {}
    return {name: scores for name, scores in models.items() if isinstance(scores, dict)}


def _print(lessons: Sequence[Lesson], released: dict[str, Released]) -> Print:
    texts = {key: text for lesson in lessons for key, text in lesson.own.items()}
    given: dict[str, str] = {}
    for lesson in lessons:
        text = "\n".join(released[lesson.name].sources.values())
        given |= dict.fromkeys(lesson.own, text)
    return take_print(texts, (lesson.execution.started for lesson in lessons), given)


def _rerun(bundle: Bundle, measure: Measure) -> tuple[dict[str, frozenset[str]], str]:
    from fer_kit.grading.sandbox import rerun

    outcome = rerun(bundle, measure.notebooks, measure.rubric.rerun)
    passed = {
        name: compare(name, notebook, outcome.released[name]).passed
        for name, notebook in outcome.notebooks.items()
        if name in outcome.released
    }
    return passed, outcome.summary


def _score(
    criterion: Criterion,
    lessons: Sequence[Lesson],
    results: Sequence[Result],
    passed: dict[str, frozenset[str]],
    told: dict[str, str],
    measure: Measure,
) -> Score:
    """The points for one criterion, and why."""
    asked = criterion.notebooks or tuple(measure.released)
    if criterion.kind == "manual":
        return _manual_score(criterion, told)
    if criterion.kind == "executed":
        fine = [lesson.name for lesson in lessons if lesson.complete and lesson.name in asked]
        return _share(criterion, len(fine), len(asked), "notebooks ran from top to bottom")
    if criterion.kind == "results":
        models = criterion.models or tuple(result.model for result in results)
        fine = [r for r in results if r.model in models and r.recomputed and not r.problems]
        return _share(criterion, len(fine), len(models), "models have results that hold")
    worth = [
        (exercise.points, exercise.name in passed.get(name, ()))
        for name in asked
        if name in measure.released
        for exercise in measure.released[name].exercises
        if not exercise.written
    ]
    reached = sum(points for points, is_passed in worth if is_passed)
    return _share(criterion, reached, sum(points for points, _ in worth), "points of checks passed")


def _share(criterion: Criterion, part: float, whole: float, what: str) -> Score:
    points = criterion.points * part / whole if whole else 0.0
    return Score(criterion, round(points, 2), f"{part:g} of {whole:g} {what}")


def _manual_score(criterion: Criterion, told: dict[str, str]) -> Score:
    given = told.get(criterion.id, "").strip()
    if not given:
        return Score(criterion, None, "not graded yet")
    return Score(criterion, float(given), "given by your instructor")
