"""Simulated annotators: ten people look at a face and each names one emotion (lesson 03).

They see the action units as people see faces: roughly, and each a little differently. Then each
compares what was seen with the prototypes of every emotion and says a name that fits: mixed and
weak expressions divide them. The spread of opinion was set to that of FER+ (Barsoum et al. 2016).
"""

from collections.abc import Mapping

import numpy as np

from fer_kit.emotions import FER2013
from fer_kit.synthetic.anatomy import ACTION_UNITS, PROTOTYPES

ANNOTATORS = 10
AMBIGUITY = 0.22  # how much a picture misleads everybody alike
BLUR = 0.24  # how roughly each person sees a movement
DOUBT = 0.24  # how readily a second-best name is given
EXPECTED = 0.8  # prototypes are extremes: people expect a moderate expression

_FIRST = np.cumsum([0] + [len(PROTOTYPES[name]) for name in FER2013[:-1]])
_VARIANTS = EXPECTED * np.array(
    [
        [variant.get(unit, 0.0) for unit in ACTION_UNITS]
        for name in FER2013
        for variant in PROTOTYPES[name]
    ]
)


def vote(
    units: Mapping[str, float], rng: np.random.Generator, annotators: int = ANNOTATORS
) -> np.ndarray:
    """How many annotators choose each of FER2013's emotions: float32 (7,)."""
    shown = np.array([units.get(name, 0.0) for name in ACTION_UNITS])
    picture = shown + rng.normal(0, AMBIGUITY, len(shown))
    seen = picture * rng.lognormal(0, 0.15, (annotators, 1))
    seen = seen + rng.normal(0, BLUR, (annotators, len(shown)))
    distances = ((seen[:, None] - _VARIANTS) ** 2).sum(axis=2)
    nearest = np.minimum.reduceat(distances, _FIRST, axis=1)  # the closest variant of each emotion
    # Adding Gumbel noise and taking the best draws from the softmax of -nearest / DOUBT.
    scores = -nearest / DOUBT + rng.gumbel(size=nearest.shape)
    return np.bincount(scores.argmax(axis=1), minlength=len(FER2013)).astype(np.float32)
