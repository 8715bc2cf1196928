"""Hair: where it grows before and behind the face, and the strands that run through it."""

from dataclasses import dataclass

import numpy as np

from fer_kit.synthetic.anatomy import Identity
from fer_kit.synthetic.canvas import AXIS, SHEET, U, V, noise, noise_sheet, step
from fer_kit.synthetic.relief import CROWN, WIDEST, Head


@dataclass(frozen=True)
class Style:
    """A way to wear hair.

    Attributes:
        volume: how far it stands off the head.
        reach: how far down it hangs beside the face.
        temple: how far down it grows before the ears.
        swept: how far it falls over the forehead on one side of the parting.
        fringe: whether it covers the forehead.
        opacity: below 1 the scalp shines through.
    """

    volume: float = 0.07
    reach: float = -0.12
    temple: float = -0.15
    swept: float = 0.0
    fringe: bool = False
    curly: bool = False
    opacity: float = 0.97


STYLES = {
    "bald": Style(volume=0.0, opacity=0.0),
    "cropped": Style(volume=0.02, opacity=0.6),
    "short": Style(),
    "side parting": Style(swept=0.42),
    "fringe": Style(fringe=True),
    "long": Style(reach=1.25, temple=0.1, swept=0.12),
    "long fringe": Style(reach=1.25, temple=0.1, fringe=True),
    "curly": Style(volume=0.17, reach=0.35, temple=0.1, swept=0.12, curly=True),
    "tied": Style(volume=0.02),
}


@dataclass
class Hair:
    """Opacity before and behind the face, and brightness of the strands (around 1)."""

    front: np.ndarray
    behind: np.ndarray
    strands: np.ndarray


def grow_hair(identity: Identity, head: Head, rng: np.random.Generator) -> Hair:
    """The hair of a person; `rng` tousles it. All maps float32 (GRID, GRID)."""
    style = STYLES[identity.hair]
    rough, locks = noise(rng, 2.5), _locks(identity, style, rng)
    tousle = 0.025 * locks + (0.045 if style.curly else 0.012) * rough
    reach = style.reach * (0.5 + 0.5 * identity.hair_length) if style.reach > 0 else style.reach
    behind = _silhouette(head, style, reach, tousle)
    front = step(_hairline(identity, style) + tousle - V, 0.06)
    if reach > 0:
        front = np.maximum(front, _curtains(identity, head, reach, tousle))
    front = style.opacity * np.minimum(front, behind)
    contrast = 1 - 0.9 * identity.hair_tone
    strands = 1 + contrast * (0.28 * locks + 0.1 * noise(rng, 0.8) + 0.12 * rough)
    return Hair(front, behind * (style.opacity > 0), strands)


def _hairline(identity: Identity, style: Style) -> np.ndarray:
    """The lowest height at which hair hangs before the face, for each column: (1, GRID)."""
    across = np.minimum(np.abs(U) / identity.face_width, 1.05)
    if style.fringe:
        return -0.54 + 0.4 * (identity.hairline + 0.87) + 0.12 * across**3
    line = identity.hairline + (style.temple - identity.hairline) * across**5
    return line + style.swept * np.clip(0.25 - U * identity.parting, 0, 1)


def _silhouette(head: Head, style: Style, reach: float, tousle: np.ndarray) -> np.ndarray:
    width = np.where(AXIS < WIDEST, head.half_width, head.half_width.max() * (1 - 0.04 * AXIS))
    sides = step((width + style.volume)[:, None] + tousle - np.abs(U), 0.05)
    return sides * step(V - CROWN + style.volume, 0.1) * step(reach - V + tousle, 0.1)


def _curtains(identity: Identity, head: Head, reach: float, tousle: np.ndarray) -> np.ndarray:
    """Long hair that falls before the ears on both sides."""
    wave = 0.93 + 0.06 * np.sin(3 * AXIS + 20 * identity.hairline)
    inner = head.half_width.max() * wave - 0.1 * np.clip(AXIS - 0.1, 0, 1)
    return step(np.abs(U) - inner[:, None] + tousle, 0.07) * step(reach - V + tousle, 0.12)


def _locks(identity: Identity, style: Style, rng: np.random.Generator) -> np.ndarray:
    """Streaks along the hair: noise that depends only on which strand a point belongs to."""
    if style.curly:
        return 0.9 * noise(rng, 1.7)
    line = rng.integers(SHEET)
    row = 0.7 * (noise_sheet(1.7)[line] + noise_sheet(6.0)[line])
    crown = -1.5 if style.swept else -2.1  # where the strands come from
    strand = 1.25 * (U - 0.2 * identity.parting) / (V - crown) + 0.03 * np.sin(4 * V)
    return np.take(row, (strand * 60 + SHEET / 2).astype(np.intp), mode="wrap")
