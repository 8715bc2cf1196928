"""Which cell of a student's notebook is which of the lesson's, however it was saved.

Not every editor keeps the ids of cells. nbgrader's names stay with most, the text of what nobody
was to change with all, and the order with everybody.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from fer_kit.course.executed import FUNCTION, grade_id, is_solution, is_unwritten, source

Cell = Mapping[str, Any]
WIDEST = 20  # cells between two neighbours, among which one is looked for
LONGEST = 2000  # characters that are compared


def match(given: Sequence[Cell], cells: Sequence[Cell]) -> dict[str, Cell]:
    """Find each cell that was given out among a student's.

    By its id, else by nbgrader's `grade_id`, else by its text, else by its place between the
    neighbours. Only cells of one type match. An answer that was written into another cell than the
    one given out for it is found, too.

    Args:
        given: the cells of the released notebook, each with an id of its own.
        cells: those of the student's.

    Returns:
        The student's cells by the id of the given one; what is gone is not in it.
    """
    matching = _Matching(given, cells)
    for name in (cell_id, grade_id, cell_text):
        matching.by_name(name)
    matching.by_place()
    matching.answers_elsewhere()
    return matching.found


def cell_id(cell: Cell) -> str:
    """A cell's id, or "". Colab keeps it in the metadata."""
    return str(cell.get("id") or cell.get("metadata", {}).get("id") or "")


def cell_text(cell: Cell) -> str:
    """The source without what an editor may change by itself: spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in source(cell).strip().splitlines())


class _Matching:
    """What has been found so far."""

    def __init__(self, given: Sequence[Cell], cells: Sequence[Cell]):
        self.given, self.cells = given, cells
        self.found: dict[str, Cell] = {}
        self.places: dict[str, int] = {}  # where in `cells`

    def by_name(self, name: Callable[[Cell], str]) -> None:
        """Match what has one name; of several the one with the given text, else the first."""
        named = defaultdict(list)
        for place in self._left(range(len(self.cells))):
            named[self.cells[place]["cell_type"], name(self.cells[place])].append(place)
        for one in self._missing():
            places = named[one["cell_type"], name(one)] if name(one) else []
            text = cell_text(one)
            same = [place for place in places if cell_text(self.cells[place]) == text]
            if places:
                place = (same or places)[0]
                self._take(one, place)
                places.remove(place)

    def by_place(self) -> None:
        """Match the most similar of what stands between the neighbours."""
        for one in self._missing():
            places = [
                place
                for place in self._left(self._between(one))
                if self.cells[place]["cell_type"] == one["cell_type"]
            ]
            if 0 < len(places) <= WIDEST:
                self._take(one, max(places, key=lambda place: _likeness(one, self.cells[place])))

    def answers_elsewhere(self) -> None:
        """Where a given cell was left empty, and the answer written into a copy or a new one."""
        for one in self.given:
            own = self.found.get(one["id"])
            if own is None or not is_solution(one) or not is_unwritten(own):
                continue
            for place in self._left(range(len(self.cells))):
                if self._answers(one, place):
                    self._take(one, place)
                    break

    def _answers(self, one: Cell, place: int) -> bool:
        cell = self.cells[place]
        if cell["cell_type"] != one["cell_type"] or is_unwritten(cell):
            return False
        if grade_id(cell) == grade_id(one):
            return True
        if one["cell_type"] == "code":
            return bool(_functions(cell) & _functions(one))
        return place in self._between(one)

    def _missing(self) -> Iterable[Cell]:
        return [one for one in self.given if one["id"] not in self.found]

    def _left(self, places: Iterable[int]) -> list[int]:
        taken = set(self.places.values())
        return [place for place in places if place not in taken]

    def _between(self, one: Cell) -> range:
        """The places in `cells` between those of the nearest given neighbours that were found."""
        ids = [other["id"] for other in self.given]
        index = ids.index(one["id"])
        before = [self.places[key] for key in ids[:index] if key in self.places]
        after = [self.places[key] for key in ids[index + 1 :] if key in self.places]
        return range(before[-1] + 1 if before else 0, after[0] if after else len(self.cells))

    def _take(self, one: Cell, place: int) -> None:
        self.found[one["id"]] = self.cells[place]
        self.places[one["id"]] = place


def _likeness(one: Cell, other: Cell) -> float:
    texts = (cell_text(cell)[:LONGEST] for cell in (one, other))
    return SequenceMatcher(None, *texts, autojunk=False).ratio()


def _functions(cell: Cell) -> set[str]:
    """The names of the functions that a cell defines."""
    try:
        nodes = ast.walk(ast.parse(source(cell)))
        return {node.name for node in nodes if isinstance(node, FUNCTION)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
