"""The site's sources: pages of the repository and the lessons of a run, put side by side.

Every page lies where it lies in the repository, so that a link which works there works here; only
docs/index.md becomes the start page. What has no page is linked on the repository's own page.
"""

import posixpath
import re
import shutil
import tomllib
from pathlib import Path, PurePosixPath

import nbformat
from lesson import lesson_page
from reference import reference_pages, used_by
from tables import command_page, fill

from fer_kit.course.executed import execution, read_notebook, source_hash
from fer_kit.course.records import environment
from fer_kit.errors import InputError
from fer_kit.faces import are_drawn
from fer_kit.files import write_text
from fer_kit.lessons import LESSONS
from fer_kit.run import read_config

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Repository"]

START = "docs/index.md"
# What stands in the side bar, below the start page: a heading, and the pages under it.
CONTENTS = {
    "Begin": ["docs/learn.md", "docs/answers.md", "docs/camera.md", "docs/instructors.md"],
    "Lessons": [f"notebooks/{lesson.name}.ipynb" for lesson in LESSONS],
    "Teach": [
        *("docs/instructors/lessons.md", "docs/instructors/schedules.md"),
        *("docs/instructors/computers.md", "docs/instructors/wrong-answers.md"),
        *("docs/instructors/grading.md", "docs/instructors/law.md", "docs/instructors/adapt.md"),
    ],
    "Look up": [
        *("docs/glossary.md", "data/README.md", "models/README.md", "docs/results.md"),
        *("docs/command.md", "reference/index.md", "docs/cluster.md", "CONTRIBUTING.md"),
    ],
}
# Pages that others link to; they stand in no side bar.
ABLATIONS = ("lenet5-10-epochs", "lenet5-60-epochs", "small-8-epochs")
BESIDE = [f"models/ablation/{name}.md" for name in ABLATIONS]
MADE = {"docs/command.md", "reference/index.md"}  # not in the repository: made here
GLOSSARY = "docs/glossary.md"
ENTRY = re.compile(r"^- \*\*.*\((\d\d\w?(?:, \d\d\w?)*)\)$", re.MULTILINE)
PICTURES = (".png", ".jpg", ".svg", ".webp")

LINK = re.compile(r"(\]\(|^:+\{figure\} )([^)\s]+)", re.MULTILINE)
FENCED = re.compile(r"(^```.*?^```|`[^`\n]*`)", re.DOTALL | re.MULTILINE)


def stage(run_folder: Path, folder: Path) -> None:
    """Write the sources of the site into a new folder.

    Raises:
        InputError: the run is not finished, or not of drawn faces; or a link leads nowhere.
    """
    about = _check(run_folder)
    pages = [page for group in CONTENTS.values() for page in group] + BESIDE
    pictures: set[str] = set()
    for page in [START, *(page for page in pages if page.endswith(".md") and page not in MADE)]:
        text = fill((ROOT / page).read_text(encoding="utf-8"))
        if page == GLOSSARY:
            text = ENTRY.sub(_with_links, text)
        if page in BESIDE:
            text = f"---\norphan: true\n---\n\n{text}"
        write_text(folder / _staged(page), relink(text, page, pages, pictures))
    write_text(folder / "docs/command.md", command_page())
    for name, text in reference_pages().items():
        write_text(folder / "reference" / name, text)
    for lesson in LESSONS:
        place = f"notebooks/{lesson.name}.ipynb"
        notebook = read_notebook(run_folder / place)
        notebook = lesson_page(notebook, lesson, about, used_by(lesson.name), REPOSITORY)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = relink(cell.source, place, pages, pictures)
        write_text(folder / place, nbformat.writes(notebook))
    for picture in pictures:
        target = folder / picture
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / picture, target)
    with (folder / _staged(START)).open("a", encoding="utf-8") as start:
        start.write(_contents())


def relink(text: str, page: str, pages: list[str], pictures: set[str]) -> str:
    """A page's text, its links as the site needs them; pictures that it shows are added to a set.

    Raises:
        InputError: a link leads to nothing.
    """

    def link(match: re.Match) -> str:
        return match[1] + _target(match[2], page, pages, pictures)

    parts = FENCED.split(text)  # every second part is code
    return "".join(part if index % 2 else LINK.sub(link, part) for index, part in enumerate(parts))


def _target(address: str, page: str, pages: list[str], pictures: set[str]) -> str:
    path, mark, anchor = address.partition("#")
    if not path or ":" in path:
        return address
    base = "" if path.startswith("/") else posixpath.dirname(page)
    place = posixpath.normpath(posixpath.join(base, path.lstrip("/")))
    if f"{place}/README.md" in pages:
        place += "/README.md"
    here = posixpath.dirname(_staged(page))
    if place in pages or place == START:
        return posixpath.relpath(_staged(place), here or ".") + mark + anchor
    if not (ROOT / place).exists():
        raise InputError(f"Expected in {page} links that lead somewhere. Received: {address}.")
    if place.endswith(PICTURES):
        pictures.add(place)
        return posixpath.relpath(place, here or ".")
    kind = "tree" if (ROOT / place).is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{place}{mark}{anchor}"


def _with_links(entry: re.Match) -> str:
    """An entry of the glossary, the numbers at its end linked to their lessons."""
    links = (
        f"[{lesson.number}](/notebooks/{lesson.name}.ipynb)"
        for lesson in LESSONS
        if lesson.number in entry[1].split(", ")
    )
    return f"{entry[0][: -len(entry[1]) - 2]}({', '.join(links)})"


def _staged(page: str) -> str:
    """Where a page of the repository lies on the site."""
    return PurePosixPath(page).name if page == START else page


def _contents() -> str:
    """The side bar, in MyST."""
    groups = [
        "\n".join(
            (
                "",
                "```{toctree}",
                ":hidden:",
                f":caption: {caption}",
                "",
                *("/" + page.rsplit(".", 1)[0] for page in pages),
                "```",
                "",
            )
        )
        for caption, pages in CONTENTS.items()
    ]
    return "".join(groups)


def _check(run_folder: Path) -> dict[str, str]:
    """What the run says of itself, if all of its lessons may be shown."""
    run = read_config(run_folder)
    if run is None:
        raise InputError(
            f"Expected a finished run. Received: {run_folder}, where there is none. Make one with "
            "make run-all."
        )
    if not are_drawn(run.dataset):
        raise InputError(
            "Expected a run on drawn faces: a site is for everybody, and pictures of people stay "
            f"where they are. Received: {run.name}, on {run.dataset}. Name another run: --run."
        )
    for lesson in LESSONS:
        place = f"notebooks/{lesson.name}.ipynb"
        executed, written = read_notebook(run_folder / place), read_notebook(ROOT / place)
        state = execution(executed).state
        if state == "complete" and source_hash(executed) != source_hash(written):
            state = "which has been changed since"
        if state != "complete":
            raise InputError(
                "Expected every lesson, as it is now, executed to its end. Received: "
                f"{lesson.name}, {state}. Run what is missing: make run-all RUN={run.name}"
            )
    found = {name: ", ".join(values) for name, values in environment(run_folder).items()}
    return {"run": run.name, "profile": run.profile, "seed": str(run.seed), **found}
