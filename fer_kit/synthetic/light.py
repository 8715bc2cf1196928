"""Light: where the lamp stands, and how much of it each point of the face sends to us."""

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from fer_kit.synthetic.canvas import CELL, GRID, SCALE, U, V


@dataclass(frozen=True)
class Light:
    """A lamp from (x, y, z) and light from everywhere; x to the right, y down, z to us."""

    x: float = 0.0
    y: float = -0.28
    z: float = 0.96
    ambient: float = 0.45
    diffuse: float = 0.6
    shine: float = 0.08
    gloss: float = 14.0

    @property
    def level(self) -> float:
        return self.ambient + 0.8 * self.diffuse

    @cached_property
    def on_hair(self) -> np.ndarray:
        """Light (S, S) on the hair, which has no relief of its own."""
        return np.clip(
            self.level + 0.5 * self.diffuse * (self.x * U + self.y * (V + 0.3)), 0.15, 1.5
        )


def wild_light(rng: np.random.Generator) -> Light:
    """A lamp in front, aside or above, hard or soft."""
    kind = rng.random()
    if kind < 0.55:
        x, y = rng.normal(0, 0.25), rng.normal(-0.22, 0.2)
    elif kind < 0.82:
        x, y = rng.choice([-1, 1]) * rng.uniform(0.5, 1.1), rng.normal(-0.3, 0.2)
    else:
        x, y = rng.normal(0, 0.2), rng.uniform(-1.2, -0.7)
    z = rng.uniform(0.7, 1.0)
    length = math.sqrt(x * x + y * y + z * z)
    hard = rng.uniform(0.3, 0.8)
    return Light(
        float(x / length),
        float(y / length),
        float(z / length),
        ambient=0.75 - 0.5 * hard,
        diffuse=0.35 + 0.55 * hard,
        shine=0.25 * rng.random() ** 2,
        gloss=rng.uniform(8, 25),
    )


def shade(depth: np.ndarray, smooth: np.ndarray, light: Light) -> tuple[np.ndarray, np.ndarray]:
    """How much light each point of a relief sends to us: (matt, shining), float32 (GRID, GRID).

    Lambert's law for matt skin, Blinn's for its shine; hollows, which lie below their smooth
    surroundings, see less of the sky.
    """
    slope_x = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=1 / (8 * CELL))
    slope_y = cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=1 / (8 * CELL))
    shrink = 1 / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    facing = (light.z - slope_x * light.x - slope_y * light.y) * shrink
    matt = light.ambient * (1 + 0.25 * slope_y * shrink)
    matt += light.diffuse * np.maximum(facing, 0) * _shadow(depth, light)
    matt *= 1 - 2.2 * np.clip(smooth - depth, 0, 0.3)
    mirror = np.maximum(facing + shrink, 0) / math.sqrt(2 + 2 * light.z)
    return matt, light.shine * mirror**light.gloss


def _shadow(depth: np.ndarray, light: Light) -> np.ndarray:
    """1 in the light, towards 0.4 where something between here and the lamp stands higher."""
    coarse = depth[::2, ::2]  # shadows are soft
    blocked = np.zeros_like(coarse)
    for reach in (0.06, 0.14):
        move = np.float32([[1, 0, -light.x], [0, 1, -light.y]])
        move[:, 2] = np.rint(move[:, 2] * (reach * SCALE / 2))
        towards = cv2.warpAffine(coarse, move, coarse.shape, flags=cv2.INTER_NEAREST)
        np.maximum(blocked, towards - coarse - 1.1 * reach * light.z, out=blocked)
    shadow = 1 - 0.6 * np.clip(blocked / 0.05, 0, 1)
    return cv2.resize(shadow, (GRID, GRID), interpolation=cv2.INTER_LINEAR)
