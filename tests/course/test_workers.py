"""Side by side: the same results by any number of workers, and nobody left behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jobs
import pytest
from small_course import ENDLESS, FOUR, MEETING, pretend, write_four

from fer_kit.course import running, workers
from fer_kit.course.running import run_course
from fer_kit.course.workers import OneAfterTheOther, check_workers, fitting, gpus, side_by_side
from fer_kit.errors import InputError
from fer_kit.lessons import LESSONS, feeds

posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


# How many, and with what


@pytest.mark.parametrize("number", [0, -1])
def test_no_workers_are_refused(number):
    with pytest.raises(InputError, match=f"1 or more. Received: {number}"):
        check_workers(number)
    with pytest.raises(InputError, match="1 or more"):
        run_course(workers=number)


@pytest.mark.parametrize(
    ("cores", "threads", "free", "expected"),
    [(2, 1, 64, 2), (2, 1, 3, 1), (1, 1, 64, 1), (16, 4, 64, 4), (16, 4, 6, 3), (8, 4, 0.1, 1)],
)
def test_as_many_workers_as_cores_and_memory_allow(monkeypatch, cores, threads, free, expected):
    monkeypatch.setattr(workers, "cores", lambda: cores)
    memory = type("memory", (), {"available": free * 1e9})
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    assert fitting(threads, memory=2 * 10**9) == expected


def test_one_worker_is_this_very_process():
    with side_by_side(1) as pool:
        assert pool.submit(jobs.who).result() == os.getpid()
        assert isinstance(pool.submit(jobs.fail, "Expected bread.").exception(), InputError)


def test_several_gpus_go_round_and_one_is_shared(monkeypatch, tmp_path):
    for chosen, expected in (("4,7", {"4", "7"}), ("0", {"0"}), ("", {None})):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
        if not chosen:
            monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
            monkeypatch.setattr("shutil.which", lambda name: None)
        with side_by_side(2) as pool:
            names = ("CUDA_VISIBLE_DEVICES", "TF_FORCE_GPU_ALLOW_GROWTH")
            place = tmp_path / f"chosen {chosen}"
            place.mkdir()
            found = [pool.submit(jobs.meet, place, 2, *names).result for _ in range(2)]
            assert {told()[1][0] for told in found} == expected
            assert {told()[1][1] for told in found} == {"true"}


def test_gpus_are_counted_by_nvidia_s_tool(monkeypatch, tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: An H100 GPU (UUID: GPU-1)'\necho 'GPU 1: An H100'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert gpus() == ["0", "1"]


# Lessons side by side


def test_no_lesson_makes_what_an_earlier_one_reads():
    for number, lesson in enumerate(LESSONS):
        assert not any(feeds(lesson.name, earlier.name) for earlier in LESSONS[:number])


@pytest.fixture
def four(tmp_path, monkeypatch) -> Path:
    pretend(FOUR, monkeypatch.setattr)
    return tmp_path / "notebooks"


def records_of(run) -> dict[str, dict]:
    paths = sorted((run / "notebooks").glob("[!.]*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def test_lessons_that_do_not_wait_for_each_other_run_at_one_time(four, capsys):
    left = MEETING.format(mine="b.txt", other="c.txt")
    right = MEETING.format(mine="c.txt", other="b.txt")
    run = run_course(notebooks=write_four(four, left=left, right=right), workers=2)
    assert (run.folder / "d.txt").exists()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "01 · First"
    assert lines.index("02 · Left") < lines.index("04 · Last")
    run_course(notebooks=four, workers=2)
    assert capsys.readouterr().out.count("up to date") == 4


def test_a_failed_lesson_stops_only_those_that_need_it(four, capsys):
    with pytest.raises(InputError) as caught:
        run_course(notebooks=write_four(four, left="1 / 0"), workers=2)
    message = str(caught.value)
    assert "02_left.ipynb stopped: cell 4 of 4 failed. ZeroDivisionError" in message
    assert "Not run, because they read what is missing now: 04_last." in message
    run = running.Run.open().folder
    assert (run / "c.txt").exists()
    assert not (run / "d.txt").exists()
    assert set(records_of(run)) == {"01_first", "02_left", "03_right"}
    assert "02 · failed" in capsys.readouterr().out


@pytest.mark.parametrize("at_once", [1, 2])
def test_alone_in_the_course_s_order_else_first_whom_most_wait_for(monkeypatch, at_once):
    begun, pool = [], OneAfterTheOther()
    monkeypatch.setattr(pool, "at_once", at_once, raising=False)
    monkeypatch.setattr(
        running, "_begin", lambda task, *_: begun.append(task.name[:2]) or pool.submit(str)
    )
    tasks = {lesson.name: running.Task(None, lesson, None, {}) for lesson in LESSONS}
    assert running._run_all(tasks, False, pool) == {}
    if at_once == 1:
        assert begun == sorted(begun)
    else:
        assert begun.index("03") < begun.index("02")


# Ends


def start_course(folder: Path) -> subprocess.Popen:
    """The four in a process of their own."""
    code = "import small_course as s, sys, pathlib as p; s.run_four(p.Path(sys.argv[1]), workers=2)"
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@posix
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_course_that_is_ended(tmp_path, end, monkeypatch):
    left, right = (ENDLESS.format(file=file) for file in ("b.txt", "c.txt"))
    folder = write_four(tmp_path / "notebooks", left=left, right=right)
    run = folder / "runs" / "synthetic-quick"
    with start_course(folder) as course:
        pids = jobs.pids_in(run / "pids.txt", count=4)  # two kernels and the two that run them
        if end == signal.SIGINT:
            with start_course(folder) as other:
                told = f"run synthetic-quick to be free. Received: process {course.pid} on"
                assert told in other.communicate(timeout=300)[0]
            assert other.returncode == 1
        course.send_signal(end)
        assert course.wait(300) != 0
    jobs.wait_until_gone(pids)
    noted = records_of(run)
    assert noted["02_left"]["failed"] == noted["03_right"]["failed"] == "It was interrupted."
    if end == signal.SIGINT:
        assert not list((run / "notebooks").glob(".*.ipynb"))

    # The same again, with lessons that end: what was half done is not taken for whole.
    write_four(folder)
    monkeypatch.setenv("FER_KIT_RUNS", str(folder / "runs"))
    pretend(FOUR, monkeypatch.setattr)
    assert (run / "b.txt").read_text() == "half"
    run_course(notebooks=folder, workers=1)
    assert (run / "b.txt").read_text() == "42"


ONCE = """\
import os, signal
if not lab.file("tried.txt").exists():
    lab.file("tried.txt").write_text(f"{os.getpid()} {os.getppid()}")
    os.kill(os.getppid(), signal.SIGKILL)
    import time; time.sleep(600)
lab.file("b.txt").write_text("again")"""


@posix
def test_the_lesson_of_a_killed_worker_is_done_again(four, capsys):
    run = run_course(notebooks=write_four(four, left=ONCE), workers=2)
    assert (run.folder / "b.txt").read_text() == "again"
    assert (run.folder / "d.txt").exists()
    assert "another begins its work again" in capsys.readouterr().out
    jobs.wait_until_gone([int(pid) for pid in (run.folder / "tried.txt").read_text().split()])


DEADLY = """\
import os, signal
os.kill(os.getppid(), signal.SIGKILL)
import time; time.sleep(600)"""


@posix
def test_a_lesson_that_takes_three_workers_with_it_is_named_and_the_rest_goes_on(four):
    with pytest.raises(InputError, match="02_left stopped.*ended from outside, 3 times"):
        run_course(notebooks=write_four(four, left=DEADLY), workers=2)
    assert (running.Run.open().folder / "c.txt").exists()
