"""Wrong answers to the checks of lesson 06, and what they are told."""

from math import comb

from checks import told, wrong_answers
from scipy.stats import chi2


def paired(visible, infrared, fits):
    return [(one, other) for one in visible for other in infrared if fits(one[:-8], other[:-7])]


def paired_without_ir(visible, infrared):
    partners = {name.replace("ir", ""): name for name in infrared}
    keys = {name: name.replace("vis", "") for name in visible}
    return [(name, partners[key]) for name, key in keys.items() if key in partners]


def paired_with_none(visible, infrared):
    partners = {name[:-7]: name for name in infrared}
    return [(name, partners.get(name[:-8])) for name in visible]


def tail_of_coins(one, other, ends_before=0, sides=2):
    """The sum in McNemar's test, which may exceed 1."""
    n, m = one + other, min(one, other)
    return sides * sum(comb(n, k) for k in range(m + 1 - ends_before)) / 2**n


def mcnemar_by_chi_square(one, other):
    return float(chi2.sf((one - other) ** 2 / max(one + other, 1), 1))


WRONG = {
    "match_pairs": [
        (lambda v, i: list(zip(v, i, strict=False)), "Only the names tell"),
        (lambda v, i: [(b, a) for a, b in paired(v, i, str.__eq__)], "visible picture first"),
        (lambda v, i: sorted(paired(v, i, str.__eq__)), "order of the visible"),
        (lambda v, i: paired(v, i, lambda a, b: b.startswith(a)), "not only to begin alike"),
        (paired_without_ir, "removesuffix"),
        (paired_with_none, "Neither list"),
        (lambda v, i: paired(v, i, str.__eq__)[:1], "what is left has to be equal"),
        (lambda v, i: dict(paired(v, i, str.__eq__)), "a list of pairs"),
        (lambda v, i: [list(pair) for pair in paired(v, i, str.__eq__)], "round brackets"),
        (lambda v, i: [("one", "two"), ("three",)], "each a tuple"),
        (lambda v, i: paired(v, i, str.__eq__) or [("", "")], "no two names agree"),
    ],
    "mcnemar_p": [
        (lambda a, b: tail_of_coins(a, b, sides=1), "either direction"),
        (lambda a, b: tail_of_coins(a, b), "at most 1"),
        (lambda a, b: min(1, tail_of_coins(a, b) if a <= b else 1), "the smaller"),
        (lambda a, b: min(1, tail_of_coins(a, b)) if a + b else 0, "n is 0"),
        (lambda a, b: tail_of_coins(a, b, ends_before=1), "both included"),
        (mcnemar_by_chi_square, "too rough"),
        (lambda a, b: 0.5 if a + b == 2 else 1.0, "divide by 2**n"),
        (lambda a, b: (a, b), "as one number"),
    ],
}  # fmt: skip


@wrong_answers("visible_infrared", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
