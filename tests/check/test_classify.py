"""Wrong answers to the checks of lesson 11, and what they are told."""

from checks import solution, told, wrong_answers

from fer_kit import check
from fer_kit.detect import Box


def overlap_without_zero(a, b):
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    high = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    both = a.width * a.height + b.width * b.height
    return wide * high / (both - wide * high)


def overlap_counted_twice(a, b):
    wide = max(0, min(a.x + a.width, b.x + b.width) - max(a.x, b.x))
    high = max(0, min(a.y + a.height, b.y + b.height) - max(a.y, b.y))
    return 2 * wide * high / (a.width * a.height + b.width * b.height)


def best_of_those_left(probabilities, margin):
    best = max(probabilities, key=probabilities.get)
    first = probabilities.pop(best)
    return best if first - max(probabilities.values()) >= margin else "unsure"


def right_but(probabilities, margin, unsure):
    """A right decision that calls it by another word."""
    said = solution("decide")(probabilities, margin)
    return unsure if said == "unsure" else said


WRONG = {
    "overlap": [
        (overlap_without_zero, "max(0"),
        (overlap_counted_twice, "counted twice"),
        (lambda a, b: 1.0, "upper half"),
    ],
    "decide": [
        (lambda p, margin: max(p, key=p.get), "unsure"),
        (lambda p, margin: max(p.values()), "a name"),
        (lambda p, margin: max(p, key=p.get) if max(p.values()) >= margin else "unsure", "equal"),
        (lambda p, margin: "unsure", "second best"),
        (lambda p, margin: right_but(p, margin, "Unsure"), "Received: 'Unsure'. Write it as"),
        (lambda p, margin: right_but(p, margin, "nobody knows"), "Received: 'nobody knows'"),
        (best_of_those_left, "a changed dict"),
    ],
}  # fmt: skip


@wrong_answers("classify", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)


def test_the_detectors_boxes_are_what_the_check_uses():
    assert check.overlap(lambda a, b: float(a == b) if a == b else solution("overlap")(a, b))
    assert Box(0, 0, 1, 1).score is None
