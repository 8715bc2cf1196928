"""A hand-in that takes too long or too much is stopped, and with it nobody else."""

import sys
import time

import pytest
from misbehaving import deaf, too_long, too_much

from fer_kit.course.workers import side_by_side
from fer_kit.errors import InputError
from fer_kit.grading.bounds import TooLong, bounds


def test_what_takes_too_long_or_too_much_is_stopped():
    with side_by_side(2, threads=1, say=lambda _: None) as pool:
        slow, hanging = pool.submit(too_long), pool.submit(deaf)
        assert slow.result(timeout=60) == "stopped"
        if sys.platform == "linux":  # elsewhere nothing limits it
            assert pool.submit(too_much).result(timeout=60) == "refused"
        with pytest.raises(InputError, match="ended from outside"):
            hanging.result(timeout=120)
        assert pool.submit(len, "abc").result(timeout=60) == 3


def test_a_limit_ends_with_its_block():
    with bounds(60, own_process=False):
        pass
    with pytest.raises(TooLong), bounds(1, own_process=False):
        time.sleep(30)
