"""Your own pictures of people: a folder for each person, and in it a folder for each emotion."""

from pathlib import Path

import numpy as np

from fer_kit.datasets.folder import find_pictures, read_pictures
from fer_kit.datasets.splits import split_people
from fer_kit.emotions import in_course_order, is_emotion
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces


def read_people(path: Path, seed: int = 42, image_size: int = 48) -> Faces:
    """Read pictures sorted by person and emotion: `anna/happy/1.jpg`.

    Args:
        path: the folder that holds the people's folders; the emotions' folders stand below.
        seed: draws which people train, validate and test.

    Returns:
        Grey faces with subjects, read as in `read_folder`. Nobody is in two splits.

    Raises:
        InputError: a picture outside of a person's folder, or fewer than three people.

    Introduced in notebooks/10_image_fusion.ipynb.
    """
    pictures = find_pictures(path)
    strays = [p.path for p in pictures if p.path.count("/") < 2 or is_emotion(p.path.split("/")[0])]
    if strays:
        raise InputError(
            f"Expected pictures in {path} as person/emotion/picture. "
            f"Received: {len(strays):,} others: {first_few(strays)}. Put a folder with the "
            'person\'s name around, or load them as "folder", which does not ask who is shown.'
        )
    pictures = [picture._replace(split="train") for picture in pictures]
    emotions = in_course_order([picture.emotion for picture in pictures])
    source = f"folder {path.resolve().name}"
    faces = read_pictures(path, pictures, emotions, source, seed, image_size, split=False)
    return split_people(faces, np.array([p.path.split("/")[0] for p in pictures]), seed)
