"""Grade hundreds of hand-ins; one that is broken never stops the rest, and a stop loses nothing.

Everything that the instructor gave is checked first. Each hand-in becomes a record that is kept;
the gradebook and the pages are written from the records, as they come and once more at the end.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from fer_kit.course.workers import check_workers, each, fitting, side_by_side, why_not
from fer_kit.errors import InputError, choose, first_few
from fer_kit.evaluation import percent
from fer_kit.files import MEGABYTE, locked
from fer_kit.grading import pages
from fer_kit.grading.alike import Pair, Work, find_pairs
from fer_kit.grading.gradebook import FORMATS, left_out, write_gradebook
from fer_kit.grading.graded import Graded, Record, Sender
from fer_kit.grading.handed_in import HandIn, find_hand_ins
from fer_kit.grading.labels import Labels
from fer_kit.grading.manual import NOTHING, Points, match, read_points, write_points
from fer_kit.grading.measure import Asked, ask, models_of, originals, read_measure
from fer_kit.grading.plain import few, reason
from fer_kit.grading.roster import Person, missing, read_roster, stand
from fer_kit.grading.safely import grade_safely, identify_safely, report_safely
from fer_kit.grading.sandbox import find_sandbox
from fer_kit.processes import cores, threads_each

FEWEST = 4  # hand-ins that are worth several processes
SAMPLE = 9  # hand-ins that are compared with what the instructor gave before all are graded
ENDED = "Whoever tried to read it was ended by it."
PATIENCE = 2  # seconds between two gradebooks while grading


def grade(
    submissions: str | Path,
    *,
    rubric: str | Path = "",
    labels: str | Path = "",
    manual: str | Path = "",
    out: str | Path = "grades",
    release: str | Path = "",
    roster: str | Path = "",
    format: str = "all",
    reports: bool = False,
    rerun: bool = False,
    workers: int | None = None,
    cluster: str = "",
) -> list[Graded]:
    """Grade everything below a folder; nothing in it is run or unpacked.

    Stopped half-way, the same call goes on: what was graded, and has not changed, is not graded
    again.

    Args:
        submissions: a folder with ZIP files, at any depth.
        rubric: a TOML file; the course's own where it is left out.
        labels: the truth for the test faces: a run of yours, or a CSV with id, split and label.
            Without it the labels in each bundle have to do, and the overview says so.
        manual: a CSV with `submission` or `id`, a column for each manual criterion, and `comment`;
            it is added to manual.csv in `out`.
        out: the folder for gradebook.csv, overview.html, manual.csv (to be filled in),
            feedback/NAME.html, exercises/NAME.html and what is kept in records/.
        release: the notebooks that were given out; `student` in the course's folder.
        roster: the class list, a CSV: who is missing, and whose a submission is.
        format: what gradebook.csv is for: "all", "moodle" or "canvas".
        reports: also write each student's report anew, from the notebooks handed in.
        rerun: also execute each submission, in a sandbox. Without one this refuses.
        workers: processes; by default as many as there are processors, and of those that execute
            submissions as many as memory allows.
        cluster: with `rerun`, a Dask scheduler whose workers execute them, those that were started
            with `--resources sandbox=1`: its address, or its scheduler file.

    Raises:
        InputError: there are no submissions, something given cannot be used, or no sandbox; or,
            when all else is done, something could not be written.
    """
    _check_asked(submissions, out, rerun, cluster)
    out, submissions = Path(out).absolute(), Path(submissions).absolute()
    choose(format, FORMATS, "a format")
    workers = check_workers(workers)
    given = [Path(path) for path in (rubric, labels, manual, release, roster) if str(path)]
    hand_ins = find_hand_ins(submissions, but=[*given, out])
    count = min(workers or cores(), len(hand_ins)) if len(hand_ins) >= FEWEST else 1
    # What is executed in the sandbox would inherit the limits of a process.
    asked = ask(rubric, release, labels, out, rerun, own_process=count > 1 and not rerun)
    by_hand = [out / "manual.csv"] * (out / "manual.csv").exists()
    by_hand += [Path(manual)] * bool(str(manual))
    points = read_points(dict.fromkeys(by_hand), read_measure(asked).rubric)
    people = read_roster(roster) if str(roster) else None
    if rerun and not cluster:
        find_sandbox()  # refuses before anything is graded
    with side_by_side(count, threads=1, say=_ignore) as pool:
        grading = _Grading(asked, points, people, format, _identify(pool, asked, hand_ins))
        grading.check()
        with (
            locked(out / ".lock", f"the folder {out}"),
            _graders(pool, asked, len(hand_ins), workers, cluster) as graders,
        ):
            if cluster:
                graders.submit(find_sandbox).result()  # as above
            grading.run(graders, pool, reports)
    return grading.graded


def _check_asked(submissions: str | Path, out: str | Path, rerun: bool, cluster: str) -> None:
    if cluster and not rerun:
        raise InputError(
            "Expected a cluster only for executing submissions. Received: --cluster without "
            "--rerun. Looking at them is faster here."
        )
    for given, what in ((submissions, "submissions"), (out, "grades")):
        if not str(given).strip():
            raise InputError(f"Expected a folder for the {what}. Received: {str(given)!r}.")
    if Path(submissions).resolve().is_relative_to(Path(out).resolve()):
        raise InputError(
            f"Expected a folder of its own for the grades. Received: {out}, in which the "
            "submissions are. Take another, such as grades."
        )


def _ignore(line: str) -> None:
    """What a broken file makes libraries print is nobody's news."""


