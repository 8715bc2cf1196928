"""Eyes and eyebrows: what AU1, AU2, AU4, AU5, AU7, AU43 and AU64 move."""

import numpy as np

from fer_kit.synthetic.anatomy import Identity
from fer_kit.synthetic.canvas import U, V, mix, noise, step, window
from fer_kit.synthetic.relief import EYE_LINE, Head, Units

IRIS, PUPIL, GLINT = 0.074, 0.032, 0.017  # radii


def paint_eye(
    head: Head, identity: Identity, units: Units, side: int, rng: np.random.Generator
) -> None:
    """Eyeball, lids and lashes. `side` is -1 for the left eye in the picture, 1 for the right."""
    x, y, size = side * identity.eye_distance, EYE_LINE, identity.eye_size
    rows, columns = window(x, y, 0.26, 0.2)
    v = V[rows]
    t = (U[:, columns] - x) * (side / size)  # -1 at the inner corner, 1 at the outer
    upper, lower = lids(identity, units)
    arch = np.clip(1 - t**2, 0, 1)
    slant = y + identity.eye_tilt * t - 0.012 * units["AU1"] * (t < 0)
    top = slant - upper * arch**0.6 * (1 - 0.12 * t)
    bottom = slant + lower * arch**0.8
    inside = step(v - top) * step(bottom - v) * step(1 - np.abs(t), 0.15)
    gaze = (x + 0.022 * rng.uniform(-1, 1), y - 0.008 + 0.045 * units["AU64"])
    skin = head.skin[rows, columns]
    crease = arch * _line(v, top - 0.048 - 0.02 * units["AU5"], 0.016)
    skin *= 1 - (0.28 - 0.14 * units["AU43"]) * crease
    skin[:] = mix(skin, _eyeball(U[:, columns], v, t, top, gaze, identity.iris), inside)
    lashes = step(1.08 - np.abs(t), 0.25) * _line(v, top, 0.017)
    skin *= 1 - (0.72 + 0.2 * identity.make_up) * lashes
    skin *= 1 - (0.22 + 0.2 * identity.make_up) * arch * _line(v, bottom, 0.014)
    head.eyes[rows, columns] = inside
    name = "left" if side < 0 else "right"
    head.landmarks |= {
        f"{name}_eye": (x, y),
        f"{name}_eye_inner": (x - side * size, y - identity.eye_tilt),
        f"{name}_eye_outer": (x + side * size, y + identity.eye_tilt),
        f"{name}_eye_top": (x, y - upper),
        f"{name}_eye_bottom": (x, y + lower),
    }


def lids(identity: Identity, units: Units) -> tuple[float, float]:
    """How far the upper lid stands above the line of the eyes, and the lower lid below it."""
    narrow = 0.15 * units["AU4"] + 0.2 * units["AU6"] + 0.3 * units["AU7"] + 0.18 * units["AU9"]
    upper = max(1 + 0.8 * units["AU5"] - narrow - 0.4 * units["AU64"], 0.1)
    narrow = 0.6 * units["AU6"] + 0.45 * units["AU7"] + 0.3 * units["AU9"]
    lower = 0.62 * max(1 + 0.2 * units["AU5"] - narrow, 0.05)
    closed = units["AU43"]
    upper = upper * (1 - closed) - 0.8 * lower * closed  # the upper lid comes down to the lower
    return identity.eye_openness * upper, identity.eye_openness * lower


def paint_brow(
    head: Head, identity: Identity, units: Units, side: int, rng: np.random.Generator
) -> None:
    """Paint one brow as the units have it; `side` is -1 for the picture's left, 1 for its right."""
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


def _eyeball(u, v, t, top, gaze: tuple[float, float], iris: float) -> np.ndarray:
    """White, iris, pupil and the reflected light; the lid casts a shadow on all but the latter."""
    distance = _distance(u - gaze[0], v - gaze[1])
    ball = mix(0.66 * (1 - 0.25 * t**2), iris, step(IRIS - distance))
    ball = mix(ball * np.clip(0.5 + (v - top) / 0.075, 0.5, 1), 0.03, step(PUPIL - distance))
    glint = _distance(u - gaze[0] + 0.025, v - gaze[1] + 0.028)
    return mix(ball, 1.3, 0.8 * step(GLINT - glint))


def _line(v: np.ndarray, height: np.ndarray, width: float) -> np.ndarray:
    """A soft horizontal line at `height`."""
    return np.exp(-(((v - height) / width) ** 2))


def _distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.sqrt(x * x + y * y)  # much faster than np.hypot
