"""`--rerun` of many hand-ins: side by side, here and on a cluster; going on after a stop."""

import nbformat
import pytest
from clusters import scheduler
from nbformat.v4 import new_code_cell, new_notebook
from submissions import COURSE, rewrite

from fer_kit.errors import InputError
from fer_kit.grading import grade as grading
from fer_kit.grading.grade import grade
from fer_kit.grading.rerun import Rerun
from fer_kit.grading.sandbox import find_sandbox

try:
    find_sandbox()
except InputError as error:
    pytest.skip(str(error), allow_module_level=True)


def one_short_notebook(files: dict[str, bytes]) -> None:
    """Hand in 01 alone, with next to nothing in it."""
    for name in [name for name in files if name.startswith("notebooks/")]:
        del files[name]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = new_notebook(cells=[new_code_cell("1 + 1")], metadata=about)
    files["notebooks/01_load.ipynb"] = nbformat.writes(notebook).encode()


@pytest.fixture
def given(honest, tmp_path, monkeypatch):
    """What `grade` is asked to do with two hand-ins."""
    monkeypatch.chdir(COURSE)
    for name in ("ada", "bob"):
        rewrite(honest[0], tmp_path / "in" / f"{name}.zip", one_short_notebook)
    return {"submissions": tmp_path / "in", "labels": honest[1], "out": tmp_path / "grades"}


DONE = "Executed again in a sandbox: 1 of 1 notebooks."


def test_hand_ins_are_executed_side_by_side_and_not_twice(given, monkeypatch):
    graded = grade(**given, rerun=True, workers=2)
    assert [one.record.rerun for one in graded] == [DONE, DONE]
    executed = []
    monkeypatch.setattr("fer_kit.grading.submission.execute_again", executed.append)
    again = grade(**given, rerun=True, workers=1)
    assert [one.record.rerun for one in again] == [DONE, DONE]
    assert executed == []


def test_what_the_time_did_not_suffice_for_is_a_doubt(given, tmp_path):
    rubric = tmp_path / "short.toml"
    asked = (COURSE / "rubric.toml").read_text()
    rubric.write_text(asked.replace("minutes = 20", "minutes = 0.001"))
    graded = grade(**given, rubric=rubric, rerun=True, workers=1)
    for one in graded:
        assert one.record.rerun.endswith("0 of 1 notebooks. Ended after 0.001 minutes.")
        assert "Not executed again, not counted: 01_load." in one.record.doubts


def test_hand_ins_are_executed_by_the_workers_that_may(given, tmp_path_factory):
    pytest.importorskip("distributed")
    with scheduler(tmp_path_factory.mktemp("cluster"), 1, "--resources", "sandbox=1") as address:
        graded = grade(**given, rerun=True, cluster=address)
    assert [one.record.rerun for one in graded] == [DONE, DONE]


@pytest.mark.parametrize(("wanted", "expected"), [(None, 2), (5, 2), (1, 1)])
def test_as_many_are_executed_at_one_time_as_memory_allows(given, monkeypatch, wanted, expected):
    asked, start = [], grading.side_by_side

    def side_by_side(count, *rest, **options):
        asked.append(count)
        return start(1, *rest, **options)

    monkeypatch.setattr(grading, "fitting", lambda threads, memory: memory // 3_000_000_000)
    monkeypatch.setattr(grading, "side_by_side", side_by_side)
    done = Rerun({}, {}, [], "done")
    monkeypatch.setattr("fer_kit.grading.submission.execute_again", lambda *_: done)
    grade(**given, rerun=True, workers=wanted)
    assert asked[-1] == expected  # 6 GB each, as the rubric says


def test_a_cluster_only_executes(given):
    with pytest.raises(InputError, match="--cluster without --rerun"):
        grade(**given, cluster="tcp://127.0.0.1:9")
