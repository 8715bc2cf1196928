"""Checks of notebooks/06_visible_infrared.ipynb."""

from collections.abc import Callable
from math import comb
from typing import Any

from fer_kit.check.answers import as_number, ask, check, expect, expect_number

VISIBLE = ["anna-1-vis.jpg", "anna-12-vis.jpg", "irina-2-vis.jpg", "kim-1-vis.jpg"]
INFRARED = ["kim-1-ir.jpg", "anna-12-ir.jpg", "lea-3-ir.jpg", "irina-2-ir.jpg"]


@check
def match_pairs(function: Callable) -> None:
    """`match_pairs(visible, infrared)`: lists of file names → the pairs that belong together."""
    found = ask(function, ["b-1-vis.jpg", "a-7-vis.jpg"], ["a-7-ir.jpg", "b-1-ir.jpg"])
    found = _as_pairs(found)
    swapped = [("a-7-ir.jpg", "b-1-vis.jpg"), ("b-1-ir.jpg", "a-7-vis.jpg")]
    by_order = [("b-1-vis.jpg", "a-7-ir.jpg"), ("a-7-vis.jpg", "b-1-ir.jpg")]
    expect(
        sorted(found) not in (sorted(by_order), sorted(swapped)),
        "b-1-vis.jpg with b-1-ir.jpg",
        "b-1-vis.jpg with a-7-ir.jpg",
        "They were put together by their place in the lists. Only the names tell.",
    )
    expect(
        all(name.endswith("-vis.jpg") for name, _ in found),
        "the visible picture first in every pair",
        found,
    )
    wanted = [("b-1-vis.jpg", "b-1-ir.jpg"), ("a-7-vis.jpg", "a-7-ir.jpg")]
    expect(
        sorted(found) == sorted(wanted),
        f"{wanted}",
        found,
        "Take the ends -vis.jpg and -ir.jpg off; what is left has to be equal.",
    )
    expect(
        found == wanted,
        "the pairs in the order of the visible pictures",
        "another order",
        "Go through `visible`, and look for the partner of each.",
    )
    _expect_only_true_pairs(_as_pairs(ask(function, VISIBLE, INFRARED)))
    nothing = _as_pairs(ask(function, ["anna-1-vis.jpg"], ["anna-2-ir.jpg"]))
    expect(not nothing, "no pair where no two names agree", nothing)


def _as_pairs(found: Any) -> list[tuple[str, str]]:
    expect(isinstance(found, list), "a list of pairs (visible, infrared)", found)
    expect(
        all(isinstance(pair, tuple) and len(pair) == 2 for pair in found),
        "a list of pairs, each a tuple (visible, infrared)",
        found,
        "A tuple is written with round brackets; a list of two names, [ ], is none.",
    )
    return found


def _expect_only_true_pairs(found: list[tuple[str, str]]) -> None:
    """What comes of names that begin alike, that hold "ir" elsewhere, and that have no partner."""
    expect(
        ("anna-1-vis.jpg", "anna-12-ir.jpg") not in found,
        "anna-1 to stay alone",
        "anna-1-vis.jpg with anna-12-ir.jpg",
        "The names have to be equal, not only to begin alike.",
    )
    expect(
        ("irina-2-vis.jpg", "irina-2-ir.jpg") in found,
        "irina-2-vis.jpg with irina-2-ir.jpg",
        "irina without her partner",
        'replace("ir", …) changes "irina" as well: take off the end only, with removesuffix.',
    )
    paired = [name for pair in found for name in pair]
    alone = [name for name in ("anna-1-vis.jpg", "lea-3-ir.jpg") if name in paired]
    expect(
        not alone,
        "pictures without a partner to be left out",
        f"{alone[:1]} in a pair",
        "Neither list need be complete.",
    )
    names = ("anna-12", "irina-2", "kim-1")
    wanted = [(f"{name}-vis.jpg", f"{name}-ir.jpg") for name in names]
    expect(found == wanted, f"{wanted}", found)


@check
def mcnemar_p(function: Callable) -> None:
    """`mcnemar_p(only_first, only_second)` → the exact p-value of McNemar's test, two-sided."""
    p = as_number(ask(function, 0, 2), "p of 0 against 2")
    expect(
        p > 0,
        "p = 0.5 of 0 against 2",
        "0",
        "range(m) ends before m: the sum goes from k = 0 to m, both included.",
    )
    expect_number(
        p,
        0.5,
        "p of 0 against 2",
        "Two coins that fall alike, both heads or both tails: 2 · 0.25. A test asks for a split "
        "this uneven in either direction, and χ² is too rough for so few.",
    )
    expect_number(
        ask(function, 2, 0),
        0.5,
        "p of 2 against 0, as of 0 against 2,",
        "m is the smaller of the two numbers: min(only_first, only_second).",
    )
    even = as_number(ask(function, 5, 5), "p of 5 against 5")
    expect(
        even <= 1,
        "p = 1 of 5 against 5",
        f"{even:g}",
        "Doubled, the middle is counted twice: a probability is at most 1, min(1, …).",
    )
    expect_number(even, 1, "p of 5 against 5")
    expect_number(
        ask(function, 0, 0), 1, "p of 0 against 0", "Nothing speaks for a difference: n is 0."
    )
    expect_number(
        ask(function, 3, 12),
        _exact(3, 12),
        "p of 3 against 12",
        "Sum the binomial coefficients from k = 0 to m, m included, and divide by 2**n.",
    )
    expect_number(ask(function, 150, 210), _exact(150, 210), "p of 150 against 210")


def _exact(one: int, other: int) -> float:
    n = one + other
    return min(1.0, 2 * sum(comb(n, k) for k in range(min(one, other) + 1)) / 2**n)
