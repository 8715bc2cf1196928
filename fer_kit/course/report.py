"""The report: a run as web pages that anybody can open offline.

`templates/` says how the pages look, `safe_html` what of a notebook may stand in them. Lesson 12.
"""

import logging
import re
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup
from nbconvert.filters import Highlight2HTML
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from fer_kit.course import records
from fer_kit.course.compare import compare, read_one
from fer_kit.course.executed import (
    Execution,
    Exercise,
    execution,
    marks_an_error,
    may_fail,
    read_exercises,
    read_notebook,
)
from fer_kit.course.leaving import WIDGET
from fer_kit.course.pages import write_page
from fer_kit.course.results import Metrics, read_metrics, read_results
from fer_kit.course.rubric import Rubric, read_rubric
from fer_kit.course.safe_html import Markdown, sanitise, terminal
from fer_kit.errors import InputError
from fer_kit.faces import are_drawn
from fer_kit.files import read_json, replace_folder
from fer_kit.lessons import LESSONS, METRICS, feeds
from fer_kit.run import Run, in_course, read_config

log = logging.getLogger(__name__)

# Which form of an output is shown, the first that it has. Not SVG: it can hold scripts.
OUTPUT_TYPES = ("image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain")


@dataclass
class Notebook:
    """What the pages show of an executed notebook.

    Attributes:
        name: "04_lenet5", and with it the name of its page.
        title: its first heading.
        headings: (level, id, text) of each heading.
        cells: for each, `markdown`, or `source`, `folded`, `count` and `outputs`.
        execution: how it was executed.
        state: that of the execution, or "stale".
        remark: a sentence that explains the state; "" where it is complete.
        checked: when it was found to be up to date without running again, or "".
        exercises: what became of its exercises.
        answers: for each written answer its title, the id of its heading, and its HTML.
    """

    name: str
    title: str
    headings: list[tuple[int, str, str]]
    cells: list[dict[str, Any]]
    execution: Execution
    state: str
    remark: str
    checked: str
    exercises: list[Exercise]
    answers: list[dict[str, Any]]

    def anchor(self, title: str) -> str:
        """The id of the heading with this text, or "" where there is none."""
        return next((anchor for _, anchor, text in self.headings if text == title), "")


def write_report(run_folder: str | Path, run: Run | None = None) -> Path:
    """Write a run's report: `report/index.html`, a page for each notebook, and the figures.

    The pages hold no scripts and load nothing from the network. The same run gives the same bytes.
    An earlier report is replaced only once the new one is complete. Lesson 12.

    Args:
        run_folder: a folder with config.json. Executed notebooks, results and figures are
            shown as far as they are there.
        run: what config.json would say; left out, it is read.

    Returns:
        The path of index.html.

    Raises:
        InputError: the folder is no run, or a file in it cannot be used.

    Warns:
        UserWarning: a picture comes without a text that describes it.
    """
    run_folder = Path(run_folder)
    run = run or read_run(run_folder)
    metrics = read_metrics(run_folder)
    values = {
        "config": run,
        "parameters": run.parameters,
        "metrics": metrics,
        "results": read_results(run_folder),
        "banner": _banner(run.dataset, metrics),
        "notebooks": _read_notebooks(run_folder / "notebooks"),
        "figures": _read_figures(run_folder / "figures"),
        "environment": records.environment(run_folder),
        "student": records.student(run_folder),
        "rubric": _read_rubric(),
    }
    replace_folder(run_folder / "report", lambda folder: _write_pages(folder, values))
    return run_folder / "report" / "index.html"


# Reading the run


def read_run(folder: Path) -> Run:
    """The run in a folder, wherever that is.

    Raises:
        InputError: the folder is no run.
    """
    run = read_config(folder)
    if run is None:
        raise InputError(
            f"Expected a run: a folder with config.json. Received: {folder}. Run the course first, "
            "or name a folder below runs."
        )
    return run


def _banner(dataset: str, metrics: Metrics | None) -> dict[str, str]:
    """Where the faces come from: as a sentence, and as the class that gives it its colour."""
    synthetic = are_drawn(dataset)
    if metrics and metrics.synthetic != synthetic:
        raise InputError(
            f"Expected results on the data set of the run, {dataset}. Received: "
            f"{METRICS} on {metrics.source}. Run notebook 08 of this run again."
        )
    if synthetic:
        sentence = "Synthetic faces: nothing here says anything about real faces."
        return {"kind": "synthetic", "sentence": sentence}
    source = metrics.source if metrics else dataset
    return {"kind": "real", "sentence": f"{source}, real faces: do not publish this page."}


def _read_rubric() -> Rubric | None:
    """The course's rubric; a report from elsewhere does without."""
    return read_rubric() if in_course("rubric.toml").exists() else None


def _read_figures(folder: Path) -> list[dict[str, Any]]:
    described = _described(folder / "figures.json")
    titles = {lesson.number: f"{lesson.number} · {lesson.title}" for lesson in LESSONS}
    return [
        {"title": path.stem, "alt": ""}
        | described.get(path.stem, {})
        | {"path": path, "size": _size(path), "lesson": titles.get(path.stem.split("-")[0], "–")}
        for path in sorted(folder.glob("[!.]*.png"))
    ]


