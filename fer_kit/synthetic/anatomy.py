"""Who is drawn and what the face does: identities, action units, and the emotions made of them.

An action unit (AU) is what one muscle, or a few together, do to the face: the Facial Action Coding
System (Ekman & Friesen 1978) numbers them. An emotion has no single face. `PROTOTYPES` holds a few
typical mixtures of action units for each, after EMFACS (Friesen & Ekman 1983) and what people do in
photographs. Lesson 01.

>>> action_units("happy", intensity=0.5)
{'AU6': 0.35, 'AU12': 0.5, 'AU25': 0.5}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fer_kit import emotions
from fer_kit.errors import InputError, check_share, choose

ACTION_UNITS = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU5": "upper lid raiser",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU20": "lip stretcher",
    "AU23": "lip tightener",
    "AU24": "lip pressor",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU27": "mouth stretch",
    "AU43": "eyes closed",
    "AU64": "eyes down",
}

# For each emotion the ways it shows, the most typical first; 1.0 is as far as the muscle goes.
PROTOTYPES: dict[str, tuple[dict[str, float], ...]] = {
    "angry": (
        {"AU4": 1.0, "AU5": 0.4, "AU7": 0.7, "AU23": 0.7, "AU24": 0.6},  # lips pressed
        {"AU4": 1.0, "AU7": 0.7, "AU10": 0.6, "AU16": 0.6, "AU20": 0.3, "AU25": 1.0, "AU26": 0.15},
        {"AU4": 1.0, "AU5": 0.5, "AU7": 0.5, "AU10": 0.5, "AU16": 0.5, "AU25": 1.0, "AU27": 0.8},
        {"AU4": 0.9, "AU5": 0.2, "AU7": 0.4, "AU15": 0.3, "AU17": 0.6, "AU24": 0.5},  # sulking
    ),
    "disgust": (
        {"AU4": 0.6, "AU6": 0.4, "AU7": 0.6, "AU9": 1.0, "AU10": 0.8, "AU17": 0.5},
        {"AU4": 0.5, "AU7": 0.7, "AU9": 0.9, "AU10": 1.0, "AU16": 0.5, "AU25": 0.8, "AU26": 0.2},
        {"AU4": 0.6, "AU9": 0.9, "AU10": 0.7, "AU15": 0.7, "AU16": 0.5, "AU25": 0.6, "AU43": 0.8},
    ),
    "fear": (
        {"AU1": 1.0, "AU2": 0.5, "AU4": 0.6, "AU5": 1.0, "AU20": 0.8, "AU25": 0.8, "AU26": 0.4},
        {"AU1": 0.9, "AU2": 0.6, "AU4": 0.5, "AU5": 1.0, "AU20": 0.6, "AU25": 1.0, "AU27": 0.7},
        {"AU1": 0.9, "AU4": 0.6, "AU5": 0.9, "AU20": 0.6, "AU25": 0.2},
        {"AU1": 0.8, "AU4": 0.7, "AU5": 0.5, "AU16": 0.7, "AU20": 1.0, "AU25": 1.0},  # teeth bared
    ),
    "happy": (
        {"AU6": 0.7, "AU12": 1.0, "AU25": 1.0},
        {"AU6": 0.6, "AU12": 0.9},
        {"AU6": 0.9, "AU12": 1.0, "AU25": 1.0, "AU26": 0.7},  # laughing
        {"AU6": 1.0, "AU7": 0.4, "AU12": 1.0, "AU25": 1.0, "AU26": 0.5, "AU43": 0.8},
    ),
    "sad": (
        {"AU1": 1.0, "AU4": 0.6, "AU15": 0.9, "AU17": 0.5},
        {"AU1": 0.8, "AU4": 0.4, "AU15": 0.6, "AU64": 1.0},  # looking down
        {"AU1": 0.8, "AU4": 0.9, "AU15": 0.9, "AU16": 0.3, "AU20": 0.4, "AU25": 0.7, "AU43": 0.9},
        {"AU1": 0.7, "AU4": 0.5, "AU15": 0.5, "AU17": 0.8, "AU43": 0.3},
    ),
    "surprise": (
        {"AU1": 1.0, "AU2": 1.0, "AU5": 0.8, "AU25": 1.0, "AU26": 0.9},
        {"AU1": 1.0, "AU2": 1.0, "AU5": 1.0, "AU25": 1.0, "AU27": 1.0},
        {"AU1": 1.0, "AU2": 1.0, "AU5": 0.8, "AU25": 0.5, "AU26": 0.3},
        {"AU1": 0.9, "AU2": 0.9, "AU5": 0.8, "AU12": 0.4, "AU25": 1.0, "AU26": 0.9},  # delighted
    ),
    "neutral": ({}, {"AU4": 0.15, "AU7": 0.15}, {"AU12": 0.12}, {"AU24": 0.25}, {"AU25": 0.3}),
}

STRAY = ("AU1", "AU2", "AU4", "AU7", "AU12", "AU15", "AU25", "AU43")  # come without a reason
HAIR = (
    "bald", "cropped", "short", "side parting", "fringe", "long", "long fringe", "curly", "tied",
)  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """A person who does not exist: all that stays the same while the expression changes.

    Lengths are in canvas units (see canvas.py), or factors around 1; tones run from 0 black to 1
    white; shares from 0 to 1.
    """

    face_width: float
    jaw: float  # 2 pointed to 4 square
    chin: float
    roundness: float  # how far the face bulges towards us
    eye_distance: float
    eye_size: float
    eye_openness: float
    eye_tilt: float
    iris: float
    brow_height: float
    brow_thickness: float
    brow_tone: float
    brow_arch: float
    nose_length: float
    nose_width: float
    nose_bridge: float
    mouth_height: float
    mouth_width: float
    upper_lip: float
    lower_lip: float
    lip_tone: float
    resting_mouth: float
    resting_brow: float
    cheeks: float
    age: float
    child: float
    skin: float
    hair: str
    hair_tone: float
    hairline: float
    hair_length: float
    parting: int  # -1 or 1: the side of the parting
    beard: float
    moustache: float
    make_up: float
    glasses: str  # "none", "thin", "thick" or "sun"
    hat: bool
    scarf: bool = False  # a head scarf, which only `variety.varied` draws


def generator(seed: int | Sequence[int]) -> np.random.Generator:
    """Everything that chance decides, from one number or several.

    Raises:
        InputError: a number below 0, or none.
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Expected a seed: a whole number, 0 or more, or several. Received: {seed!r}."
        ) from error


