"""Finding a lesson's cells in a student's notebook, whatever editor has saved it."""

import json
import random

import nbformat
import pytest
from submissions import COURSE

from fer_kit.course.compare import read_released
from fer_kit.course.executed import is_solution, read_notebook
from fer_kit.course.matching import cell_text, match

RELEASED = read_released(COURSE / "student", COURSE / "notebooks")
LESSONS = sorted(RELEASED)


def answered(name: str) -> list[dict]:
    """A lesson's cells with every answer filled in."""
    cells = json.loads(json.dumps(read_notebook(COURSE / "student" / f"{name}.ipynb").cells))
    solved = {c.id: c for c in read_notebook(COURSE / "notebooks" / f"{name}.ipynb").cells}
    for cell in cells:
        if is_solution(cell):
            cell["source"] = solved[cell["id"]]["source"]
    return cells


def found(name: str, cells: list[dict]) -> dict[str, str]:
    """For each given cell the mark that `marked` has put onto the one that was found."""
    given = list(RELEASED[name].cells.values())
    return {key: cell["mark"] for key, cell in match(given, cells).items()}


def marked(name: str) -> list[dict]:
    """The answered cells, each remembering under "mark" which one it is."""
    return [cell | {"mark": cell["id"]} for cell in answered(name)]


# What editors do to the cells of a notebook.


def without_ids(cells):
    """Jupyter before 2021, and others that write nbformat 4.4."""
    return [{k: v for k, v in cell.items() if k != "id"} for cell in cells]


def with_new_ids(cells):
    return [
        cell | {"id": f"{random.Random(n).getrandbits(32):08x}"} for n, cell in enumerate(cells)
    ]


def with_ids_of_colab(cells):
    """In the metadata, and a badge in front."""
    badge = {"cell_type": "markdown", "source": "badge", "mark": "badge"}
    badge["metadata"] = {"id": "view-in-github", "colab_type": "text"}
    named = [cell | {"metadata": cell["metadata"] | {"id": cell["id"]}} for cell in cells]
    return [badge, *without_ids(named)]


def with_numbers_for_ids(cells):
    return [cell | {"id": str(number)} for number, cell in enumerate(cells)]


def without_metadata(cells):
    return [cell | {"metadata": {}} for cell in without_ids(cells)]


def with_spaces_and_lines(cells):
    """What formatters on saving leave behind."""
    return [
        cell | {"source": [f"{line}  \n" for line in f"{cell['source']}\n".splitlines()]}
        for cell in without_ids(cells)
    ]


def with_own_cells(cells):
    """A student who takes notes after every cell."""
    notes = [
        {"cell_type": kind, "source": text, "metadata": {}, "mark": "note"}
        for kind, text in (("markdown", "What I think"), ("code", "x = 1"))
    ]
    return [part for cell in with_new_ids(cells) for part in (cell, *notes)]


EDITORS = [
    lambda cells: cells,
    without_ids,
    with_new_ids,
    with_ids_of_colab,
    with_numbers_for_ids,
    without_metadata,
    with_spaces_and_lines,
    with_own_cells,
]


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("saved", EDITORS)
def test_every_cell_is_found_however_the_notebook_was_saved(name, saved):
    given = RELEASED[name].cells
    assert found(name, saved(marked(name))) == {key: key for key in given}


def test_a_file_saved_as_44_and_read_again_is_found(tmp_path):
    path = tmp_path / "04_lenet5.ipynb"
    cells = without_ids(answered("04_lenet5"))
    told = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(told), encoding="utf-8")
    read = nbformat.read(path, as_version=4)  # gives every cell an id by chance
    cells = match(list(RELEASED["04_lenet5"].cells.values()), read.cells)
    assert set(cells) == set(RELEASED["04_lenet5"].cells)


def test_a_copied_cell_does_not_stand_for_the_original():
    cells = marked("04_lenet5")
    check = next(c for c in cells if c["id"] == "04-single-softmax-check")
    copy = check | {"id": "a1b2", "source": "print('mine')", "mark": "copy"}
    cells.insert(0, copy)
    assert found("04_lenet5", cells)["04-single-softmax-check"] == "04-single-softmax-check"
    assert (
        found("04_lenet5", without_ids(cells))["04-single-softmax-check"]
        == "04-single-softmax-check"
    )


@pytest.mark.parametrize("name", ["04-conclusion", "04-single-softmax"])
@pytest.mark.parametrize("keeps_metadata", [True, False])
def test_an_answer_in_a_copy_or_a_new_cell_is_the_answer(name, keeps_metadata):
    cells = marked("04_lenet5")
    (place,) = (number for number, cell in enumerate(cells) if cell["id"] == name)
    about = cells[place]["metadata"] if keeps_metadata else {}
    own = cells[place] | {"id": "new", "mark": "own", "metadata": about}
    cells[place] = cells[place] | {"source": RELEASED["04_lenet5"].cells[name].source}
    cells.insert(place + 1, own)
    assert found("04_lenet5", cells)[name] == "own"


def test_a_note_beside_an_answer_is_no_answer():
    cells = marked("04_lenet5")
    (place,) = (n for n, cell in enumerate(cells) if cell["id"] == "04-single-softmax")
    cells[place] = cells[place] | {
        "source": RELEASED["04_lenet5"].cells["04-single-softmax"].source
    }
    note = {"cell_type": "code", "source": "try_out = 3", "metadata": {}, "mark": "note"}
    cells.insert(place + 1, note)
    assert found("04_lenet5", cells)["04-single-softmax"] == "04-single-softmax"


def test_an_answer_whose_cell_was_deleted_and_written_anew_is_found():
    cells = marked("04_lenet5")
    (place,) = (number for number, cell in enumerate(cells) if cell["id"] == "04-conclusion")
    cells[place] = {"cell_type": "markdown", "source": "I conclude.", "metadata": {}, "mark": "own"}
    assert found("04_lenet5", cells)["04-conclusion"] == "own"


def test_what_is_gone_is_not_found():
    cells = [cell for cell in marked("04_lenet5") if cell["id"] != "04-08"]
    assert set(RELEASED["04_lenet5"].cells) - set(found("04_lenet5", cells)) == {"04-08"}
    assert found("04_lenet5", []) == {}


def test_a_cell_of_another_type_is_another_cell():
    cells = marked("04_lenet5")
    (place,) = (number for number, cell in enumerate(cells) if cell["id"] == "04-04")
    assert cells[place]["cell_type"] == "code"
    cells[place] = cells[place] | {"cell_type": "raw"}
    assert "04-04" not in found("04_lenet5", cells)


def test_an_edited_cell_without_a_name_is_found_by_its_place():
    cells = without_ids(marked("04_lenet5"))
    edited = next(c for c in cells if c["mark"] == "04-08")
    edited["source"] = edited["source"].replace("(", "( ") + "\n# mine"
    assert found("04_lenet5", cells)["04-08"] == "04-08"


@pytest.mark.parametrize("name", LESSONS)
def test_the_originals_without_hidden_tests_are_what_students_get(name):
    made = read_released(COURSE / "notebooks", COURSE / "notebooks")[name]
    for key, cell in list(RELEASED[name].cells.items())[3:]:  # the first three lead to the copy
        if not is_solution(cell):
            assert cell_text(made.cells[key]) == cell_text(cell)
