"""Run a program where it can do no harm.

The sandbox (`walls.py`) has no network, its own processes, a home that vanishes afterwards, and of
this computer only Python and the course's library, read-only. Nothing that it writes reaches a
disk: what it has to say comes back through a pipe, of limited length. Whoever uses up too much
time, memory or processes is ended with everything that was started.
"""

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fer_kit.errors import InputError
from fer_kit.files import MEGABYTE
from fer_kit.grading import walls

LOOK_EVERY = 0.1  # seconds

# What a process holds by itself, in /proc/N/status; and how many sockets are open around it.
OWN = re.compile(r"(?:RssAnon|VmSwap|VmPTE):\s+(\d+) kB")
SOCKETS = re.compile(r"sockets: used (\d+)")
# What the system may keep for each in memory, in bytes, measured where each was filled.
OF_PROCESS, OF_SOCKET, OF_FILE = 16_000_000, 250_000, 1_000


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


def run_in_sandbox(command: list[str], given: bytes, limits: Mapping[str, Any]) -> Outcome:
    """Run a command where submissions are run, and end it where it uses up too much.

    Args:
        command: the program, as seen inside.
        given: its standard input.
        limits: minutes, memory_mb, processes and output_mb.

    Raises:
        InputError: there is no sandbox on this computer.
    """
    return run_in_outer([*walls.inner(), *command], given, limits)


def run_in_outer(command: list[str], given: bytes, limits: Mapping[str, Any]) -> Outcome:
    """The same for a harness of ours, which may make inner sandboxes."""
    find_sandbox()
    process, first = _start(command, limits)
    writer = threading.Thread(target=_write, args=(process, given), daemon=True)
    reader = _Reader(process, int(limits["output_mb"] * MEGABYTE))
    writer.start()
    reader.start()
    try:
        stopped = _watch(process, first, reader, limits)
    finally:
        _end(process, first)
    reader.join(timeout=10)
    return Outcome(bytes(reader.output), stopped, process.wait())


def _start(
    command: list[str], limits: Mapping[str, Any], stderr: int = subprocess.DEVNULL
) -> tuple[subprocess.Popen, int | None]:
    """Start a command in the outer sandbox; also returns the id of the first process in there."""
    rules, (told, tell) = walls.refuse(walls.REFUSED), os.pipe()
    try:
        process = subprocess.Popen(
            [*walls.outer(limits, rules, tell), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            pass_fds=(rules, tell),
        )
    finally:
        os.close(rules)
        os.close(tell)
    with open(told) as file:
        lines = itertools.takewhile(lambda line: line != "}\n", file)
        number = re.search(r'"child-pid": (\d+)', "".join(lines))
    return process, int(number[1]) if number else None


@cache
def find_sandbox() -> None:
    """Make sure that there is a sandbox on this computer.

    Raises:
        InputError: there is none. Nothing is ever executed without one.
    """
    if not shutil.which("bwrap", path=walls.PATH):
        raise InputError(
            "Expected bubblewrap, without which no submission is executed. Received: no bwrap on "
            "this computer. On Linux: apt install bubblewrap; elsewhere grade without --rerun, or "
            "inside of a Linux virtual machine."
        )
    hiding = [place for place in walls.PARTS.values() if Path(place) in Path(sys.prefix).parents]
    if hiding:
        raise InputError(
            f"Expected the course's Python outside of {hiding[0]}, in whose place a submission "
            f"sees an empty folder. Received: {sys.prefix}. Move the course's folder, and run make "
            "setup there."
        )
    reason = _why_not()
    if reason:
        raise InputError(
            "Expected a bubblewrap that can make a sandbox, without which no submission is "
            f"executed. Received: {reason}. Update bubblewrap (0.8 or newer), install libseccomp, "
            "allow user namespaces (on Ubuntu: sudo sysctl -w "
            "kernel.apparmor_restrict_unprivileged_userns=0), or grade without --rerun."
        )


def _why_not() -> str:
    """What a trial of the sandbox says, or "" where it works."""
    small = {"memory_mb": 200, "processes": 10, "output_mb": 1}
    command = [*walls.inner(), sys.executable, "-c", "import fer_kit.errors"]
    try:
        process, _ = _start(command, small, subprocess.PIPE)
    except OSError as error:  # no libseccomp
        return str(error)
    said = process.communicate()[1].decode(errors="replace").strip()
    return (said or f"exit code {process.returncode}") if process.returncode else ""


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


def _watch(
    process: subprocess.Popen, first: int | None, reader: _Reader, limits: Mapping[str, Any]
) -> str:
    """Wait for the end; returns why it has to be ended, or ""."""
    start = time.monotonic()
    while process.poll() is None:
        if time.monotonic() - start > 60 * limits["minutes"]:
            return f"Ended after {limits['minutes']:g} minutes."
        if len(reader.output) > reader.most:
            return f"Ended: more than {limits['output_mb']} MB of output."
        count, memory = _held(Path(f"/proc/{first}/root"))
        if count > limits["processes"]:
            return f"Ended: more than {limits['processes']} processes."
        if memory > limits["memory_mb"] * MEGABYTE:
            return f"Ended: more than {limits['memory_mb']} MB of memory."
        time.sleep(LOOK_EVERY)
    return ""


def _held(root: Path) -> tuple[int, int]:
    """How many processes there are in the outer sandbox, and what they hold in memory.

    Args:
        root: the sandbox's root folder, seen from here.

    Returns:
        Their number, and bytes: of their own, of files, and what the system keeps for them.
    """
    try:
        files = os.statvfs(root / walls.SCRATCH.name)
        processes = [path for path in (root / "proc").iterdir() if path.name.isdigit()]
    except OSError:
        return 0, 0  # not there yet, or no more
    memory = (files.f_blocks - files.f_bfree) * files.f_frsize
    memory += (files.f_files - files.f_ffree) * OF_FILE + len(processes) * OF_PROCESS
    with contextlib.suppress(OSError):  # whoever has just ended holds nothing
        sockets = SOCKETS.search((root / "proc/1/net/sockstat").read_text())
        memory += OF_SOCKET * int(sockets[1])
    for process in processes:
        with contextlib.suppress(OSError):
            memory += _own(process)
    return len(processes), memory


def _own(process: Path) -> int:
    """Bytes that a process holds by itself. Its first thread may have ended: then ask another."""
    for thread in _threads(process):
        if told := OWN.findall((thread / "status").read_text()):
            return 1024 * sum(map(int, told))
    return 0


def _threads(process: Path) -> list[Path]:
    return [process, *(process / "task").iterdir()]


def _end(process: subprocess.Popen, first: int | None) -> None:
    """End the first process inside: all the others go with it, and bubblewrap outside ends, too."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(first or process.pid, signal.SIGKILL)
        process.wait()
