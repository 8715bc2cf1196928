"""The relief of a head, how far each point stands out, and the tone of its bare skin.

Every action unit acts where its muscle does: AU6 lifts the cheeks, AU12 deepens the fold between
nose and mouth, AU1 wrinkles the forehead. Nothing here knows of emotions.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from fer_kit.synthetic.anatomy import Identity
from fer_kit.synthetic.canvas import AXIS, CELL, GRID, U, bumps, draw_curves, noise, pair

EYE_LINE = -0.27
WIDEST = -0.06  # the height at which the face is widest
CROWN = -1.24

Units = dict[str, float]


@dataclass
class Head:
    """Maps of one face on the canvas, float32 (GRID, GRID).

    Attributes:
        depth: how far the surface stands out towards us; 0 at the rim of the head.
        skin: albedo, 0 black to 1 white.
        mask: 1 on the head.
        half_width: (GRID,), of the head at each height.
        eyes, brows, mouth, teeth, beard: 1 where eyeballs, eyebrows, the open mouth, teeth and
            beard show.
        landmarks: name -> (u, v).
    """

    depth: np.ndarray
    skin: np.ndarray
    mask: np.ndarray
    half_width: np.ndarray
    eyes: np.ndarray
    brows: np.ndarray
    mouth: np.ndarray
    teeth: np.ndarray
    beard: np.ndarray
    landmarks: dict[str, tuple[float, float]] = field(default_factory=dict)


def outline(identity: Identity, chin: float) -> np.ndarray:
    """Half the width of the head at each height: float32 (GRID,)."""
    below = np.clip((AXIS - WIDEST) / (chin - WIDEST), 0, 1)
    above = np.clip((WIDEST - AXIS) / (WIDEST - CROWN), 0, 1)
    return identity.face_width * (1 - below**identity.jaw) ** 0.6 * (1 - above**2.8) ** 0.5


def skull(identity: Identity, half_width: np.ndarray, chin: float) -> np.ndarray:
    """The height of the bare head above the picture, float of the canvas's shape (S, S)."""
    below = np.clip((AXIS - 0.1) / (chin + 0.02 - 0.1), 0, 1)
    above = np.clip((0.1 - AXIS) / (0.1 - CROWN), 0, 1)
    profile = identity.roundness * (1 - below**3.2) ** 0.5 * (1 - above**3) ** 0.6
    across = np.minimum(np.abs(U) / np.maximum(half_width, CELL)[:, None], 1)
    return profile[:, None] * (1 - across**2.7) ** 0.62


def nose_base(identity: Identity, units: Units) -> float:
    """How far down the nose ends, in the head's units; AU9 and AU10 lift it."""
    return identity.nose_length - 0.03 * units["AU9"] - 0.012 * units["AU10"]


def features(identity: Identity, left: Units, right: Units, both: Units, chin: float) -> np.ndarray:
    """Brow ridge, sockets, nose, cheeks, muzzle and chin, as bumps (S, S) upon the skull."""
    eye, nose, width = identity.eye_distance, identity.nose_bridge, identity.nose_width
    base = nose_base(identity, both)
    spread = width * (1 + 0.12 * both["AU9"] + 0.08 * both["AU12"])
    rows = [
        *pair(eye * 0.85, EYE_LINE - 0.14, 0.2, 0.06, 0.03 * (1 - identity.child)),
        *pair(eye * 0.9, EYE_LINE - 0.01, 0.15, 0.09, -0.085),
        *pair(eye, EYE_LINE, 0.085, 0.06, 0.045),
        (0, EYE_LINE + 0.1, 0.075 * width, 0.18, 0.06 * nose),
        (0, base - 0.17, 0.075 * width, 0.11, 0.075 * nose),
        (0, base - 0.07, 0.1 * spread, 0.085, 0.115),
        *pair(0.13 * spread, base - 0.045, 0.055, 0.05, 0.055),
        (0, base + 0.07, 0.05, 0.06, -0.012),
        (0, identity.mouth_height - 0.02, 0.3, 0.2, 0.035 * (1 - both["AU12"])),
        (0, chin - 0.13, 0.14, 0.08, 0.05 + 0.03 * both["AU17"]),
        (0, chin - 0.29, 0.14, 0.04, -0.025 - 0.02 * both["AU17"]),
        *pair(0.66, -0.4, 0.12, 0.16, -0.04),
        *pair(0.5, 0.45, 0.13, 0.2, -0.04 * identity.cheeks),
        (0, -0.75, 0.4, 0.2, 0.02),
    ]
    for side, units in ((-1, left), (1, right)):
        lift = max(units["AU6"], 0.8 * units["AU12"])
        cheek = 0.025 * identity.cheeks + 0.055 * lift
        rows.append((side * 0.43, 0.1 - 0.03 * lift, 0.17, 0.13, cheek))
        rows.append((side * 0.09, EYE_LINE - 0.15, 0.07, 0.06, 0.025 * units["AU4"]))
        rows.append((side * 0.12, base - 0.14, 0.06, 0.06, 0.035 * units["AU9"]))
        rows.append((side * 0.5, 0.62, 0.14, 0.14, 0.02 * units["AU12"]))
    return bumps(*rows)


def complexion(identity: Identity, rng: np.random.Generator) -> np.ndarray:
    """Albedo (S, S) of bare skin: nothing is quite even."""
    return _tint(identity) * (1 + 0.025 * noise(rng, 1.7))


