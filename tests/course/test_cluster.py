"""On a cluster: the same as here, whoever dies; and sentences where it cannot be used."""

import os
import signal
import subprocess
import sys

import jobs
import pytest
from clusters import scheduler, worker_of
from small_course import FOUR, pretend, write_four

pytest.importorskip("distributed")

from fer_kit.course import cluster
from fer_kit.course.running import run_course
from fer_kit.course.workers import side_by_side, why_not
from fer_kit.errors import InputError
from fer_kit.run import runs_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with scheduler(tmp_path_factory.mktemp("cluster")) as file:
        yield file


@pytest.fixture
def four(tmp_path, monkeypatch):
    pretend(FOUR, monkeypatch.setattr)
    return tmp_path / "notebooks"


def test_work_is_done_in_processes_of_the_workers(address, tmp_path):
    said = []
    with side_by_side(2, say=said.append, cluster=address, shared=[tmp_path]) as pool:
        futures = [pool.submit(jobs.double, number) for number in range(4)]
        assert [future.result() for future in futures] == [0, 2, 4, 6]
        assert "Expected bread." in why_not(pool.submit(jobs.fail, "Expected bread."))
        pool.submit(jobs.speak, "05_cnn").result()
        names = ("FER_KIT_RUNS", "OMP_NUM_THREADS")
        runs, threads = pool.submit(jobs.environment, *names).result()
        assert pool.submit(jobs.die, tmp_path / "note", 1).result() == 2
    assert said[:4] == ["05_cnn: one", "05_cnn: two", "05_cnn: 100 %", "three"]
    assert runs == str(runs_folder().resolve())
    assert int(threads) >= 1
    assert not list((tmp_path / ".locks").glob("seen-*"))


ONCE = """\
import os, time
if not lab.file("tried.txt").exists():
    lab.file("tried.txt").write_text(str(os.getpid()))
    time.sleep(600)
lab.file("b.txt").write_text(str(seed))"""


def test_lessons_are_done_again_where_a_worker_is_killed_and_the_results_are_those_of_here(
    four, address, monkeypatch
):
    here = run_course("here", notebooks=write_four(four), workers=1)
    write_four(four, left=ONCE)
    code = (
        "import small_course as s, sys, pathlib as p\n"
        "s.run_four(p.Path(sys.argv[1]), run='there', cluster=sys.argv[2])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(four), address],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as course:
        there = four / "runs" / "there"
        (kernel,) = jobs.pids_in(there / "tried.txt", count=1)
        worker_of(kernel).kill()
        told = course.communicate(timeout=300)[0]
    assert course.returncode == 0, told
    jobs.wait_until_gone([kernel])
    for lesson in FOUR:
        (name,) = lesson.makes
        assert (there / name).read_bytes() == (here.folder / name).read_bytes()
    assert "02 · done" in told


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_what_nobody_waits_for_any_more_ends(address, tmp_path, end):
    code = (
        "import jobs, sys, pathlib as p; from fer_kit.course.workers import side_by_side\n"
        "with side_by_side(2, cluster=sys.argv[1]) as pool:\n"
        "    pool.submit(jobs.start_and_sleep, p.Path(sys.argv[2])).result()"
    )
    note = tmp_path / "note"
    with subprocess.Popen(
        [sys.executable, "-c", code, address, str(note)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    ) as client:
        pids = jobs.pids_in(note)
        client.send_signal(end)
    jobs.wait_until_gone(pids)


def test_a_failed_lesson_stops_only_those_that_need_it(four, address):
    with pytest.raises(InputError, match="ZeroDivisionError(.|\n)*Not run.*04_last"):
        run_course(notebooks=write_four(four, left="1 / 0"), cluster=address)
    assert (runs_folder() / "synthetic-quick" / "c.txt").exists()


# What cannot be used


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("nowhere.json", "tcp://host:8786, or its scheduler file. Received: 'nowhere.json'"),
        ("tcp://127.0.0.1:9", "answers at tcp://127.0.0.1:9. Received: none"),
        ("tcp://no-such-host.invalid:8786", "Received: none"),
        ("abc://127.0.0.1:9", "Received: none"),
    ],
)
def test_a_scheduler_that_is_not_there_is_a_sentence(wrong, said, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(InputError, match=said):
        side_by_side(2, cluster=wrong)


@pytest.mark.parametrize("content", ["{}", "[]", "<html>", '{"address": 7}'])
def test_a_file_that_is_no_scheduler_s_is_a_sentence(tmp_path, content):
    (tmp_path / "scheduler.json").write_text(content)
    with pytest.raises(InputError, match="Expected a scheduler's address.*scheduler.json"):
        side_by_side(2, cluster=str(tmp_path / "scheduler.json"))


def test_a_scheduler_without_workers_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    expected = pytest.raises(InputError, match="Expected workers at the scheduler")
    with scheduler(tmp_path, workers=0) as file, expected:
        side_by_side(2, cluster=file)


def test_another_version_on_a_worker_is_a_sentence_that_names_it(address, monkeypatch):
    monkeypatch.setattr(cluster, "code", lambda: "another state of it")
    with pytest.raises(InputError, match="same versions as here. Received: tcp://127.*code "):
        side_by_side(2, cluster=address)


def test_a_folder_that_is_not_shared_is_a_sentence(address, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="at the same place.*no .*nowhere"):
        side_by_side(2, cluster=address, shared=[tmp_path, tmp_path / "nowhere"])
    monkeypatch.setattr(cluster, "write_text", lambda *_: None)  # what is written here stays here
    with pytest.raises(InputError, match="at the same place.*no .*seen-"):
        side_by_side(2, cluster=address, shared=[tmp_path])


def test_workers_that_do_not_offer_what_is_needed_are_a_sentence(address):
    with pytest.raises(InputError, match="offer sandbox=1. Received: none of 2.*--resources"):
        side_by_side(2, cluster=address, resources={"sandbox": 1})


def test_without_dask_it_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "fer_kit.course.cluster")
    with pytest.raises(InputError, match=r"pip install -e '\.\[cluster\]'"):
        side_by_side(2, cluster="tcp://127.0.0.1:9")
