"""What working side by side saves: `python benchmarks/workers.py [--only course reruns paper]`.

The course and the re-runs of eight hand-ins, with one worker and with several. On paper, from what
one re-run and one training took here: 200 re-runs and a sweep of 60 trainings on more workers than
this computer has. A lesson computes with as many threads, whoever runs beside it, so that the ratio
is that of the waiting. Everything is in a temporary folder; the faces are drawn before.
"""

import argparse
import heapq
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fer_kit.course.bundle import write_bundle
from fer_kit.course.running import run_course
from fer_kit.course.workers import fitting
from fer_kit.grading.grade import grade
from fer_kit.processes import cores, share
from fer_kit.run import Run
from fer_kit.zoo.sweep import Row, sweep

PARTS = ("course", "reruns", "paper")


def main() -> None:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--profile", default="quick", help="of the course; quick if left out")
    parser.add_argument("--hand-ins", type=int, default=8)
    parser.add_argument("--workers", type=int, default=max(2, fitting()))
    given = parser.parse_args()
    os.chdir(Path(__file__).resolve().parents[1])
    os.environ |= share(max(1, cores() // given.workers))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FER_KIT_RUNS"] = folder
        print(f"{cores()} cores")
        if "course" in given.only:
            run_course("warm", profile=given.profile, only=["01"])
            compare("the course", given.workers, lambda n: course(given.profile, n))
        one = 0.0
        if "reruns" in given.only:
            hand_ins = copies(Path(folder), given.hand_ins)
            name = f"{given.hand_ins} re-runs"
            one = compare(name, given.workers, lambda n: rerun(hand_ins, n)) / given.hand_ins
        if "paper" in given.only:
            one = one or rerun(copies(Path(folder), 1), 1)
            on_paper(f"200 re-runs of {one:.0f} s", [one] * 200)
            small, cnn = training("small"), training("cnn")
            on_paper(f"60 trainings of {small:.0f} and {cnn:.0f} s", [small, cnn] * 30)


# Measured


def compare(name: str, workers: int, work: Callable[[int], object]) -> float:
    """Print seconds with one worker and with several; returns the first."""
    seconds = {count: timed(lambda count=count: work(count)) for count in (1, workers)}
    ratio = seconds[workers] / seconds[1]
    print(
        f"{name}: {seconds[1]:.0f} s with one worker, {seconds[workers]:.0f} s with {workers}; "
        f"ratio {ratio:.2f}",
        flush=True,
    )
    return seconds[1]


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def course(profile: str, workers: int) -> None:
    """Run all lessons, from nothing."""
    run_course(f"with-{workers}", profile=profile, workers=workers)


def copies(folder: Path, count: int) -> Path:
    """A folder with so many hand-ins of the course in smoke, alike but for their names."""
    made = folder / f"hand-ins-{count}"
    made.mkdir()
    run = run_course("smoke", profile="smoke")
    for number in range(count):
        bundle = write_bundle(run.folder, name=f"Student {number}", student_id=f"s{number:04}")
        shutil.move(bundle, made / f"s{number:04}.zip")
    return made


def rerun(hand_ins: Path, workers: int) -> float:
    """Execute the hand-ins again; returns seconds."""
    out = hand_ins.parent / f"grades-{hand_ins.name}-{workers}"
    asked, truth = hand_ins.with_suffix(".toml"), Run("smoke", profile="smoke").folder
    asked.write_text(Path("rubric.toml").read_text().replace('"quick"', '"smoke"'))
    given = {"rubric": asked, "labels": truth, "out": out}
    return timed(lambda: grade(hand_ins, **given, rerun=True, workers=workers))


def training(network: str) -> float:
    """Seconds of one training in a sweep, on the drawn faces."""
    row, out = Row(network, network, "synthetic"), Run("paper").folder / network
    return timed(lambda: sweep([row], [42], "quick", out, workers=1))


# On paper


def on_paper(name: str, tasks: Sequence[float]) -> None:
    """Print how long tasks take on 1, 8 and 64 workers, and how much of that these would wait."""
    for workers in (1, 8, 64):
        seconds = makespan(tasks, workers)
        waiting = 1 - sum(tasks) / (workers * seconds)
        print(
            f"{name}, {workers} workers: {seconds / 3600:.2f} hours; "
            f"{waiting:.0%} of the workers' time is waiting"
        )


def makespan(tasks: Sequence[float], workers: int) -> float:
    """When the last task is done, if each goes to the worker that is free first."""
    free = [0.0] * workers
    for seconds in tasks:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


if __name__ == "__main__":
    main()
