"""Mouth and beard: what AU10, AU12, AU15 to AU17 and AU20 to AU27 move."""

from dataclasses import dataclass

import numpy as np

from fer_kit.synthetic.anatomy import Identity
from fer_kit.synthetic.canvas import CELL, U, V, mix, noise, step, window
from fer_kit.synthetic.relief import Head, Units


@dataclass(frozen=True)
class Mouth:
    """The shape of a mouth, in canvas units.

    Attributes:
        middle: height at which the lips meet.
        width: from the middle to a corner.
        corners: how far the left and the right corner stand below the middle.
        rise, drop: how far the lips part upwards and downwards.
        upper, lower: thickness of the lips.
        parted: 0 closed to 1 open.
        jaw: 0 to 1, how far the jaw hangs.
    """

    middle: float
    width: float
    corners: tuple[float, float]
    rise: float
    drop: float
    upper: float
    lower: float
    parted: float
    jaw: float


def shape_mouth(identity: Identity, left: Units, right: Units, both: Units) -> Mouth:
    """What the action units make of a person's mouth."""
    jaw = jaw_drop(both)
    parted = max(both["AU25"], min(3 * jaw, 1.0))
    wide = 1 + 0.36 * both["AU12"] + 0.28 * both["AU20"] - 0.16 * both["AU23"] - 0.2 * jaw
    pressed = min(0.55 * both["AU24"] + 0.45 * both["AU23"] + 0.15 * both["AU12"], 0.8)
    thickness = (1 - pressed) * (1 - 0.25 * jaw)
    lift = 0.02 * both["AU9"] + 0.03 * both["AU10"] + 0.035 * both["AU17"] - 0.012 * both["AU12"]
    return Mouth(
        middle=identity.mouth_height - lift,
        width=identity.mouth_width * wide,
        corners=(_corner(identity, left), _corner(identity, right)),
        rise=parted * (0.015 + 0.075 * both["AU10"] + 0.03 * both["AU12"]) + 0.03 * jaw,
        drop=parted * (0.035 + 0.105 * both["AU12"] + 0.06 * both["AU16"]) + 0.27 * jaw,
        upper=identity.upper_lip * thickness * (1 - 0.1 * both["AU12"]),
        lower=identity.lower_lip * thickness * (1 + 0.2 * both["AU17"]),
        parted=parted,
        jaw=jaw,
    )


def jaw_drop(units: Units) -> float:
    """How far the jaw hangs, 0..1."""
    return min(0.55 * units["AU26"] + units["AU27"], 1.0)


def paint_mouth(head: Head, identity: Identity, mouth: Mouth, units: Units) -> None:
    """Lips, and teeth, tongue and darkness between them."""
    rows, columns = window(0, mouth.middle + 0.13, 0.48, 0.42)
    v, t = V[rows], U[:, columns] / mouth.width  # t is -1 at the left corner, 1 at the right
    arch = np.clip(1 - t**2, 0, 1)
    line = mouth.middle + mix(*mouth.corners, step(t, 0.3)) * np.minimum(np.abs(t), 1.2) ** 1.7
    opening = arch ** _roundness(mouth, units)
    top, bottom = line - mouth.rise * opening, line + mouth.drop * opening
    upper = mouth.upper * arch**0.6 * (1 - 0.18 * np.exp(-((t / 0.16) ** 2)))  # Cupid's bow
    lower = mouth.lower * arch**0.65
    _raise_lips(head.depth[rows, columns], v, top - upper, bottom + lower, upper, lower, arch)
    ends = step(1 - np.abs(t), 0.1)
    lips = step(v - top + upper) * step(bottom + lower - v) * ends
    open_part = step(v - top) * step(bottom - v) * ends * min(1.5 * mouth.parted, 1.0)
    inside, teeth = _inside(t, v, top, bottom, arch, units, mouth.jaw)
    skin = head.skin[rows, columns]
    red = identity.lip_tone * (1 - 0.3 * identity.make_up) * mix(0.88, 1.0, step(v - line))
    skin *= mix(1.0, red, lips)
    skin[:] = mix(skin, inside, open_part)
    skin *= 1 - 0.62 * _seam(t, v, line, top, ends, mouth.parted)
    skin *= 1 - 0.3 * _pits(t * mouth.width, v - line, mouth.width)
    head.mouth[rows, columns], head.teeth[rows, columns] = open_part, open_part * teeth
    head.landmarks |= {
        "mouth_left": (-mouth.width, mouth.middle + mouth.corners[0]),
        "mouth_right": (mouth.width, mouth.middle + mouth.corners[1]),
        "mouth_top": (0.0, mouth.middle - mouth.rise),
        "mouth_bottom": (0.0, mouth.middle + mouth.drop),
    }


def paint_beard(head: Head, identity: Identity, rng: np.random.Generator) -> None:
    """Paint beard and moustache, if this person has them."""
    if not identity.beard and not identity.moustache:
        return
    mouth = identity.mouth_height
    jawline = step(V - (mouth + 0.13 - 1.5 * U**2), 0.16)
    moustache = np.exp(-(((V - mouth + 0.105 - 0.35 * U**2) / 0.045) ** 2))
    moustache = moustache * step(0.3 - np.abs(U), 0.15)
    cover = np.maximum(identity.beard * jawline, identity.moustache * moustache)
    cover = np.clip(cover * (0.8 + 0.25 * noise(rng, 0.8)), 0, 0.9) * (1 - head.mouth)
    tone = min(0.07 + 0.7 * identity.hair_tone, 0.8 * identity.skin)
    head.skin[:] = mix(head.skin, tone, cover)
    head.beard[:] = cover


def _corner(identity: Identity, units: Units) -> float:
    """How far the corner of the mouth stands below its middle."""
    pull = 0.085 * units["AU15"] + 0.035 * units["AU20"] - 0.105 * units["AU12"]
    return identity.resting_mouth + pull + 0.035 * units["AU17"] + 0.02 * units["AU10"]


def _roundness(mouth: Mouth, units: Units) -> float:
    """The exponent of the opening's outline: small is square, 0.5 an ellipse, large pointed."""
    square = 0.15 * min(units["AU20"] + units["AU16"], 1) + 0.08 * mouth.jaw
    return 0.48 + 0.3 * units["AU12"] * (1 - mouth.jaw) - square


def _raise_lips(depth, v, top, bottom, upper, lower, arch) -> None:
    """Round the lips and the hollow below them, smoothly: a sharp edge would catch a white rim."""
    depth += 0.008 * arch * np.exp(-(((v - top - 0.5 * upper) / (0.025 + 0.8 * upper)) ** 2))
    depth += 0.022 * arch * np.exp(-(((v - bottom + 0.45 * lower) / (0.02 + 0.5 * lower)) ** 2))
    depth -= 0.025 * arch * np.exp(-(((v - bottom - 0.06) / 0.045) ** 2))


def _inside(t, v, top, bottom, arch, units: Units, jaw: float):
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


def _seam(t, v, line, top, ends, parted: float) -> np.ndarray:
    """The dark line where closed lips meet, and below the upper lip of an open mouth."""
    closed = 0.8 * (1 - parted) * np.exp(-(((v - line) / 0.013) ** 2))
    opened = 0.5 * ends * np.exp(-(((v - top) / 0.012) ** 2))
    return np.maximum(closed * step(1.06 - np.abs(t), 0.12), opened)


def _pits(u, below, width: float) -> np.ndarray:
    """The small hollows beside the corners."""
    return np.exp(-(((np.abs(u) - 1.03 * width) / 0.03) ** 2) - (below / 0.03) ** 2)
