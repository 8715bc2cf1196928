"""How long, and with how much memory, one hand-in is looked at."""

import faulthandler
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

MEMORY = 4_000_000_000  # bytes
GRACE = 30  # seconds between the end that Python may choose itself and the one that it may not


class TooLong(BaseException):
    """No Exception: whatever is being read catches those, and would go on."""


@contextmanager
def bounds(seconds: int, own_process: bool, grace: int = GRACE) -> Iterator[None]:
    """Raise TooLong in what runs longer; does nothing where there are no signals.

    Args:
        own_process: whether the process does nothing else. Then it gets a MemoryError where it
            takes too much, as far as the system limits it, and is ended where it does not let
            itself be interrupted.
    """
    if own_process:
        _limit_memory()
    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(seconds)
    with open(os.devnull, "w") as nowhere:
        if own_process:
            faulthandler.dump_traceback_later(seconds + grace, exit=True, file=nowhere)
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
            if own_process:
                faulthandler.cancel_dump_traceback_later()


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):  # not on every system
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, most))


def _too_long(*_: Any) -> None:
    raise TooLong