def _graders(
    pool: Executor, asked: Asked, hand_ins: int, workers: int | None, cluster: str
) -> AbstractContextManager[Executor]:
    """Who makes the records: to execute a submission takes far more than to look at it."""
    if not asked.rerun:
        return nullcontext(pool)
    memory = int(read_measure(asked).rubric.rerun.memory_mb * MEGABYTE)
    count = min(workers or fitting(threads_each(), memory), hand_ins)
    shared = [asked.out, asked.release.absolute(), originals()] if cluster else []
    return side_by_side(count, None, _ignore, cluster, shared, {"sandbox": 1})


def summary(graded: Sequence[Graded], format: str) -> str:
    """What came out, in a sentence or two."""
    broken = sum(bool(one.error) for one in graded)
    doubted = sum(bool(one.doubts) for one in graded)
    told = f"{len(graded)} submissions, {broken} not graded, {doubted} with doubts."
    if format != "all" and (others := left_out(graded)):
        names = first_few([one.name for one in others], 3)
        told += f" Not in gradebook.csv, because nobody knows for sure whose they are: {names}."
    return told


class _Grading:
    """All hand-ins on their way from a file to a grade.

    Attributes:
        graded: one for each hand-in, in the order of their names.
        problems: what could not be written.
    """

    def __init__(
        self,
        asked: Asked,
        points: Points,
        people: Sequence[Person] | None,
        format: str,
        identified: Sequence[tuple[HandIn, Sender]],
    ):
        self.asked, self.measure = asked, read_measure(asked)
        self.points, self.people, self.format = points, people, format
        self.graded = [Graded(*both) for both in identified]
        self.problems: dict[str, str] = {}

    @property
    def missing(self) -> list[Person]:
        """Who is on the class list and has handed in nothing."""
        return missing(self.people or (), {one.name: one.standing for one in self.graded})

    def check(self) -> None:
        """Compare what the instructor gave with what was handed in.

        Raises:
            InputError: the labels are of other faces, other notebooks were given out, or points by
                hand belong to nobody.
        """
        senders = [one.sender for one in self.graded]
        _check_labels(self.measure.labels, senders)
        _check_release(senders)
        self._stand()

    def run(self, graders: Executor, pool: Executor, reports: bool) -> None:
        """Grade everything and write everything.

        Raises:
            InputError: something could not be written; all else is.
        """
        try:
            self.grade_all(graders)
            if reports:
                self.write_reports(pool)
        finally:  # also where it was stopped
            self.write("gradebook.csv", self.write_gradebook)
        self.write_all()

    def grade_all(self, pool: Executor) -> None:
        """Make every record, and write the gradebook now and then."""
        tasks = [(self.asked, one) for one in self.graded]
        written = time.monotonic()
        bar = tqdm(total=len(tasks), desc="grading", unit="bundle", file=sys.stderr, disable=None)
        with bar:
            for (_, one), outcome in each(pool, grade_safely, tasks):
                one.record, problem = _result(outcome) or (Record(error=ENDED), "")
                if problem:
                    self.problems[one.name] = problem
                bar.update()
                if time.monotonic() - written > PATIENCE:
                    self.write("gradebook.csv", self.write_gradebook)
                    written = time.monotonic()

    def write_reports(self, pool: Executor) -> None:
        """Write each student's report anew."""
        tasks = [(self.asked, one.hand_in) for one in self.graded if not one.error]
        for (_, hand_in), outcome in each(pool, report_safely, tasks):
            if (problem := _result(outcome)) != "":
                self.problems[f"the report of {hand_in.name}"] = problem or ENDED

    def write_gradebook(self) -> None:
        """Write gradebook.csv as far as it is known."""
        write_gradebook(self.asked.out, self.graded, self.missing, self.measure.rubric, self.format)

    def write_all(self) -> None:
        """Write everything that is about all of them.

        Raises:
            InputError: something could not be written; all else is.
        """
        self._stand()
        measure, out, pairs = self.measure, self.asked.out, self._find_pairs()
        self.write("gradebook.csv", self.write_gradebook)
        self.write("manual.csv", lambda: write_points(out / "manual.csv", self.points, self.graded))
        exercises = pages.exercises_in(measure.released)
        for exercise in exercises:
            write = partial(pages.write_exercise, out, self.graded, exercise, originals())
            self.write(f"exercises/{exercise.name}.html", write)
        self.write("overview.html", lambda: pages.write_overview(
            out, self.graded, self.missing, measure.rubric, pairs, measure.labels, exercises,
            models_of(measure.released)))  # fmt: skip
        kept = [one.hand_in.page for one in self.graded]
        self.write("feedback", lambda: pages.remove_others(out / "feedback", kept))
        if self.problems:
            what, why = next(iter(self.problems.items()))
            more = f" and {len(self.problems) - 1} more" if len(self.problems) > 1 else ""
            raise InputError(
                f"Expected to write everything into {out}. Received: {why}, at {what}{more}. All "
                "else is written. When that is mended, the same command goes on with the rest."
            )

    def write(self, what: str, write: Callable[[], Any]) -> None:
        """Write something; where that fails, all else is still written."""
        try:
            write()
            self.problems.pop(what, None)
        except Exception as error:
            self.problems[what] = reason(error)

    def _stand(self) -> None:
        """Find out whose each one is, which one counts, and who gets the points by hand."""
        standings = stand([self._known(one) for one in self.graded], self.people)
        for one in self.graded:
            one.standing = standings[one.name]
        told = match(self.points, self.graded)
        for one in self.graded:
            before, one.told = one.told, told.get(one.name, NOTHING)
            if one.record and one.told != before:  # another attempt counts than it seemed
                write = partial(pages.write_feedback, self.asked.out, one, self.measure.rubric)
                self.write(one.name, write)

    def _known(self, one: Graded) -> Sender:
        """Who handed in; what turned out to be damaged cannot be read after all."""
        return replace(one.sender, readable=one.sender.readable and not one.error)

    def _find_pairs(self) -> list[Pair]:
        """The pairs that are too alike; how many it has is noted in each."""
        released = self.measure.released
        given: dict[str, str] = {}
        for name, lesson in released.items():
            text = "\n".join(lesson.sources.values())
            given |= dict.fromkeys([*lesson.sources, f"{name}-added"], text)
        asked = (exercise for lesson in released.values() for exercise in lesson.exercises)
        written = {exercise.filled for exercise in asked if exercise.written}
        works = {one.name: _work(one, written) for one in self.graded if one.record}
        pairs = find_pairs(works, self.measure.rubric.limits.alike, given)
        counts = Counter(name for pair in pairs for name in (pair.first, pair.second))
        for one in self.graded:
            one.pairs = counts[one.name]
        return pairs


