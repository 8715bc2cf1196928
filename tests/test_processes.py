"""Work in processes: the same answers, in any number of them; and nobody is left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jobs
import pytest

from fer_kit import processes
from fer_kit.errors import InputError
from fer_kit.processes import Processes, share

posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
QUARTER = """
from jobs import double
from fer_kit.processes import Processes
with Processes([{}] * 2) as pool:
    print(list(pool.map(double, [1, 2])))
"""
ENDLESS = """
import sys
from pathlib import Path
from jobs import start_and_sleep
from fer_kit.processes import Processes
with Processes([{}]) as pool:
    pool.submit(start_and_sleep, Path(sys.argv[1])).result()
"""


def start(code: str, *words: str) -> subprocess.Popen:
    """A Python that finds the same modules."""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=os.environ | path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def interrupted(pool: Processes, work: Callable, note: Path) -> list[int]:
    """Leave a pool by Ctrl-C while it works; the processes that were there."""
    try:
        with pool:
            pool.submit(work, note)
            waiting = [pool.submit(jobs.who) for _ in range(3)]
            pids = jobs.pids_in(note)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert all(future.done() for future in waiting)
    return pids


def test_work_comes_back_in_order_from_several_processes(tmp_path):
    with Processes([{}] * 2) as pool:
        assert list(pool.map(jobs.double, range(5))) == [0, 2, 4, 6, 8]
        both = [pool.submit(jobs.meet, tmp_path, 2) for _ in range(2)]
        pids = {future.result()[0] for future in both}
    assert len(pids) == 2
    assert os.getpid() not in pids
    jobs.wait_until_gone(list(pids))


def test_each_process_has_an_environment_of_its_own(tmp_path):
    with Processes([{"SHARE": "first"}, {"SHARE": "second"}]) as pool:
        both = [pool.submit(jobs.meet, tmp_path, 2, "SHARE") for _ in range(2)]
        found = {future.result()[1][0] for future in both}
    assert found == {"first", "second"}


def test_threads_are_shared_out_but_a_choice_of_the_user_stays(monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Processes([share(threads=3)]) as pool:
        found = pool.submit(jobs.environment, "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS").result()
    assert found == ["3", "7"]


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 2), (8, 4), (64, 4)])
def test_a_lesson_s_threads_depend_on_the_computer_alone(monkeypatch, cores, threads):
    monkeypatch.setattr(processes, "cores", lambda: cores)
    assert processes.threads_each() == threads


def test_an_error_arrives_as_what_it_was():
    with Processes([{}]) as pool:
        with pytest.raises(InputError, match="Expected bread"):
            pool.submit(jobs.fail, "Expected bread.").result()
        with pytest.raises(RuntimeError, match="Stubborn: this is why"):
            pool.submit(jobs.fail_stubbornly).result()
        with pytest.raises(RuntimeError, match="lambda"):
            pool.submit(jobs.make_lambda).result()
        assert pool.submit(jobs.double, 2).result() == 4


def test_what_is_printed_comes_with_a_name_before_it():
    said = []
    with Processes([{}], said.append) as pool:
        pool.submit(jobs.speak, "05_cnn").result()
    assert said == ["05_cnn: one", "05_cnn: two", "05_cnn: 100 %", "three"]


def test_a_script_needs_no_guard():
    with start(QUARTER) as script:
        assert script.communicate(timeout=300)[0] == "[2, 4]\n"


# Ends


@posix
@pytest.mark.parametrize("times", [1, 2])
def test_the_work_of_a_killed_process_is_done_again(tmp_path, times):
    with Processes([{}] * 2) as pool:
        killed = pool.submit(jobs.die, tmp_path / "note", times)
        others = [pool.submit(jobs.double, number) for number in range(4)]
        assert killed.result() == times + 1
        assert [other.result() for other in others] == [0, 2, 4, 6]


@posix
def test_work_that_kills_thrice_is_given_up_and_the_rest_goes_on(tmp_path):
    with Processes([{}]) as pool:
        killer = pool.submit(jobs.die, tmp_path / "note", 99)
        other = pool.submit(jobs.double, 3)
        with pytest.raises(InputError, match="ended from outside, 3 times.*memory"):
            killer.result()
        assert other.result() == 6
    assert (tmp_path / "note").read_text() == "xxx"


@posix
@pytest.mark.parametrize("work", [jobs.start_and_sleep, jobs.cling_to_life])
def test_an_exception_ends_all_processes_and_what_they_started(tmp_path, work, monkeypatch):
    monkeypatch.setattr("fer_kit.processes.GRACE", 0.5)
    pids = interrupted(Processes([{}] * 2), work, tmp_path / "note")
    jobs.wait_until_gone(pids)


@posix
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_processes_end_when_their_parent_does_by_whatever_means(tmp_path, end):
    with start(ENDLESS, str(tmp_path / "note")) as parent:
        pids = jobs.pids_in(tmp_path / "note")
        parent.send_signal(end)
        assert parent.wait(300) != 0
    jobs.wait_until_gone(pids)
