"""Work on a cluster: Dask's scheduler and workers, which others have started; see docs/cluster.md.

Each piece of work is done by a fresh process of the Dask worker that gets it, as it would be done
here: see `fer_kit.processes`. Only paths and small values travel, so all must share a folder.
"""

import os
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from distributed import Client, get_worker

from fer_kit.course.records import computing
from fer_kit.errors import InputError, first_few
from fer_kit.files import code, read_json, write_text
from fer_kit.processes import SHARED_GPU, THREADS, Processes, threads_each
from fer_kit.run import runs_folder

PATIENCE = 10  # seconds for a scheduler to answer, and for its first worker to be there
OURS = ("FER_KIT_CACHE", "KERAS_BACKEND")  # settings that travel with the work
GUIDE = "docs/cluster.md says how a cluster is started."


class Cluster(Executor):
    """An executor whose work is done by the workers of a Dask scheduler.

    Args:
        address: the scheduler's, "tcp://host:8786", or the path of its scheduler file.
        shared: paths that every worker must find where we do; the first is a folder of ours.
        resources: what a worker must offer for this work, such as {"sandbox": 1}.
        say: what to do with a line that is printed there.

    Raises:
        InputError: nobody answers; there are no workers, or none that offer this; one of them has
            another version of something, or does not see what is shared.
    """

    at_once = sys.maxsize  # the scheduler knows best who is free

    def __init__(
        self,
        address: str,
        shared: Sequence[Path] = (),
        resources: Mapping[str, int] | None = None,
        say: Callable[[str], Any] = print,
    ):
        self._client = _connect(address)
        try:
            _check_resources(self._client, resources or {})
            _check_versions(self._client)
            _check_shared(self._client, shared)
        except BaseException:
            self._client.close()
            raise
        self._topic = f"fer-kit-{uuid.uuid4().hex}"
        self._client.subscribe_topic(self._topic, lambda event: say(event[1]))
        self._pool = self._client.get_executor(pure=False, resources=resources)

    def submit(self, work: Callable, /, *given: Any, **named: Any) -> Future:
        """As in `Executor`; the work is a function of the library."""
        told = {name: os.environ[name] for name in OURS if name in os.environ}
        told["FER_KIT_RUNS"] = str(runs_folder().resolve())
        task = partial(work_in, os.getcwd(), partial(work, *given, **named))
        return self._pool.submit(_do, task, told, self._topic)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As in `Executor`; what is not waited for ends."""
        self._pool.shutdown(wait=wait and not cancel_futures)
        self._client.close()

    def __exit__(self, kind, *_: Any) -> None:
        self.shutdown(cancel_futures=kind is not None)


# What is checked before


def _connect(scheduler: str) -> Client:
    try:
        address = read_json(scheduler)["address"] if Path(scheduler).is_file() else scheduler
        if ":" not in address:
            raise KeyError("address")
    except (InputError, KeyError, TypeError) as error:
        raise InputError(
            "Expected a scheduler's address such as tcp://host:8786, or its scheduler file. "
            f"Received: {scheduler!r}. {GUIDE}"
        ) from error
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a scheduler of Dask that answers at {address}. Received: none within "
            f"{PATIENCE} s ({type(error).__name__}). {GUIDE}"
        ) from error
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        client.close()
        raise InputError(
            f"Expected workers at the scheduler {address}. Received: none within {PATIENCE} s. "
            f"{GUIDE}"
        ) from error
    return client


def _check_resources(client: Client, wanted: Mapping[str, int]) -> None:
    offered = [worker["resources"] for worker in client.scheduler_info(-1)["workers"].values()]
    for name, count in wanted.items():
        if not any(there.get(name, 0) >= count for there in offered):
            raise InputError(
                f"Expected workers that offer {name}={count}. Received: none of {len(offered)}. "
                f"Start those that may do this work with --resources {name}={count}."
            )


def _check_versions(client: Client) -> None:
    """Results are the same only if what computes them is."""
    here, problems = about(), []
    found = client.run(about, on_error="return")
    try:
        found["the scheduler"] = client.run_on_scheduler(about)
    except Exception as error:  # whatever keeps it from importing the library
        found["the scheduler"] = error
    for address, there in found.items():
        if isinstance(there, Exception):
            problems.append(f"{address}: {type(there).__name__}: {there}")
        elif there != here:
            other = [name for name in here | there if here.get(name) != there.get(name)]
            told = ", ".join(f"{name} {there.get(name, 'missing')}" for name in other)
            problems.append(f"{address}: {told}")
    if problems:
        raise InputError(
            "Expected on the scheduler and every worker the same versions as here. Received: "
            f"{first_few(problems)}. Install the same there: make setup in the same commit."
        )


def about() -> dict[str, str]:
    """What results depend on wherever they are computed."""
    return computing() | {"code": code()[:12]}


def _check_shared(client: Client, paths: Sequence[Path]) -> None:
    if not paths:
        return
    token = paths[0] / ".locks" / f"seen-{uuid.uuid4().hex}"
    try:
        write_text(token, "")
        told = client.run(unseen, [str(path) for path in (token, *paths)])
    finally:
        token.unlink(missing_ok=True)
    if blind := [f"{address}: no {names[0]}" for address, names in told.items() if names]:
        raise InputError(
            f"Expected every worker to find what is here, at the same place. Received: "
            f"{first_few(blind)}. Share the folder with all of them. {GUIDE}"
        )


def unseen(paths: Sequence[str]) -> list[str]:
    """Those that are not there."""
    return [path for path in paths if not Path(path).exists()]


# On the worker


def work_in(folder: str, work: Callable) -> Any:
    """Do it in the folder in which we are, if it is there: the course is looked for from it."""
    with suppress(OSError):
        os.chdir(folder)
    return work()


def _do(work: Callable, told: Mapping[str, str], topic: str) -> Any:
    """Do it in a fresh process, for as long as somebody waits for it."""
    worker = get_worker()
    key = worker.get_current_task()
    environment = SHARED_GPU | dict.fromkeys(THREADS, str(threads_each())) | told
    with Processes([environment], lambda line: worker.log_event(topic, line)) as pool:
        future = pool.submit(work)
        while not wait([future], timeout=1).done:
            task = worker.state.tasks.get(key)
            if task is None or task.state != "executing":
                pool.stop()  # whoever wanted it is gone
        return future.result()