def identity(seed: int | Sequence[int]) -> Identity:
    """The person of this seed: the same seed, the same person."""
    rng = generator(seed)

    def around(middle: float, spread: float) -> float:
        return middle + spread * min(max(rng.normal(), -2.2), 2.2)

    age = rng.beta(1.3, 2.0)
    child = rng.uniform(0.5, 1) if rng.random() < 0.15 else 0.0
    age *= 1 - child
    woman = rng.random() < 0.5
    skin = 0.34 + 0.58 * rng.beta(2.2, 1.1)
    hair = str(rng.choice(HAIR, p=_hair_shares(woman, child, age)))
    hair_tone = around(0.16, 0.07) if rng.random() < 0.6 or skin < 0.55 else rng.uniform(0.2, 0.75)
    hair_tone += 0.5 * max(age - 0.55, 0)
    shaven = woman or child or rng.random() < 0.55
    return Identity(
        face_width=around(0.765, 0.045) * (1 + 0.06 * child),
        jaw=around(2.5 if woman else 2.9, 0.3) - 0.3 * child,
        chin=around(0.99, 0.045) - 0.09 * child,
        roundness=around(0.56, 0.06),
        eye_distance=around(0.358, 0.018),
        eye_size=around(0.17, 0.011) * (1 + 0.1 * child),
        eye_openness=around(0.061, 0.01) * (1 + 0.25 * child),
        eye_tilt=around(-0.012, 0.014),
        iris=rng.uniform(0.06, 0.38) * (0.5 + 0.5 * skin),
        brow_height=around(0.165, 0.018),
        brow_thickness=around(0.028 if woman else 0.036, 0.006),
        brow_tone=max(around(0.76, 0.14) - 0.3 * child, 0.25),
        brow_arch=around(0.035, 0.015),
        nose_length=around(0.25, 0.028) - 0.05 * child,
        nose_width=around(1.0, 0.13),
        nose_bridge=around(1.0, 0.22) * (1 - 0.45 * child),
        mouth_height=around(0.56, 0.028) - 0.03 * child,
        mouth_width=around(0.275, 0.022) * (1 - 0.1 * child),
        upper_lip=max(around(0.064, 0.015), 0.025),
        lower_lip=max(around(0.086, 0.016), 0.04),
        lip_tone=around(0.62, 0.07),
        resting_mouth=around(0.0, 0.011),
        resting_brow=around(0.0, 0.012),
        cheeks=around(1.0, 0.35),
        age=age,
        child=child,
        skin=skin,
        hair=hair,
        hair_tone=min(max(hair_tone, 0.04), 0.85),
        hairline=around(-0.87, 0.08) - 0.06 * age * (not woman),
        hair_length=rng.uniform(0.3, 1.3),
        parting=-1 if rng.random() < 0.5 else 1,
        beard=0.0 if shaven else rng.beta(1.2, 1.2),
        moustache=0.0 if shaven else rng.beta(1.2, 1.0),
        make_up=rng.uniform(0.2, 1) if woman and not child and rng.random() < 0.6 else 0.0,
        glasses=str(rng.choice(["none", "thin", "thick", "sun"], p=[0.87, 0.07, 0.05, 0.01])),
        hat=rng.random() < 0.05,
    )


