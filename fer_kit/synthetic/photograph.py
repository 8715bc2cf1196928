"""The visible camera: light falls on a head, the head turns, a picture is taken (lesson 01)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral

import cv2
import numpy as np

from fer_kit.errors import InputError, choose
from fer_kit.synthetic import scene, thermal
from fer_kit.synthetic.anatomy import Identity, check_action_units, generator
from fer_kit.synthetic.canvas import GRID, REACH, SCALE
from fer_kit.synthetic.hair import grow_hair
from fer_kit.synthetic.head import sculpt
from fer_kit.synthetic.light import Light, shade, wild_light
from fer_kit.synthetic.relief import Head

FRAME = 96  # the picture before it is reduced: two samples for each pixel of 48
MARGIN = 1 / 12
COARSE = np.linspace(-1 - MARGIN, 1 + MARGIN, 53, dtype=np.float32)[1::2]
CAMERAS = ("studio", "wild", "dark")


@dataclass(frozen=True)
class Camera:
    """How one picture is taken. The defaults are a studio: frontal, evenly lit, sharp."""

    yaw: float = 0.0  # radians; positive turns the face to the right of the picture
    pitch: float = 0.0
    roll: float = 0.0
    zoom: float = 1.05
    shift: tuple[float, float] = (0.0, 0.0)
    light: Light = Light()
    brightness: float = 0.52
    gamma: float = 1.0
    contrast: float = 0.0  # 0 as it is, 1 stretched to the full range
    blur: float = 0.0
    sharpness: float = 0.3
    noise: float = 0.0
    asymmetry: float = 0.0
    hands: int = 0
    plain: bool = True


@dataclass(frozen=True)
class Portrait:
    """One moment, seen by both cameras.

    Attributes:
        visible: uint8 (size, size).
        infrared: uint8 (size, size), the thermal picture, or None where it was not asked for.
        landmarks: name -> (x, y) in pixels of the picture; "left" is the left of the picture.
    """

    visible: np.ndarray
    infrared: np.ndarray | None
    landmarks: dict[str, tuple[float, float]]


def render(
    identity: Identity,
    action_units: Mapping[str, float] | None = None,
    seed: int = 0,
    camera: str | Camera = "studio",
    image_size: int = 48,
) -> np.ndarray:
    """Draw a face. uint8 (image_size, image_size).

    Args:
        identity: who.
        action_units: what the face does, {"AU12": 0.8}; nothing for a resting face.
        seed: of everything that chance decides. With the same seed only the action units matter.
        camera: "studio" (frontal, even light, plain background), "wild" (any pose, light and
            quality), "dark" (the same at night), or a `Camera`.

    Raises:
        InputError: unknown action unit or camera.
    """
    return portrait(identity, action_units, seed, camera, image_size, infrared=False).visible


def portrait(
    identity: Identity,
    action_units: Mapping[str, float] | None = None,
    seed: int | tuple[int, ...] = 0,
    camera: str | Camera = "studio",
    image_size: int = 48,
    *,
    infrared: bool = True,
) -> Portrait:
    """Draw a face and its thermal picture of the same moment. Arguments as `render`."""
    units = dict(action_units or {})
    check_action_units(units)
    check_image_size(image_size)
    rng = generator(seed)
    # The thermal camera has chances of its own: the visible picture is the same without it.
    heat = rng.spawn(1)[0] if infrared else None
    camera = _camera(camera, rng)
    head = sculpt(identity, *_two_sides(units, camera.asymmetry), rng)
    smooth = cv2.blur(head.depth, (13, 13))
    sheet = _assemble(identity, units, head, smooth, camera.light, rng, heat)
    frame = scene.Sheet(*_turned(sheet, smooth, camera))
    visible = _behind_and_before(frame, identity, camera, rng)
    return Portrait(
        _develop(visible, camera, rng, image_size),
        thermal.develop(frame.warmth, frame.alpha, heat, image_size) if infrared else None,
        _project(head.landmarks, smooth, camera, image_size),
    )


def check_image_size(size: int) -> None:
    """Raise an InputError for a size that the drawing cannot serve."""
    if not isinstance(size, Integral) or not 16 <= size <= 256:
        raise InputError(f"Expected image_size from 16 to 256 pixels. Received: {size!r}.")


def wild(rng: np.random.Generator) -> Camera:
    """A camera as chance would have it: photographs from the web."""

    def around(spread: float, limit: float) -> float:
        return min(max(rng.normal(0, spread), -limit), limit)

    return Camera(
        yaw=around(0.23, 0.5),
        pitch=around(0.12, 0.3),
        roll=around(0.095, 0.4),
        zoom=1.07 * math.exp(around(0.06, 0.2)),
        shift=(around(0.034, 0.12), 0.01 + around(0.034, 0.12)),
        light=wild_light(rng),
        brightness=0.59 + around(0.11, 0.3),
        gamma=math.exp(around(0.2, 0.5)),
        contrast=rng.uniform(0.2, 0.9) if rng.random() < 0.5 else 0.0,
        blur=rng.uniform(0.3, 0.9) if rng.random() < 0.25 else 0.0,
        sharpness=rng.uniform(0.0, 0.9),
        noise=0.018 * rng.random(),
        asymmetry=around(0.15, 0.4),
        hands=int(rng.random() < 0.07),
        plain=False,
    )


def in_the_dark(camera: Camera) -> Camera:
    """The same camera where there is hardly any light: what it sees is dim and full of noise."""
    return replace(camera, brightness=0.1, gamma=1.0, contrast=0.0, noise=0.03)


def _camera(camera: str | Camera, rng: np.random.Generator) -> Camera:
    if isinstance(camera, Camera):
        return camera
    if choose(camera, CAMERAS, "a camera") == "studio":
        return Camera()
    return wild(rng) if camera == "wild" else in_the_dark(wild(rng))


def _two_sides(units: dict[str, float], asymmetry: float) -> tuple[dict, dict]:
    """No face is symmetric: a little less on one side, a little more on the other."""
    return tuple(
        {name: min(value * share, 1.0) for name, value in units.items()}
        for share in (1 - asymmetry, 1 + asymmetry)
    )


def _assemble(identity, units, head: Head, smooth, light: Light, rng, heat) -> scene.Sheet:
    """Everything that turns with the head, on one sheet."""
    hair = grow_hair(identity, head, rng)
    sheet = scene.body(identity, head, hair, light, rng)
    matt, shining = shade(head.depth, smooth, light)
    warmth = thermal.skin_temperature(head, identity, units, heat) if heat else 0.0
    sheet.lay(head.skin * matt + shining * (1 - head.mouth), warmth, head.mask)
    scene.lay_hair(sheet, identity, hair, light)
    scene.lay_hat(sheet, identity, light, rng)
    scene.lay_scarf(sheet, identity, head, light, rng)
    scene.lay_glasses(sheet, identity, rng)
    return sheet


def _turned(sheet: scene.Sheet, smooth: np.ndarray, camera: Camera) -> tuple[np.ndarray, ...]:
    """The layers of the sheet as the camera sees them: float32 (FRAME, FRAME) each."""
    layers = cv2.merge([sheet.visible, sheet.warmth, sheet.alpha])
    origin = _turn(smooth, camera)
    seen = cv2.remap(layers, origin, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.split(seen)


def _behind_and_before(frame: scene.Sheet, identity, camera: Camera, rng) -> np.ndarray:
    """The visible light, with what does not turn with the head: background and hands."""
    level = camera.light.level
    background = level * (0.75 if camera.plain else scene.draw_background(FRAME, rng))
    for _ in range(camera.hands):
        scene.lay_hand(frame, identity.skin * level, rng)
    return frame.visible + background * (1 - frame.alpha)


def _turn(depth: np.ndarray, camera: Camera) -> np.ndarray:
    """For each point of the frame, which cell (x, y) of the canvas it shows: (FRAME, FRAME, 2).

    A turned face shows a point that stands out by z shifted by z·sin(yaw): the point seen at X is
    the solution of X = x·cos(yaw) + z(x, y)·sin(yaw), found by repeating. Depth is smooth, so a
    coarse grid is enough.
    """
    cos, sin = math.cos(camera.roll) / camera.zoom, math.sin(camera.roll) / camera.zoom
    across, down = COARSE[None] - camera.shift[0], COARSE[:, None] - camera.shift[1]
    frame_x, frame_y = across * cos + down * sin, down * cos - across * sin
    x, y = frame_x, frame_y
    for _ in range(3):
        z = cv2.remap(depth, *_cells(x, y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x = (frame_x - z * math.sin(camera.yaw)) / math.cos(camera.yaw)
        y = (frame_y - z * math.sin(camera.pitch)) / math.cos(camera.pitch)
    fine = round(FRAME * (1 + MARGIN))
    origin = cv2.resize(cv2.merge(_cells(x, y)), (fine, fine), interpolation=cv2.INTER_LINEAR)
    cut = slice((fine - FRAME) // 2, (fine + FRAME) // 2)
    return origin[cut, cut]


def _cells(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (x + REACH) * SCALE - 0.5, (y + REACH) * SCALE - 0.5


def _project(points: dict, depth: np.ndarray, camera: Camera, size: int) -> dict:
    """Where points of the canvas land in the picture, in pixels: the way back of `_turn`."""
    x, y = np.array(list(points.values())).T
    column, row = (np.clip(cells.round(), 0, GRID - 1).astype(int) for cells in _cells(x, y))
    z = depth[row, column]
    x = x * math.cos(camera.yaw) + z * math.sin(camera.yaw)
    y = y * math.cos(camera.pitch) + z * math.sin(camera.pitch)
    cos, sin = math.cos(camera.roll) * camera.zoom, math.sin(camera.roll) * camera.zoom
    across, down = x * cos - y * sin + camera.shift[0], x * sin + y * cos + camera.shift[1]
    pixels = (np.stack([across, down], axis=1) + 1) * size / 2 - 0.5
    return dict(zip(points, map(tuple, pixels.tolist()), strict=True))


def _develop(scene_light: np.ndarray, camera: Camera, rng, size: int) -> np.ndarray:
    """From light to an 8-bit picture: exposure, reduction, tone curve, sharpening, noise."""
    picture = cv2.resize(scene_light, (size, size), interpolation=cv2.INTER_AREA)
    middle = picture[size // 4 : -size // 6, size // 4 : -size // 4].mean()
    picture = np.maximum(picture, 0) * float(camera.brightness / max(middle, 0.02)) ** 0.8
    picture = picture / (1 + picture**5) ** 0.2
    picture = picture**camera.gamma
    if camera.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), camera.blur)
    soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
    picture = picture + camera.sharpness * (picture - soft)
    if camera.contrast:
        low, high = _darkest_and_brightest(picture)
        stretched = (picture - low) / max(high - low, 0.1)
        picture = scene.mix(picture, stretched, camera.contrast)
    if camera.noise:
        grain = rng.standard_normal(picture.shape, np.float32)
        picture = picture + grain * camera.noise
    return np.clip(picture * 255, 0, 255).round().astype(np.uint8)


def _darkest_and_brightest(picture: np.ndarray) -> tuple[float, float]:
    """The first and last percentile."""
    last = picture.size // 100
    ordered = np.partition(picture.ravel(), (last, -last - 1))
    return float(ordered[last]), float(ordered[-last - 1])
