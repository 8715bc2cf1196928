"""What of a notebook leaves: figures that show nobody, words and tables, and nothing else."""

import base64
import json
from io import BytesIO

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from PIL import Image

from fer_kit.check.answers import OUTCOME
from fer_kit.course.leaving import figures_of, packing_list, take_out, take_out_of_json


def png() -> bytes:
    face = np.random.default_rng(0).integers(0, 256, (24, 24), np.uint8)
    file = BytesIO()
    Image.fromarray(face).save(file, "png")
    return file.getvalue()


FACE = base64.b64encode(png()).decode()
ADDRESS = f"data:image/png;base64,{FACE}"


def display(**data) -> nbformat.NotebookNode:
    return new_output("display_data", {k.replace("__", "/"): v for k, v in data.items()})


def figure(**about) -> nbformat.NotebookNode:
    told = {"name": "04-loss", "title": "Loss", "alt": "A line", "people": False, "why": "numbers"}
    return new_output("display_data", {"image/png": FACE}, metadata={"image/png": told | about})


def notebook_of(*outputs, source: str = "1", **more) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_code_cell(source, outputs=list(outputs), **more)])


def holds_face(notebook: nbformat.NotebookNode) -> bool:
    """Whether any piece of the picture is in the notebook, in one of the forms used here."""
    text = str(notebook).lower().replace("\\\\", "\\")
    forms = [FACE.lower(), png().hex(), repr(png())[2:-1].lower()]
    pieces = [form[at : at + 40] for form in forms for at in range(0, len(form) - 40, 40)]
    return any(piece in text for piece in pieces)


OUTPUTS = {
    "a plot": display(image__png=FACE, text__plain="<Figure size 640x480>"),
    "a photograph": display(image__jpeg=FACE),
    "a GIF": display(image__gif=FACE),
    "a WebP in capitals": new_output("display_data", {"IMAGE/WEBP": FACE}),
    "a drawing": display(**{"image__svg+xml": f"<svg><image href='{ADDRESS}'/></svg>"}),
    "a PDF": display(application__pdf=FACE),
    "a video": display(video__mp4=FACE),
    "sound": display(audio__wav=FACE),
    "data": display(application__json={"face": FACE}),
    "data as bytes": display(**{"application__octet-stream": FACE}),
    "a program": display(application__javascript=f"show('{ADDRESS}')"),
    "a plot of Plotly": display(**{"application__vnd.plotly.v1+json": {"z": [[70, 71]]}}),
    "a form that nobody knows": display(**{"x__y": FACE}),
    "a check": new_output("display_data", {OUTCOME: {"passed": True, "message": FACE}}),
    "HTML": display(text__html=f'<b>me</b><img src="{ADDRESS}">'),
    "HTML in capitals": display(text__html=f"<IMG SRC='{ADDRESS.swapcase()}'>"),
    "HTML with references": display(text__html=f'<img src="&#100;ata:image/png;base64,{FACE}">'),
    "HTML within HTML": display(text__html=f"<iframe srcdoc='&lt;img src={ADDRESS}&gt;'>"),
    "a style": display(text__html=f"<style>b {{ background: url({ADDRESS}) }}</style><b>x</b>"),
    "an attribute": display(text__html=f'<p title="{FACE}">x</p><q cite="{ADDRESS}">y</q>'),
    "a comment": display(text__html=f"<!-- {FACE} --><b>x</b>"),
    "colours": display(
        text__html=pd.DataFrame(np.eye(24)).style.background_gradient("gray").to_html()
        + f"<table><td style='--x: url({ADDRESS})' bgcolor='#464646'>"
    ),
    "Markdown": display(text__markdown=f"![me]({ADDRESS})"),
    "LaTeX": display(text__latex=rf"\includegraphics{{{ADDRESS}}}"),
    "words": display(text__plain=FACE),
    "a value": new_output("execute_result", {"text/plain": repr(png())}, execution_count=1),
    "what was printed": new_output("stream", name="stdout", text=f"face: {FACE}\n"),
    "what was complained": new_output("stream", name="stderr", text=png().hex()),
    "an error": new_output("error", ename="E", evalue=FACE, traceback=["Traceback", FACE]),
    "an error's name": new_output("error", ename=FACE, evalue="", traceback=[]),
    "a figure of people": figure(people=True, why="real faces (fer2013)"),
    "a figure nobody knows": figure(people="no"),
    "what is noted elsewhere": new_output(
        "display_data",
        {"text/plain": "x"},
        metadata={"thumbnail": FACE, "text/plain": {"preview": FACE}},
    ),
    "what is noted of a figure": figure(thumbnail=FACE, people=True),
    "a figure that is another form": new_output(
        "display_data", {"image/jpeg": FACE}, metadata={"image/png": {"name": "a", "people": False}}
    ),
}


