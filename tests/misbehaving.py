"""What a hand-in can do to the process that looks at it."""

import re
import time

import numpy as np

from fer_kit.grading.bounds import TooLong, bounds


def too_much() -> str:
    """Ask for 64 GB."""
    with bounds(60, own_process=True):
        try:
            return str(np.ones(8_000_000_000).sum())
        except MemoryError:
            return "refused"


def too_long() -> str:
    """Sleep, and let nothing that is an error interrupt it."""
    try:
        with bounds(1, own_process=True):
            try:
                time.sleep(30)
            except Exception:
                return "swallowed"
    except TooLong:
        return "stopped"


def deaf() -> None:
    """Compute where nothing that Python does can interrupt it."""
    with bounds(1, own_process=True, grace=1):
        re.match(r"(a+)+$", "a" * 40 + "b")
