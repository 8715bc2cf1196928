"""The reference: a page for each flat module and each room of the library, and who introduces what.

What a lesson introduces is read from the notebooks' code: the first lesson that calls a function.
A function that no lesson calls is introduced by the lesson that its docstring names, its module's,
or the first that calls anything of the module.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import nbformat

import fer_kit
from fer_kit.lessons import LESSONS, Lesson

ROOT = Path(__file__).parents[2]
ROOF = "fer_kit.cli"  # its functions are the command, which has a page of its own
FLOOR = re.compile(r"^\| ([^|]*) \| ([^|]+) \| ([^|]+) \|$")
NAMED = re.compile(r"\blessons? (\d\d\w?)\b|notebooks/(\w+)\.ipynb")


@cache
def modules() -> dict[str, ModuleType]:
    """Every module of the library but the roof, imported."""
    names = [module.name for module in walk_packages(fer_kit.__path__, "fer_kit.")]
    return {name: importlib.import_module(name) for name in sorted(names) if name != ROOF}


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module defines for others, as they follow in its file."""
    for name, value in vars(module).items():
        is_ours = getattr(value, "__module__", None) == module.__name__
        if is_ours and not name.startswith("_") and callable(value) and hasattr(value, "__name__"):
            yield f"{module.__name__}.{name}", value


def page_of(module: str) -> str:
    """The page that a module is on: its own, or that of its room."""
    return module.split(".")[1]


def reference_pages() -> dict[str, str]:
    """The pages, in MyST: a name for each, such as "audit.md", and its text."""
    pages: dict[str, list[str]] = {}
    for name in modules():
        pages.setdefault(page_of(name), []).append(name)
    written = {f"{page}.md": _page(page, names) for page, names in pages.items()}
    return written | {"index.md": _index(list(pages))}


def _page(page: str, names: list[str]) -> str:
    parts = [f"# `fk.{page}`"]
    for name in names:
        if len(names) > 1 and name.count(".") > 1:
            parts.append(f"## `{name.removeprefix('fer_kit.')}`")
        options = "   :members:\n   :ignore-module-all:"  # what a room offers stands where it is
        parts.append(f"```{{eval-rst}}\n.. automodule:: {name}\n{options}\n```")
    return "\n\n".join(parts) + "\n"


def _index(pages: list[str]) -> str:
    """The start of the reference: the floors of the house as CONTRIBUTING.md tells them."""
    parts = [INTRODUCTION, *_short_names()]
    left = dict.fromkeys(pages)
    for floor, about, members in [*_floors(), ("More", "", list(left))]:
        there = [page for page in members if page in left]
        if there:
            parts += [f"## {floor}", about] if about else [f"## {floor}"]
            lines = [f"| [`{page}`]({page}.md) | {_about(page)} |" for page in there]
            parts.append("\n".join(["| module | what it does |", "| --- | --- |", *lines]))
            parts.append("```{toctree}\n:hidden:\n\n" + "\n".join(there) + "\n```")
        for page in there:
            left.pop(page)
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """# The library

`import fer_kit as fk` makes everything below available: `fk.audit` is the module, and some names \
are short cuts. Each entry says which lesson introduces it, with a link; each lesson ends with the \
entries that it introduces. A function's signature tells the types, its text the shapes, ranges \
and units, and what it refuses."""


def _short_names() -> list[str]:
    lines = [
        f"| {{py:obj}}`fk.{name} <{value.__module__}.{name}>` | {_first_sentence(value)} |"
        for name, value in ((name, getattr(fer_kit, name)) for name in fer_kit._NAMES)
    ]
    return ["## Short names", "\n".join(["| name | what it is |", "| --- | --- |", *lines])]


def _floors() -> Iterator[tuple[str, str, list[str]]]:
    """Each floor of the house: its name, what is there, and its modules and rooms."""
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[str]] = {}
    floor = ""
    for match in filter(None, map(FLOOR.match, lines)):
        members = [name.strip("/") for name in re.findall(r"`([\w/]+)`", match[2])]
        if members and all(f"fer_kit.{name}" in modules() for name in members):
            floor = match[1].strip() or floor
            found.setdefault(floor, []).extend(members)
    for floor, members in found.items():
        yield floor.capitalize(), "", members


def _about(page: str) -> str:
    return _first_sentence(modules()[f"fer_kit.{page}"]).replace("|", "\\|")


def _first_sentence(value: Any) -> str:
    text = (inspect.getdoc(value) or "").split("\n\n")[0]
    return re.sub(r" \(lessons? [^)]*\)", "", " ".join(text.split()))


# Who introduces what


@cache
def introduced() -> dict[str, list[str]]:
    """The lessons that have to do with each public function or class, the first one first."""
    called = {lesson.name: _called(lesson) for lesson in LESSONS}
    found = {}
    for name, module in modules().items():
        defined = dict(public(module))
        anywhere = [lesson for lesson, names in called.items() if names & set(defined)]
        for full, value in defined.items():
            found[full] = (
                [lesson for lesson, names in called.items() if full in names]
                or _named(inspect.getdoc(value))
                or _named(module.__doc__)
                or anywhere[:1]
                or _of_the_room(name, called)
            )
    return found


def used_by(lesson: str) -> dict[str, str]:
    """What a lesson introduces: how it is called there → its full name."""
    return {
        short_name(full): full for full, lessons in introduced().items() if lessons[:1] == [lesson]
    }


def short_name(full: str) -> str:
    """How one writes it after `import fer_kit as fk`: "fk.load", "fk.plots.sheet"."""
    module, name = full.removeprefix("fer_kit.").rsplit(".", 1)
    room, shown = module.split(".")[0], fer_kit._NAMES.get(name, "").split(".")[0]
    return f"fk.{name}" if shown == room else f"fk.{module}.{name}"


def _of_the_room(name: str, called: dict[str, set[str]]) -> list[str]:
    """The first lesson that calls anything of the room that a module is in."""
    room = ".".join(name.split(".")[:2]) + "."
    found = (lesson for lesson, names in called.items() if any(n.startswith(room) for n in names))
    return list(islice(found, 1))


def _named(text: str | None) -> list[str]:
    """The lessons that a text names: "lesson 04", "(lesson 07b)", "notebooks/01_load.ipynb"."""
    named = {number or notebook for number, notebook in NAMED.findall(text or "")}
    return [lesson.name for lesson in LESSONS if named & {lesson.number, lesson.name}]


def _called(lesson: Lesson) -> set[str]:
    """The full names of all of the library that a notebook's code calls or names."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson.name}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    tree = ast.parse(re.sub(r"^(\s*)[!%].*$", r"\1pass", "\n".join(cells), flags=re.MULTILINE))
    known = {"fk": fer_kit}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "fer_kit":
            source = importlib.import_module(node.module)
            known |= {one.asname or one.name: getattr(source, one.name) for one in node.names}
    named = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name))
    return set(filter(None, (_resolve(ast.unparse(node), known) for node in named)))


def _resolve(dotted: str, known: dict[str, Any]) -> str:
    """The full name of what a dotted name leads to: "fk.load" → "fer_kit.datasets.load"."""
    first, *rest = dotted.split(".")
    value = known.get(first)
    for name in rest:
        value = getattr(value, name, None)
    home, name = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
    is_ours = isinstance(home, str) and home.startswith("fer_kit.") and home in modules()
    return f"{home}.{name.split('.')[0]}" if is_ours and name else ""
