"""Checks of notebooks/11b_refusing.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, as_number, check, expect, expect_number
from fer_kit.evaluation import percent

CONFIDENCE = np.array([0.55, 0.95, 0.31, 0.72, 0.64, 0.88, 0.47, 0.8, 0.39, 0.99])
CORRECT = np.array([0, 1, 0, 1, 1, 1, 1, 0, 0, 1]) > 0


@check
def threshold_for(ask: Ask) -> None:
    """`threshold_for(confidence, share)` → the confidence that this share of the faces reaches."""
    shares, ordered = np.array([0.8, 0.5, 0.3]), np.sort(CONFIDENCE)
    lines = [as_number(ask(CONFIDENCE, share), "the threshold") for share in shares.tolist()]
    one_more = (
        "It is itself the confidence of a face that reaches it as well, one too many: take the "
        "next larger one or, as np.quantile does by itself, a value between the two."
    )
    slips = (
        (np.quantile(CONFIDENCE, shares), "np.quantile(confidence, q) has q *below*: 1 - share."),
        (ordered[((1 - shares) * 10).astype(int)], "(1 - 0.8) * 10 is 1.9999…, int 1: use round."),
        (np.quantile(CONFIDENCE, 1 - shares, method="lower"), one_more),
        (np.quantile(CONFIDENCE, 1 - shares, method="nearest"), one_more),
    )
    said = (said for wrong, said in slips if np.allclose(lines, wrong))
    slip = next(said, "A face reaches the threshold if its confidence is not below it.")
    for share, line in zip(shares, lines, strict=True):
        reached = float((line <= CONFIDENCE).mean())
        expected = f"a threshold that {percent(share, digits=0)} of the ten faces reach"
        received = f"{line:g}, which {percent(reached, digits=0)} reach"
        expect(abs(reached - share) < 1e-9, expected, received, slip)


@check
def mean_cost(ask: Ask) -> None:
    """`mean_cost(confidence, correct, threshold, price)` → the mean cost a face."""
    of_answered = "Refused faces count too: divide by all faces, not by those answered."
    slips = [
        (2 / 7, of_answered + " And a refusal costs the price."),
        ((2 + 3 * 0.3) / 7, of_answered),
        (0.2, "A refusal costs something, too: the price."),
        (0.3 * 0.3, "A wrong answer costs 1."),
        (0.2 * 0.3 + 0.3, "A wrong answer costs 1, a refusal the price: not the other way round."),
        ((5 + 3 * 0.3) / 10, "A right answer costs nothing, a wrong one 1."),
        ((2 + 3 * 0.3), "That is the sum; the mean a face is asked for."),
    ]
    slip = "0 for right, 1 for wrong, the price for each face below the threshold."
    # From 0.5 on seven faces are answered, two of them wrongly.
    expect_number(ask(CONFIDENCE, CORRECT, 0.5, 0.3), 0.29, "the mean cost", slip, slips)
    slip = "A confidence of exactly the threshold is enough: >=."
    expect_number(ask(CONFIDENCE, CORRECT, 0.55, 0.3), 0.29, "the mean cost", slip)
    expect_number(ask(CONFIDENCE, CORRECT, 0, 0.3), 0.4, "that of answering all")
    slip = "Where nothing is answered, every face costs the price."
    expect_number(ask(CONFIDENCE, CORRECT, 2, 0.25), 0.25, "that of refusing all", slip)
