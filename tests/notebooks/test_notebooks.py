"""The course's own notebooks, run whole on few faces. What they find does not matter, only that.

Scores of a network that saw 420 faces twice mean nothing, so none is looked at.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import psutil
import pytest
from axe import violations
from clusters import scheduler, worker_of
from filelock import FileLock

from fer_kit.course.executed import read_exercises
from fer_kit.course.running import run_course
from fer_kit.lessons import LESSONS, METRICS, settings

ROOT = Path(__file__).parents[2]
TRAIN, VALIDATION, TEST = settings("smoke")["load"]["size"]

pytestmark = pytest.mark.notebooks


@pytest.fixture(scope="module")
def own_place(tmp_path_factory):
    """Runs and cache of these tests alone, from the course's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_KIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("FER_KIT_RUNS", str(tmp_path_factory.mktemp("runs")))
        patch.chdir(ROOT)
        yield patch


@pytest.fixture(scope="module")
def folder(own_place, smoke_run) -> Path:
    """The folder of a run of all notebooks."""
    return smoke_run


def outputs(folder: Path) -> list[tuple[str, dict]]:
    """Every output of every executed notebook, with the notebook's name."""
    return [
        (lesson.name, output)
        for lesson in LESSONS
        for cell in nbformat.read(folder / "notebooks" / f"{lesson.name}.ipynb", 4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def test_every_notebook_made_what_it_promises(folder):
    for lesson in LESSONS:
        assert (folder / "notebooks" / f"{lesson.name}.ipynb").exists()
        for name in lesson.makes:
            assert (folder / name).stat().st_size > 0, name


def test_the_notebooks_made_nothing_else(folder):
    promised = {name for lesson in LESSONS for name in lesson.makes}
    promised |= {name.replace(".csv", ".json") for name in promised}  # title and protocol, beside
    # Executed notebooks, what they show, the report, and who works on it.
    ours = {"notebooks", "figures", "report", ".locks"}
    made = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    found = {path.as_posix() for path in made if path.parts[0] not in ours}
    assert found - promised == {"config.json"}


def test_every_model_answered_for_every_face_it_was_not_trained_on(folder):
    for path in (folder / "predictions").glob("*.csv"):
        table = pd.read_csv(path)
        assert table["id"].is_unique
        assert dict(table["split"].value_counts()) == {"validation": VALIDATION, "test": TEST}
        probabilities = table.filter(regex="^p_").to_numpy()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)


def test_the_metrics_cover_every_model_and_say_what_they_are_of(folder):
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    assert metrics["synthetic"] is True
    assert set(metrics["models"]) == {path.stem for path in (folder / "predictions").glob("*.csv")}
    for scores in metrics["models"].values():
        low, high = scores["accuracy_95"]
        assert 0 <= low <= scores["accuracy"] <= high <= 1
        assert scores["faces"] == TEST
        assert scores["protocol"]


def test_every_figure_is_described_and_names_its_source(folder):
    figures = json.loads((folder / "figures" / "figures.json").read_text(encoding="utf-8"))
    assert set(figures) == {path.stem for path in (folder / "figures").glob("*.png")}
    for name, described in figures.items():
        assert described["alt"], name
        assert "synthetic" in described["title"], name


def test_every_picture_in_a_notebook_has_an_alternative_text(folder):
    for name, output in outputs(folder):
        if "image/png" in output.get("data", {}):
            assert output.metadata["image/png"]["alt"], name


def test_no_notebook_shows_a_warning_or_a_place_on_this_machine(folder):
    for name, output in outputs(folder):
        text = json.dumps(output)
        assert "Warning" not in text, f"{name}: {output.get('text', text)[:500]}"
        assert str(ROOT) not in text, f"{name}: {output.get('text', text)[:500]}"


def test_every_exercise_is_solved_in_the_lessons_themselves(folder):
    for lesson in LESSONS:
        notebook = nbformat.read(folder / "notebooks" / f"{lesson.name}.ipynb", 4)
        for exercise in read_exercises(notebook):
            assert exercise.state in ("passed", "answered"), exercise.name


def test_the_report_has_a_page_for_every_notebook(folder):
    pages = {path.stem for path in (folder / "report").glob("*.html")}
    assert pages == {"index", *(lesson.name for lesson in LESSONS)}


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_objects_to_nothing_on_the_pages_of_the_report(folder, tmp_path, width):
    pages = sorted((folder / "report").glob("*.html"))
    assert violations(pages, tmp_path, width) == {}


def test_a_second_run_has_nothing_to_do(folder, own_place, capsys):
    own_place.setenv("FER_KIT_RUNS", str(folder.parent))
    with FileLock(folder.parents[1] / "smoke.lock"):  # another process may want the same
        run_course(profile="smoke")
    assert capsys.readouterr().out.count("up to date") == len(LESSONS)


def kill_a_worker_at(lesson: Path) -> None:
    """Wait until a worker of the cluster executes a lesson, and kill it."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        for process in psutil.Process().children(recursive=True) if lesson.exists() else ():
            with suppress(psutil.Error):
                if "ipykernel_launcher" in process.cmdline():
                    return worker_of(process.pid).kill()
        time.sleep(0.1)
    raise AssertionError("no worker began the lesson")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_cluster_makes_the_same_though_a_worker_is_killed(folder, own_place, tmp_path, capsys):
    pytest.importorskip("distributed")
    own_place.setenv("FER_KIT_RUNS", str(folder.parent))
    wanted = ["01", "02", "03", "04"]
    begun = folder.parent / "there" / "notebooks" / "04_lenet5.json"
    with scheduler(tmp_path) as cluster, ThreadPoolExecutor(1) as pool:
        killed = pool.submit(kill_a_worker_at, begun)
        there = run_course("there", profile="smoke", only=wanted, cluster=cluster).folder
        killed.result()
    assert "04 · done" in capsys.readouterr().out
    for name in ("predictions/lenet5.csv", "predictions/lenet5-as-published.csv"):
        assert (there / name).read_bytes() == (folder / name).read_bytes()