@lru_cache(maxsize=4)  # the same for all pictures of a person
def _tint(identity: Identity) -> np.ndarray:
    """Sockets and the sides of the nose are darker, the bridge of the nose is lighter."""
    eye = identity.eye_distance
    tint = bumps(
        *pair(eye, EYE_LINE + 0.005, 0.17, 0.085, -0.16 - 0.1 * identity.make_up),
        *pair(eye - 0.1, EYE_LINE + 0.0, 0.06, 0.08, -0.1),
        *pair(eye, EYE_LINE + 0.12, 0.1, 0.035, -0.03 - 0.1 * identity.age),
        *pair(0.055 * identity.nose_width, identity.nose_length + 0.01, 0.03, 0.018, -0.42),
        *pair(0.17 * identity.nose_width, identity.nose_length - 0.03, 0.025, 0.05, -0.12),
        (0, identity.nose_length + 0.06, 0.14, 0.05, -0.08),
        (0, identity.mouth_height - 0.13, 0.3, 0.06, -0.08),
        (0, -0.1, 0.06, 0.24, 0.07),
        *pair(0.47, 0.08, 0.18, 0.16, -0.06),
        (0, -0.6, 0.4, 0.2, 0.06),
    )
    return identity.skin * (1 + tint)


def fold(head: Head, identity: Identity, left: Units, right: Units, *, both: Units, chin: float):
    """Wrinkles and folds: drawn as lines, blurred, then cut into the relief and darkened."""
    canvas = np.zeros((GRID, GRID), np.uint8)
    for side, units in ((-1, left), (1, right)):
        draw_curves(canvas, _folds_of_one_side(identity, units), 2, side)
    draw_curves(canvas, _folds_across(identity, both, chin), 1)
    lines = cv2.GaussianBlur(canvas, (5, 5), 1.1).astype(np.float32) / 255
    head.depth -= 0.025 * lines
    head.skin *= 1 - 0.42 * lines
    cheeks = (0.36, 0.07, 0.1)  # under which a smile casts shadows
    smile = bumps((-0.45, *cheeks, left["AU12"]), (0.45, *cheeks, right["AU12"]))
    head.skin *= 1 - 0.26 * smile


def _folds_of_one_side(identity: Identity, units: Units) -> list[tuple]:
    """(strength, start, pull, end) of the curves in the right half of the picture."""
    eye, mouth, age = identity.eye_distance, identity.mouth_height, identity.age
    out, base = 0.13 * identity.nose_width, nose_base(identity, units)
    aside = 0.07 * units["AU12"] + 0.03 * units["AU20"]
    corner = mouth + 0.02 - 0.05 * units["AU12"] - 0.1 * units["AU9"]
    nasolabial = 0.08 + 0.35 * age + 0.5 * units["AU12"] + 0.6 * units["AU9"] + 0.55 * units["AU10"]
    frown = 0.75 * units["AU4"] + 0.15 * age
    bag, lid = 0.08 + 0.3 * age + 0.5 * units["AU6"] + 0.3 * units["AU7"], EYE_LINE + 0.1
    lid -= 0.02 * units["AU6"]
    marionette = 0.5 * units["AU15"] + 0.3 * age * (1 - units["AU12"])
    crow, tail = units["AU6"] * (0.35 + 0.5 * age) + 0.15 * age, EYE_LINE + 0.02
    return [
        (nasolabial, (out + 0.07, base - 0.09), (0.35 + aside, 0.27), (0.38 + aside, corner)),
        (frown, (0.07, EYE_LINE - 0.24), (0.05, -0.4), (0.08, EYE_LINE - 0.1)),
        (bag, (eye - 0.15, lid - 0.02), (eye, lid + 0.06), (eye + 0.16, lid - 0.03)),
        (marionette, (0.29, mouth + 0.05), (0.33, mouth + 0.12), (0.32, mouth + 0.2)),
        (crow, (eye + 0.19, tail - 0.02), (eye + 0.24, tail - 0.07), (eye + 0.3, tail - 0.14)),
        (crow, (eye + 0.19, tail), (eye + 0.24, tail), (eye + 0.3, tail - 0.02)),
        (crow, (eye + 0.19, tail + 0.02), (eye + 0.24, tail + 0.07), (eye + 0.3, tail + 0.1)),
    ]


def _folds_across(identity: Identity, units: Units, chin: float) -> list[tuple]:
    """(strength, start, pull, end) of the curves from one half into the other."""
    raised = max(units["AU1"], 0.8 * units["AU2"]) * (0.2 + 0.7 * identity.age)
    raised += 0.12 * identity.age
    bow, wrinkled = 0.04 * (units["AU2"] - units["AU1"]), units["AU9"]
    pressed = 0.4 + 0.6 * units["AU17"] + 0.25 * units["AU24"]
    forehead = [
        (raised, (-0.36, height + bow), (0, height - 0.03), (0.36, height + bow))
        for height in (-0.57, -0.67, -0.77)
    ]
    return forehead + [
        (wrinkled, (-0.09, -0.23), (0, -0.26), (0.09, -0.23)),
        (wrinkled, (-0.09, -0.17), (0, -0.2), (0.09, -0.17)),
        (pressed, (-0.13, chin - 0.24), (0, chin - 0.29), (0.13, chin - 0.24)),
    ]
