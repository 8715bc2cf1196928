"""One that ends its process, or never ends, takes nobody's work with it."""

import sys

import pytest
from misbehaving import begin, do

from fer_kit.grading.parallel import Workers


@pytest.mark.parametrize("count", [1, 2])
def test_everybody_is_looked_at(tmp_path, count):
    names = [f"n{k}" for k in range(7)]
    with Workers(count, begin, str(tmp_path)) as workers:
        for _ in range(2):
            tasks = {name: (name, str(tmp_path)) for name in names}
            assert dict(workers.each(do, tasks)) == {name: name for name in names}


def test_what_ends_its_process_is_tried_once_more_and_the_rest_is_done(tmp_path):
    names = ["a", "exit", "b", "c", "lambda", "d", "slow", "exit-too", "e"]
    names += ["memory"] * (sys.platform == "linux")  # elsewhere nothing limits it
    with Workers(2, begin, str(tmp_path)) as workers:
        tasks = {name: (name, str(tmp_path)) for name in names}
        found = dict(workers.each(do, tasks))
    expected = {name: name for name in "abcde"}
    expected |= {"exit": None, "exit-too": None, "lambda": None}
    expected |= {"slow": "stopped"} | ({"memory": "refused"} if "memory" in names else {})
    assert found == expected
    assert (tmp_path / "exit").read_text() == "xx"
    assert all(len((tmp_path / name).read_text()) <= 3 for name in "abcde")