@pytest.mark.parametrize("what", OUTPUTS)
def test_a_picture_stays_in_whatever_form_it_is(what):
    notebook = notebook_of(OUTPUTS[what])
    assert holds_face(notebook) or what == "a plot of Plotly"
    items = take_out(notebook, "04_lenet5")
    assert not holds_face(notebook)
    nbformat.validate(notebook)
    assert figures_of(notebook) == {}
    assert not [item for item in items if item.leaves]
    if "noted" not in what and what not in ("a comment", "a style", "an attribute", "colours"):
        assert items, "it was not said"


CELLS = {
    "Markdown": new_markdown_cell(f"My answer.\n\n![me]({ADDRESS})"),
    "an attachment": new_markdown_cell(
        "My answer. ![me](attachment:me.png)", attachments={"me.png": {"image/png": FACE}}
    ),
    "an attachment of code": new_code_cell("1  # My answer.")
    | {"attachments": {"a": {"b/c": FACE}}},
    "something that no cell has": new_raw_cell("My answer.") | {"thumbnail": FACE},
    "something that no output has": new_code_cell("# My answer.")
    | {"outputs": [display(text__plain="x") | {"thumbnail": FACE}]},
    "a raw cell": new_raw_cell(f"My answer. {FACE}"),
    "code": new_code_cell(f'# My answer.\nface = "{FACE}"'),
    "metadata": new_code_cell("# My answer.", metadata={"thumbnail": FACE, "tags": [FACE]}),
    "an exercise's metadata": new_markdown_cell(
        "My answer.", metadata={"nbgrader": {"grade_id": FACE}}
    ),
}


@pytest.mark.parametrize("what", CELLS)
def test_a_picture_in_a_cell_stays_and_the_words_leave(what):
    notebook = nbformat.from_dict(new_notebook() | {"cells": [CELLS[what]], "cover": FACE})
    assert holds_face(notebook)
    take_out(notebook, "04_lenet5")
    assert not holds_face(notebook)
    assert "My answer." in notebook.cells[0].source


