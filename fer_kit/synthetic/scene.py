"""What surrounds the face: hair, ears, neck, clothes, hat, glasses, hands and the background.

Everything is laid, from the back to the front, on a `Sheet`: a visible picture, a temperature
picture and one opacity for both, so that the two cameras always see the same scene.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer_kit.synthetic.anatomy import Identity
from fer_kit.synthetic.canvas import AXIS, CELL, GRID, SCALE, U, V, mix, noise, step
from fer_kit.synthetic.head import CROWN, Head

HAIR_WARMTH, CLOTHES_WARMTH, GLASSES_WARMTH, HAND_WARMTH = 30.6, 28.5, 26.5, 32.6  # °C


@dataclass
class Sheet:
    """Layers laid upon each other: visible light, temperature in °C, and opacity."""

    visible: np.ndarray
    warmth: np.ndarray
    alpha: np.ndarray

    @classmethod
    def empty(cls) -> "Sheet":
        return cls(*(np.zeros((GRID, GRID), np.float32) for _ in range(3)))

    def lay(self, visible, warmth, alpha) -> None:
        """Lay one more layer on top."""
        self.visible = mix(self.visible, visible, alpha)
        self.warmth = mix(self.warmth, warmth, alpha)
        self.alpha = mix(self.alpha, 1.0, alpha)


@dataclass
class Hair:
    """Where hair grows in front of the face and behind it, and its strands (around 1)."""

    front: np.ndarray
    behind: np.ndarray
    strands: np.ndarray


def grow_hair(identity: Identity, head: Head, rng: np.random.Generator) -> Hair:
    """The hair of a person; `rng` tousles it."""
    style = identity.hair
    rough = noise(rng, 2.5)
    fine = noise(rng, 0.8)
    side = 1 if identity.hair_tone * 1000 % 2 < 1 else -1
    line = _hairline(identity, side)
    locks = _strands(rng, style, side)
    edge = 0.025 * locks + (0.045 if style == "curly" else 0.012) * rough
    front = step(line + edge - V, 0.06)
    volume = {"bald": 0.0, "cropped": 0.02, "tied": 0.02, "curly": 0.17}.get(style, 0.07)
    reach = {"long": 1.25, "long fringe": 1.25, "curly": 0.35}.get(style, -0.12)
    if reach > 0:
        reach = reach * (0.5 + 0.5 * identity.hair_length)
        inner = head.half_width.max() * (0.93 + 0.06 * np.sin(3 * AXIS + identity.hairline * 20))
        inner = inner - 0.1 * np.clip(AXIS - 0.1, 0, 1)
        curtain = step(np.abs(U) - inner[:, None] + edge, 0.07) * step(reach - V + 2 * edge, 0.12)
        front = np.maximum(front, curtain * step(0.35 - V + reach, 0.1))
    behind = _outer(head, volume, edge, reach)
    front = np.minimum(front, behind)
    if style == "bald":
        front, behind = front * 0, behind * 0
    strands = 1 + (0.28 * locks + 0.1 * fine + 0.12 * rough) * (1 - 0.9 * identity.hair_tone)
    return Hair(front, behind, strands)


def _hairline(identity: Identity, side: int) -> np.ndarray:
    """The lowest height at which hair hangs before the face, for each column: (1, GRID)."""
    across = np.abs(U) / identity.face_width
    top = identity.hairline + (0.05 if identity.hair == "tied" else 0)
    if identity.hair in ("fringe", "long fringe"):
        top = -0.5 + 0.25 * (identity.hairline + 0.8)
        return top + 0.12 * across**3
    temple = -0.15 if identity.hair in ("bald", "cropped", "short", "side parting", "tied") else 0.1
    line = top + (temple - top) * np.minimum(across, 1.05) ** 5
    if identity.hair in ("side parting", "long", "curly"):
        swept = np.clip((U - 0.25 * side) * -side, 0, 1)
        line = line + 0.3 * swept * (identity.hair == "side parting") + 0.12 * swept
    return line


def _outer(head: Head, volume: float, edge: np.ndarray, reach: float) -> np.ndarray:
    """The silhouette of the hair."""
    cranium = head.half_width.copy()
    below = AXIS > -0.06
    cranium[below] = cranium.max() * (1 - 0.04 * np.clip(AXIS[below], 0, 2))
    rise = step(V - CROWN + volume, 0.1)
    return (
        step(cranium[:, None] + volume + edge - np.abs(U), 0.05)
        * rise
        * step(reach - V + edge, 0.1)
    )


def _strands(rng: np.random.Generator, style: str, side: int) -> np.ndarray:
    """Streaks along the hair: noise that depends only on which strand a point belongs to."""
    if style == "curly":
        return 0.9 * noise(rng, 1.7)
    sheet = noise(rng, 1.2)[0]
    sheet = 0.6 * sheet + 0.6 * noise(rng, 4.0)[0]
    crown = -2.1 if style != "side parting" else -1.5
    across = (U - 0.2 * side) / (V - crown) * 1.25 + 0.05 * np.sin(4 * V + 3 * U)
    place = np.clip((across + 1.6) * (GRID - 1) / 3.2, 0, GRID - 1.01)
    index = place.astype(np.intp)
    share = place - index.astype(np.float32)
    return sheet[index] * (1 - share) + sheet[index + 1] * share


def lay_body(sheet: Sheet, identity: Identity, head: Head, hair: Hair, light, rng) -> None:
    """Hair behind the head, neck, shoulders and ears."""
    tone = identity.hair_tone
    behind = tone * hair.strands * light.on_hair() * 0.75
    sheet.lay(behind, HAIR_WARMTH - 0.6, hair.behind)
    chin = head.landmarks["chin"][1]
    neck = step(0.44 + 0.1 * np.clip(V - chin, 0, 1) - np.abs(U)) * step(V - 0.5)
    under_chin = np.clip(0.42 + 1.1 * (V - chin), 0.42, 0.85)
    rounding = 1 - 0.6 * (U / 0.5) ** 2 + 0.5 * light.x * U
    sheet.lay(
        identity.skin * under_chin * rounding * light.level, 33.9 - 0.8 * (U / 0.4) ** 2, neck
    )
    shoulder = step(
        V - chin - 0.1 - rng.uniform(0.02, 0.12) - 0.32 * (0.75 - np.abs(U)).clip(0, 1) ** 2
    )
    collar = step(np.abs(U) - rng.uniform(0.0, 0.5) + (V - chin - 0.3), 0.05)
    cloth = rng.uniform(0.03, 0.9) * (1 + 0.12 * noise(rng, 4.0)) * light.level
    sheet.lay(cloth, CLOTHES_WARMTH, shoulder * collar)
    ear_x = head.half_width.max() + 0.01
    distance = np.sqrt(((np.abs(U) - ear_x) / 0.085) ** 2 + ((V + 0.03) / 0.19) ** 2)
    hollow = 1 - 0.45 * np.exp(-(((distance - 0.35) / 0.3) ** 2))
    lit = light.level * np.clip(0.8 + 0.5 * light.x * np.sign(U), 0.3, 1.2)
    sheet.lay(identity.skin * 0.85 * hollow * lit, 32.6, step(1 - distance, 0.3))


def lay_hair(sheet: Sheet, identity: Identity, head: Head, hair: Hair, light) -> None:
    """Hair in front of the head, with the shadow that it casts on the forehead."""
    shadow = cv2.GaussianBlur(hair.front, (0, 0), 2.0)
    sheet.visible *= 1 - 0.4 * shadow
    sheen = 1 + 0.35 * np.exp(-(((V + 0.85 - 0.25 * U**2) / 0.12) ** 2))
    tone = identity.hair_tone * hair.strands * light.on_hair() * sheen
    opacity = 0.6 if identity.hair == "cropped" else 0.97
    sheet.lay(tone, HAIR_WARMTH, hair.front * opacity)


def lay_hat(sheet: Sheet, identity: Identity, light, rng) -> None:
    if not identity.hat:
        return
    brim = -0.62 + rng.uniform(-0.08, 0.06) + 0.18 * U**2
    outside = step(identity.face_width + 0.1 - np.abs(U))
    knit = 1 + 0.12 * np.sin(60 * U) * rng.uniform(0, 1) + 0.08 * noise(rng, 1.5)
    band = 1 - 0.3 * np.exp(-(((V - brim + 0.18) / 0.03) ** 2))
    tone = rng.uniform(0.06, 0.8) * knit * band * light.on_hair()
    sheet.visible *= 1 - 0.35 * step(brim + 0.06 - V, 0.12) * outside
    sheet.lay(tone, CLOTHES_WARMTH + 0.8, step(brim - V) * outside)


def lay_glasses(sheet: Sheet, identity: Identity, rng) -> None:
    """Glasses: frames that are seen, and lenses that heat does not pass."""
    if identity.glasses == "none":
        return
    frame, lens = (np.zeros((GRID, GRID), np.uint8) for _ in range(2))
    thickness = 1 if identity.glasses == "thin" else 2
    shape = 4 if rng.random() < 0.5 else 2  # rounded box or ellipse
    y, height = -0.245, 0.15 + 0.02 * (identity.chin > 0.99)
    angle = np.linspace(0, 2 * np.pi, 25)
    round_x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / shape)
    round_y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / shape)
    for side in (-1, 1):
        x = side * (identity.eye_distance + 0.01)
        rim = np.stack([x + 0.225 * round_x, y + height * round_y], 1)
        pixels = np.round(((rim + AXIS[-1]) * SCALE) * 16).astype(np.int32)
        cv2.fillPoly(lens, [pixels], 255, cv2.LINE_AA, 4)
        cv2.polylines(frame, [pixels], True, 255, thickness, cv2.LINE_AA, 4)
        ends = np.array([[x + side * 0.22, y - 0.04], [side * 0.85, y - 0.06]])
        bridge = np.array([[side * 0.12, y - 0.03], [0, y - 0.05]])
        for line in (ends, bridge):
            pixels = np.round(((line + AXIS[-1]) * SCALE) * 16).astype(np.int32)
            cv2.polylines(frame, [pixels], False, 255, thickness, cv2.LINE_AA, 4)
    frame, lens = frame.astype(np.float32) / 255, lens.astype(np.float32) / 255
    dark = 0.88 if identity.glasses == "sun" else 0.04
    glare = np.exp(-(((U - 0.7 * V - rng.uniform(-0.6, 0.8)) / 0.08) ** 2)) * lens
    shade = 1 - dark * lens
    sheet.visible = sheet.visible * shade + 0.18 * rng.random() * glare
    sheet.visible *= 1 - 0.25 * cv2.GaussianBlur(np.roll(frame, 2, 0), (0, 0), 1.0)
    sheet.visible = mix(sheet.visible, rng.uniform(0.02, 0.3), 0.8 * frame)
    sheet.warmth = mix(sheet.warmth, GLASSES_WARMTH, np.maximum(lens, frame))


def draw_hand(size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A hand held before the picture: (shading around 1, opacity), float32 (size, size).

    Its roundness comes from the distance of each point to the edge of the hand.
    """
    mask = np.zeros((size, size), np.uint8)
    unit = size / 2
    side = -1 if rng.random() < 0.5 else 1
    wrist = np.array([side * rng.uniform(0.75, 1.1), rng.uniform(0.9, 1.3)])
    palm = np.array([side * rng.uniform(0.4, 0.75), rng.uniform(0.35, 0.8)])
    to_pixel = lambda point: tuple(int(round((c + 1) * unit)) for c in point)  # noqa: E731
    cv2.line(mask, to_pixel(wrist), to_pixel(palm), 255, int(0.34 * unit), cv2.LINE_AA)
    heading = np.arctan2(*(palm - wrist)[::-1]) + rng.uniform(-0.3, 0.3)
    spread, curl = rng.uniform(0.08, 0.26), rng.uniform(-0.35, 0.35)
    for finger, length in enumerate((0.40, 0.50, 0.54, 0.46)):
        turn = heading + (finger - 1.5) * spread
        root = palm + 0.13 * (finger - 1.5) * np.array([-np.sin(heading), np.cos(heading)])
        knuckle = root + 0.55 * length * np.array([np.cos(turn), np.sin(turn)])
        tip = knuckle + 0.45 * length * np.array([np.cos(turn + curl), np.sin(turn + curl)])
        path = np.array([to_pixel(root), to_pixel(knuckle), to_pixel(tip)], np.int32)
        one = np.zeros_like(mask)
        cv2.polylines(one, [path], False, 255, int(0.115 * unit), cv2.LINE_AA)
        mask = np.maximum(mask - np.minimum(mask, cv2.dilate(one, None) // 2), one)
    solid = (mask > 100).astype(np.uint8)
    height = np.sqrt(cv2.distanceTransform(solid, cv2.DIST_L2, 3).clip(0, 5))
    slope_x, slope_y = (cv2.Sobel(height, cv2.CV_32F, *d, scale=0.125) for d in ((1, 0), (0, 1)))
    shading = 0.62 + 0.16 * height - 0.45 * slope_x * rng.uniform(-1, 1) - 0.3 * slope_y
    return np.clip(shading, 0.25, 1.3), cv2.GaussianBlur(mask, (3, 3), 0).astype(np.float32) / 255


def draw_background(size: int, rng: np.random.Generator) -> np.ndarray:
    """What is behind the person: a plain wall, a gradient, or something out of focus."""
    kind = rng.random()
    light, dark, between = rng.uniform(0.85, 1.05), rng.uniform(0.02, 0.2), rng.uniform(0.1, 0.9)
    tone = (light, dark, between)[rng.integers(3)]
    picture = np.full((size, size), tone, np.float32)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    slope = axis[None] * rng.uniform(-0.2, 0.2) + axis[:, None] * rng.uniform(-0.2, 0.2)
    picture += slope * (kind > 0.3)
    if kind > 0.55:
        coarse = rng.normal(0, rng.uniform(0.1, 0.35), (7, 7)).astype(np.float32)
        picture += cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    if kind > 0.8:
        picture += rng.uniform(0.05, 0.25) * noise(rng, (2.5, 4.0, 6.0)[rng.integers(3)], size)
    return picture.clip(0, 1.1)
