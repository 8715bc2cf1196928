"""The house in figures: lines by room, long functions, circles of imports, lines that stand twice.

    python tests/house.py

CONTRIBUTING.md draws the plan of the rooms, and test_house.py holds it.
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

LIBRARY = Path(__file__).parents[1] / "fer_kit"
LONG = 30  # lines of a function, without its docstring
BLOCK = 6  # lines of code in a row
SKIPPED = ("#", "from ", "import ")


@cache
def modules() -> dict[str, Path]:
    """Every module of the library: "fer_kit.course.report" → its file."""
    paths = {".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts): path
             for path in sorted(LIBRARY.rglob("*.py"))}  # fmt: skip
    return {name.removesuffix(".__init__"): path for name, path in paths.items()}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


@cache
def imported(name: str) -> set[str]:
    """The library's modules that a module imports, also within functions."""
    return found_in(tree(name)) - {name}


def found_in(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"write the whole name: {ast.unparse(node)}"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules() else node.module for name in names}
    return {name for name in found if name in modules() and name != "fer_kit"}


def circle() -> list[str]:
    """The modules of a circle of imports, the first one again at its end; empty without any."""
    try:
        TopologicalSorter({name: imported(name) for name in modules()}).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def lines_by_room() -> Counter[str]:
    """How many lines there are in each room; "flat" is what lies in none."""
    rooms: Counter[str] = Counter()
    for path in modules().values():
        first, *rest = path.relative_to(LIBRARY).parts
        rooms[first if rest else "flat"] += len(path.read_text(encoding="utf-8").splitlines())
    return rooms


def long_functions() -> Iterator[tuple[int, str]]:
    """(lines, name) of each function with more than `LONG` lines that are not its docstring."""
    for name in modules():
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef):
                has_docstring = ast.get_docstring(node) is not None
                lines = _lines(node) - (_lines(node.body[0]) if has_docstring else 0)
                if lines > LONG:
                    yield lines, f"{name}.{node.name}"


def _lines(node: ast.stmt) -> int:
    return node.end_lineno - node.lineno + 1


def twice() -> list[str]:
    """Where `BLOCK` lines of code in a row stand that stand somewhere else, too."""
    places = defaultdict(list)
    for name, path in modules().items():
        told = enumerate(map(str.strip, path.read_text(encoding="utf-8").splitlines()), start=1)
        lines = [(at, line) for at, line in told if line and not line.startswith(SKIPPED)]
        for start in range(len(lines) - BLOCK + 1):
            block = lines[start : start + BLOCK]
            places[tuple(line for _, line in block)].append(f"{name}:{block[0][0]}")
    return [" = ".join(found) for found in places.values() if len(found) > 1]


if __name__ == "__main__":
    rooms = lines_by_room()
    for room, count in rooms.most_common():
        print(f"{count:7,}  {room}")
    print(f"{rooms.total():7,}  lines in all")
    for what, found in (
        (f"functions of more than {LONG} lines without their docstring",
         [f"{lines}  {name}" for lines, name in sorted(long_functions(), reverse=True)]),
        ("modules in a circle of imports", circle()),
        (f"times {BLOCK} lines that stand twice", twice()),
    ):  # fmt: skip
        print(f"{len(found):7}  {what}", *found, sep="\n         ")
