"""Work in processes of its own, side by side: a standard `concurrent.futures.Executor`.

Nobody else in the library starts processes that work. Paths and small values are sent to them.
"""

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, BinaryIO

from fer_kit.errors import InputError

TRIES = 3  # processes that one piece of work may take with it
GRACE = 5  # seconds in which a process that is to end puts its things in order
# Ctrl-C reaches us alone: we then tell the others.
OWN_GROUP = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    if os.name == "nt"
    else {"start_new_session": True}
)
# Every library here that computes with threads: TensorFlow, OpenMP, NumPy, OpenCV, JAX.
THREADS = (
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM", "NPROC",
)  # fmt: skip
# TensorFlow and JAX take a GPU's memory as they need it, and not all at once.
SHARED_GPU = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def cores() -> int:
    """Processor cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # which macOS and Windows lack
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def threads_each() -> int:
    """Threads with which a lesson computes, whoever runs beside it: its results depend on them."""
    return max(1, min(4, cores() // 2))


def share(threads: int) -> dict[str, str]:
    """The environment of a process that computes with so many threads, beside others.

    What the user has set stays.
    """
    wanted = dict.fromkeys(THREADS, str(threads)) | SHARED_GPU
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


class Processes(ThreadPoolExecutor):
    """An executor whose work is done by processes, each of them served by one thread here.

    What they print is said here, line by line. Where one dies, another does its work again; work
    with which three have died ends with an InputError, and the rest goes on. Leaving the `with`
    block by an exception, Ctrl-C among them, ends all processes with all that they have started.
    They end likewise when this process does, by whatever means.

    Args:
        environments: one process for each; what it finds in its environment beside what is here.
        say: what to do with a printed line.

    Example:
        with Processes([share(threads=1)] * 2) as pool:
            squares = list(pool.map(math.sqrt, range(10)))
    """

    def __init__(
        self, environments: Sequence[Mapping[str, str]], say: Callable[[str], Any] = print
    ):
        super().__init__(len(environments), initializer=self._begin)
        self.at_once = len(environments)
        self._environments, self._say = iter(environments), say
        self._mine = threading.local()  # of the thread: its environment and its process
        self._all: list[_Process] = []
        self._lock, self._stopped = threading.Lock(), False

    def submit(self, work: Callable, /, *given: Any, **named: Any) -> Future:
        """As in `Executor`; the work is a function that a fresh Python can import."""
        return super().submit(self._do, pickle.dumps(partial(work, *given, **named)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As in `Executor`."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            _end(self._all)

    def stop(self) -> None:
        """End all processes, whatever they are at."""
        with self._lock:
            self._stopped = True
        super().shutdown(wait=False, cancel_futures=True)
        _end(self._all)

    def __exit__(self, kind, *about) -> None:
        if kind:
            self.stop()
        super().__exit__(kind, *about)

    def _begin(self) -> None:
        self._mine.environment, self._mine.process = next(self._environments), None

    def _do(self, work: bytes) -> Any:
        for _ in range(TRIES):
            process = self._mine.process or self._start()
            try:
                return process.do(work, self._say)
            except _Died:
                self._mine.process = None
                self._say("A process was ended from outside; another begins its work again.")
        raise InputError(
            f"Expected the work to be done. Received: its process was ended from outside, {TRIES} "
            "times, most often because memory ran out. Use fewer workers."
        )

    def _start(self) -> "_Process":
        with self._lock:
            if self._stopped:
                raise CancelledError
            self._mine.process = _Process(self._mine.environment)
            self._all.append(self._mine.process)
        return self._mine.process


class _Died(Exception):
    """The process is not there any more."""


class _Process:
    """A Python that does one piece of work after the other; see `serve`."""

    def __init__(self, environment: Mapping[str, str]):
        # It looks for modules where we do, and never imports our __main__.
        code = f"import sys; sys.path[:] = {sys.path!r}; import fer_kit.processes as p; p.serve()"
        self.popen = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # TensorFlow's C++ code fills pages with alarm about nothing
            env=os.environ | environment,
            **OWN_GROUP,
        )

    def do(self, work: bytes, say: Callable[[str], Any]) -> Any:
        """What the work returns or raises; _Died where the process did not survive it."""
        try:
            pickle.dump(work, self.popen.stdin)
            self.popen.stdin.flush()
            while (told := pickle.load(self.popen.stdout))[0] == "said":
                say(told[1])
        except (OSError, ValueError, EOFError, pickle.UnpicklingError) as error:
            raise _Died from error
        kind, value = told
        if kind == "raised":
            raise value
        return value


def _end(processes: Sequence[_Process]) -> None:
    """Let processes end, with all that they have started; end them where they do not."""
    for process in processes:
        with suppress(OSError):
            process.popen.stdin.close()
    deadline = time.monotonic() + 2 * GRACE
    for process in processes:
        try:
            process.popen.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            end_children(process.popen.pid)
            process.popen.kill()
            process.popen.wait()
        process.popen.stdout.close()


def end_children(pid: int | None = None) -> None:
    """Kill all that a process has started, and what that has started in turn."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()


# In the process


def serve() -> None:
    """Do the work that comes in, one piece after the other, and tell what came of it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work, answers = SimpleQueue(), _Answers(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what else is written there must not get among the answers
    sys.stdout = sys.stderr = Lines(partial(answers.send, "said"))
    threading.Thread(target=_listen, args=(work,), daemon=True).start()
    try:
        for given in iter(work.get, None):
            answers.send(*_outcome(given))
    except KeyboardInterrupt:
        end_children()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _outcome(given: bytes) -> tuple[str, Any]:
    try:
        return "done", pickle.loads(given)()
    except Exception as error:
        return "raised", error


def _listen(work: SimpleQueue) -> None:
    """Take work in. Its end is the end of whoever gave it, or of their patience: then end, too."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            work.put(pickle.load(sys.stdin.buffer))
    work.put(None)
    if hasattr(signal, "pthread_kill"):  # as Ctrl-C does, so that everything is put in order
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    time.sleep(GRACE)
    end_children()
    os._exit(1)


class _Answers:
    """Where the process tells what it did, said and could not do."""

    def __init__(self, file: BinaryIO):
        self.file, self.lock = file, threading.Lock()

    def send(self, kind: str, value: Any) -> None:
        try:
            packed = pickle.dumps((kind, value))
            if kind == "raised":
                pickle.loads(packed)  # some errors can be sent but not received
        except Exception:
            told = RuntimeError(f"{type(value).__name__}: {value}")
            packed = pickle.dumps(("raised", told))
        with self.lock:
            self.file.write(packed)
            self.file.flush()


class Lines(io.TextIOBase):
    """A file that says each line that is printed; of a progress bar, how it stood at the end.

    Attributes:
        name: stands before each line, if there is one.
    """

    def __init__(self, say: Callable[[str], Any]):
        self.say, self.name, self._begun = say, "", ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        self._begun = self._begun.rsplit("\r", 1)[-1]
        for line in lines:
            line = line.rsplit("\r", 1)[-1]
            self.say(f"{self.name}: {line}" if self.name else line)
        return len(text)


@contextmanager
def speaking_as(name: str) -> Iterator[None]:
    """What is printed meanwhile by a process here begins with a name; elsewhere nothing changes."""
    lines = sys.stdout if isinstance(sys.stdout, Lines) else Lines(print)
    lines.name = name
    try:
        yield
    finally:
        lines.name = ""
