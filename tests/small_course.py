"""A course of a few tiny notebooks, to be run whole in tests."""

import os
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from fer_kit.lessons import Lesson

PARAMETERS = """\
run: str = "synthetic-quick"  # name of the run
dataset: str = "synthetic"  # data set
data: str = ""  # path
profile: str = "quick"  # profile
seed: int = 42  # seed"""

OPEN = """\
import fer_kit as fk
lab = fk.Run.open(run, dataset=dataset, data=data, profile=profile, seed=seed)"""

FIRST = 'lab.file("data/number.txt").write_text(str(seed))'
SECOND = """\
number = int(lab.need("data/number.txt").read_text())
lab.file("data/next.txt").write_text(str(number + 1))"""
TWO = (
    Lesson("01_first", "First", makes=("data/number.txt",)),
    Lesson("02_second", "Second", needs=("data/number.txt",), makes=("data/next.txt",)),
)

# 01 feeds 02 and 03, which can do without each other; 04 needs 02.
FOUR = (
    Lesson("01_first", "First", makes=("a.txt",)),
    Lesson("02_left", "Left", needs=("a.txt",), makes=("b.txt",)),
    Lesson("03_right", "Right", needs=("a.txt",), makes=("c.txt",)),
    Lesson("04_last", "Last", needs=("b.txt",), makes=("d.txt",)),
)
# Write a file, then wait until another is there.
MEETING = """\
import time
lab.file({mine!r}).write_text(str(seed))
deadline = time.monotonic() + 300
while not lab.file({other!r}).exists():
    assert time.monotonic() < deadline, "nobody came"
    time.sleep(0.05)"""
# Note the kernel and what runs it, write half a file, and never end.
ENDLESS = """\
import os, time
lab.file({file!r}).write_text("half")
with lab.file("pids.txt").open("a") as file:
    file.write(f"{{os.getpid()}} {{os.getppid()}}\\n")
time.sleep(600)"""


def write_notebook(path: Path, *cells: str, parameters: str = PARAMETERS) -> None:
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# A lesson"),
            new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *map(new_code_cell, (OPEN, *cells)),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(notebook, path)


def write_four(folder: Path, **cells: str) -> Path:
    """The notebooks of `FOUR`; `left="…"` is what 02_left does instead of writing its file."""
    folder.mkdir(exist_ok=True)
    for lesson in FOUR:
        usual = f'lab.file("{lesson.makes[0]}").write_text(str(seed))'
        write_notebook(folder / f"{lesson.name}.ipynb", cells.get(lesson.name[3:], usual))
    return folder


def pretend(lessons: tuple[Lesson, ...], replace=setattr) -> None:
    """Let these be the lessons of the course."""
    import fer_kit.lessons
    from fer_kit.course import running

    replace(fer_kit.lessons, "LESSONS", lessons)
    replace(running, "LESSONS", lessons)
    replace(running, "_finish", lambda *_: None)


def run_four(folder: Path, **options):
    """Run the four in this process, which a test may then end: `python -c`, with folder in argv."""
    from fer_kit.course.running import run_course

    os.environ["FER_KIT_RUNS"] = str(folder / "runs")
    pretend(FOUR)
    return run_course(notebooks=folder, **options)
