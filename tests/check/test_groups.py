"""Wrong answers to the checks of lesson 08b, and what they are told."""

import numpy as np
from checks import told, wrong_answers

WRONG = {
    "false_alarm_rate": [
        (lambda t, s, e, g: ((s == e) & (t != e) & g).sum() / g.sum(), "*not* angry"),
        (lambda t, s, e, g: (t != e)[(s == e) & g].mean(), "alarms that are false"),
        (lambda t, s, e, g: (s == e)[g].mean(), "no false alarm"),
        (lambda t, s, e, g: ((s == e) & g).sum() / ((t != e) & g).sum(), "no false alarm"),
        (lambda t, s, e, g: (s == e)[(t == e) & g].mean(), "recall"),
        (lambda t, s, e, g: (s != e)[(t == e) & g].mean(), "missed"),
        (lambda t, s, e, g: (s == e)[t != e].mean(), "where `inside`"),
        (lambda t, s, e, g: (s != t)[g & (t != e)].mean(), "compare said with angry"),
        (lambda t, s, e, g: 2 / 6, "arguments"),
        (
            lambda t, s, e, g: ((s == e) & (t != e) & g).sum() / max(1, ((t != e) & g).sum()),
            "0 / 0 is unknown",
        ),
        (lambda t, s, e, g: (s == e)[(t != e) & g], "as one number"),
    ],
    "faces_of": [
        (lambda drawn, people: np.flatnonzero(np.isin(people, drawn)), "drawn twice"),
        (lambda drawn, people: people[np.isin(people, drawn)], "Received"),
        (lambda drawn, people: [list(people).index(one) for one in drawn], "All pictures"),
        (lambda drawn, people: np.isin(people, drawn), "All pictures"),
    ],
}


@wrong_answers("groups", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
