"""Checks of notebooks/06_visible_infrared.ipynb."""

from typing import Any

from scipy.stats import binomtest

from fer_kit.check.answers import Ask, as_number, check, expect, expect_equal, expect_number


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
    """What comes of names that begin alike, that hold "ir" elsewhere, and that have no partner."""
    visible = ["anna-1-vis.jpg", "anna-12-vis.jpg", "irina-2-vis.jpg", "kim-1-vis.jpg"]
    infrared = ["kim-1-ir.jpg", "anna-12-ir.jpg", "lea-3-ir.jpg", "irina-2-ir.jpg"]
    found = _pairs(ask(visible, infrared))
    mistaken = ("anna-1-vis.jpg", "anna-12-ir.jpg")
    slip = "The names have to be equal, not only to begin alike."
    expect(mistaken not in found, "anna-1 to stay alone", f"the pair {mistaken}", slip)
    irina = ("irina-2-vis.jpg", "irina-2-ir.jpg")
    slip = 'replace("ir", …) changes "irina" as well: take off the end only, with removesuffix.'
    expect(irina in found, f"the pair {irina}", "irina without her partner", slip)
    paired = [name for pair in found for name in pair]
    alone = [name for name in ("anna-1-vis.jpg", "lea-3-ir.jpg") if name in paired]
    expected = "pictures without a partner to be left out"
    expect(not alone, expected, f"{alone[:1]} in a pair", "Neither list need be complete.")
    names = ("anna-12", "irina-2", "kim-1")
    expect_equal(found, [(f"{name}-vis.jpg", f"{name}-ir.jpg") for name in names], "")


@check
def mcnemar_p(ask: Ask) -> None:
    """`mcnemar_p(only_first, only_second)` → the exact p-value of McNemar's test, two-sided."""
    ends = "range(m) ends before m: the sum goes from k = 0 to m, both included."
    uneven = (
        "Two coins that fall alike, both heads or both tails: 2 · 0.25. A test asks for a split "
        "this uneven in either direction, and χ² is too rough for so few."
    )
    expect_number(ask(0, 2), 0.5, "p of 0 against 2", uneven, [(0, ends)])
    slip = "m is the smaller of the two numbers: min(only_first, only_second)."
    expect_number(ask(2, 0), 0.5, "p of 2 against 0, as of 0 against 2,", slip)
    even = as_number(ask(5, 5), "p of 5 against 5")
    slip = "Doubled, the middle is counted twice: a probability is at most 1, min(1, …)."
    expect_number(even, 1, "p of 5 against 5", slip if even > 1 else "")
    expect_number(ask(0, 0), 1, "p of 0 against 0", "Nothing speaks for a difference: n is 0.")
    slip = "Sum the binomial coefficients from k = 0 to m, m included, and divide by 2**n."
    for one, other in ((3, 12), (150, 210)):
        right = binomtest(one, one + other).pvalue
        expect_number(ask(one, other), right, f"p of {one} against {other}", slip)
