"""The students' copies: no solutions, no hidden tests, never stale."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from fer_kit.course.executed import EMPTY, is_check, is_solution, read_exercises
from fer_kit.course.student import stale_student_copies, write_student_copies
from fer_kit.errors import InputError

COURSE = Path(__file__).parents[2]
LESSONS = sorted((COURSE / "notebooks").glob("*.ipynb"))


def read(folder: str, name: str) -> nbformat.NotebookNode:
    return nbformat.read(COURSE / folder / name, as_version=4)


def test_the_copies_in_the_repository_are_up_to_date():
    stale = stale_student_copies(COURSE / "student", COURSE / "notebooks")
    assert stale == [], f"Run make student and commit: {', '.join(stale)}"


def test_a_changed_a_missing_and_a_foreign_copy_are_stale(tmp_path):
    write_student_copies(tmp_path, COURSE / "notebooks")
    gone = (tmp_path / "01_load.ipynb").read_text(encoding="utf-8").replace('"01-', '"13-')
    (tmp_path / "01_load.ipynb").unlink()
    (tmp_path / "13_gone.ipynb").write_text(gone, encoding="utf-8")
    path = tmp_path / "03_preprocess.ipynb"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    stale = ["01_load.ipynb", "03_preprocess.ipynb", "13_gone.ipynb"]
    assert stale_student_copies(tmp_path, COURSE / "notebooks") == stale
    write_student_copies(tmp_path, COURSE / "notebooks")
    assert stale_student_copies(tmp_path, COURSE / "notebooks") == []


def answer(notebook):
    next(cell for cell in notebook.cells if cell.id == "01-afraid").source = "AU20, I think."


def run_a_cell(notebook):
    next(cell for cell in notebook.cells if cell.cell_type == "code").execution_count = 1


def add_a_cell(notebook):
    notebook.cells.append(nbformat.v4.new_markdown_cell("A note"))


@pytest.mark.parametrize("change", [answer, run_a_cell, add_a_cell])
def test_nobodys_work_is_overwritten(tmp_path, change):
    write_student_copies(tmp_path, COURSE / "notebooks")
    for name, other in (("01_load", "02_analyze"), ("01_load (1)", "02_analyze")):
        path = tmp_path / f"{name}.ipynb"
        notebook = nbformat.read(COURSE / "student" / "01_load.ipynb", as_version=4)
        change(notebook)
        nbformat.write(notebook, path)
        (tmp_path / f"{other}.ipynb").unlink(missing_ok=True)
        before = path.read_bytes()
        with pytest.raises(InputError, match=re.escape(path.name)):
            write_student_copies(tmp_path, COURSE / "notebooks")
        assert path.read_bytes() == before
        assert not (tmp_path / f"{other}.ipynb").exists()
        path.unlink()


@pytest.mark.parametrize("text", ["<<<<<<< HEAD", "", "{}"])
def test_what_cannot_be_read_may_be_work_and_stays(tmp_path, text):
    (tmp_path / "01_load.ipynb").write_text(text)
    with pytest.raises(InputError, match="01_load.ipynb"):
        write_student_copies(tmp_path, COURSE / "notebooks")
    assert (tmp_path / "01_load.ipynb").read_text() == text


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_nothing_of_a_solution_is_left(path):
    text = (COURSE / "student" / path.name).read_text(encoding="utf-8")
    assert not re.search("(BEGIN|END) (SOLUTION|HIDDEN TESTS)", text)
    for cell in read("student", path.name).cells:
        if is_solution(cell):
            assert EMPTY in cell.source or "raise NotImplementedError()" in cell.source
        if is_check(cell):
            assert "assert" not in cell.source
            assert "fk.check." in cell.source


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_has_exercises_in_four_beats_and_one_in_words(path):
    notebook = read("notebooks", path.name)
    exercises = read_exercises(notebook)
    assert 2 <= len(exercises) <= 5
    assert any(exercise.written for exercise in exercises)
    assert any(not exercise.written for exercise in exercises)
    ids = [cell.id for cell in notebook.cells]
    for exercise in exercises:
        beats = [f"{exercise.name}-task", exercise.name]
        if not exercise.written:
            beats += [f"{exercise.name}-check", f"{exercise.name}-hint"]
        places = [ids.index(beat) for beat in beats]
        assert places == sorted(places)
        assert exercise.title != exercise.name
        assert exercise.points > 0
        assert exercise.answer.strip()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_between_exercises_and_next_there_is_nothing_but_exercises(path):
    notebook = read("notebooks", path.name)
    names = {exercise.name for exercise in read_exercises(notebook)}
    (start,) = [n for n, cell in enumerate(notebook.cells) if "## Exercises" in cell.source]
    assert len(notebook.cells[start].source.split("## Exercises")[1].strip().splitlines()) == 1
    *exercises, last = notebook.cells[start + 1 :]
    assert last.source.startswith("## Next")
    for cell in exercises:
        assert any(cell.id == name or cell.id.startswith(f"{name}-") for name in names), cell.id


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_nbgraders_metadata_are_as_nbgrader_wants_them(path):
    from nbgrader.preprocessors import CheckCellMetadata

    notebook = read("notebooks", path.name)
    CheckCellMetadata().preprocess(notebook, {})
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and cell.cell_type == "code":
            assert "### BEGIN SOLUTION" in cell.source
        if about.get("grade") and cell.cell_type == "code":
            assert "### BEGIN HIDDEN TESTS" in cell.source


def test_badges_open_the_copy():
    first = read("student", "04_lenet5.ipynb").cells[0].source
    assert "student/04_lenet5.ipynb" in first
    assert "notebooks/04_lenet5.ipynb" not in first
    assert "%cd fer-kit/student" in read("student", "04_lenet5.ipynb").cells[2].source


def test_a_marker_without_its_end_is_a_sentence_and_nothing_is_written(tmp_path):
    (tmp_path / "notebooks").mkdir()
    notebook = json.loads((COURSE / "notebooks" / "03_preprocess.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = [line for line in cell["source"] if "END SOLUTION" not in line]
    (tmp_path / "notebooks" / "03_preprocess.ipynb").write_text(json.dumps(notebook))
    with pytest.raises(InputError, match="03_preprocess.ipynb"):
        write_student_copies(tmp_path / "student", tmp_path / "notebooks")
    assert not (tmp_path / "student").exists()


def test_no_notebooks_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="Received: none"):
        write_student_copies(tmp_path / "student", tmp_path)
