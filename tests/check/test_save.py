"""Wrong answers to the checks of lesson 12, and what they are told."""

import hashlib

import numpy as np
from checks import told, wrong_answers


def half_in_place(weights):
    for weight in weights:
        weight[:] = weight.astype(np.float16)
    return weights


WRONG = {
    "as_half": [
        (lambda w: [x.astype(np.float16) for x in w], "float32 again"),
        (lambda w: w, "as they came"),
        (lambda w: w[0], "a list"),
        (lambda w: [x.round(3) for x in w], "nearest number"),
        (half_in_place, "a changed list"),
    ],
    "is_untouched": [
        (lambda path, card: True, "one bit"),
        (lambda path, card: False, "hexdigest"),
        (lambda path, card: np.bool_(True), "Received: np.True_"),
        (lambda path, card: card.pop("sha256") is not None, "a changed dict"),
        (lambda path, card: path.stat().st_size == 3000, "one bit"),
        (lambda path, card: hashlib.sha256(path.read_bytes()).digest() == card["sha256"], "text"),
    ],
}  # fmt: skip


@wrong_answers("save", WRONG)
def test_a_wrong_answer_is_told_what_was_overlooked(name, answer, said):
    assert said in told(name, answer)
