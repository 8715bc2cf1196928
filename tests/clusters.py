"""A cluster on this computer: a scheduler and two workers, each a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def _dask(folder: Path, *words: str) -> subprocess.Popen:
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # Workers are watched over by a process that starts them again, as on a real cluster.
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words, "--no-dashboard"],
        cwd=folder,
        env=os.environ | path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def scheduler(folder: Path, workers: int = 2, *more: str) -> Iterator[str]:
    """The path of its scheduler file; `more` are options of the workers."""
    file = folder / "scheduler.json"
    started = [_dask(folder, "scheduler", "--host", "127.0.0.1", "--port", "0",
                     "--scheduler-file", str(file))]  # fmt: skip
    try:
        deadline = time.monotonic() + 180
        while not file.exists():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
        for number in range(workers):
            place = ("--local-directory", str(folder / f"worker{number}"))
            one = ("--nthreads", "1", "--memory-limit", "0", "--name", f"worker{number}")
            started.append(
                _dask(folder, "worker", "--scheduler-file", str(file), *one, *place, *more)
            )
        yield str(file)
    finally:
        for process in started:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


def worker_of(pid: int) -> psutil.Process:
    """The Dask worker under which a process works: its parent, or the parent of that, …."""
    above = psutil.Process(pid).parents()
    mine = [one for one in above if "fer_kit.processes" in " ".join(one.cmdline())]
    return mine[-1].parent()