def action_units(emotion: str, intensity: float = 1.0, variant: int = 0) -> dict[str, float]:
    """The action units of an emotion, scaled.

    Args:
        emotion: one of FER2013's seven, in any spelling that `fer_kit.emotions` knows.
        intensity: 0 (nothing moves) to 1.
        variant: which of `PROTOTYPES[emotion]`.

    Raises:
        InputError: no such emotion or variant.
    """
    variants = _variants(emotion)
    check_share("an intensity", intensity)
    if not 0 <= variant < len(variants):
        raise InputError(
            f"Expected a variant from 0 to {len(variants) - 1} of {emotion!r}. Received: {variant}."
        )
    return {name: round(intensity * value, 6) for name, value in variants[variant].items()}


def blend(first: str, second: str, weight: float = 0.5, intensity: float = 1.0) -> dict[str, float]:
    """The action units of a mixture: weight 0 is the first emotion alone, 1 the second alone.

    Compound emotions ("happily surprised") show the muscles of both (Du, Tao & Martinez 2014).

    Raises:
        InputError: a weight outside of 0 to 1.
    """
    check_share("a weight", weight)
    one, two = action_units(first, intensity), action_units(second, intensity)
    mixed = {
        name: (1 - weight) * one.get(name, 0.0) + weight * two.get(name, 0.0)
        for name in ACTION_UNITS
    }
    return {name: value for name, value in mixed.items() if value}


def check_action_units(units: Mapping[str, float]) -> None:
    """Raise an InputError that names the first unit that does not exist or is out of range."""
    for name, value in units.items():
        choose(name, ACTION_UNITS, "action units")
        check_share(name, value)


def spontaneous(emotion: str, rng: np.random.Generator) -> dict[str, float]:
    """The action units of one unposed moment: a variant, weaker or stronger, and stray ones."""
    variants = _variants(emotion)
    weights = 1 / (1 + 0.25 * np.arange(len(variants)))
    variant = variants[np.searchsorted(np.cumsum(weights / weights.sum()), rng.random())]
    intensity = 0.47 + 0.57 * rng.beta(2.3, 1.35)
    units = {
        name: value * intensity * rng.lognormal(0, 0.25)
        for name, value in variant.items()
        if rng.random() > 0.06
    }
    if rng.random() < 0.3:
        stray = STRAY[rng.integers(len(STRAY))]
        units[stray] = units.get(stray, 0.0) + rng.uniform(0.1, 0.45)
    return {name: min(value, 1.0) for name, value in units.items()}


def _variants(emotion: str) -> tuple[dict[str, float], ...]:
    return PROTOTYPES[choose(emotions.canonical(emotion), PROTOTYPES, "an emotion")]


def _hair_shares(woman: bool, child: float, age: float) -> np.ndarray:
    """How common each of HAIR is."""
    if woman or child > 0.8:
        shares = [0.01, 0.03, 0.06, 0.17, 0.1, 0.26, 0.14, 0.08, 0.15]
    else:
        shares = [0.08 + 0.15 * age, 0.26, 0.28, 0.14, 0.08, 0.03, 0.02, 0.07, 0.04]
    return np.array(shares) / sum(shares)
