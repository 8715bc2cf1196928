"""Doing things side by side: the one seam for lessons, sweeps of trainings and re-runs.

Each gives its work to an `Executor` of the standard library and does not ask who does it: processes
on this computer, or nobody but this process where there is one worker.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from itertools import islice
from pathlib import Path
from typing import Any

from fer_kit.errors import InputError, check_whole
from fer_kit.processes import Processes, cores, share

MEMORY = 2_000_000_000  # bytes for one lesson or training, as measured in quick and rounded up


def fitting(threads: int = 1, memory: int = MEMORY) -> int:
    """How many workers fit this computer: its cores, and the memory that is free."""
    import psutil

    return max(1, min(cores() // threads, psutil.virtual_memory().available // memory))


def check_workers(workers: int | None) -> int | None:
    """The number, if there can be so many workers; None stands for as many as fit.

    Raises:
        InputError: there cannot.
    """
    if workers is not None:
        check_whole("workers", workers, 1, "Leave it out for as many as fit this computer.")
    return workers


def side_by_side(
    workers: int,
    threads: int | None = None,
    say: Callable[[str], Any] = print,
    cluster: str = "",
    shared: Sequence[Path] = (),
    resources: Mapping[str, int] | None = None,
) -> Executor:
    """An executor with so many workers, for a `with` block; it does `at_once` of its work at once.

    One worker is this very process. More are processes of their own: see `processes.Processes` for
    what is printed there, what happens when one dies, and how they end. The GPUs go round. On a
    cluster, its own workers do the work.

    Args:
        threads: with how many each computes; by default, its share of the cores.
        say: what to do with a printed line.
        cluster, shared, resources: as in `cluster.Cluster`; "" stays on this computer.

    Raises:
        InputError: the cluster cannot be used.
    """
    if cluster:
        return _cluster()(cluster, shared, resources, say)
    if workers == 1:
        return OneAfterTheOther()
    shared, own = share(threads or max(1, cores() // workers)), gpus()
    environments = [
        shared | ({"CUDA_VISIBLE_DEVICES": own[number % len(own)]} if own else {})
        for number in range(workers)
    ]
    return Processes(environments, say)


def _cluster() -> type[Executor]:
    try:
        from fer_kit.course.cluster import Cluster
    except ImportError as error:
        raise InputError(
            f"Expected Dask's distributed, which works on a cluster. Received: {error}. Install it "
            "here and on every worker: pip install -e '.[cluster]'."
        ) from error
    return Cluster


def each(pool: Executor, work: Callable, tasks: Iterable[tuple]) -> Iterator[tuple[tuple, Future]]:
    """(task, future of `work(*task)`), each when it is done; no more are begun than are at work."""
    tasks, at_work = iter(tasks), {}
    while True:
        for task in islice(tasks, pool.at_once - len(at_work)):
            at_work[pool.submit(work, *task)] = task
        if not at_work:
            return
        for future in wait(at_work, return_when=FIRST_COMPLETED).done:
            yield at_work.pop(future), future


def why_not(future: Future) -> str:
    """Why work that is over was not done, a sentence; "" where it was."""
    try:
        future.result()
    except InputError as error:
        return str(error)
    except CancelledError:
        return "Expected the work to be done. Received: it was given up, or the cluster was lost."
    except Exception as error:  # also of the cluster's own kinds
        return f"{type(error).__name__}: {error}"
    return ""


class OneAfterTheOther(Executor):
    """Does everything itself, at once."""

    at_once = 1

    def submit(self, work: Callable, /, *given: Any, **named: Any) -> Future:
        """As in `Executor`; what it returns is done already."""
        future = Future()
        try:
            future.set_result(work(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def gpus() -> list[str]:
    """The names by which CUDA knows the GPUs that we may use: "0", "1", ….

    Asks NVIDIA's own tool: TensorFlow would take all of their memory before it answers.
    """
    if (chosen := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    if not (tool := shutil.which("nvidia-smi")):
        return []
    told = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False).stdout
    found = [line for line in told.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(found))]
