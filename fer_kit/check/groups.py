"""Checks of notebooks/08b_groups.ipynb."""

import numpy as np

from fer_kit.check.answers import Ask, as_number, check, expect, expect_array, expect_number

# Ten faces of the group: of four angry ones three are called so, of six others two, and
# two more are called afraid. Then four of other people, not angry, and all called angry.
TRUE = np.array(["angry"] * 4 + ["sad"] * 3 + ["happy"] * 3 + ["sad"] * 4)
SAID = np.array(
    ["angry"] * 3 + ["sad", "angry", "angry", "fear", "fear"] + ["happy"] * 2 + ["angry"] * 4
)
INSIDE = np.arange(14) < 10


@check
def false_alarm_rate(ask: Ask) -> None:
    """`false_alarm_rate(true, said, emotion, inside)` → share of a group that is called so wrongly.

    Of the group's faces that do not show the emotion, the share that the network calls by it.
    """
    not_angry = "Divide by the group's faces that are *not* angry: only these can be false alarms."
    called = "An angry face that is called angry is no false alarm."
    slips = [
        (2 / 10, not_angry),
        (2 / 5, "That is the share of the alarms that are false. " + not_angry),
        (5 / 10, called),
        (5 / 6, called),
        (3 / 4, "That is the share of the angry faces that were found: the recall."),
        (1 / 4, "That is the share of the angry faces that were missed."),
        (4 / 6, "Sad called fear is a mistake but no alarm of angry: compare said with angry."),
        (6 / 10, "Only the faces of the group count, where `inside` is True."),
    ]
    expect_number(ask(TRUE, SAID, "angry", INSIDE), 2 / 6, "false alarms of angry", "", slips)
    slip = "The emotion and the group are arguments: neither is always the same."
    expect_number(ask(TRUE, SAID, "angry", ~INSIDE), 1, "those of the others", slip)
    expect_number(ask(TRUE, SAID, "sad", INSIDE), 1 / 7, "false alarms of sad", slip)
    slip = "No face of that group can be one: 0 / 0 is unknown, and not 0. Return np.nan."
    nobody = as_number(ask(TRUE, SAID, "angry", TRUE == "angry"), "the rate of nobody")
    expect(np.isnan(nobody), "NaN where every face of the group is angry", nobody, slip)


@check
def faces_of(ask: Ask) -> None:
    """`faces_of(drawn, people)` → the indices of all faces of the people who were drawn.

    Somebody who was drawn twice is there twice.
    """
    people = np.array(["ann", "bob", "ann", "eve", "bob", "ann"])
    once = np.asarray(ask(np.array(["eve", "ann"]), people))
    slip = "All pictures of a person come along, as indices into people."
    expect_array(once, (4,), "the faces of eve and ann", slip)
    expect(set(once.tolist()) == {0, 2, 3, 5}, "the faces 0, 2, 3 and 5", once, slip)
    twice = np.asarray(ask(np.array(["bob", "ann", "bob"]), people))
    slip = (
        "Bob was drawn twice and counts twice: np.isin looks only whether he is there. Go through "
        "those who were drawn one by one."
    )
    expect_array(twice, (7,), "the faces of bob, ann and bob", slip)
    expect(sorted(twice.tolist()) == [0, 1, 1, 2, 4, 4, 5], "bob's faces twice", twice, slip)
    nobody = np.asarray(ask(np.array(["bob"]), np.array(["ann", "ann"])))
    expect(len(nobody) == 0, "no faces of somebody who has none", nobody)
