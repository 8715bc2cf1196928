"""What of an executed notebook may leave this machine, and why the rest stays.

A figure leaves if `lab.show` noted that it shows nobody. Of the other outputs, text and tables
leave unless a picture may hide in them; every other form stays, whatever it is. Lesson 12.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import nbformat

from fer_kit.check.answers import OUTCOME
from fer_kit.course.places import everywhere
from fer_kit.course.safe_html import sanitise
from fer_kit.embedded import MOST_NUMBERS, WIDEST_TABLE, holds_picture, without_pictures

FIGURE = "image/png"  # as which `lab.show` shows a figure
TEXTS = ("text/plain", "text/html", "text/markdown", "text/latex", OUTCOME)
WIDGET = "application/vnd.jupyter.widget-view+json"  # points into the notebook's metadata
# All that the format of notebooks knows.
NOTEBOOK = ("cells", "metadata", "nbformat", "nbformat_minor")
CELL = ("cell_type", "id", "metadata", "source", "attachments", "outputs", "execution_count")
OUTPUT = (
    *("output_type", "data", "metadata", "execution_count", "name", "text", "ename", "evalue"),
    "traceback",
)
# What Jupyter, papermill and nbgrader note. Other programs keep anything there, pictures too.
METADATA = ("kernelspec", "language_info", "papermill", "tags", "nbgrader", "editable", "deletable")
NOTED = ("name", "title", "alt", "people", "why", "width", "height")  # of a figure

# By the name of each figure: the picture in base64, and what was noted of it.
Figures = dict[str, tuple[str, dict[str, Any]]]

SHOWING = ("figure", "picture", "text", "output")  # what may show somebody
UNTOLD = "shown without lab.show, so nobody knows what it shows"
HIDDEN = "that may hide a picture (an address, a very long word, rows of numbers)"
LEFT_OUT = "(Left out of the bundle: it may hold a picture.)"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_PICTURE_TAG = re.compile(
    r"<(?:img|image|svg|video|audio|canvas|object|embed|iframe)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Item:
    """Something of a run that leaves or stays.

    Attributes:
        what: one of `SHOWING`, or "notebook", "table", "name".
        why: the reason.
        where: the name of a figure, or the lesson and the cell.
        leaves: whether it leaves.
    """

    what: str
    why: str
    where: str = ""
    leaves: bool = False


def take_out(notebook: nbformat.NotebookNode, lesson: str) -> list[Item]:
    """Take out of an executed notebook, in place, what may not leave.

    Args:
        lesson: its name, for the list.

    Returns:
        What was taken out, and the figures that remain.
    """
    items = []
    _forget_the_rest(notebook, NOTEBOOK)
    if holds_picture(_as_text(notebook.metadata.get("widgets", ""))):
        items.append(Item("picture", "in a widget", lesson))
    notebook.metadata = _known(notebook.metadata, METADATA)
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"{lesson}, cell {number}"
        _forget_the_rest(cell, CELL)
        cell.metadata = _known(cell.metadata, METADATA)
        pasted = cell.pop("attachments", {})
        cell.source, hidden = without_pictures(cell.source)
        items += [Item("picture", "pasted into a text", where)] * len(pasted)
        items += [Item("text", HIDDEN, where)] * hidden
        for output in cell.get("outputs", []):
            items += _take_out_of(output, where)
    return items


def take_out_of_json(value: Any) -> Any:
    """A value as JSON has them, without texts and lists that may hold a picture."""
    if isinstance(value, str):
        return without_pictures(value)[0]
    if not isinstance(value, Mapping | list):
        return value
    if _is_grid(value):
        return LEFT_OUT
    if isinstance(value, Mapping):
        return {name: take_out_of_json(part) for name, part in value.items()}
    return [take_out_of_json(part) for part in value]


def _is_grid(value: Any) -> bool:
    """Whether there are as many numbers in lists as only pixels have."""
    wide = [part for part in _row(value) if _numbers(part) > WIDEST_TABLE]
    return _numbers(value) > MOST_NUMBERS or len(wide) > WIDEST_TABLE


def _numbers(value: Any) -> int:
    return 1 if isinstance(value, int | float) else sum(map(_numbers, _row(value)))


def _row(value: Any) -> list[Any]:
    """A list, or what stands under numbers as in one; a dictionary with words for keys is none."""
    if isinstance(value, Mapping) and all(str(key).isdigit() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else []


def change_outputs(notebook: nbformat.NotebookNode, change: Callable[[str], str]) -> None:
    """Change every text in a notebook's outputs and in its parameters, in place."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = change(cell.source)
        for output in cell.get("outputs", []):
            for part in {"text", "evalue", "traceback", "data", "metadata"} & set(output):
                output[part] = everywhere(output[part], change)


