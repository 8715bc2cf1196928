"""The notebooks keep one form, so that a student who knows one finds the way in all of them."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from fer_kit.course.executed import read_exercises

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 20  # lines of code, blank ones not counted
MOST_WORDS, MOST_CELLS = 2000, 35  # of a lesson: prose with tasks and answers; cells of code
SECTIONS = ("Setup", "Parameters", "Summary", "Exercises", "Next")
FIVE = {"run": "str", "dataset": "str", "data": "str", "profile": "str", "seed": "int"}
# What draws pixels of faces; `gallery` is a function of lesson 08.
SHOWS_PIXELS = ("sheet", "captioned", "pixels", "principal_direction", "gallery")
DRAWN_IN_EVERY_RUN = ("'01-action-units'",)

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str | None = None) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if kind in (None, cell.cell_type)]


def python(cell: nbformat.NotebookNode) -> str:
    """The cell without IPython's own lines, which are no Python: !command and %magic."""
    return re.sub(r"^(\s*)[!%].*$", r"\1pass", cell.source, flags=re.MULTILINE)


def trees(path: Path) -> list[ast.Module]:
    return [ast.parse(python(cell)) for cell in cells(path, "code")]


def tagged(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in cells(path) if "parameters" in cell.metadata.get("tags", [])]


def test_it_is_a_valid_notebook_for_any_python_3(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.language == "python"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_nothing_of_an_execution_is_stored(path):
    for cell in cells(path, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None
    for cell in cells(path):
        assert set(cell.metadata) <= {"tags", "nbgrader", "jupyter"}


def is_answer(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell folds an answer away, which follows its figure without further words."""
    return cell.cell_type == "code" and cell.id.endswith("-answer")


def test_only_the_source_of_answers_is_hidden_from_who_has_not_opened_them(path):
    for cell in cells(path):
        hidden = cell.metadata.get("jupyter", {})
        assert hidden == ({"source_hidden": True} if is_answer(cell) else {}), cell.id
        if is_answer(cell):
            assert "fk.reveal(" in cell.source


def test_one_cell_holds_the_parameters_as_annotated_literals(path):
    (cell,) = tagged(path)
    declared = {}
    for line in cell.source.splitlines():
        assert line.count("=") == 1, f"papermill overlooks a line with a second '=': {line}"
        assert re.search(r"  # \S", line), f"a parameter without an explanation: {line}"
        (statement,) = ast.parse(line).body
        ast.literal_eval(statement.value)
        declared[statement.target.id] = ast.unparse(statement.annotation)
    assert FIVE.items() <= declared.items()


def test_code_cells_are_short(path):
    for cell in cells(path, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= LONGEST_CELL, f"{len(lines)} lines, from {lines[0]!r} on"


def test_a_lesson_has_a_bearable_length(path):
    assert sum(len(cell.source.split()) for cell in cells(path, "markdown")) <= MOST_WORDS
    assert len(cells(path, "code")) <= MOST_CELLS


def test_it_begins_with_its_title_and_what_will_be_learned(path):
    first = cells(path)[0]
    assert first.cell_type == "markdown"
    assert re.match(rf"# {path.stem.split('_')[0]} · \S", first.source)
    assert "What you will learn" in first.source
    assert "(../docs/glossary.md)" in first.source


def test_it_has_the_sections_that_all_have_in_their_order(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)
    assert len(re.findall(r"^# ", text, flags=re.MULTILINE)) == 1


def test_exercises_are_counted_in_their_headings(path):
    titles = [exercise.title for exercise in read_exercises(nbformat.read(path, as_version=4))]
    counted = [re.match(r"Exercise (\d+) · \S", title) for title in titles]
    assert [found and int(found[1]) for found in counted] == list(range(1, len(titles) + 1))


def test_every_code_cell_is_introduced(path):
    for before, cell in pairwise(cell for cell in cells(path) if not is_answer(cell)):
        assert (before.cell_type, cell.cell_type) != ("code", "code"), cell.source


def test_lessons_define_no_classes_and_need_no_particular_backend(path):
    for tree in trees(path):
        for node in ast.walk(tree):
            assert not isinstance(node, ast.ClassDef), f"class {node.name}"
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
                assert [alias.name for alias in node.names] != ["*"]
            else:
                continue
            assert not any(name.split(".")[0] in ("tensorflow", "jax") for name in names)


def test_a_model_of_another_lesson_is_compared_with_its_card(path):
    if path.stem != "12_save":  # which is about loading a model, and reads the card itself
        code = "\n".join(map(python, cells(path, "code")))
        assert not re.search(r"(?<!fk)\.load_model\(lab\.need", code)


def test_every_figure_has_an_alternative_text(path):
    for tree in trees(path):
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "show":
                given = {keyword.arg for keyword in call.keywords}
                assert "alt" in given, ast.unparse(call)


def test_a_figure_of_numbers_says_that_it_shows_nobody_and_no_other_does(path):
    """Else it is not handed in from a run on real faces; see `Run.show`."""
    for tree in trees(path):
        drawn = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                drawn[ast.unparse(node.targets[0])] = ast.unparse(node.value.func)
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "lab.show"):
                continue
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            axes, name = (ast.unparse(argument) for argument in node.args)
            shows_pixels = drawn[axes].removeprefix("fk.plots.") in SHOWS_PIXELS
            says_nobody = given.get("people") == "False" and name not in DRAWN_IN_EVERY_RUN
            assert says_nobody is not shows_pixels, f"{name}: people={given.get('people')}"


def test_links_between_notebooks_lead_somewhere(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (path.parent / target).exists(), target
