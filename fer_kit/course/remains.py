"""How much of a given cell is left that would still run: emptied ones do not count as executed."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

LEAST = 1 / 3  # of a cell's names; whoever tries something else keeps more of them
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# Magics that run what follows them; what others do with it nobody knows.
RUNNING_CELL = re.compile(r"\A\s*%%(?:time|timeit|capture|prun)\b.*\n")
RUNNING_LINE = re.compile(r"^(\s*)%(?:time|timeit|prun)\s+", re.MULTILINE)


def is_emptied(given: str, own: str) -> bool:
    """Whether of the names that a given cell used at most a third is left, where it would run."""
    before, after = _parse(given), _parse(own)
    defined = {node.name for node in before if isinstance(node, DEFINITION)}
    names = Counter(_names(_running(before, defined)))
    left = names & Counter(_names(_running(after, defined)))
    return left.total() <= LEAST * names.total() if names else not own.strip()


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names of variables, attributes, arguments, imports, functions."""
    for node in nodes:
        for part in ast.walk(node):
            for field in ("id", "attr", "arg", "name"):
                if isinstance(getattr(part, field, None), str):
                    yield getattr(part, field)


def _parse(code: str) -> list[ast.stmt]:
    """The statements of a cell, magics of IPython's among them; none where it is no Python."""
    from IPython.core.inputtransformer2 import TransformerManager

    code = RUNNING_LINE.sub(r"\1", RUNNING_CELL.sub("", code))
    try:
        return ast.parse(TransformerManager().transform_cell(code)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _running(body: Sequence[ast.stmt], defined: set[str]) -> Iterator[ast.AST]:
    """What runs when a cell runs.

    What stands in a `try` may end unseen, and a new function may never be called: they do not
    count.
    """
    for node in body:
        if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant):
            yield from _running(node.body if node.test.value else node.orelse, defined)
        elif isinstance(node, ast.If | ast.While):
            yield node.test
            yield from _running([*node.body, *node.orelse], defined)
        elif isinstance(node, ast.For):
            yield from (node.target, node.iter)
            yield from _running([*node.body, *node.orelse], defined)
        elif isinstance(node, ast.With):
            yield from node.items
            yield from _running(node.body, defined)
        elif isinstance(node, DEFINITION):
            yield from [node] if node.name in defined else []
        elif not isinstance(node, ast.Try | ast.TryStar):
            yield node
