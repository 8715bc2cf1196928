"""The thermal camera: how warm each part of the face is, and the picture that makes of it.

Skin is about 34 °C: warm at the inner corners of the eyes and on the forehead, cool on the nose
and the cheeks (Ring & Ammer 2012). Working muscles warm the skin above them, fright cools the nose
(Ioannou, Gallese & Merla 2014): here both follow the action units, so the thermal picture knows
what the face does and never what label it was given.
"""

import cv2
import numpy as np

from fer_kit.synthetic.anatomy import ACTION_UNITS, Identity
from fer_kit.synthetic.canvas import U, bumps, mix, noise, pair
from fer_kit.synthetic.relief import EYE_LINE, Head, Units

BASE = 33.6  # °C
AMBIENT = 23.5
COLDEST = 29.4  # shown as black


def skin_temperature(
    head: Head, identity: Identity, units: Units, rng: np.random.Generator
) -> np.ndarray:
    """°C of the head's surface, float32 (GRID, GRID)."""
    units = dict.fromkeys(ACTION_UNITS, 0.0) | units
    eye, nose = identity.eye_distance, head.landmarks["nose_tip"][1]
    warmth = BASE + 0.16 * noise(rng, 6.0) + rng.normal(0, 0.3)
    warmth = warmth + bumps(
        *pair(eye - 0.14, EYE_LINE + 0.02, 0.06, 0.06, 0.95),
        (0, -0.62, 0.38, 0.17, 0.5),
        *pair(0.45, 0.15, 0.17, 0.17, -0.35),
        (0, nose, 0.12, 0.12, -1.4),
        (0, 0.05, 0.06, 0.15, -0.3),
        *_changes(identity, units, nose),
    )
    across = np.minimum(np.abs(U) / np.maximum(head.half_width, 0.02)[:, None], 1)
    warmth = warmth - 1.3 * across**6
    warmth = mix(warmth, BASE - 2.0, 0.8 * head.brows)
    warmth = mix(warmth, BASE - 0.5, head.eyes)
    warmth = mix(warmth, BASE + 1.5, head.mouth)
    warmth = mix(warmth, BASE - 0.9, 0.8 * head.teeth)
    return warmth - 1.8 * head.beard


def _changes(identity: Identity, units: Units, nose: float):
    """Bumps of temperature (°C) that the action units cause."""
    eye, mouth = identity.eye_distance, identity.mouth_height
    fright = (units["AU5"] + units["AU20"]) / 2 * (0.4 + 0.6 * units["AU4"])
    return (
        (0, nose, 0.13, 0.13, -0.9 * fright - 0.3 * units["AU5"] - 0.2 * units["AU12"]),
        *pair(eye - 0.14, EYE_LINE + 0.02, 0.07, 0.06, 0.5 * fright),
        (0, EYE_LINE - 0.14, 0.14, 0.1, 0.45 * units["AU4"]),
        (0, -0.62, 0.38, 0.16, 0.3 * max(units["AU1"], units["AU2"])),
        *pair(0.43, 0.12, 0.15, 0.13, 0.4 * max(units["AU6"], units["AU12"])),
        *pair(0.12, nose - 0.08, 0.07, 0.08, 0.35 * units["AU9"]),
        (0, mouth + 0.25, 0.16, 0.08, 0.3 * units["AU17"]),
        *pair(0.3, mouth + 0.12, 0.08, 0.1, 0.35 * units["AU15"]),
    )


def develop(warmth: np.ndarray, alpha: np.ndarray, rng: np.random.Generator, size: int):
    """The 8-bit picture of a thermal camera: blurred optics, sensor noise, automatic gain.

    Args:
        warmth: °C, times the opacity `alpha` of the person before the background.

    Returns:
        uint8 (size, size).
    """
    view = cv2.GaussianBlur(warmth + AMBIENT * (1 - alpha), (0, 0), 1.5)
    view = cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA)
    view += 0.09 * rng.standard_normal(view.shape, np.float32)
    view += 0.04 * rng.standard_normal((1, size), np.float32)  # the columns of the sensor differ
    warmest = float(np.partition(view.ravel(), -12)[-12])
    return np.clip((view - COLDEST) / (warmest - COLDEST) * 255, 0, 255).round().astype(np.uint8)
