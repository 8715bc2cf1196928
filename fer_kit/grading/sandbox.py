"""`--rerun`: execute a submission where it can do no harm.

The sandbox is bubblewrap's: no network, its own processes, a home that vanishes afterwards, and of
this computer only Python and the course's library, read-only. Nothing that it writes reaches a
disk: what was executed comes back through a pipe, of limited length. Whoever uses up too much time,
memory or processes is ended with everything that was started.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from fer_kit.course.compare import Released, read_released
from fer_kit.course.executed import is_check, lesson_cells, source
from fer_kit.course.matching import match
from fer_kit.errors import InputError
from fer_kit.grading.archive import Bundle
from fer_kit.lessons import LESSONS, feeds

MEGABYTE = 1_000_000
HOME, COURSE = "/student", "/course"
LOOK_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Outcome:
    """What a command in the sandbox did.

    Attributes:
        output: what it wrote to its standard output.
        stopped: why it was ended, a sentence; "" where it ended by itself.
        code: its exit code.
    """

    output: bytes
    stopped: str
    code: int


@dataclass(frozen=True)
class Rerun:
    """A submission that was executed again.

    Attributes:
        notebooks: as executed, with the instructor's own checks in them. What they need of
            lessons that were not handed in, the instructor's notebooks have made.
        released: the instructor's notebooks, to compare them with.
        summary: how it went, a sentence.
    """

    notebooks: dict[str, dict[str, Any]]
    released: dict[str, Released]
    summary: str


def rerun(bundle: Bundle, notebooks: str | Path, limits: Mapping[str, Any]) -> Rerun:
    """Execute a bundle's notebooks on drawn faces, with the checks of the instructor's notebooks.

    Args:
        bundle: the submission.
        notebooks: the instructor's notebooks, with the hidden tests.
        limits: profile, minutes, memory_mb, processes and output_mb, as in rubric.toml.

    Raises:
        InputError: there is no sandbox on this computer.
    """
    originals = {
        path.stem: nbformat.read(path, as_version=4) for path in Path(notebooks).glob("[!.]*.ipynb")
    }
    prepared = {
        name: _with_original_checks(submitted, originals[name])
        for name, submitted in bundle.notebooks()
        if name in originals
    }
    before = {name: originals[name] for name in _makers(prepared) if name in originals}
    parameters = {"run": "rerun", "dataset": "synthetic", "profile": limits["profile"], "seed": 42}
    told = {"notebooks": before | prepared, "parameters": parameters, "limits": dict(limits)}
    command = [sys.executable, "-m", "fer_kit.grading.inside"]
    outcome = run_in_sandbox(command, json.dumps(told).encode(), limits)
    executed = {
        name: notebook for name, notebook in _read_lines(outcome.output).items() if name in prepared
    }
    ended = f" {outcome.stopped}" if outcome.stopped else ""
    summary = f"Executed again in a sandbox: {len(executed)} of {len(prepared)} notebooks.{ended}"
    return Rerun(executed, read_released(notebooks, notebooks), summary)


def _makers(names: Iterable[str]) -> set[str]:
    """The lessons whose files these lessons need, and those that make what they need in turn."""
    wanted = set(names)
    for lesson in reversed(LESSONS):
        if lesson.name in wanted:
            wanted |= {other.name for other in LESSONS if feeds(other.name, lesson.name)}
    return wanted


def run_in_sandbox(command: list[str], given: bytes, limits: Mapping[str, Any]) -> Outcome:
    """Run a command in the sandbox, and end it where it uses up too much.

    Args:
        command: the program, as seen inside.
        given: its standard input.
        limits: minutes, memory_mb, processes and output_mb.

    Raises:
        InputError: there is no sandbox on this computer.
    """
    process = subprocess.Popen(
        [*_bubblewrap(limits), "--", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_be_modest,
    )
    writer = threading.Thread(target=_write, args=(process, given), daemon=True)
    reader = _Reader(process, int(limits["output_mb"] * MEGABYTE))
    writer.start()
    reader.start()
    try:
        stopped = _watch(process, reader, limits)
    finally:
        _end(process)
    reader.join(timeout=10)
    return Outcome(bytes(reader.output), stopped, process.wait())


@cache
def find_sandbox() -> str:
    """The path of a bubblewrap that works here.

    Raises:
        InputError: there is none. Nothing is ever executed without one.
    """
    found = shutil.which("bwrap")
    if not found:
        raise InputError(
            "Expected bubblewrap, without which no submission is executed. Received: no bwrap on "
            "this computer. On Linux: apt install bubblewrap; elsewhere grade without --rerun, or "
            "inside of a Linux virtual machine."
        )
    helped = subprocess.run([found, "--help"], capture_output=True, text=True, check=False)
    trial = [found, "--unshare-all", "--ro-bind", "/", "/", "true"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    if "--size" not in helped.stdout + helped.stderr or tried.returncode:
        reason = tried.stderr.strip() or "a version before 0.8, which cannot limit a tmpfs"
        raise InputError(
            "Expected a bubblewrap that can make a sandbox, without which no submission is "
            f"executed. Received: {reason}. Update it, allow user namespaces, or grade without "
            "--rerun."
        )
    return found


# What is inside


def _bubblewrap(limits: Mapping[str, Any]) -> list[str]:
    """The command line: everything is closed but what is named here."""
    size = str(int(limits["output_mb"] * MEGABYTE))
    environment = {
        "HOME": HOME,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": COURSE,
        "FER_KIT_HEADLESS": "1",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", ""),
    }
    return [
        find_sandbox(),
        *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--clearenv"),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", HOME),
        *("--size", size, "--tmpfs", "/dev/shm"),
        *(word for path in _system() for word in ("--ro-bind", str(path), str(path))),
        *("--ro-bind", str(Path(__file__).parents[1]), f"{COURSE}/fer_kit"),
        *(
            word
            for name, value in environment.items()
            if value
            for word in ("--setenv", name, value)
        ),
        *("--remount-ro", "/", "--remount-ro", "/dev", "--chdir", HOME),
    ]


def _system() -> list[Path]:
    """What Python needs of this computer: its own folders and the system's libraries."""
    wanted = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts"]
    wanted += [sys.base_prefix, sys.prefix]
    paths = [Path(path) for path in dict.fromkeys(wanted)]
    inside = [path for path in paths if not any(other in path.parents for other in paths)]
    return [path for path in inside if path.exists()]


