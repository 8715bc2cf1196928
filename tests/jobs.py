"""Work that tests give to other processes, which import it from here."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from fer_kit.errors import InputError
from fer_kit.processes import speaking_as


def double(number: int) -> int:
    return 2 * number


def who() -> int:
    return os.getpid()


def environment(*names: str) -> list[str | None]:
    return [os.environ.get(name) for name in names]


def meet(folder: Path, count: int, *names: str) -> tuple[int, list[str | None]]:
    """Wait until so many processes have come here; who does it, and what `environment` says."""
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 180
    while len(list(folder.iterdir())) < count:
        assert time.monotonic() < deadline, "nobody came"
        time.sleep(0.01)
    return who(), environment(*names)


def fail(text: str) -> None:
    raise InputError(text)


class Stubborn(Exception):
    """One that can be sent but not received."""

    def __init__(self, one, two):
        super().__init__(one)


def fail_stubbornly() -> None:
    raise Stubborn("this is why", 2)


def make_lambda():
    return lambda: "what cannot be sent"


def speak(name: str) -> None:
    with speaking_as(name):
        print("one\ntwo")
        print("\r10 %\r100 %", file=sys.stderr)
    print("three")


def die(note: Path, times: int) -> int:
    """End its process as a lack of memory does, this many times; then how often it was begun."""
    with note.open("a") as file:
        file.write("x")
    begun = len(note.read_text())
    if begun <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return begun


def start_and_sleep(note: Path) -> None:
    """Start another process, note both, and never come to an end."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        note.write_text(f"{os.getpid()} {other.pid}")
        while True:
            time.sleep(0.1)


def cling_to_life(note: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start_and_sleep(note)


def pids_in(note: Path, count: int = 2) -> list[int]:
    """Wait until so many processes are noted in a file."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if note.exists() and len(found := note.read_text().split()) == count:
            return [int(pid) for pid in found]
        time.sleep(0.05)
    raise AssertionError("nothing was started")


def wait_until_gone(pids: list[int]) -> None:
    import psutil

    deadline = time.monotonic() + 60
    while alive := [pid for pid in pids if _runs(psutil, pid)]:
        assert time.monotonic() < deadline, f"still there: {alive}"
        time.sleep(0.05)


def _runs(psutil, pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
