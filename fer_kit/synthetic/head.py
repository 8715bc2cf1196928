"""The head: all that an identity and its action units make of the canvas (lesson 01)."""

import numpy as np

from fer_kit.synthetic.anatomy import ACTION_UNITS, Identity
from fer_kit.synthetic.canvas import GRID, U, step
from fer_kit.synthetic.eyes import paint_brow, paint_eye
from fer_kit.synthetic.mouth import jaw_drop, paint_beard, paint_mouth, shape_mouth
from fer_kit.synthetic.relief import (
    Head,
    Units,
    complexion,
    features,
    fold,
    nose_base,
    outline,
    skull,
)


def sculpt(identity: Identity, left: Units, right: Units, rng: np.random.Generator) -> Head:
    """The head of `identity` with these action units in the left and right half of the picture."""
    left, right = (dict.fromkeys(ACTION_UNITS, 0.0) | units for units in (left, right))
    both = {name: (left[name] + right[name]) / 2 for name in ACTION_UNITS}
    chin = identity.chin + 0.15 * jaw_drop(both) - 0.03 * both["AU17"]
    half_width = outline(identity, chin)
    depth = skull(identity, half_width, chin) + features(identity, left, right, both, chin)
    mask = step(half_width[:, None] - np.abs(U))
    empty = np.zeros((5, GRID, GRID), np.float32)
    head = Head(depth, complexion(identity, rng), mask, half_width, *empty)
    head.landmarks |= {"nose_tip": (0.0, nose_base(identity, both) - 0.07), "chin": (0.0, chin)}
    fold(head, identity, left, right, both=both, chin=chin)
    for side, units in ((-1, left), (1, right)):
        paint_eye(head, identity, units, side, rng)
        paint_brow(head, identity, units, side, rng)
    paint_mouth(head, identity, shape_mouth(identity, left, right, both), both)
    paint_beard(head, identity, rng)
    return head
