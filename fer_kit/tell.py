"""Answers that are folded away, and numbers that were measured elsewhere (lesson 04).

A lesson asks before it tells: the question stands above the figure, the answer below it, folded
away and made of the run's own numbers. A number of another run or machine is never written into a
lesson: it stands in assets/measured.toml with all that it depends on, and the lesson shows it.

    fk.reveal(f"Yes: {right} of {total} faces.")
    fk.measured("lenet5-protocols")
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from fer_kit.errors import choose
from fer_kit.pictures import ASSETS

MEASURED = ASSETS / "measured.toml"


@dataclass(frozen=True)
class Measured:
    """A table of results from another run, with everything that they depend on.

    Attributes:
        table: a row for each thing that was compared; cells are text, with 95 % intervals.
        about: in one line: data and protocol, profile, seeds, version, hardware.
        reading: what the table says, in words, or "".
    """

    table: pd.DataFrame
    about: str
    reading: str = ""

    def _repr_markdown_(self) -> str:
        """What Jupyter shows: the table, and below it where it comes from."""
        names = [self.table.index.name or "", *map(str, self.table.columns)]
        lines = [names, ["---"] * len(names), *self.table.reset_index().to_numpy().tolist()]
        table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
        return "\n\n".join(filter(None, (table, f"*{self.about}*", self.reading)))


def measured(name: str) -> Measured:
    """A table from assets/measured.toml.

    Args:
        name: its heading there, such as "lenet5-protocols".

    Raises:
        InputError: there is none of that name.
    """
    entry = everything_measured()["table"][choose(name, everything_measured()["table"], "a table")]
    table = pd.DataFrame.from_dict(entry["rows"], orient="index", columns=entry["columns"])
    return Measured(table.rename_axis(entry["what"]), _about(entry), entry.get("reading", ""))


@cache
def everything_measured() -> dict[str, Any]:
    """assets/measured.toml: tables, and the numbers of published work that lessons quote."""
    return tomllib.loads(MEASURED.read_text(encoding="utf-8"))


def reveal(answer: str, title: str = "Answer") -> None:
    """Show an answer that stays folded until the reader opens it.

    Args:
        answer: Markdown, with formulas; written from the run's own numbers.
        title: what stands on the fold.
    """
    from IPython.display import Markdown, display

    # Blank lines: without them Jupyter takes what is inside for HTML and not for Markdown.
    fold = f"<details><summary>{title}</summary>\n\n{answer.strip()}\n\n</details>"
    display(Markdown(fold))


def _about(entry: dict[str, Any]) -> str:
    seeds = ", ".join(map(str, entry["seeds"]))
    return (
        f"{entry['data']}; {entry['protocol']}; profile {entry['profile']}, seed {seeds}; "
        f"fer_kit {entry['fer_kit']} on {entry['hardware']}. {entry['interval']}"
    )
