"""What `run`, `bundle` and `progress` say: what is done, and what grading would miss."""

import json
import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output
from submissions import COURSE, cell_of, make_run

from fer_kit.course import limits, progress
from fer_kit.course.executed import is_solution, read_exercises, read_notebook
from fer_kit.errors import InputError
from fer_kit.files import read_json, write_json
from fer_kit.lessons import METRICS
from fer_kit.run import runs_folder

LESSONS = ("01_load", "04_lenet5")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A student's checkout of a course of two lessons, in which nothing was written yet."""
    (tmp_path / "fer_kit").mkdir()
    shutil.copy(COURSE / "rubric.toml", tmp_path)
    for folder in ("notebooks", "student"):
        (tmp_path / folder).mkdir()
        for name in LESSONS:
            shutil.copy(COURSE / folder / f"{name}.ipynb", tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(course):
    """A run of a diligent student, whose notebooks in `student` are those that were run."""
    run = make_run(runs_folder() / "synthetic-quick", lessons="0[14]_*")
    write_json(run / "student.json", {"name": "Ada", "id": "s1"})
    for name in LESSONS:
        write_as_run(course, run, name)
    return run


def write_as_run(course, run, name) -> None:
    """Bring into `student` what the run has executed, without its outputs."""
    notebook = nbformat.read(run / "notebooks" / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, course / "student" / f"{name}.ipynb")


def change(path, edit) -> None:
    """Change a notebook as json reads it."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edit(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def executed(run, name="04_lenet5"):
    return run / "notebooks" / f"{name}.ipynb"


def summary(run, names=()) -> str:
    return progress.summary(progress.look(run, COURSE / "student", names))


def notes(run, course) -> str:
    return "\n".join(progress.before_handing_in(progress.look(run, course / "student")))


# How many are done


def test_when_all_is_done_it_says_so_and_nothing_else(run, course):
    done = progress.look(run, course / "student")
    told = progress.told(done, progress.before_handing_in(done))
    assert told == "5 of 5 checks passed, 2 of 2 texts written."


def test_what_is_open_is_named_with_its_state_and_the_notebook_to_open(run, course):
    def edit(notebook):
        cell_of(notebook, "04-single-softmax-check")["outputs"] = []
        stub = "def counts_that_round_to(percent, faces):\n    raise NotImplementedError()"
        cell_of(notebook, "04-counts-that-round-to")["source"] = stub
        cell_of(notebook, "04-counts-that-round-to-check")["outputs"] = []
        cell_of(notebook, "04-conclusion")["source"] = "YOUR ANSWER HERE"
        cell_of(notebook, "04-convolution-parameters-check")["source"] += "\n# mine"

    change(executed(run), edit)
    told = progress.summary(progress.look(run, course / "student")).splitlines()
    assert told[0] == "2 of 5 checks passed, 1 of 2 texts written."
    assert told[1:] == [
        "  student/04_lenet5.ipynb  check changed: 04-convolution-parameters; "
        "failed: 04-single-softmax; not answered: 04-counts-that-round-to, 04-conclusion"
    ]


def test_lessons_that_were_not_run_are_named_and_counted(run, course):
    executed(run).unlink()
    told = progress.summary(progress.look(run, course / "student"))
    assert told == "2 of 5 checks passed, 1 of 2 texts written.\n  not run yet: 04_lenet5"


def test_of_some_lessons_only_these_are_counted(run, course):
    told = progress.summary(progress.look(run, course / "student", ["01_load"]))
    assert told == "2 of 2 checks passed, 1 of 1 texts written."


def test_a_notebook_without_ids_loses_nothing_and_is_mentioned(run, course):
    for path in (executed(run), course / "student" / "04_lenet5.ipynb"):
        change(path, lambda n: [cell.pop("id") for cell in n["cells"]])
        change(path, lambda n: n.update(nbformat_minor=4))
    assert summary(run).startswith("5 of 5 checks passed, 2 of 2 texts written.")
    assert notes(run, course).startswith("Saved without the ids of the cells")
    assert "04_lenet5" in notes(run, course)


def test_where_the_course_has_no_notebooks_the_students_own_tell_what_is_asked(run, course):
    shutil.rmtree(course / "notebooks")
    told = progress.summary(progress.look(run, course / "student"))
    assert told == "5 of 5 checks passed, 2 of 2 texts written."


def test_the_whole_course_is_counted(monkeypatch):
    monkeypatch.chdir(COURSE)
    paths = (COURSE / "student").glob("*.ipynb")
    asked = [one.written for path in paths for one in read_exercises(read_notebook(path))]
    numbers = f"0 of {asked.count(False)} checks passed, 0 of {asked.count(True)} texts written."
    assert summary(runs_folder() / "nothing").startswith(f"{numbers}\n  not run yet: 01_load,")


# A second copy


@pytest.mark.parametrize(
    "name",
    [
        "01_load (1).ipynb",
        "01_load-Copy1.ipynb",
        "01_load_v2.ipynb",
        "01_load.ipynb.txt",
        "Copy of 01_load.ipynb",
        "01_LOAD final.ipynb",
        "Untitled.ipynb",  # by the exercises in it
    ],
)
def test_a_second_copy_beside_a_lesson_is_named_with_what_is_in_it(run, course, name):
    student = course / "student"
    (student / "01_load.ipynb").rename(student / name)
    shutil.copy(COURSE / "student" / "01_load.ipynb", student)
    said = notes(run, course)
    assert (
        f"student/{name} (3 answers) is not run and not handed in: 01_load.ipynb is (no answers)."
    ) in said
    assert (student / name).exists()


def test_other_files_beside_the_lessons_are_no_copies(run, course):
    (course / "student" / "notes.ipynb").write_text('{"cells": []}')
    (course / "student" / "README.md").write_text("mine")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[new_code_cell("1")]), course / "student" / "try.ipynb"
    )
    (course / "student" / ".ipynb_checkpoints").mkdir()
    shutil.copy(
        COURSE / "student" / "01_load.ipynb",
        course / "student" / ".ipynb_checkpoints" / "01_load-checkpoint.ipynb",
    )
    assert notes(run, course) == ""


def test_a_second_copy_that_cannot_be_read_is_named_all_the_same(run, course):
    (course / "student" / "04_lenet5 (2).ipynb").write_text("<<<<<<< HEAD")
    assert "04_lenet5 (2).ipynb (it cannot be read) is not run" in notes(run, course)


# What is in the run and what is not


def test_the_solutions_are_recognised(run, course):
    shutil.copy(course / "notebooks" / "04_lenet5.ipynb", run / "notebooks")
    said = notes(run, course)
    assert "Run with the solutions: 04_lenet5." in said
    assert "make run-all NOTEBOOKS=student" in said


def test_what_was_changed_since_or_never_run_is_named(run, course):
    change(
        course / "student" / "04_lenet5.ipynb",
        lambda n: cell_of(n, "04-conclusion").update(source="Another conclusion."),
    )
    executed(run, "01_load").unlink()
    assert (
        "Not in the run as they are in student now: 01_load, 04_lenet5. "
        "Run them: make run-all NOTEBOOKS=student"
    ) in notes(run, course)


def test_a_never_run_notebook_without_answers_is_no_news(run, course):
    executed(run).unlink()
    shutil.copy(COURSE / "student" / "04_lenet5.ipynb", course / "student")
    assert notes(run, course) == ""


def test_conflict_marks_are_said_and_nobodys_work_is_touched(run, course):
    path = course / "student" / "04_lenet5.ipynb"
    path.write_text("<<<<<<< HEAD\n{}")
    assert "into which git has put two versions" in notes(run, course)
    assert summary(run).startswith("5 of 5")
    assert path.read_text() == "<<<<<<< HEAD\n{}"


@pytest.mark.parametrize("place", ["notebooks/scratch", "notebooks/01_load", "run/01_load"])
def test_a_damaged_notebook_is_named_and_passed_over(run, course, place):
    path = course / f"{place}.ipynb" if place.startswith("note") else executed(run, "01_load")
    path.write_text("{")
    told = notes(run, course)
    assert f"Expected a Jupyter notebook. Received: {path}, which cannot be read" in told
    assert told.count("Received") == 1
    assert "texts written" in summary(run)
    assert "04_lenet5" in progress.look(run, course / "student").lessons


def test_a_notebook_that_is_no_lesson_is_none(run, course):
    before = notes(run, course), summary(run)
    shutil.copy(COURSE / "notebooks" / "02_analyze.ipynb", course / "notebooks" / "tried.ipynb")
    assert (notes(run, course), summary(run)) == before


def test_another_run_is_named_in_what_to_do(course):
    run = make_run(runs_folder() / "mine", lessons="01_*")
    assert "make run-all RUN=mine NOTEBOOKS=student" in notes(run, course)


# What grading would not find


def test_cells_that_are_gone_emptied_or_hide_something_are_named(run, course):
    def edit(notebook):
        notebook["cells"].remove(cell_of(notebook, "04-08"))
        cell_of(notebook, "04-10")["source"] = "1"
        error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
        cell_of(notebook, "04-12")["outputs"] = [error]
        cell_of(notebook, "04-12")["metadata"]["tags"] = ["raises-exception"]
        cell_of(notebook, "04-14")["metadata"]["tags"] = ["injected-parameters"]

    change(executed(run), edit)
    said = notes(run, course)
    for part in (
        "student/04_lenet5.ipynb: cells of the lesson are gone, so that it does not count as "
        "executed: 04-08 (",
        "little is left of these cells, so that it does not count as executed: 04-10 (",
        "an error counts, whatever the tag raises-exception says: 04-12 (",
        "only papermill's own cells should have this tag: 04-14 (",
    ):
        assert part in said


def test_too_much_output_is_said_with_the_cell_that_makes_it(run, course, monkeypatch):
    text = new_output("stream", text="x" * 3_000_000)
    change(executed(run), lambda n: cell_of(n, "04-08").update(outputs=[text]))
    assert notes(run, course) == ""
    monkeypatch.setattr(progress, "LARGEST_MEMBER", 2_000_000)
    said = notes(run, course)
    assert "04_lenet5 holds 3 MB; grading reads at most 2 MB" in said
    assert "this cell puts out: 04-08 (" in said


def test_the_limits_are_those_of_grading():
    from fer_kit.grading import archive

    assert progress.LARGEST_MEMBER is limits.LARGEST_MEMBER is archive.LARGEST_MEMBER


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ({}, "Not signed yet (name, id): make bundle STUDENT="),
        ({"name": "Ada"}, "Not signed yet (id):"),
        ({"id": "s1"}, "Not signed yet (name):"),
    ],
)
def test_a_missing_name_or_id_is_said(run, course, student, said):
    write_json(run / "student.json", student)
    assert said in notes(run, course)


def test_another_run_than_was_asked_for_is_said(run, course):
    write_json(run / "config.json", read_json(run / "config.json") | {"profile": "smoke"})
    assert "The course asks for profile 'quick'; this run has 'smoke'." in notes(run, course)


def test_results_that_count_and_are_not_there_are_said(run, course):
    metrics = read_json(run / METRICS)
    metrics["models"].pop("cnn")
    write_json(run / METRICS, metrics)
    assert "no results of cnn, which count" in notes(run, course)


def test_a_run_that_is_not_there_is_a_sentence_with_those_that_are(run, course):
    with pytest.raises(InputError, match="There are: synthetic-quick. Begin with make run NB=01"):
        progress.look_at_run("synthetic-smoke", course / "student")
    done = progress.look_at_run("synthetic-quick", course / "student")
    assert set(done.lessons) == set(LESSONS)


def test_an_untouched_course_is_all_open(course):
    run = make_run(runs_folder() / "synthetic-quick", lessons="0[14]_*")
    for name in LESSONS:
        notebook = nbformat.read(run / "notebooks" / f"{name}.ipynb", as_version=4)
        given = nbformat.read(COURSE / "student" / f"{name}.ipynb", as_version=4)
        for cell, released in zip(notebook.cells, given.cells, strict=True):
            if is_solution(cell):
                cell.source = released.source
            if cell.id.endswith("-check"):
                cell.outputs = []
        nbformat.write(notebook, run / "notebooks" / f"{name}.ipynb")
    told = progress.summary(progress.look(run, course / "student"))
    assert "0 of 5 checks passed, 0 of 2 texts written." in told
    assert "failed" not in told
