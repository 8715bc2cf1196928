"""A whole data set of drawn faces, in the form of `fer_kit.Faces` (lesson 01)."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from tqdm.auto import tqdm

from fer_kit.emotions import FER2013
from fer_kit.errors import check_share, check_whole, choose
from fer_kit.faces import SPLITS, Faces, one_hot
from fer_kit.processes import Processes, cores, share
from fer_kit.synthetic.anatomy import identity, spontaneous
from fer_kit.synthetic.photograph import CAMERAS, check_image_size, portrait
from fer_kit.synthetic.variety import varied
from fer_kit.synthetic.votes import vote

SOURCE = "synthetic faces"
# Of each 50 faces in a row; uneven as in FER2013, where disgust is rarest and happy most common.
SHARES = {
    "angry": 7, "disgust": 3, "fear": 7, "happy": 12, "sad": 8, "surprise": 6, "neutral": 7,
}  # fmt: skip
BLOCK = sum(SHARES.values())
FACES_PER_PERSON = 10
TARGETS = ("intent", "votes")
PEOPLE = {"usual": identity, "varied": varied}
FEW = 200  # below this, starting worker processes costs more than it saves


def generate(
    train: int = 6000,
    validation: int = 2000,
    test: int = 2000,
    *,
    seed: int = 0,
    image_size: int = 48,
    targets: str = "intent",
    infrared: bool = True,
    progress: bool = True,
    camera: str = "wild",
    darkness: float = 0.0,
    people: str = "usual",
    workers: int | None = None,
) -> Faces:
    """Draw a data set of faces with FER2013's seven emotions.

    The same seed gives the same faces, whatever the number of workers; a larger set begins with
    the faces of a smaller one. Every person appears ten times, in one split only.

    Args:
        train, validation, test: how many faces of each split.
        image_size: height and width in pixels. The drawing has detail for about 48.
        targets: "intent", the emotion that was drawn (one-hot), or "votes", the shares of ten
            simulated annotators, who do not always see it.
        infrared: whether to draw thermal pictures as well.
        progress: whether to show a progress bar.
        camera: "wild", "studio" or "dark", as in `render`.
        darkness: share of the faces whose visible picture is taken in the dark, 0 to 1. The
            thermal pictures do not change.
        people: "usual", or "varied": any skin tone and age, head scarfs, more glasses. `traits`
            tells what each face has.
        workers: processes that draw; as many as there are processor cores by default.

    Raises:
        InputError: a count, seed or size is not a whole number in range, or a name is unknown.
    """
    counts = {"train": train, "validation": validation, "test": test}
    for name, value in (counts | {"seed": seed}).items():
        check_whole(name, value)
    check_image_size(image_size)
    choose(targets, TARGETS, "targets")
    choose(camera, CAMERAS, "a camera")
    choose(people, PEOPLE, "people")
    check_share("darkness", darkness)
    if workers is not None:
        check_whole("workers", workers, 1)
    blocks = [
        (split, range(start, min(start + BLOCK, count)))
        for split, count in enumerate(counts.values())
        for start in range(0, count, BLOCK)
    ]
    look = {"camera": camera, "darkness": darkness, "infrared": infrared, "people": people}
    draw = partial(_draw_block, seed=seed, image_size=image_size, **look)
    total = sum(counts.values())
    workers = (workers or cores()) if total > FEW else 1
    drawn = []
    with tqdm(total=total, desc="Drawing faces", unit="face", disable=not progress) as bar:
        for block in _in_parallel(draw, blocks, workers):
            drawn.append(block)
            bar.update(len(block["labels"]))
    return _collect(drawn, counts, blocks, image_size, targets, infrared)


def _draw_block(
    block, *, seed, image_size, camera, darkness, infrared, people
) -> dict[str, np.ndarray]:
    """Draw up to 50 faces that follow each other. Runs in a worker process."""
    split, numbers = block
    labels = _labels(seed, split, numbers)
    images, thermal, votes, person = [], [], [], None
    for number, label in zip(numbers, labels, strict=True):
        if person is None or number % FACES_PER_PERSON == 0:
            person = PEOPLE[people]([seed, split, number // FACES_PER_PERSON])
        rng = np.random.default_rng([seed, split, number, 1])
        units = spontaneous(FER2013[label], rng)
        votes.append(vote(units, rng))
        light = "dark" if rng.random() < darkness else camera
        chance = (seed, split, number, 2)
        picture = portrait(person, units, chance, light, image_size, infrared=infrared)
        images.append(picture.visible)
        thermal.append(picture.infrared)
    drawn = {"images": images, "labels": labels, "votes": votes}
    if infrared:
        drawn["infrared"] = thermal
    return {name: np.stack(values) for name, values in drawn.items()}


def _labels(seed: int, split: int, numbers: range) -> np.ndarray:
    """The emotions of one block: exact shares, in an order of its own."""
    order = np.repeat(np.arange(len(FER2013)), [SHARES[name] for name in FER2013])
    rng = np.random.default_rng([seed, split, numbers.start, 3])
    return rng.permutation(order)[: len(numbers)]


def _in_parallel(draw, blocks: list, workers: int) -> Iterator[dict[str, np.ndarray]]:
    """The drawn blocks, in order."""
    if workers == 1:
        yield from map(draw, blocks)
        return
    with Processes([share(threads=1)] * workers) as pool:
        yield from pool.map(draw, blocks)


def _collect(drawn, counts, blocks, image_size, targets, infrared) -> Faces:
    shape = (0, image_size, image_size)
    empty = {"images": np.zeros(shape, np.uint8), "infrared": np.zeros(shape, np.uint8)}
    empty |= {"labels": np.zeros(0, int), "votes": np.zeros((0, len(FER2013)), np.float32)}
    stacked = {
        name: np.concatenate([nothing, *(block[name] for block in drawn if name in block)])
        for name, nothing in empty.items()
    }
    votes = stacked["votes"]
    intent = one_hot(stacked["labels"], len(FER2013))
    places = [(split, number) for split, numbers in blocks for number in numbers]
    return Faces(
        images=stacked["images"][..., None],
        targets=intent if targets == "intent" else votes / votes.sum(axis=1, keepdims=True),
        emotions=FER2013,
        split=np.repeat(np.array(SPLITS), list(counts.values())),
        ids=np.array([f"synthetic-{s}-{n:06d}" for s, n in places], dtype=str),
        source=SOURCE,
        subject=np.array([f"s{s}{n // FACES_PER_PERSON:04d}" for s, n in places], dtype=str),
        infrared=stacked["infrared"][..., None] if infrared else None,
        votes=votes,
    )
