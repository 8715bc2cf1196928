"""What surrounds the face: ears, neck, clothes, hat, scarf, glasses, hands and the background.

Everything is laid, from the back to the front, on a `Sheet`: a visible picture, a temperature
picture and one opacity for both, so that the two cameras always see the same scene.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer_kit.synthetic.anatomy import Identity
from fer_kit.synthetic.canvas import AXIS, GRID, U, V, mix, noise, step, to_pixels
from fer_kit.synthetic.hair import Hair
from fer_kit.synthetic.light import Light
from fer_kit.synthetic.relief import Head

HAIR_WARMTH, CLOTHES_WARMTH, GLASSES_WARMTH, HAND_WARMTH = 30.6, 28.5, 26.5, 32.6  # °C


@dataclass
class Sheet:
    """Layers laid upon each other: visible light, temperature in °C, and opacity.

    Where the sheet is half transparent, light and temperature are halved as well ("premultiplied"),
    so that edges blend with whatever comes behind.
    """

    visible: np.ndarray
    warmth: np.ndarray
    alpha: np.ndarray

    def lay(self, visible, warmth, alpha, rows: slice = slice(None)) -> None:
        """Lay one more layer on top, or only on some rows of the canvas."""
        for under, over in ((self.visible, visible), (self.warmth, warmth), (self.alpha, 1.0)):
            under[rows] += (over - under[rows]) * alpha


def body(
    identity: Identity, head: Head, hair: Hair, light: Light, rng: np.random.Generator
) -> Sheet:
    """A sheet with the hair behind the head, neck, shoulders and ears."""
    behind = (0.75 * identity.hair_tone) * hair.strands * light.on_hair
    sheet = Sheet(behind * hair.behind, (HAIR_WARMTH - 0.6) * hair.behind, hair.behind.copy())
    _lay_neck(sheet, identity, head.landmarks["chin"][1], light, rng)
    x, rows = head.half_width.max() + 0.01, slice(*np.searchsorted(AXIS, (-0.25, 0.2)))
    across = np.abs(U) - x
    distance = np.sqrt((across / 0.085) ** 2 + ((V[rows] + 0.03) / 0.19) ** 2)
    hollow = 1 - 0.45 * np.exp(-(((distance - 0.35) / 0.3) ** 2))
    lit = light.level * np.clip(0.8 + 0.5 * light.x * np.sign(U), 0.3, 1.2)
    sheet.lay(0.85 * identity.skin * hollow * lit, 32.6, step(1 - distance, 0.3), rows)
    return sheet


def _lay_neck(
    sheet: Sheet, identity: Identity, chin: float, light: Light, rng: np.random.Generator
) -> None:
    rows = slice(np.searchsorted(AXIS, 0.5), GRID)
    v, side = V[rows], np.abs(U)
    neck = step(0.44 + 0.1 * np.clip(v - chin, 0, 1) - side)
    under_chin = np.clip(0.55 + 1.1 * (v - chin), 0.55, 0.9)
    rounding = 1 - 2.4 * U**2 + 0.5 * light.x * U
    skin = identity.skin * under_chin * rounding * light.level
    sheet.lay(skin, 33.9 - 5 * U**2, neck, rows)
    slope = 0.1 + rng.uniform(0.02, 0.12) + 0.32 * np.clip(0.75 - side, 0, 1) ** 2
    collar = step(side - rng.uniform(0.0, 0.5) + v - chin - 0.3, 0.05)
    cloth = rng.uniform(0.03, 0.9) * (1 + 0.12 * noise(rng, 4.0)[rows]) * light.level
    sheet.lay(cloth, CLOTHES_WARMTH, step(v - chin - slope) * collar, rows)


def lay_hair(sheet: Sheet, identity: Identity, hair: Hair, light: Light) -> None:
    """Hair in front of the head, with the shadow that it casts on the forehead."""
    sheet.visible *= 1 - 0.4 * cv2.blur(hair.front, (7, 7))
    sheen = 1 + 0.35 * np.exp(-(((V + 0.85) / 0.14) ** 2))
    tone = identity.hair_tone * hair.strands * light.on_hair * sheen
    sheet.lay(tone, HAIR_WARMTH + 0.25 * hair.strands, hair.front)


def lay_hat(sheet: Sheet, identity: Identity, light: Light, rng: np.random.Generator) -> None:
    """Lay the hat over the head, if this person wears one."""
    if not identity.hat:
        return
    brim = -0.62 + rng.uniform(-0.08, 0.06) + 0.18 * U**2
    outside = step(identity.face_width + 0.1 - np.abs(U))
    knit = 1 + 0.12 * np.sin(60 * U) * rng.uniform(0, 1) + 0.08 * noise(rng, 1.5)
    band = 1 - 0.3 * np.exp(-(((V - brim + 0.18) / 0.03) ** 2))
    tone = rng.uniform(0.06, 0.8) * knit * band * light.on_hair
    sheet.visible *= 1 - 0.35 * step(brim + 0.06 - V, 0.12) * outside
    sheet.lay(tone, CLOTHES_WARMTH + 0.8, step(brim - V) * outside)


def lay_scarf(
    sheet: Sheet, identity: Identity, head: Head, light: Light, rng: np.random.Generator
) -> None:
    """A head scarf: cloth over hair, ears and neck, with an oval opening for the face."""
    if not identity.scarf:
        return
    chin, width = head.landmarks["chin"][1], identity.face_width
    top = rng.uniform(-0.8, -0.68)
    middle, half = (top + chin) / 2, (chin - top) / 2
    opening = np.sqrt((U / (0.93 * width)) ** 2 + ((V - middle) / (half + 0.02)) ** 2)
    around = width + 0.15
    hood = 1 - np.sqrt((U / around) ** 2 + (V / 1.34) ** 2)
    fall = around + 0.45 * np.clip(V - 0.3, 0, 1) ** 1.5 - np.abs(U)
    cloth = np.where(V < 0, step(hood), step(fall)) * step(opening - 1, 0.06)
    folds = np.sin(18 * opening + 2.5 * noise(rng, 6.0) + rng.uniform(0, 6))
    tone = rng.uniform(0.05, 0.85) * (1 + 0.12 * folds + 0.05 * noise(rng, 1.5)) * light.on_hair
    sheet.visible *= 1 - 0.35 * cv2.blur(cloth, (7, 7)) * (1 - cloth)
    sheet.lay(tone, CLOTHES_WARMTH + 0.8, cloth)


def lay_glasses(sheet: Sheet, identity: Identity, rng: np.random.Generator) -> None:
    """Glasses: frames that are seen, and lenses that heat does not pass."""
    if identity.glasses == "none":
        return
    frame, lens = _frames(identity, rounded=rng.random() < 0.5)
    dark = 0.88 if identity.glasses == "sun" else 0.04
    glare = np.exp(-(((U - 0.7 * V - rng.uniform(-0.6, 0.8)) / 0.08) ** 2))
    sheet.visible *= (1 - dark * lens) * (1 - 0.25 * cv2.blur(np.roll(frame, 2, 0), (3, 3)))
    sheet.visible += 0.18 * rng.random() * glare * lens
    sheet.warmth = mix(sheet.warmth, GLASSES_WARMTH * sheet.alpha, lens)
    sheet.lay(rng.uniform(0.02, 0.3), GLASSES_WARMTH, 0.8 * frame)


def _frames(identity: Identity, rounded: bool) -> tuple[np.ndarray, np.ndarray]:
    """Opacity of the frame and of the lenses."""
    frame, lens = np.zeros((2, GRID, GRID), np.uint8)
    thickness = 1 if identity.glasses == "thin" else 2
    angle, power = np.linspace(0, 2 * np.pi, 25), 1.0 if rounded else 0.5
    across, down = (np.sign(f(angle)) * np.abs(f(angle)) ** power for f in (np.cos, np.sin))
    for side in (-1, 1):
        x, y = side * (identity.eye_distance + 0.01), -0.245
        rim = np.stack([x + 0.225 * across, y + 0.16 * down], axis=1)
        temple = np.array([(x + side * 0.22, y - 0.04), (side * 0.85, y - 0.06)])
        bridge = np.array([(side * 0.12, y - 0.03), (0, y - 0.05)])
        cv2.fillPoly(lens, [to_pixels(rim)], 255, cv2.LINE_AA, 4)
        for line in (rim, temple, bridge):
            cv2.polylines(frame, [to_pixels(line)], False, 255, thickness, cv2.LINE_AA, 4)
    return frame.astype(np.float32) / 255, lens.astype(np.float32) / 255


def lay_hand(frame: Sheet, skin: float, rng: np.random.Generator) -> None:
    """A hand held before the face, with its shadow; lies on the frame and does not turn.

    Its roundness comes from the distance of each point to the edge of the hand.
    """
    size = len(frame.alpha)
    mask = _draw_hand(size, rng)
    solid = (mask > 100).astype(np.uint8)
    height = np.sqrt(cv2.distanceTransform(solid, cv2.DIST_L2, 3).clip(0, 5))
    slope_x, slope_y = (cv2.Sobel(height, cv2.CV_32F, *d, scale=0.125) for d in ((1, 0), (0, 1)))
    shading = 0.62 + 0.16 * height - 0.45 * rng.uniform(-1, 1) * slope_x - 0.3 * slope_y
    cover = cv2.GaussianBlur(mask, (3, 3), 0).astype(np.float32) / 255
    frame.visible *= 1 - 0.3 * cv2.blur(cover, (9, 9))
    frame.lay(skin * np.clip(shading, 0.25, 1.3), HAND_WARMTH, cover)


def _draw_hand(size: int, rng: np.random.Generator) -> np.ndarray:
    """Arm, palm and four fingers: uint8 (size, size), 255 on the hand, darker between fingers."""
    mask = np.zeros((size, size), np.uint8)
    side = -1 if rng.random() < 0.5 else 1
    wrist = np.array([side * rng.uniform(0.75, 1.1), rng.uniform(0.9, 1.3)])
    palm = np.array([side * rng.uniform(0.4, 0.75), rng.uniform(0.35, 0.8)])
    _limb(mask, [wrist, palm], 0.34)
    heading = np.arctan2(*(palm - wrist)[::-1]) + rng.uniform(-0.3, 0.3)
    spread, curl = rng.uniform(0.08, 0.26), rng.uniform(-0.35, 0.35)
    for place, length in zip((-1.5, -0.5, 0.5, 1.5), (0.40, 0.50, 0.54, 0.46), strict=True):
        root = palm + 0.13 * place * _direction(heading + np.pi / 2)
        knuckle = root + 0.55 * length * _direction(heading + place * spread)
        tip = knuckle + 0.45 * length * _direction(heading + place * spread + curl)
        finger = np.zeros_like(mask)
        _limb(finger, [root, knuckle, tip], 0.115)
        gap = np.minimum(mask, cv2.dilate(finger, None) // 2)
        mask = np.maximum(mask - gap, finger)
    return mask


def _limb(mask: np.ndarray, points: list[np.ndarray], width: float) -> None:
    pixels = np.round((np.array(points) + 1) * len(mask) / 2).astype(np.int32)
    cv2.polylines(mask, [pixels], False, 255, round(width * len(mask) / 2), cv2.LINE_AA)


def _direction(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)])


def draw_background(size: int, rng: np.random.Generator) -> np.ndarray:
    """What is behind the person, (S, S): a plain wall, a gradient, or something out of focus."""
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
