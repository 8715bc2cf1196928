"""Checks of notebooks/06_visible_infrared.ipynb."""

from typing import Any

from fer_kit.check.answers import Ask, check, expect, expect_equal


@check
def match_pairs(ask: Ask) -> None:
    """`match_pairs(visible, infrared)`: lists of file names → the pairs that belong together."""
    found = _pairs(ask(["b-1-vis.jpg", "a-7-vis.jpg"], ["a-7-ir.jpg", "b-1-ir.jpg"]))
    by_place = {("b-1-vis.jpg", "a-7-ir.jpg"), ("a-7-vis.jpg", "b-1-ir.jpg")}
    slip = "They were put together by their place in the lists. Only the names tell."
    is_by_place = set(found) in (by_place, {(one, other) for other, one in by_place})
    expect(not is_by_place, "b-1-vis.jpg with b-1-ir.jpg", "b-1-vis.jpg with a-7-ir.jpg", slip)
    visible_first = all(name.endswith("-vis.jpg") for name, _ in found)
    expect(visible_first, "the visible picture first in every pair", found)
    wanted = [("b-1-vis.jpg", "b-1-ir.jpg"), ("a-7-vis.jpg", "a-7-ir.jpg")]
    slip = "Take the ends -vis.jpg and -ir.jpg off; what is left has to be equal."
    expect(sorted(found) == sorted(wanted), f"{wanted}", found, slip)
    slip = "Go through `visible`, and look for the partner of each."
    expect_equal(found, wanted, "in the order of the visible pictures", slip)
    _expect_only_true_pairs(ask)
    nothing = _pairs(ask(["anna-1-vis.jpg"], ["anna-2-ir.jpg"]))
    expect(not nothing, "no pair where no two names agree", nothing)


def _pairs(found: Any) -> list[tuple[str, str]]:
    expect(isinstance(found, list), "a list of pairs (visible, infrared)", found)
    are_pairs = all(isinstance(pair, tuple) and len(pair) == 2 for pair in found)
    slip = "A tuple is written with round brackets; a list of two names, [ ], is none."
    expect(are_pairs, "a list of pairs, each a tuple (visible, infrared)", found, slip)
    return found


def _expect_only_true_pairs(ask: Ask) -> None:
    """What comes of names that begin alike, hold "ir" or "vis" elsewhere, or have no partner."""
    visible = ["anna-1-vis.jpg", "anna-12-vis.jpg", "irina-2-vis.jpg", "elvis-1-vis.jpg"]
    infrared = ["elvis-1-ir.jpg", "anna-12-ir.jpg", "lea-3-ir.jpg", "irina-2-ir.jpg"]
    found = _pairs(ask(visible, infrared))
    mistaken = ("anna-1-vis.jpg", "anna-12-ir.jpg")
    slip = "The names have to be equal, not only to begin alike."
    expect(mistaken not in found, "anna-1 to stay alone", f"the pair {mistaken}", slip)
    for name, part in (("irina-2", "ir"), ("elvis-1", "vis")):
        pair = (f"{name}-vis.jpg", f"{name}-ir.jpg")
        slip = f'replace("{part}", …) changes "{name}" as well: the end only, with removesuffix.'
        expect(pair in found, f"the pair {pair}", f"{name} without a partner", slip)
    paired = [name for pair in found for name in pair]
    alone = [name for name in ("anna-1-vis.jpg", "lea-3-ir.jpg") if name in paired]
    expected = "pictures without a partner to be left out"
    expect(not alone, expected, f"{alone[:1]} in a pair", "Neither list need be complete.")
    names = ("anna-12", "irina-2", "elvis-1")
    expect_equal(found, [(f"{name}-vis.jpg", f"{name}-ir.jpg") for name in names], "")
