"""Your own pictures of people: a folder for each person, and in it a folder for each emotion."""

from pathlib import Path

from fer_kit.datasets.folder import find_files, read_files
from fer_kit.datasets.source import Source
from fer_kit.datasets.splits import split_of
from fer_kit.emotions import in_course_order, is_emotion
from fer_kit.errors import InputError, first_few
from fer_kit.faces import Faces


def read_people(path: Path, seed: int = 42, image_size: int = 48) -> Faces:
    """Read pictures sorted by person and emotion: `anna/happy/1.jpg` (lesson 10).

    Args:
        path: the folder that holds the people's folders; the emotions' folders stand below.
        seed: draws which people train, validate and test.

    Returns:
        Grey faces with subjects, read as in `read_folder`. Nobody is in two splits.

    Raises:
        InputError: a picture outside of a person's folder, or fewer than three people.
    """
    files = find_files(path)
    people = [file.path.split("/")[0] for file in files]
    # A person may be called Joy: what counts is that a folder of an emotion stands below.
    strays = [file.path for file in files if not any(map(is_emotion, file.path.split("/")[1:-1]))]
    if all(map(split_of, people)):
        raise InputError(
            f"Expected a folder for each person in {path}. Received: folders of a data set's "
            f'parts, {first_few(sorted(set(people)))}. Load it as "folder".'
        )
    if strays:
        raise InputError(
            f"Expected pictures in {path} as person/emotion/picture. "
            f"Received: {len(strays):,} others: {first_few(strays)}. Put a folder with the "
            'person\'s name around, or load them as "folder", which does not ask who is shown.'
        )
    emotions = in_course_order([file.emotion for file in files])
    return read_files(
        path, files, emotions, "own pictures", seed=seed, image_size=image_size, subject=people
    )


SOURCE = Source(
    read_people, "a folder for each person, with a folder for each emotion in it", own=True
)