def _be_modest() -> None:
    """Whoever watches comes first."""
    os.nice(10)


# Watching


class _Reader(threading.Thread):
    """Collects the output, up to a limit."""

    def __init__(self, process: subprocess.Popen, most: int):
        super().__init__(daemon=True)
        self.process, self.most, self.output = process, most, bytearray()

    def run(self) -> None:
        while len(self.output) <= self.most:
            piece = self.process.stdout.read1(1 << 16)
            if not piece:
                return
            self.output += piece


def _write(process: subprocess.Popen, given: bytes) -> None:
    try:
        process.stdin.write(given)
        process.stdin.close()
    except OSError:
        pass  # it ended before it had read everything


def _watch(process: subprocess.Popen, reader: _Reader, limits: Mapping[str, Any]) -> str:
    """Wait for the end; returns why it has to be ended, or ""."""
    import psutil

    outer, start = psutil.Process(process.pid), time.monotonic()
    while process.poll() is None:
        if time.monotonic() - start > 60 * limits["minutes"]:
            return f"Ended after {limits['minutes']:g} minutes."
        if len(reader.output) > reader.most:
            return f"Ended: more than {limits['output_mb']} MB of output."
        count, memory = _usage(outer)
        if count > limits["processes"]:
            return f"Ended: more than {limits['processes']} processes."
        if memory > limits["memory_mb"] * MEGABYTE:
            return f"Ended: more than {limits['memory_mb']} MB of memory."
        time.sleep(LOOK_EVERY)
    return ""


def _usage(outer: Any) -> tuple[int, int]:
    """How many processes there are in the sandbox, and their memory in bytes."""
    import psutil

    try:
        inside = outer.children(recursive=True)
    except psutil.Error:
        return 0, 0
    memory = 0
    for child in inside:
        try:
            memory += child.memory_info().rss
        except psutil.Error:
            continue
    return len(inside), memory


def _end(process: subprocess.Popen) -> None:
    """End bubblewrap: the first process inside goes with it, and so do all the others."""
    if process.poll() is None:
        process.kill()
        process.wait()


# Notebooks in and out


def _with_original_checks(
    submitted: Mapping[str, Any], original: nbformat.NotebookNode
) -> dict[str, Any]:
    """The student's cells without outputs; every check is the instructor's, hidden tests too."""
    checks = {cell["id"]: source(cell) for cell in original.cells if is_check(cell)}
    submitted_cells = lesson_cells(submitted)
    keys = {id(cell): key for key, cell in match(original.cells, submitted_cells).items()}
    cells = []
    for cell in submitted_cells:
        key = keys.get(id(cell), f"new-{len(cells)}")
        fresh = {
            "id": key,
            "cell_type": cell["cell_type"],
            "metadata": {"tags": list(cell.get("metadata", {}).get("tags", []))},
            "source": checks.get(key, source(cell)),
        }
        if fresh["cell_type"] == "code":
            fresh |= {"outputs": [], "execution_count": None}
        cells.append(fresh)
    about = {"kernelspec": dict(original.metadata.kernelspec)}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def _read_lines(output: bytes) -> dict[str, dict[str, Any]]:
    """The executed notebooks; what is no notebook is not looked at."""
    found = {}
    for line in output.splitlines():
        try:
            told = json.loads(line)
            found[str(told["name"])] = _plain_notebook(told["notebook"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def _plain_notebook(told: Any) -> dict[str, Any]:
    from fer_kit.grading.archive import check_notebook

    check_notebook("what came out of the sandbox", told)
    return told
