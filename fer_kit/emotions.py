"""The emotions of every data set in the course, and how their names correspond (lesson 01).

Data sets number the same emotions differently: "sad" is 4 in FER2013, 3 in FER+ and 5 in a list of
folders sorted by name. So the course never maps by number: each vocabulary stands here in its own
order, and everything between two of them goes by name.

>>> canonical("Happiness")
'happy'
>>> index_map(FERPLUS, FER2013)   # where each FER+ emotion stands in FER2013; contempt has no place
array([ 6,  3,  5,  4,  0,  1,  2, -1])
"""

import re
from collections.abc import Sequence

import numpy as np

from fer_kit.errors import InputError

FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FERPLUS = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt")
CKPLUS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
CKEXTENDED = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
JAFFE = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
VIRI = ("angry", "happy", "neutral", "sad", "surprise")
NVIE = ("happy", "disgust", "fear")

# Every name the course can meet, in one canonical order: FER2013's, then contempt.
EMOTIONS = FER2013 + ("contempt",)

# JAFFE's file names carry these two letters (KA.AN1.39.tiff).
JAFFE_CODES = dict(zip(("AN", "DI", "FE", "HA", "NE", "SA", "SU"), JAFFE, strict=True))

# Spellings as they occur in folders and tables, misspellings included.
SYNONYMS = {
    "angry": ("anger", "angriness", "mad"),
    "disgust": ("disgusted", "digust"),
    "fear": ("fearful", "afraid", "scared"),
    "happy": ("happiness", "joy", "happyness"),
    "sad": ("sadness",),
    "surprise": ("surprised", "suprise", "suprised"),
    "neutral": ("neutrality", "calm"),
    "contempt": ("contemptuous",),
}

_CANONICAL = {name: name for name in EMOTIONS} | {
    synonym: name for name, synonyms in SYNONYMS.items() for synonym in synonyms
}
# As in 0_angry, "03 - Sad", happy_faces.
_AROUND = re.compile(r"^[\W\d_]+|[\W_]*(faces?|images?)?[\W\d_]*$")


def _word(name: str) -> str:
    return _AROUND.sub("", str(name).lower())


def canonical(name: str) -> str:
    """The course's name for an emotion, in any spelling and letter case that is in use.

    Numbers and signs around it do not matter.

    Raises:
        InputError: the name is no emotion that the course knows.
    """
    key = _word(name)
    if key not in _CANONICAL:
        raise InputError(
            f"Expected the name of an emotion: {', '.join(EMOTIONS)}, or a common synonym. "
            f"Received: {name!r}. "
            "Rename it, or add the spelling to SYNONYMS in fer_kit/emotions.py."
        )
    return _CANONICAL[key]


def codes(names: Sequence[str]) -> dict[str, int]:
    """What may stand for each emotion in a table: its number among these, or any usual name."""
    numbers = {text: code for code in range(len(names)) for text in (f"{code}", f"{code}.0")}
    return numbers | {word: names.index(name) for word, name in _CANONICAL.items() if name in names}


def is_emotion(name: str) -> bool:
    """Whether `canonical` knows the name."""
    return _word(name) in _CANONICAL


def in_course_order(names: Sequence[str]) -> tuple[str, ...]:
    """The canonical names among `names`, each once, in the course's order (not the alphabet's)."""
    found = {canonical(name) for name in names}
    return tuple(name for name in EMOTIONS if name in found)


def index_map(source: Sequence[str], target: Sequence[str]) -> np.ndarray:
    """For each emotion of `source`, its index in `target`, or -1 where `target` lacks it.

    Returns:
        int array of shape (len(source),).
    """
    places = {canonical(name): index for index, name in enumerate(target)}
    return np.array([places.get(canonical(name), -1) for name in source], dtype=int)


def convert(targets: np.ndarray, source: Sequence[str], target: Sequence[str]) -> np.ndarray:
    """Move probabilities from one vocabulary to another, by name.

    Args:
        targets: (N, len(source)), rows summing to 1.

    Returns:
        float32 (N, len(target)). Mass of emotions that `target` lacks is dropped and the rest
        scaled to sum to 1; a row that had no other mass becomes all zeros, so that it shows.
    """
    places = index_map(source, target)
    converted = np.zeros((len(targets), len(target)), np.float32)
    kept = places >= 0
    converted[:, places[kept]] = np.asarray(targets)[:, kept]
    mass = converted.sum(axis=1, keepdims=True)
    return np.divide(converted, mass, out=np.zeros_like(converted), where=mass > 0)
