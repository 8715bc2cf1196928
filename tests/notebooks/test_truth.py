"""What lessons say of results: computed beside them, or from a file that says where they come from.

A number in a lesson's text is a published one or follows from the arithmetic, and then stands in
assets/measured.toml with its source. Whoever wants to say how a figure of this run came out prints
it in a cell, from the run's own numbers: `fk.reveal(f"…")`.
"""

import json
import re
from pathlib import Path

import pytest

from fer_kit.tell import everything_measured

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
# A share or a difference of shares, as results are written; "95 % interval" is a level.
RESULT = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)? ?%(?! interval)|\d+(?:\.\d+)? points\b")
LEVEL = "95 %"
NOT_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`|\]\([^)]*\)", re.DOTALL)
# Two things of a run compared, outside of a question or of a folded answer.
NETWORK = r"(LeNet-5|CNN|ResNet-18|DDAMFN|[Ff]us(?:ed|ion)|42 classes|[Ss]even outputs|7 outputs)"
COMPARED = re.compile(
    NETWORK
    + r"[^.?!:;\n]*\b(beats|wins|loses|is better|is worse|does better|does worse|comes last|"
    r"comes first|adds nothing|keeps up|is ahead|do what|does what)\b"
)
SEEN = re.compile(r"\*\*What do you see\?\*\*(.*)", re.DOTALL)


def known(lesson: str, kind: str) -> set[str]:
    """The numbers that a lesson's text may hold."""
    entries = everything_measured()[kind]
    return {value for entry in entries if entry["lesson"] == lesson for value in entry["values"]}


def prose(path: Path) -> list[str]:
    """A lesson's Markdown cells without code, formulas and addresses; answers in words included."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return [NOT_PROSE.sub(" ", text) for text in texts]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_result_is_written_into_the_text(path):
    allowed = known(path.stem, "published") | known(path.stem, "given") | {LEVEL}
    written = [number for text in prose(path) for number in RESULT.findall(text)]
    assert [number for number in written if number not in allowed] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_networks_are_compared_in_the_text(path):
    assert [found.group() for text in prose(path) for found in COMPARED.finditer(text)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_there_is_to_see_is_asked_and_not_told(path):
    told = [found[1].strip() for text in prose(path) if (found := SEEN.search(text))]
    assert [text[:80] for text in told if text and not text.split("\n\n")[0].endswith("?")] == []


def test_every_number_that_a_text_may_hold_is_still_in_it():
    texts = {path.stem: " ".join(prose(path)) for path in NOTEBOOKS}
    for kind in ("published", "given"):
        for entry in everything_measured()[kind]:
            assert entry.get("source") or entry.get("why")
            missing = [value for value in entry["values"] if value not in texts[entry["lesson"]]]
            assert missing == [], entry["lesson"]


def test_a_number_and_a_comparison_are_found_where_they_should_not_be():
    assert RESULT.findall("It got 83.6 % and lost 2.2 points.") == ["83.6 %", "2.2 points"]
    assert RESULT.findall("a 95 % interval, 3 points on a line?") == ["3 points"]
    assert COMPARED.search("Here the fused network beats either camera.")
    assert not COMPARED.search("Which of both wins, the CNN or LeNet-5?")
