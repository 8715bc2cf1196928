"""Drawn people who sat for one picture of each emotion, as the ten women of JAFFE did (lesson 10).

One light, a plain background, a frontal face; between two pictures the head has moved a little.
"""

import re

import numpy as np
from tqdm.auto import tqdm

from fer_kit.emotions import JAFFE, canonical
from fer_kit.errors import InputError, check_whole
from fer_kit.faces import SPLITS, Faces, one_hot
from fer_kit.synthetic.anatomy import Identity, action_units, blend, identity
from fer_kit.synthetic.dataset import SOURCE
from fer_kit.synthetic.photograph import Camera, check_image_size, render

# Standard deviations: radians for turns, shares of the picture for the rest.
MOVES = {"yaw": 0.05, "pitch": 0.03, "roll": 0.04, "zoom": 0.02, "shift": 0.02}


def sittings(
    train: int = 48,
    validation: int = 12,
    test: int = 20,
    *,
    seed: int = 0,
    image_size: int = 48,
    progress: bool = True,
) -> Faces:
    """Draw people with one picture of each of the seven emotions.

    Args:
        train, validation, test: how many people; nobody is in two of them.
        seed: the same seed draws the same people; with more, the first ones stay the same.
        image_size: height and width in pixels.
        progress: whether to show a progress bar.

    Returns:
        Faces with seven pictures a person, emotions in JAFFE's order, and the person as subject.

    Raises:
        InputError: a count, seed or size is not a whole number in range.
    """
    counts = (train, validation, test)
    for name, value in zip((*SPLITS, "seed"), (*counts, seed), strict=True):
        check_whole(name, value)
    check_image_size(image_size)
    people = [(split, number) for split, count in enumerate(counts) for number in range(count)]
    bar = tqdm(people, "Drawing people", unit="person", disable=not progress)
    images = [_sitting(seed, *place, image_size) for place in bar]
    subjects = np.array([f"p{split}-{number:04d}" for split, number in people], dtype=str)
    subject = np.repeat(subjects, len(JAFFE))
    emotion = np.tile(np.arange(len(JAFFE)), len(people))
    return Faces(
        images=np.array(images, np.uint8).reshape(-1, image_size, image_size, 1),
        targets=one_hot(emotion, len(JAFFE)),
        emotions=JAFFE,
        split=np.repeat(np.array(SPLITS), [count * len(JAFFE) for count in counts]),
        ids=np.array([f"{who}-{JAFFE[k]}" for who, k in zip(subject, emotion, strict=True)], str),
        source=SOURCE,
        subject=subject,
    )


def sitting_blend(
    subject: str, first: str, second: str, weight: float = 0.5, *, seed: int = 0, image_size=48
) -> np.ndarray:
    """What fusing two of a person's pictures should give: both emotions on one face.

    The renderer mixes the action units (`blend`) instead of pixels, and takes the picture as it
    took that of the first emotion.

    Args:
        subject: as `sittings` names the person, drawn with the same `seed`.
        first, second: the emotions; `weight` is the share of the second.

    Returns:
        uint8 (image_size, image_size).

    Raises:
        InputError: no such person or emotion.
    """
    named = re.fullmatch(r"p([012])-(\d+)", subject)
    if not named:
        raise InputError(
            f"Expected a subject as sittings names them, such as p0-0003. Received: {subject!r}."
        )
    split, number = map(int, named.groups())
    first, second = canonical(first), canonical(second)
    person, intensity, cameras = _sitter(seed, split, number)
    units = blend(first, second, weight, intensity)
    return render(person, units, (seed, split, number), cameras[first], image_size)


def _sitting(seed: int, split: int, number: int, image_size: int) -> list[np.ndarray]:
    """A person's seven pictures."""
    person, intensity, cameras = _sitter(seed, split, number)
    return [
        render(person, action_units(name, intensity), (seed, split, number), camera, image_size)
        for name, camera in cameras.items()
    ]


def _sitter(seed: int, split: int, number: int) -> tuple[Identity, float, dict[str, Camera]]:
    """A person, how strongly this person acts, and how each picture is taken."""
    rng = np.random.default_rng([seed, split, number, 5])
    intensity = float(rng.uniform(0.7, 1.0))
    return identity([seed, split, number]), intensity, {name: _camera(rng) for name in JAFFE}


def _camera(rng: np.random.Generator) -> Camera:
    """A studio where people move a little between two pictures."""

    def move(name: str) -> float:
        return float(np.clip(rng.normal(0, MOVES[name]), -2 * MOVES[name], 2 * MOVES[name]))

    turns = {name: move(name) for name in ("yaw", "pitch", "roll")}
    return Camera(**turns, zoom=1.05 * (1 + move("zoom")), shift=(move("shift"), move("shift")))
