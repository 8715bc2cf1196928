"""What a page holds that is made, not written: `<!-- made: lessons -->` makes its line a table.

Objectives, exercises and points are the notebooks' own; points of the whole are the rubric's.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import typer
from click import Command, Group

from fer_kit.cli import app
from fer_kit.course.executed import Exercise, read_exercises, read_notebook
from fer_kit.course.rubric import read_rubric
from fer_kit.errors import choose
from fer_kit.lessons import LESSONS, Lesson

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"^.*<!-- made: ([\w-]+) -->$", re.MULTILINE)
OBJECTIVES = re.compile(r"\*\*What you will learn\*\*\n\n((?:- .*\n?|  .*\n?)+)")


def fill(text: str) -> str:
    """A page with its tables.

    Raises:
        InputError: it asks for one that there is not.
    """
    return PLACE.sub(lambda match: MADE[choose(match[1], MADE, "a table to be made")](), text)


@cache
def written(name: str) -> Any:
    """The notebook of a lesson, as it is written."""
    return read_notebook(ROOT / "notebooks" / f"{name}.ipynb")


def objectives(lesson: Lesson) -> list[str]:
    """What a lesson says that one will learn, a line each, in Markdown."""
    found = OBJECTIVES.search(written(lesson.name).cells[0].source)
    lines = re.split(r"^- ", found[1], flags=re.MULTILINE)[1:] if found else []
    return [" ".join(line.split()).rstrip(";.") for line in lines]


def exercises(lesson: Lesson) -> list[Exercise]:
    """The exercises of a lesson."""
    return read_exercises(written(lesson.name))


def lessons_table() -> str:
    """What each lesson teaches, its minutes, its exercises and their points."""
    rows = [("lesson", "minutes", "what it teaches", "exercises, and their points")]
    for lesson in LESSONS:
        title = lesson.title.split(":")[0]
        link = f"[{lesson.number} {title}](/notebooks/{lesson.name}.ipynb)"
        asked = [f"{_bare(one)} ({_points(one)})" for one in exercises(lesson)]
        minutes = f"{lesson.minutes:g}".replace("0.5", "½").replace(".5", "½")
        rows.append((link, minutes, _listed(objectives(lesson)), _listed(asked)))
    return _list_table(rows, widths="14 6 46 34")


def points_table() -> str:
    """The rubric, and what a point of an exercise is worth in it."""
    rubric = read_rubric(ROOT / "rubric.toml")
    lines = [f"| {one.title} | {_worth(one.kind)} | {one.points:g} |" for one in rubric.criteria]
    lines.append(f"| together | | {rubric.points:g} |")
    return "\n".join(["| criterion | how it is counted | points |", "| --- | --- | ---: |", *lines])


def _worth(kind: str) -> str:
    """How a kind of criterion is counted, in words."""
    every = [one for lesson in LESSONS for one in exercises(lesson)]
    checks = sum(one.points for one in every if not one.written)
    words = sum(one.points for one in every if one.written)
    return {
        "executed": "by itself: the share of the notebooks that ran to their end, in order",
        "results": "by itself: recomputed from the predictions, with your labels",
        "checks": f"by itself: the share of the {checks:g} points of the exercises' checks",
        "manual": f"by you; the exercises in words have {words:g} points of their own as a guide",
    }[kind]


def _points(exercise: Exercise) -> str:
    kind = ", in words" if exercise.written else ""
    return f"{exercise.points:g}{kind}"


def _bare(exercise: Exercise) -> str:
    """An exercise's title without its number."""
    return re.sub(r"^(Exercise )?\d+ · ", "", exercise.title)


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _list_table(rows: list[tuple[str, ...]], widths: str) -> str:
    """A table whose cells may hold lists, in MyST."""
    lines = []
    for row in rows:
        for index, cell in enumerate(row):
            first, *rest = cell.splitlines() or [""]
            lines.append(f"{'* -' if index == 0 else '  -'} {first}")
            lines += [f"    {line}" for line in rest]
    options = f":header-rows: 1\n:widths: {widths}\n:class: wide"
    return "```{list-table}\n" + options + "\n\n" + "\n".join(lines) + "\n```"


def needs_table() -> str:
    """Which lessons cannot run without which: those that read a file of it by name."""
    lines = []
    for lesson in LESSONS:
        readers = [
            other.number
            for other in LESSONS
            if any(file in other.needs for file in lesson.makes) and other != lesson
        ]
        title = f"{lesson.number} {lesson.title.split(':')[0]}"
        lines.append(f"| {title} | {', '.join(readers) or 'nothing'} |")
    return "\n".join(["| without | what cannot run |", "| --- | --- |", *lines])


def results() -> str:
    """What README.md says was measured."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## What it measures\n")[1].split("\n## ")[0].strip()
    return re.sub(r"\]\((?!https?:|#|/)", "](/", section)  # links from the repository's root


# The command


def command_page() -> str:
    """The help of every `fer-kit` command, as the command itself prints it."""
    root = typer.main.get_command(app)
    parts = ["# The command", COMMAND, *_helps(root, "fer-kit", 1)]
    return "\n\n".join(parts) + "\n"


COMMAND = """After `make setup` the command is `.venv/bin/fer-kit`; in an environment that you \
have activated, `fer-kit`. What follows is what `fer-kit COMMAND --help` prints. It ends with 0 if \
all went well, 1 if something went wrong, 2 if it was called in a way that it does not understand, \
and 130 after Ctrl-C."""


def _helps(command: Command, path: str, level: int) -> list[str]:
    context = typer.Context(command, info_name=path, max_content_width=88, terminal_width=88)
    found = []
    if level > 1:
        found.append(f"{'#' * level} {path}")
    found.append(f"```text\n{command.get_help(context).strip()}\n```")
    if isinstance(command, Group):
        for name, one in command.commands.items():
            found += _helps(one, f"{path} {name}", level + 1)
    return found


MADE: dict[str, Callable[[], str]] = {
    "lessons": lessons_table,
    "points": points_table,
    "needs": needs_table,
    "results": results,
}
