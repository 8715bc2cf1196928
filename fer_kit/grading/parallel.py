"""Look at many hand-ins side by side; one that ends its process takes no other with it."""

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

AHEAD = 2  # tasks for each process; so many are looked at once more where one has died
MEMORY = 4_000_000_000  # bytes that a process may take
GRACE = 30  # seconds between the end that Python may choose itself and the one that it may not

Task = tuple[str, tuple[Any, ...]]


class Workers:
    """Processes that are made when they are needed, and made again when one has died.

    With a `count` of 1 everything is done in this process.
    """

    def __init__(self, count: int | None, begin: Callable[..., None], *given: Any):
        """`begin(*given)` is called once in every process."""
        self.count = count or os.cpu_count() or 1
        self._begin, self._given = begin, given
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        if self.count == 1:
            self._begin(*self._given)
        return self

    def __exit__(self, *_: Any) -> None:
        self._end()

    def each(
        self, do: Callable[..., Any], tasks: Mapping[str, tuple[Any, ...]]
    ) -> Iterator[tuple[str, Any]]:
        """(name, `do(*arguments)`) of each task, as they are done; None where it ended the process.

        Those that a dying process took with it are done once more, each alone.
        """
        if self.count == 1:
            yield from ((name, do(*arguments)) for name, arguments in tasks.items())
            return
        waiting, alone = deque(tasks.items()), []
        while waiting:
            alone += yield from self._until_one_dies(do, waiting)
        for task in alone:
            lost = yield from self._until_one_dies(do, deque([task]))
            yield from ((name, None) for name, _ in lost)

    def _until_one_dies(
        self, do: Callable[..., Any], waiting: deque[Task]
    ) -> Iterator[tuple[str, Any]]:
        """Do what is waiting; returns the tasks that were under way when a process died."""
        running: dict[Any, Task] = {}
        try:
            while waiting or running:
                while waiting and len(running) < AHEAD * self.count:
                    future = self._ready().submit(do, *waiting[0][1])
                    running[future] = waiting.popleft()
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = _outcome(future)
                    name, _ = running.pop(future)
                    yield name, outcome
        except BrokenProcessPool:
            self._end()
        return list(running.values())

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            arguments = (self._begin, self._given)
            self._pool = ProcessPoolExecutor(self.count, context, _begin_process, arguments)
        return self._pool

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _outcome(future: Any) -> Any:
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception:  # such as one that cannot be sent from process to process
        return None


def _begin_process(begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that hands out
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on every system
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, most))
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    global _is_worker
    _is_worker = True
    begin(*given)


def _end_with_the_parent() -> None:
    """Nobody is left to work for where the process that hands out was killed."""
    multiprocessing.parent_process().join()
    os._exit(1)


_is_worker = False


class TooLong(BaseException):
    """No Exception: whatever is being read catches those, and would go on."""


class time_limit:
    """Raise TooLong in what runs longer; does nothing where there are no signals.

    What does not let itself be interrupted ends with its process.
    """

    def __init__(self, seconds: int):
        self.seconds = seconds if hasattr(signal, "SIGALRM") else 0

    def __enter__(self) -> None:
        if self.seconds:
            self.before = signal.signal(signal.SIGALRM, _too_long)
            signal.alarm(self.seconds)
        if _is_worker:
            self.nowhere = open(os.devnull, "w")
            faulthandler.dump_traceback_later(self.seconds + GRACE, exit=True, file=self.nowhere)

    def __exit__(self, *_: Any) -> None:
        if _is_worker:
            faulthandler.cancel_dump_traceback_later()
            self.nowhere.close()
        if self.seconds:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, self.before)


def _too_long(*_: Any) -> None:
    raise TooLong