@pytest.mark.parametrize(
    "metadata",
    [
        {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": FACE}}}},
        {"papermill": {"parameters": {"face": FACE}}},
        {"kernelspec": {"name": "python3", "display_name": FACE}},
        {"colab": {"cover": FACE}},
    ],
)
def test_a_picture_in_what_a_notebook_notes_stays(metadata):
    notebook = new_notebook(cells=[new_code_cell("1")], metadata=metadata)
    take_out(notebook, "04_lenet5")
    assert not holds_face(notebook)


def test_a_picture_in_a_widget_is_said():
    state = {"state": {"a": {"model_name": "ImageModel"}, "b": {"data": FACE}}}
    notebook = new_notebook(metadata={"widgets": {"widget-state": state}})
    assert [item.why for item in take_out(notebook, "04_lenet5")] == ["in a widget"]


# What leaves


def test_a_figure_that_shows_nobody_leaves_with_what_is_noted_of_it():
    notebook = notebook_of(figure(width=640, thumbnail="x"))
    (item,) = take_out(notebook, "04_lenet5")
    assert (item.what, item.where, item.why, item.leaves) == ("figure", "04-loss", "numbers", True)
    picture, about = figures_of(notebook)["04-loss"]
    assert picture == FACE
    assert about["width"] == 640
    assert "thumbnail" not in about


def test_words_tables_and_checks_leave():
    check = {"check": "f", "passed": True, "message": "✓ f: right."}
    table = pd.DataFrame({"happy": [0.5]}).to_html()
    notebook = notebook_of(
        new_output("stream", name="stdout", text="accuracy 0.5\n"),
        display(text__html=table, text__plain="happy 0.5"),
        new_output("display_data", {OUTCOME: check, "text/plain": "✓"}),
        display(text__markdown="| a |\n|---|\n| 1 |"),
        metadata={"tags": ["parameters"], "nbgrader": {"grade_id": "a"}},
    )
    assert take_out(notebook, "04_lenet5") == []
    (cell,) = notebook.cells
    assert cell.metadata == {"tags": ["parameters"], "nbgrader": {"grade_id": "a"}}
    stream, html, outcome, markdown = cell.outputs
    assert stream.text == "accuracy 0.5\n"
    assert "<td>0.5</td>" in html.data["text/html"]
    assert outcome.data[OUTCOME] == check
    assert markdown.data["text/markdown"].startswith("| a |")


def test_the_words_beside_a_picture_leave():
    notebook = notebook_of(display(text__html=f"<b>Anna</b><img src='{ADDRESS}' alt='smiling'>"))
    take_out(notebook, "04_lenet5")
    assert notebook.cells[0].outputs[0].data["text/html"] == "<b>Anna</b>smiling"


def test_a_bar_of_progress_leaves_its_words():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "ab" * 16}}
    notebook = notebook_of(new_output("display_data", view | {"text/plain": "100%"}))
    assert take_out(notebook, "04_lenet5") == []
    assert notebook.cells[0].outputs[0].data == {"text/plain": "100%"}


def test_a_description_stands_for_a_picture():
    notebook = notebook_of(figure(people=True))
    take_out(notebook, "04_lenet5")
    told = notebook.cells[0].outputs[0].data
    assert told == {"text/plain": "(A picture, left out of the bundle: A line.)"}


GRIDS = {
    "a row": list(range(256)),
    "rows": [[70, 71, 72] * 4] * 12,
    "colours": [[[70, 71, 72]] * 24] * 24,
    "by place": {str(place): 70 for place in range(256)},
    "by row and column": {str(y): {str(x): 70 for x in range(48)} for y in range(48)},
    "rows under names": {"a": [[70] * 24] * 24},
    "in a text": FACE,
    "an address": f"face: {ADDRESS}",
}


@pytest.mark.parametrize("form", GRIDS)
def test_results_leave_without_what_may_be_a_picture(form):
    told = {"accuracy": 0.5, "models": {"cnn": {"face": GRIDS[form], "f1": [0.1, 0.2]}}}
    kept = json.dumps(take_out_of_json(told))
    assert "70, 7" not in kept.replace('"', "")
    assert FACE[:40] not in kept
    assert '"accuracy": 0.5' in kept
    assert '"f1": [0.1, 0.2]' in kept


def test_results_of_many_models_leave_as_they_are():
    scores = {f"score {number}": 0.1 for number in range(30)} | {"accuracy_95": [0.1, 0.2]}
    told = {"models": {f"model{number}": scores for number in range(30)}, "seeds": list(range(40))}
    told["strengths"] = {name: {str(n): 0.1 for n in range(6)} for name in "abcdefghijklmnopqr"}
    assert take_out_of_json(told) == told


def test_the_list_has_a_line_for_each_reason():
    notebook = notebook_of(
        figure(),
        figure(name="04-two"),
        figure(name="04-me", people=True, why="after me.jpg"),
        display(image__png=FACE),
    )
    assert packing_list(take_out(notebook, "04_lenet5")).splitlines() == [
        "Packed:",
        "  2 figures    numbers",
        "Not packed:",
        "  1 figure     after me.jpg: 04-me",
        "  1 picture    shown without lab.show, so nobody knows what it shows: 04_lenet5, cell 1",
    ]
