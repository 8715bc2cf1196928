"""The reference is made of docstrings: each public function says what it takes and refuses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "fer_kit"
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name != "cli.py")
# "(N, H, W, C)", "(2, 3)", "(N,)", "(…, 2)"; or a word that leads to one.
SHAPE = re.compile(r"\((?:[A-Z]\b|\d+|…|\w+,|len)[^()]*(?:\([^()]*\)[^()]*)*\)")
ELSEWHERE = re.compile(r"\bshapes?\b|(?:as in|see|as|what) `|as (?:it|they) came")


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """The public functions of a module, and the methods of its public classes that explain
    themselves: what a library calls by its own names, such as on_epoch_end, need not."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef))
            yield from (
                one for one in methods if not one.name.startswith("_") and ast.get_docstring(one)
            )


def refuses(function: ast.FunctionDef) -> bool:
    """Whether it raises an InputError itself, for its caller to see."""
    return any(
        isinstance(node, ast.Raise) and node.exc and "InputError(" in ast.unparse(node.exc)
        for node in ast.walk(function)
    )


def takes_arrays(function: ast.FunctionDef) -> bool:
    """Whether an array goes in or comes out."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    notes = [one.annotation for one in arguments] + [function.returns]
    return any("ndarray" in ast.unparse(note) for note in notes if note)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_every_public_function_says_what_it_is_its_shapes_and_what_it_refuses(path):
    for function in functions(path):
        told = ast.get_docstring(function) or ""
        assert told, f"{function.name}: no docstring"
        if refuses(function):
            assert re.search(r"Raises:|InputError|[Rr]efuse", told), f"{function.name}: no errors"
        if takes_arrays(function):
            assert SHAPE.search(told) or ELSEWHERE.search(told), f"{function.name}: no shapes"


def test_every_module_and_class_says_what_it_is():
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
            assert ast.get_docstring(node), f"{path}: {getattr(node, 'name', 'the module')}"
