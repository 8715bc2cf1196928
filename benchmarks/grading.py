"""How fast bundles are graded, and how much memory that takes: `python benchmarks/grading.py`.

The bundles are made here, from one that `fer-kit bundle` packs: notebooks of the course with about
5 MB of pictures, two models with 4,000 predicted faces each, other answers in each. Nothing is
executed. To compare, the same is measured for a quarter of them, and for all once more, where
nothing has changed since.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil

COURSE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(COURSE / "tests"))

from submissions import answers, cell_of, edit_json, faces, make_bundle, rewrite  # noqa: E402

from fer_kit.evaluation import save_predictions  # noqa: E402
from fer_kit.grading.grade import grade  # noqa: E402

TEST_FACES = 2000
WORDS = ("face", "network", "noise", "mean", "kernel", "label", "batch", "test", "people", "mouth")


def main() -> None:
    """Print a line for each number of bundles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundles", type=int, default=200)
    parser.add_argument("--workers", type=int, default=None)
    given = parser.parse_args()
    os.chdir(COURSE)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        start = time.perf_counter()
        labels = make_bundles(folder, given.bundles)
        size = sum(path.stat().st_size for path in (folder / "all").glob("*.zip")) / 1e6
        print(
            f"made {given.bundles} bundles, {size:,.0f} MB, in {time.perf_counter() - start:.0f} s"
        )
        print(f"{'bundles':>14} {'seconds':>8} {'CPU, s':>7} {'memory, MB':>11}")
        for count, again in (
            (given.bundles // 4, ""),
            (given.bundles, ""),
            (given.bundles, " again"),
        ):
            chosen = folder / str(count)
            chosen.mkdir(exist_ok=True)
            for path in sorted((folder / "all").glob("*.zip"))[:count]:
                shutil.copy(path, chosen / path.name)
            out = folder / f"grades-{count}"
            seconds, busy, memory = measure(chosen, labels, out, given.workers)
            print(f"{f'{count}{again}':>14} {seconds:>8.1f} {busy:>7.1f} {memory:>11.0f}")


def make_bundles(folder: Path, count: int) -> Path:
    """Bundles with other names, texts, predictions and times; returns the CSV with the labels."""
    first = make_bundle(folder / "run", test=TEST_FACES, kilobytes=400)
    asked = faces(TEST_FACES)
    generator = np.random.default_rng(0)
    for number in range(count):
        p = answers(asked, seed=1000 + number)
        save_predictions(folder / "mine.csv", asked, p, "CNN", "honest")
        table = (folder / "mine.csv").read_bytes()

        def change(files: dict[str, bytes], number=number, table=table) -> None:
            for name in [name for name in files if name.startswith("report/")]:
                del files[name]  # grading does not read it
            files["predictions/cnn.csv"] = table
            edit_json(files, "run.json", lambda m: m["student"].update(name=f"Student {number}"))
            for name in [name for name in files if name.startswith("notebooks/")]:
                edit_json(files, name, lambda notebook: personal(notebook, number, generator))

        rewrite(first, folder / "all" / f"s{number:04}.zip", change)
    return folder / "run" / "predictions" / "lenet5.csv"


def personal(notebook: dict, number: int, generator: np.random.Generator) -> None:
    """Answers and times of this student's own."""
    written = [
        cell["id"]
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    for key in written:
        cell_of(notebook, key)["source"] = " ".join(generator.choice(WORDS, 80))
    papermill = notebook["metadata"]["papermill"]
    for name in ("start_time", "end_time"):
        papermill[name] = papermill[name].replace(":00+", f":00.{number:06}+")


def measure(
    folder: Path, labels: Path, out: Path, workers: int | None
) -> tuple[float, float, float]:
    """Seconds, processor seconds, and the most memory, in MB, of all processes together."""
    most, done = [0.0], threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not done.wait(0.2):
            alive = [me, *me.children(recursive=True)]
            used = 0
            for process in alive:
                try:
                    used += process.memory_info().rss
                except psutil.Error:
                    continue
            most[0] = max(most[0], used / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start, busy = time.perf_counter(), processor_seconds()
    graded = grade(folder, labels=labels, out=out, workers=workers)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    assert not any(one.error for one in graded)
    return seconds, processor_seconds() - busy, most[0]


def processor_seconds() -> float:
    """What this process and its ended children have computed."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(who) for who in both]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