def _described(path: Path) -> dict[str, dict[str, Any]]:
    """What is said of each figure; a damaged file is named, and the figures are shown without."""
    try:
        described = read_json(path, {})
        return {name: one for name, one in described.items() if isinstance(one, dict)}
    except (InputError, AttributeError) as error:
        log.warning("%s is passed over. %s", path.name, error)
        return {}


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height, which stand at the beginning of a PNG; None of anything shorter."""
    with path.open("rb") as file:
        head = file.read(24)
    return struct.unpack(">II", head[16:]) if len(head) == 24 else None


def _read_notebooks(folder: Path) -> list[Notebook]:
    paths = sorted(folder.glob("[!.]*.ipynb"), key=lambda path: path.stem)
    pages = [path.stem for path in paths]
    notebooks = [_read_notebook(path, pages) for path in paths]
    for notebook in notebooks:
        _mark_if_stale(notebook, notebooks)
    return notebooks


def _read_notebook(path: Path, pages: list[str]) -> Notebook:
    # One text for each stream, with a progress bar as it stood at the end.
    content, _ = CoalesceStreamsPreprocessor(enabled=True)(read_notebook(path), {})
    markdown = Markdown(pages)
    cells = [_cell(cell, markdown) for cell in content.cells if not marks_an_error(cell)]
    titles = [text for level, _, text in markdown.headings if level == 1]
    executed, exercises = execution(content), _exercises(path.stem, content)
    return Notebook(
        name=path.stem,
        title=titles[0] if titles else path.stem,
        headings=markdown.headings,
        cells=cells,
        execution=executed,
        state=executed.state,
        remark=_remark(executed.state, content),
        checked=records.read(path.with_suffix(".json")).checked,
        exercises=exercises,
        answers=[
            {"title": exercise.title, "html": _answer(exercise.answer, pages)}
            for exercise in exercises
            if exercise.written and exercise.state == "answered"
        ],
    )


def _exercises(name: str, content: nbformat.NotebookNode) -> list[Exercise]:
    """The exercises of a lesson as grading will see them; of another notebook those it tells of."""
    original = in_course("notebooks") / f"{name}.ipynb"
    if not original.exists():
        return read_exercises(content)
    return list(compare(name, content, read_one(original, original)).believed)


def _answer(text: str, pages: list[str]) -> Markup:
    """A written answer for another page, where the ids of its headings could be taken."""
    return Markup(re.sub(r'(<h\d) id="[^"]*"', r"\1", Markdown(pages).convert(text)))


def _remark(state: str, content: nbformat.NotebookNode) -> str:
    """How far the notebook ran, in a sentence."""
    if state == "failed":
        shown = [cell for cell in content.cells if cell.cell_type == "code" and not may_fail(cell)]
        outputs = [one for cell in shown for one in cell.outputs if one.output_type == "error"]
        reason = f" at an error: {outputs[0].ename}: {outputs[0].evalue}" if outputs else ""
        return f"This notebook stopped{reason}. The cells after it did not run."
    if state == "incomplete":
        return "This notebook was not run from its beginning to its end."
    return ""


def _mark_if_stale(notebook: Notebook, notebooks: list[Notebook]) -> None:
    """A notebook is stale when one that makes its input has run since.

    Not if it was looked at after that, and the input was the same.
    """
    known = max(notebook.execution.started, notebook.checked)
    since = [
        other.name
        for other in notebooks
        if feeds(other.name, notebook.name) and other.execution.ended > known
    ]
    if since and notebook.state == "complete":
        notebook.state = "stale"
        notebook.remark = f"{since[0]} has run since, so these results may be out of date."


# From cells to what the templates show


def _cell(cell: nbformat.NotebookNode, markdown: Markdown) -> dict[str, Any]:
    if cell.cell_type == "markdown":
        return {"markdown": markdown.convert(cell.source, cell.get("attachments"))}
    if cell.cell_type == "raw":
        return {"source": "", "outputs": [{"kind": "text", "html": cell.source}]}
    return {
        "source": Markup(Highlight2HTML()(cell.source)) if cell.source.strip() else "",
        "count": cell.execution_count,
        "folded": cell.metadata.get("jupyter", {}).get("source_hidden", False),  # as in Jupyter
        # A widget lives while its program runs: its text is a progress bar that stands at 0.
        "outputs": [
            _output(one, markdown) for one in cell.outputs if WIDGET not in one.get("data", {})
        ],
    }


def _output(output: nbformat.NotebookNode, markdown: Markdown) -> dict[str, Any]:
    """An output as its kind ("text", "error", "picture", "html") and what the template needs."""
    if output.output_type == "stream":
        return {"kind": "text", "html": terminal(output.text)}
    if output.output_type == "error":
        return {"kind": "error", "html": terminal("\n".join(output.traceback))}
    form = next((form for form in OUTPUT_TYPES if form in output.data), None)
    if form is None:
        return {"kind": "text", "html": f"(An output of type {', '.join(output.data)}.)"}
    data = output.data[form]
    if form.startswith("image/"):
        source = f"data:{form};base64,{''.join(data.split())}"
        return output.metadata.get(form, {}) | {"kind": "picture", "source": source}
    if form == "text/plain":
        return {"kind": "text", "html": terminal(data)}
    if form == "text/html":
        return {"kind": "html", "html": sanitise(data, markdown.pages)}
    # A renderer of its own: its headings do not belong in the table of contents.
    return {"kind": "html", "html": Markdown(markdown.pages).convert(data)}


# Writing the pages


def _write_pages(folder: Path, values: dict[str, Any]) -> None:
    (folder / "figures").mkdir()
    for figure in values["figures"]:
        shutil.copyfile(figure["path"], folder / "figures" / figure["path"].name)
    write_page(folder / "index.html", "index.html.j2", values)
    notebooks = values["notebooks"]
    for previous, notebook, following in zip(
        [None, *notebooks], notebooks, [*notebooks[1:], None], strict=False
    ):
        around = {"previous": previous, "notebook": notebook, "following": following}
        write_page(folder / f"{notebook.name}.html", "notebook.html.j2", values | around)
