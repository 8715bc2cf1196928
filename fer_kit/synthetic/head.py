"""The head: a relief (how far each point stands out) and a skin painted upon it.

`sculpt` turns an identity and its action units into maps on the canvas. Every action unit acts
where its muscle does: AU12 pulls the corners of the mouth up and out, lifts the cheeks and deepens
the fold between nose and mouth. Nothing here knows of emotions.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from fer_kit.synthetic.anatomy import ACTION_UNITS, Identity
from fer_kit.synthetic.canvas import (
    AXIS,
    CELL,
    GRID,
    U,
    V,
    bumps,
    draw_curves,
    mix,
    noise,
    pair,
    step,
    window,
)

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
        eyes, brows, mouth, teeth: 1 where eyeballs, eyebrows, the open mouth and teeth show.
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
    landmarks: dict[str, tuple[float, float]] = field(default_factory=dict)


def sculpt(identity: Identity, left: Units, right: Units, rng: np.random.Generator) -> Head:
    """The head of `identity` with these action units in the left and right half of the picture."""
    left, right = (dict.fromkeys(ACTION_UNITS, 0.0) | units for units in (left, right))
    both = {name: (left[name] + right[name]) / 2 for name in ACTION_UNITS}
    chin = identity.chin + 0.15 * jaw_drop(both) - 0.03 * both["AU17"]
    half_width = outline(identity, chin)
    depth = _skull(identity, half_width, chin) + _features(identity, left, right, chin)
    empty = [np.zeros((GRID, GRID), np.float32) for _ in range(4)]
    mask = step(half_width[:, None] - np.abs(U))
    head = Head(depth, _complexion(identity, rng), mask, half_width, *empty)
    _fold(head, identity, left, right, chin)
    head.landmarks |= {"nose_tip": (0.0, _nose_base(identity, both) - 0.07), "chin": (0.0, chin)}
    for side, units in ((-1, left), (1, right)):
        _paint_eye(head, identity, units, side, rng)
        _paint_brow(head, identity, units, side, rng)
    _paint_mouth(head, identity, left, right, both)
    _paint_beard(head, identity, rng, chin)
    return head


def jaw_drop(units: Units) -> float:
    """How far the jaw hangs, 0..1."""
    return min(0.55 * units["AU26"] + units["AU27"], 1.0)


def outline(identity: Identity, chin: float) -> np.ndarray:
    """Half the width of the head at each height: float32 (GRID,)."""
    below = np.clip((AXIS - WIDEST) / (chin - WIDEST), 0, 1)
    above = np.clip((WIDEST - AXIS) / (WIDEST - CROWN), 0, 1)
    return identity.face_width * (1 - below**identity.jaw) ** 0.6 * (1 - above**2.8) ** 0.5


def _skull(identity: Identity, half_width: np.ndarray, chin: float) -> np.ndarray:
    below = np.clip((AXIS - 0.1) / (chin + 0.02 - 0.1), 0, 1)
    above = np.clip((0.1 - AXIS) / (0.1 - CROWN), 0, 1)
    profile = identity.roundness * (1 - below**3.2) ** 0.5 * (1 - above**3) ** 0.6
    across = np.minimum(np.abs(U) / np.maximum(half_width, CELL)[:, None], 1)
    return profile[:, None] * (1 - across**2.7) ** 0.62


def _nose_base(identity: Identity, units: Units) -> float:
    return identity.nose_length - 0.03 * units["AU9"] - 0.012 * units["AU10"]


def _features(identity: Identity, left: Units, right: Units, chin: float) -> np.ndarray:
    """Brow ridge, sockets, nose, cheeks, muzzle and chin, as bumps upon the skull."""
    eye, nose, width = identity.eye_distance, identity.nose_bridge, identity.nose_width
    both = {name: (left[name] + right[name]) / 2 for name in left}
    base = _nose_base(identity, both)
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


def _complexion(identity: Identity, rng: np.random.Generator) -> np.ndarray:
    """Albedo of bare skin: sockets and the sides of the nose are darker, nothing is quite even."""
    eye = identity.eye_distance
    tint = bumps(
        *pair(eye, EYE_LINE + 0.005, 0.17, 0.085, -0.16 - 0.1 * identity.make_up),
        *pair(eye - 0.1, EYE_LINE + 0.0, 0.06, 0.08, -0.1),
        *pair(eye, EYE_LINE + 0.12, 0.1, 0.035, -0.03 - 0.1 * identity.age),
        *pair(0.055 * identity.nose_width, identity.nose_length + 0.01, 0.03, 0.018, -0.5),
        *pair(0.17 * identity.nose_width, identity.nose_length - 0.03, 0.025, 0.05, -0.12),
        (0, identity.nose_length + 0.06, 0.14, 0.05, -0.12),
        (0, identity.mouth_height - 0.13, 0.3, 0.06, -0.08),
        (0, 0.0, 0.06, 0.2, 0.06),
        (0, -0.6, 0.4, 0.2, 0.06),
    )
    return identity.skin * (1 + tint) * (1 + 0.028 * noise(rng, 1.7))


def _fold(head: Head, identity: Identity, left: Units, right: Units, chin: float) -> None:
    """Wrinkles and folds: drawn as lines, blurred, then cut into the relief and darkened."""
    canvas = np.zeros((GRID, GRID), np.uint8)
    for side, units in ((-1, left), (1, right)):
        draw_curves(canvas, _folds_of_one_side(identity, units), 2, side)
    both = {name: (left[name] + right[name]) / 2 for name in left}
    draw_curves(canvas, _folds_across(identity, both, chin), 1)
    fold = cv2.GaussianBlur(canvas, (5, 5), 1.1).astype(np.float32) / 255
    head.depth -= 0.025 * fold
    head.skin *= 1 - 0.42 * fold
    under_cheeks = (0.36, 0.07, 0.1)  # where a smile casts shadows
    head.skin *= 1 - 0.26 * bumps(
        (-0.45, *under_cheeks, left["AU12"]), (0.45, *under_cheeks, right["AU12"])
    )


def _folds_of_one_side(identity: Identity, units: Units) -> list[tuple]:
    """(strength, start, pull, end) of the curves in the right half of the picture."""
    eye, mouth, age = identity.eye_distance, identity.mouth_height, identity.age
    out, base = 0.13 * identity.nose_width, _nose_base(identity, units)
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


def _paint_eye(head: Head, identity: Identity, units: Units, side: int, rng) -> None:
    """Eyeball, lids and lashes. `side` is -1 for the left eye in the picture, 1 for the right."""
    x, y = side * identity.eye_distance, EYE_LINE
    size, openness = identity.eye_size, identity.eye_openness
    rows, columns = window(x, y, 0.26, 0.2)
    t = (U[:, columns] - x) * (side / size)
    v = V[rows]
    lid = np.clip(1 - t**2, 0, 1)
    slant = y + identity.eye_tilt * t - 0.012 * units["AU1"] * (t < 0)
    squeeze = 0.3 * units["AU7"] + 0.15 * units["AU4"] + 0.2 * units["AU6"] + 0.18 * units["AU9"]
    upper = openness * max(1 + 0.8 * units["AU5"] - squeeze - 0.4 * units["AU64"], 0.1)
    lower = (
        0.62
        * openness
        * max(
            1 + 0.2 * units["AU5"] - 0.45 * units["AU7"] - 0.6 * units["AU6"] - 0.3 * units["AU9"],
            0.05,
        )
    )
    closed = units["AU43"]
    upper = upper * (1 - closed) - lower * 0.8 * closed
    top = slant - upper * lid**0.6 * (1 - 0.12 * t)
    bottom = slant + lower * lid**0.8
    inside = step(v - top) * step(bottom - v) * step(1 - np.abs(t), 0.15)
    gaze_x, gaze_y = x + 0.022 * rng.uniform(-1, 1), y - 0.008 + 0.045 * units["AU64"]
    distance = _distance(U[:, columns] - gaze_x, v - gaze_y)
    shadow = np.clip(0.5 + (v - top) / 0.075, 0.5, 1)
    ball = 0.66 * (1 - 0.25 * t**2)
    ball = mix(ball, identity.iris, step(0.074 - distance))
    ball = mix(ball * shadow, 0.03, step(0.032 - distance))
    glint = _distance(U[:, columns] - gaze_x + 0.025, v - gaze_y + 0.028)
    ball = mix(ball, 1.3, 0.8 * step(0.017 - glint))
    skin = head.skin[rows, columns]
    crease = np.exp(-(((v - top + 0.048 + 0.02 * units["AU5"]) / 0.016) ** 2)) * lid
    skin *= 1 - 0.28 * (1 - 0.5 * closed) * crease
    lash = np.exp(-(((v - top) / 0.017) ** 2)) * step(1.08 - np.abs(t), 0.25)
    lower_lash = np.exp(-(((v - bottom) / 0.014) ** 2)) * lid
    skin[:] = mix(skin, ball, inside)
    skin *= 1 - (0.72 + 0.2 * identity.make_up) * lash
    skin *= 1 - (0.22 + 0.2 * identity.make_up) * lower_lash
    head.eyes[rows, columns] = inside
    name = "left" if side < 0 else "right"
    head.landmarks |= {
        f"{name}_eye": (x, y),
        f"{name}_eye_inner": (x - side * size, y - identity.eye_tilt),
        f"{name}_eye_outer": (x + side * size, y + identity.eye_tilt),
        f"{name}_eye_top": (x, y - upper),
        f"{name}_eye_bottom": (x, y + lower),
    }


def _distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y)  # much faster than np.hypot


def _paint_brow(head: Head, identity: Identity, units: Units, side: int, rng) -> None:
    x = side * identity.eye_distance
    base = EYE_LINE - identity.brow_height + identity.resting_brow
    inner = base + 0.015 - 0.125 * units["AU1"] + 0.105 * units["AU4"] + 0.05 * units["AU9"]
    middle = base - identity.brow_arch - 0.09 * units["AU1"] - 0.12 * units["AU2"]
    middle += 0.075 * units["AU4"] + 0.04 * units["AU9"]
    outer = base + 0.03 - 0.115 * units["AU2"] + 0.02 * units["AU4"]
    start = -0.2 - 0.045 * units["AU4"]
    rows, columns = window(x, base - 0.02, 0.34, 0.28)
    s = ((U[:, columns] - x) * side - start) / (0.24 - start)
    line = inner * (1 - s) ** 2 + 2 * middle * s * (1 - s) + outer * s**2
    thickness = identity.brow_thickness * np.clip(1.15 - 0.7 * s, 0.1, 1)
    grain = 0.3 * noise(rng, 0.8)[rows, columns]
    band = np.exp(-(((V[rows] - line) / thickness) ** 2))
    hair = band * step(s, 0.25) * step(1.03 - s, 0.3) * np.clip(1 + grain, 0, 1.2)
    hair = np.clip(hair * identity.brow_tone, 0, 0.95)
    # Light hair makes light brows, but never lighter than the skin.
    tone = min(0.05 + 0.5 * identity.hair_tone, 0.7 * identity.skin)
    skin = head.skin[rows, columns]
    skin[:] = mix(skin, tone, hair)
    np.maximum(head.brows[rows, columns], hair, out=head.brows[rows, columns])
    name = "left" if side < 0 else "right"
    head.landmarks |= {
        f"{name}_brow_inner": (x + side * start, inner),
        f"{name}_brow_outer": (x + side * 0.24, outer),
    }


def _paint_mouth(head: Head, identity: Identity, left: Units, right: Units, both: Units) -> None:
    jaw = jaw_drop(both)
    parted = max(both["AU25"], min(jaw * 3, 1.0))
    pressed = min(0.55 * both["AU24"] + 0.45 * both["AU23"] + 0.15 * both["AU12"], 0.8)
    width = identity.mouth_width * (
        1 + 0.36 * both["AU12"] + 0.28 * both["AU20"] - 0.16 * both["AU23"] - 0.2 * jaw
    )
    middle = identity.mouth_height + 0.012 * both["AU12"] - 0.035 * both["AU17"]
    middle -= 0.02 * both["AU9"] + 0.03 * both["AU10"]
    rows, columns = window(0, middle + 0.13, 0.48, 0.42)
    u, v = U[:, columns], V[rows]
    t = u / width
    corner_left, corner_right = (_corner(identity, units) for units in (left, right))
    corner = mix(corner_left, corner_right, step(t, 0.3))
    line = middle + corner * np.minimum(np.abs(t), 1.2) ** 1.7
    arch = np.clip(1 - t**2, 0, 1)
    power = (
        0.48
        - 0.08 * jaw
        + 0.3 * both["AU12"] * (1 - jaw)
        - 0.15 * min(both["AU20"] + both["AU16"], 1)
    )
    rise = parted * (0.015 + 0.075 * both["AU10"] + 0.03 * both["AU12"]) + 0.03 * jaw
    drop = parted * (0.035 + 0.105 * both["AU12"] + 0.06 * both["AU16"]) + 0.27 * jaw
    top, bottom = line - rise * arch**power, line + drop * arch**power
    thin = (1 - pressed) * (1 - 0.25 * jaw)
    bow = 1 - 0.18 * np.exp(-((t / 0.16) ** 2))
    upper = identity.upper_lip * thin * (1 - 0.1 * both["AU12"]) * bow * arch**0.6
    lower = identity.lower_lip * thin * (1 + 0.2 * both["AU17"]) * arch**0.65
    _shape_lips(head.depth[rows, columns], v, top - upper, bottom + lower, upper, lower, arch)
    ends = step(1.0 - np.abs(t), 0.1)
    lips = step(v - top + upper) * step(bottom + lower - v) * ends
    skin = head.skin[rows, columns]
    tone = identity.lip_tone * (1 - 0.3 * identity.make_up) * mix(0.88, 1.0, step(v - line))
    skin *= mix(1.0, tone, lips)
    opening = step(v - top) * step(bottom - v) * ends * min(parted * 1.5, 1.0)
    inside, teeth = _inside_of_mouth(t, v, top, bottom, arch, both, jaw)
    skin[:] = mix(skin, inside, opening)
    seam = 0.8 * np.exp(-(((v - line) / 0.013) ** 2)) * step(1.06 - np.abs(t), 0.12) * (1 - parted)
    seam = np.maximum(seam, np.exp(-(((v - top) / 0.012) ** 2)) * ends * 0.5)
    skin *= 1 - 0.62 * seam
    pit = ((np.abs(u) - width * 1.03) / 0.03) ** 2 + ((v - line) / 0.03) ** 2
    skin *= 1 - 0.3 * np.exp(-pit)
    head.mouth[rows, columns] = opening
    head.teeth[rows, columns] = opening * teeth
    head.landmarks |= {
        "mouth_left": (-width, middle + corner_left),
        "mouth_right": (width, middle + corner_right),
        "mouth_top": (0.0, middle - rise),
        "mouth_bottom": (0.0, middle + drop),
    }


def _corner(identity: Identity, units: Units) -> float:
    """How far the corner of the mouth stands below its middle."""
    pull = 0.085 * units["AU15"] + 0.035 * units["AU20"] - 0.105 * units["AU12"]
    return identity.resting_mouth + pull + 0.035 * units["AU17"] + 0.02 * units["AU10"]


def _shape_lips(depth, v, top, bottom, upper, lower, arch) -> None:
    """Round the lips and the hollow below them, smoothly: a sharp edge would catch a white rim."""
    depth += 0.008 * arch * np.exp(-(((v - top - 0.5 * upper) / (0.025 + 0.8 * upper)) ** 2))
    depth += 0.022 * arch * np.exp(-(((v - bottom + 0.45 * lower) / (0.02 + 0.5 * lower)) ** 2))
    depth -= 0.025 * arch * np.exp(-(((v - bottom - 0.06) / 0.045) ** 2))


def _inside_of_mouth(t, v, top, bottom, arch, units: Units, jaw: float):
    """Tone of what an open mouth shows, and where it is teeth."""
    grin = min(0.25 + units["AU12"] + 0.8 * units["AU10"] + 0.4 * units["AU20"] + 0.2 * jaw, 1.0)
    rounding = 0.35 + 0.65 * arch
    upper = step(top + 0.105 * grin * rounding - v, 2 * CELL)
    low = min(1.1 * units["AU16"] + 0.35 * units["AU20"], 1.0)
    lower = step(v - bottom + 0.075 * low * rounding, 2 * CELL) * (low > 0.15)
    teeth = np.maximum(upper, lower)
    gaps = 1 - 0.16 * np.cos(t * 17) ** 8
    white = 0.88 * (1 - 0.5 * t**2) * gaps
    tongue = step(v - bottom + 0.38 * (bottom - top), 0.1) * (jaw > 0.25) * (1 - t**2)
    inside = mix(0.07, 0.34, np.clip(tongue, 0, 1))
    return mix(inside, white, teeth), teeth


def _paint_beard(head: Head, identity: Identity, rng, chin: float) -> None:
    if not identity.beard and not identity.moustache:
        return
    mouth = identity.mouth_height
    jawline = step(V - (mouth + 0.13 - 1.5 * U**2), 0.16)
    moustache = np.exp(-(((V - mouth + 0.105 - 0.35 * U**2) / 0.045) ** 2)) * step(
        0.3 - np.abs(U), 0.15
    )
    cover = np.maximum(identity.beard * jawline, identity.moustache * moustache)
    clear = 1 - np.maximum(head.mouth, 0)
    cover = np.clip(cover * (0.8 + 0.25 * noise(rng, 0.8)), 0, 0.9) * clear
    tone = min(0.07 + 0.7 * identity.hair_tone, 0.8 * identity.skin)
    head.skin[:] = mix(head.skin, tone, cover)
