"""The rows of `fer_kit/lessons.py` say what the notebooks, their copies and the README say and do.

Files are compared by reading the notebooks' code, without running it.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import nbformat
import numpy as np
import pytest

from fer_kit.lessons import LESSONS, Lesson, feeds, maker, settings
from fer_kit.synthetic.variety import DARK, LIGHT, varied

ROOT = Path(__file__).parents[2]
NEEDS, MAKES = {"need"}, {"file", "predictions"}
NAMES = {"annealed"}  # takes the name of a model that it does not write, for the history beside it
# What reads files of a run by itself, without that a notebook names them.
READS = {"models": "predictions/*.csv", "write_report": "results/*.json"}

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
in_both_folders = pytest.mark.parametrize("folder", ["notebooks", "student"])


def calls(lesson: Lesson) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call in the notebook, with what it is called on ("" for nothing) and its name."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson.name}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    code = re.sub(r"^(\s*)[!%].*$", r"\1pass", "\n".join(cells), flags=re.MULTILINE)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            on, _, name = ast.unparse(node.func).rpartition(".")
            yield node, on, name


def pattern(node: ast.expr) -> str:
    """A text in the code, with "*" for each part that is only known when it runs."""
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "*"


def named(lesson: Lesson, methods: set[str]) -> set[str]:
    """The files that a notebook names in `lab.METHOD(…)`."""
    every = list(calls(lesson))
    only_a_name = [part for call, _, name in every if name in NAMES for part in ast.walk(call)]
    found = {
        (name, pattern(call.args[0]))
        for call, on, name in every
        if on == "lab" and name in methods and call not in only_a_name
    }
    return {f"predictions/{file}.csv" if name == "predictions" else file for name, file in found}


def read(lesson: Lesson) -> set[str]:
    return named(lesson, NEEDS) | {READS[name] for _, _, name in calls(lesson) if name in READS}


def written(lesson: Lesson) -> set[str]:
    """The files that the notebook writes, with the card of each model that it describes."""
    models = [file for file in named(lesson, NEEDS | MAKES) if file.endswith(".keras")]
    cards = any(name == "write_card" for _, _, name in calls(lesson))
    found = named(lesson, MAKES)
    if cards:
        found |= {file.replace(".keras", ".json") for file in models}
    for call, _, name in calls(lesson):
        if name == "callbacks":
            found |= {file.replace(".keras", "-history.csv") for file in models}
        elif name in NAMES:
            found.add(pattern(call.args[0].args[0]).replace(".keras", "-history.csv"))
    return found


def meets(file: str, others: set[str] | tuple[str, ...]) -> bool:
    """Whether a file is one of the others; both sides may be patterns."""
    return any(fnmatch(file, other) or fnmatch(other, file) for other in others)


@each_lesson
def test_a_lesson_reads_what_its_row_says_it_needs(lesson):
    for file in read(lesson):
        assert meets(file, lesson.needs + lesson.makes), f"{file} is read but not in the row"
    with_cards = read(lesson) | {file.replace(".keras", ".*") for file in read(lesson)}
    for file in lesson.needs:
        assert meets(file, with_cards), f"{file} is in the row but not read"


@each_lesson
def test_a_lesson_writes_what_its_row_says_it_makes(lesson):
    for file in named(lesson, MAKES):
        assert meets(file, lesson.makes), f"{file} is written but not in the row"
    for file in lesson.makes:
        assert meets(file, written(lesson)), f"{file} is in the row but not written"


def test_every_file_that_a_lesson_needs_is_made_by_one_before_it():
    made = set()
    for lesson in LESSONS:
        for file in lesson.needs:
            assert meets(file, made), f"{lesson.name} needs {file}"
        made |= set(lesson.makes)


def test_no_two_lessons_make_the_same_file():
    files = [file for lesson in LESSONS for file in lesson.makes]
    assert sorted(files) == sorted(set(files))


@each_lesson
def test_a_lesson_asks_for_its_own_settings(lesson):
    notebook = (ROOT / "notebooks" / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
    asked = set(re.findall(r'lab\.settings\[\\"(\w+)\\"\]', notebook))
    by_key = {other.key: other for other in LESSONS}
    assert asked <= set(by_key)
    assert all(by_key[name].settings for name in asked)
    if lesson.settings:
        assert lesson.key in asked


# What is said of a lesson


def beginning(folder: str, lesson: Lesson) -> str:
    notebook = nbformat.read(ROOT / folder / f"{lesson.name}.ipynb", as_version=4)
    return notebook.cells[0].source


def takes(minutes: float) -> str:
    words = {0.5: "half a minute", 1: "a minute", 1.5: "a minute and a half"}
    return words.get(minutes, f"{minutes:g} minutes")


@in_both_folders
@each_lesson
def test_a_notebook_has_the_title_and_takes_the_minutes_of_its_row(lesson, folder):
    first = beginning(folder, lesson)
    assert first.splitlines()[0] == f"# {lesson.number} · {lesson.title}"
    assert f"**Takes** about {takes(lesson.minutes)} on " in first


@each_lesson
def test_a_notebook_names_the_lessons_that_it_needs(lesson):
    """Those that make what it reads: each is linked, or feeds one that is linked."""
    (sentence,) = re.findall(r"\*\*Needs\*\*.*\*\*Takes\*\*", beginning("notebooks", lesson))
    linked = set(re.findall(r"\]\((\w+)\.ipynb\)", sentence))
    makers = {maker(file).name for file in lesson.needs if "*" not in file}
    for name in makers:
        assert name in linked or any(feeds(name, other) for other in linked), name
    for name in linked:
        assert feeds(name, lesson.name), f"{name} makes nothing that is read"


@each_lesson
def test_the_readme_lists_the_lesson_as_its_row_does(lesson):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    short = lesson.title.split(":")[0]
    start = f"| [{lesson.number} {short}](notebooks/{lesson.name}.ipynb) |"
    (line,) = [line for line in readme.splitlines() if line.startswith(start)]
    minutes = f"{lesson.minutes:g}".replace("0.5", "½").replace(".5", "½")
    assert line.endswith(f"| {minutes} |")


@in_both_folders
@each_lesson
def test_links_between_notebooks_are_called_as_the_lesson_is(lesson, folder):
    titles = {other.name: f"{other.number} · {other.title.split(':')[0]}" for other in LESSONS}
    text = (ROOT / folder / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
    for label, target in re.findall(r"\[(\d\d · [^]]+)\]\((\w+)\.ipynb\)", text):
        assert label == titles[target]


# What the settings allow to say


@pytest.mark.parametrize("seed", [42, 1, 2])
@pytest.mark.parametrize("profile", ["quick", "full"])
def test_both_training_parts_of_lesson_08b_have_as_many_people_as_it_says(profile, seed):
    chosen = settings(profile)["groups"]
    skin = [varied([seed, 0, person]).skin for person in range(chosen["people"][0])]
    found = np.bincount(np.digitize(skin, [DARK, LIGHT]), minlength=3)  # dark, medium, light
    for dark in (chosen["learned"] // 20, chosen["learned"] // 3):  # rare and balanced
        rest = (chosen["learned"] - dark) // 2
        assert dark + 2 * rest == chosen["learned"]
        assert (found >= [dark, rest, rest]).all(), found
