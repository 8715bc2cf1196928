"""The house keeps its plan: what imports what, and what a lesson reads. CONTRIBUTING tells it."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from house import LIBRARY, circle, found_in, imported, modules

import fer_kit

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

# Rooms that a lesson walks into by their door; they and what lies flat are the ground floor.
OPEN = {"datasets", "synthetic", "networks", "fusion", "check", "camera"}
# Above it, each room with those that it may look down into.
ABOVE = {
    "course": set(),
    "zoo": {"course"},
    "grading": {"course"},
    "cli": {"course", "zoo", "grading"},
}
# All that the zoo takes from the course: what computes, and doing things side by side.
ZOO_TAKES = {"fer_kit.course.environment", "fer_kit.course.workers"}


def room(name: str) -> str:
    """ "course" for fer_kit.course.report; "" for what lies flat or in an open room."""
    first = name.split(".")[1] if "." in name else ""
    is_room = first in ABOVE or (LIBRARY / first).is_dir()
    return first if is_room and first not in OPEN else ""


def read_by_lessons() -> set[str]:
    """The modules that the notebooks import or reach as `fk.NAME`."""
    found = set()
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        code = re.sub(r"^(\s*)[!%].*$", r"\1pass", "\n".join(cells), flags=re.MULTILINE)
        tree = ast.parse(code)
        found |= found_in(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "fk":
                value = getattr(fer_kit, node.attr)
                found.add(getattr(value, "__module__", None) or getattr(value, "__name__", ""))
    return found & set(modules())


@pytest.mark.parametrize("name", modules())
def test_no_module_imports_upwards(name):
    for other in imported(name):
        if room(other) and room(other) != room(name):
            assert room(other) in ABOVE.get(room(name), set()), f"{name} imports {other}"
        if room(name) == "zoo" and room(other) == "course":
            assert other in ZOO_TAKES, f"{name} imports {other}"


def test_every_room_has_its_place_in_the_plan():
    rooms = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    assert rooms <= OPEN | set(ABOVE)


def test_no_modules_import_each_other_in_a_circle():
    assert circle() == []


def test_the_table_of_lessons_imports_nothing_but_errors():
    assert imported("fer_kit.lessons") == {"fer_kit.errors"}


def test_a_lesson_reads_only_what_lies_flat_or_in_an_open_room():
    assert {name for name in read_by_lessons() if room(name)} <= {"fer_kit.course.report"}


def test_what_lies_flat_is_what_lessons_read():
    """Read by a lesson itself, or by what a lesson reads; all else belongs into a room."""
    reached, waiting = set(), read_by_lessons()
    while waiting:
        reached |= waiting
        waiting = {other for name in waiting for other in imported(name)} - reached
    flat = {name for name in modules() if name.count(".") == 1} - {
        f"fer_kit.{name}" for name in OPEN | set(ABOVE)
    }
    assert flat - reached == set()