def figures_of(notebook: nbformat.NotebookNode) -> Figures:
    """The figures in a notebook."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    noted = [(output, _noted(output)) for output in outputs]
    return {about["name"]: (output.data[FIGURE], about) for output, about in noted if about}


def all_figures(notebook: nbformat.NotebookNode) -> list[Item]:
    """The figures in a notebook, for the list of what leaves where everything was asked for."""
    return [Item("figure", "asked for", name, leaves=True) for name in figures_of(notebook)]


def packing_list(items: Sequence[Item]) -> str:
    """What leaves and what stays, each with its reason: a line for each kind."""
    kind, lines = attrgetter("what", "why"), []
    for title, leaves in (("Packed", True), ("Not packed", False)):
        lines.append(f"{title}:")
        chosen = [item for item in items if item.leaves is leaves]
        if not chosen:
            lines.append("  nothing")
        chosen.sort(key=kind)
        for (what, why), group in groupby(chosen, kind):
            places = [item.where for item in group]
            count = f"{len(places)} {what}{'s' if len(places) > 1 else ''}"
            named = "; ".join(dict.fromkeys(filter(None, places)))
            where = f": {named}" if named and not leaves else ""
            lines.append(f"  {count:<12} {why}{where}")
    return "\n".join(lines)


def _take_out_of(output: nbformat.NotebookNode, where: str) -> list[Item]:
    _forget_the_rest(output, OUTPUT)
    if output.output_type == "stream":
        return _replace_text(output, where, [output.text], text=LEFT_OUT)
    if output.output_type == "error":
        told = [output.ename, output.evalue, *output.traceback]
        name = without_pictures(output.ename)[0]
        return _replace_text(output, where, told, ename=name, evalue=LEFT_OUT, traceback=[])
    about, data, items = _noted(output), output.data, []
    data.pop(WIDGET, None)
    html = _as_text(data.get("text/html", ""))
    if html:
        data["text/html"] = str(sanitise(html, pictures=False))
    if _PICTURE_TAG.search(html):
        items.append(Item("picture", "within HTML", where))
    for form in list(data):
        why = _why_it_stays(form, data[form], about)
        if why:
            del data[form]
        if form == FIGURE and about:
            items.append(Item("figure", why or str(about["why"]), about["name"], leaves=not why))
        elif why:
            what = "text" if form in TEXTS else "picture" if form.startswith("image") else "output"
            items.append(Item(what, why, where))
    if any(item.what in ("figure", "picture") and not item.leaves for item in items):
        data["text/plain"] = f"(A picture, left out of the bundle{_described(output)}.)"
    elif not data:
        data["text/plain"] = LEFT_OUT
    output.metadata = nbformat.from_dict({FIGURE: about} if FIGURE in data else {})
    return items


def _described(output: nbformat.NotebookNode) -> str:
    alt = _known(output.metadata.get(FIGURE, {}), ["alt"]).get("alt")
    return f": {alt}" if alt else ""


def _replace_text(
    output: nbformat.NotebookNode, where: str, told: list[str], **instead: Any
) -> list[Item]:
    if not holds_picture("\n".join(told)):
        return []
    output.update(instead)
    return [Item("text", HIDDEN, where)]


def _why_it_stays(form: str, value: Any, about: Mapping[str, Any]) -> str:
    """The reason why one form of an output stays; "" where it leaves."""
    if form in TEXTS:
        return HIDDEN if holds_picture(_as_text(value)) else ""
    if form == FIGURE and about:
        return "" if about["people"] is False else str(about["why"]) or UNTOLD
    return UNTOLD if form.startswith("image/") else f"of a form that may hold a picture ({form})"


def _noted(output: Mapping[str, Any]) -> dict[str, Any]:
    """What `lab.show` noted of a figure; {} of anything else."""
    about = output.get("metadata", {}).get(FIGURE, {})
    about = _known(about if isinstance(about, Mapping) else {}, NOTED)
    is_figure = FIGURE in output.get("data", {}) and {"name", "people", "why"} <= set(about)
    return about if is_figure and _NAME.fullmatch(str(about["name"])) else {}


def _forget_the_rest(part: nbformat.NotebookNode, names: Sequence[str]) -> None:
    for name in set(part) - set(names):
        del part[name]


def _known(metadata: Mapping[str, Any], names: Sequence[str]) -> nbformat.NotebookNode:
    kept = {name: metadata[name] for name in names if name in metadata}
    return nbformat.from_dict({n: v for n, v in kept.items() if not holds_picture(_as_text(v))})


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=0)