def _work(one: Graded, written: Collection[str]) -> Work:
    """What is compared of a submission."""
    is_word = {key: key in written or key.endswith("-added") for key in one.record.own}
    return Work(
        whose=one.standing.whose,
        written={key: text for key, text in one.record.own.items() if is_word[key]},
        code={key: text for key, text in one.record.own.items() if not is_word[key]},
        started=one.record.started,
        answers=[(r["model"], r["answers"]) for r in one.record.results if r["answers"]],
    )


def _identify(
    pool: Executor, asked: Asked, hand_ins: Sequence[HandIn]
) -> list[tuple[HandIn, Sender]]:
    """Who has handed in what, as the bundles say."""
    zips = [one for one in hand_ins if not one.problem]
    tasks = [(asked, one, number < SAMPLE) for number, one in enumerate(zips)]
    found = {one.name: _result(done) for (_, one, _), done in each(pool, identify_safely, tasks)}
    return [(one, found.get(one.name) or Sender(one.name)) for one in hand_ins]


def _result(done: Future) -> Any:
    """What came of looking at a hand-in; None where it has ended every process that tried."""
    return None if why_not(done) else done.result()


# What the instructor gave


def _check_labels(labels: Labels | None, senders: Sequence[Sender]) -> None:
    """Raises InputError where the labels are not those of the faces that most have predicted."""
    fits = [one.fits for one in senders if one.fits is not None]
    if len(fits) >= FEWEST - 1 and median(fits) < 0.5:
        raise InputError(
            f"Expected the labels of the faces that were predicted. Received: {labels.source}, of "
            f"whose {len(labels.truth):,} test faces most hand-ins know none, or by another label "
            f"({percent(median(fits), digits=0)} are the same). Are they of another data set, "
            "profile or seed?"
        )


def _check_release(senders: Sequence[Sender]) -> None:
    """Raises InputError where most are unlike the released notebooks in the very same cells."""
    sample = [one.unlike for one in senders if one.unlike is not None]
    counts = Counter(key for unlike in sample for key in unlike)
    common = sorted(key for key, count in counts.items() if 2 * count > len(sample))
    if len(sample) >= FEWEST - 1 and common:
        raise InputError(
            "Expected the notebooks that were given out. Received: others, whose cells "
            f"{few(common)} most hand-ins have otherwise or not at all. Name the folder that was "
            "given out: RELEASE=…."
        )
