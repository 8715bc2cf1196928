"""An executed notebook as a page: answers folded away, figures described, ways to open it."""

import re
from typing import Any

import nbformat

from fer_kit.check.answers import OUTCOME
from fer_kit.course.executed import is_solution, lesson_cells
from fer_kit.lessons import Lesson

HIDDEN_TESTS = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS\n?", re.DOTALL)
MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)")  # what a progress bar has written before
BADGES = re.compile(r"^\[!\[Open in .*$", re.MULTILINE)


def lesson_page(
    notebook: nbformat.NotebookNode,
    lesson: Lesson,
    about: dict[str, str],
    uses: dict[str, str],
    repository: str,
) -> nbformat.NotebookNode:
    """The notebook as the site shows it.

    Args:
        notebook: as the run has executed it.
        about: of the run: profile, seed, versions and device.
        uses: what of the library the lesson introduces: "fk.load" → its full name.
        repository: its address.
    """
    language = {"name": "python", "pygments_lexer": "ipython3"}  # which knows !command and %magic
    page = nbformat.v4.new_notebook(
        metadata={"kernelspec": notebook.metadata.kernelspec, "language_info": language}
    )
    page.cells = [_cell(nbformat.from_dict(cell)) for cell in lesson_cells(notebook)]
    first = page.cells[0]
    first.source = BADGES.sub(lambda _: _opens(lesson, repository), first.source)
    first.source += f"\n\n{_made_with(about)}"
    if uses:
        links = ", ".join(f"{{py:obj}}`{name} <{full}>`" for name, full in sorted(uses.items()))
        last = page.cells[-1]
        last.source += f"\n\n**In the reference**, as this lesson introduces them: {links}."
    return page


def _cell(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A cell as a page shows it."""
    if cell.cell_type == "markdown":
        if is_solution(cell):
            cell.source = _fold("An answer", cell.source)
        return cell
    tags = []
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        tags.append("remove-input")  # what it shows is the folded answer
    if is_solution(cell):
        tags.append("hide-input")
    for output in cell.outputs:
        output.get("data", {}).pop(OUTCOME, None)  # is for grading; what is shown stands beside it
        if output.output_type == "stream":
            output.text = OVERWRITTEN.sub("", output.text)
    cell.source = MARKER.sub("", HIDDEN_TESTS.sub("", cell.source)).rstrip()
    cell.metadata = nbformat.from_dict({"tags": tags, "mystnb": _shown(cell.outputs)})
    return cell


def _shown(outputs: list[Any]) -> dict[str, Any]:
    """MyST's options of a cell: what its button says, and its picture's description."""
    described = [
        output.metadata.get("image/png", {}).get("alt", "")
        for output in outputs
        if "image/png" in output.get("data", {})
    ]
    shown = {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"}
    return shown | ({"image": {"alt": described[0]}} if described else {})


def _fold(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text.strip()}\n\n</details>"


def _opens(lesson: Lesson, repository: str) -> str:
    """The ways to do the lesson oneself, with its exercises unsolved."""
    path = f"student/{lesson.name}.ipynb"
    owner = repository.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{owner}/blob/main/{path}"
    binder = f"https://mybinder.org/v2/gh/{owner}/main?labpath={path}"
    return (
        f'<p class="ways"><a href="{colab}">Do it in Colab</a> '
        f'<a href="{binder}">Do it in Binder</a> '
        "<span>or on your own computer: <code>make lab NOTEBOOKS=student</code></span></p>"
    )


def _made_with(about: dict[str, str]) -> str:
    computed = about.get("backend", "tensorflow")
    return (
        f"*What you see below was computed with profile {about['profile']} and seed "
        f"{about['seed']}, on drawn faces unless a figure says otherwise; FER Kit "
        f"{about.get('fer_kit', '')}, {computed} {about.get(computed, '')}, "
        f"{about.get('device', 'a processor')}.*"
    )
