"""Checks of notebooks/08c_seeds.ipynb."""

import numpy as np
from scipy.stats import false_discovery_control, norm, t

from fer_kit.check.answers import Ask, check, expect, expect_array, expect_number

ACCURACIES = np.array([0.60, 0.64, 0.62, 0.70, 0.66])
P_VALUES = np.array([0.01, 0.6, 0.04, 0.0125, 0.7])


@check
def half_width(ask: Ask) -> None:
    """`half_width(accuracies)` → t · s / √n: how far their mean may be off."""
    for accuracies in (ACCURACIES, ACCURACIES[:3]):
        n, s = len(accuracies), accuracies.std(ddof=1)
        times = t.ppf(0.975, n - 1)
        right = times * s / n**0.5
        slips = [
            (times * accuracies.std() / n**0.5, "np.std divides by n: say ddof=1 for n - 1."),
            (times * s, "That is for one more training. Their mean is steadier: divide by √n."),
            (times * s / n, "Divide by the root of n, not by n."),
            (norm.ppf(0.975) * s / n**0.5, "That is z = 1.96, as if s were known: take t."),
            (1.96 * s / n**0.5, "That is z = 1.96, as if s were known: take t."),
            (2 * s / n**0.5, "That is 2, which is enough for many trainings: take t."),
            (t.ppf(0.975, n) * s / n**0.5, "With n trainings t has n - 1 degrees of freedom."),
            (
                t.ppf(0.95, n - 1) * s / n**0.5,
                "95 % in the middle leave 2.5 % on each side: 0.975.",
            ),
            (2 * right, "That is the whole interval; half of it is asked for."),
            (s / n**0.5, "That is the standard error: multiply by t."),
        ]
        slip = "t · s / √n, with s by np.std(…, ddof=1)."
        expect_number(ask(accuracies), right, f"half the interval of {n}", slip, slips)


@check
def holm(ask: Ask) -> None:
    """`holm(p_values)` → the p-values after Holm's correction, in the order given."""
    right = np.array([0.05, 1, 0.12, 0.05, 1])
    found = expect_array(ask(P_VALUES), (5,), "as many p-values as came")
    slips = (
        (np.minimum(P_VALUES * 5, 1), "That is Bonferroni: after the smallest, m - 1, then m - 2."),
        (
            false_discovery_control(P_VALUES),
            "That is Benjamini and Hochberg's, which allows a share.",
        ),
        (np.array([0.05, 1.2, 0.12, 0.05, 1.2]), "A probability is at most 1."),
        (np.array([0.05, 1.2, 0.12, 0.05, 0.7]), "A probability is at most 1."),
        (np.array([0.05, 1, 0.12, 0.05, 0.7]), "None may be smaller than one before it."),
        (np.sort(right), "Give them back in the order in which they came."),
    )
    said = (said for wrong, said in slips if np.allclose(found, wrong))
    slip = "Sorted, the smallest times m, the next times m - 1; then the running maximum."
    expected = f"{right.tolist()} from {P_VALUES.tolist()}"
    expect(np.allclose(found, right), expected, found.round(4), next(said, slip))
    falling = np.array([0.03, 0.02, 0.0249])
    found = expect_array(ask(falling), (3,), "as many p-values as came")
    right = np.array([0.06, 0.06, 0.06])
    slip = "None may be smaller than one before it: np.maximum.accumulate."
    expect(np.allclose(found, right), f"{right.tolist()} from {falling}", found.round(4), slip)
    turning = np.array([0.2, 0.6, 0.01])  # its order, [2, 0, 1], is not its own inverse
    found = expect_array(ask(turning), (3,), "as many p-values as came")
    right = np.array([0.4, 0.6, 0.03])
    slip = "p[order] sorts; to put back what is sorted, write corrected[order] = …"
    expect(np.allclose(found, right), f"{right.tolist()} from {turning}", found.round(4), slip)
    expect_number(ask(np.array([0.04]))[0], 0.04, "the only one, unchanged,")
