"""The parts of a data set: told by a name, or drawn with the same shares of emotions each."""

import logging
import re
from functools import cache

import numpy as np

from fer_kit.errors import InputError
from fer_kit.faces import SPLITS, Faces

log = logging.getLogger(__name__)

SPLIT_OF_USAGE = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
# What a part may be called, in lower case and without what does not matter.
_SPLIT_OF_WORD = (
    dict.fromkeys(("train", "training"), "train")
    | dict.fromkeys(("validation", "valid", "val", "dev", "eval", "publictest"), "validation")
    | dict.fromkeys(("test", "testing", "privatetest", "holdout"), "test")
)
# As in "Train Data", test_images, FER2013Valid, 01_train.
_AROUND = re.compile(r"fer(2013)?(plus)?|(data)?set|data|images?|imgs?|pictures|faces|split|\d+")

# Where no split is given.
SHARES = {"train": 0.70, "validation": 0.15, "test": 0.15}
# Where only the validation part is missing: what PublicTest is of Training and PublicTest together.
HELD_BACK = {"validation": 1 / 9, "train": 8 / 9}


@cache
def split_of(name: str) -> str:
    """The split that a folder, file or table names in any spelling in use, or ""."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    return _SPLIT_OF_WORD.get(_AROUND.sub("", letters), "")


def sample(faces: Faces, size: tuple[int, int, int], seed: int) -> Faces:
    """At most `size` faces of (train, validation, test), in their old order."""
    kept = []
    for split, count in zip(SPLITS, size, strict=True):
        rows = np.flatnonzero(faces.split == split)
        kept.append(rows[stratified_order(faces.labels[rows], seed)[:count]])
    return faces.subset(np.sort(np.concatenate(kept)))


def complete_split(
    found: np.ndarray, labels: np.ndarray, seed: int, subject: np.ndarray | None = None
) -> np.ndarray:
    """Draw the parts that a folder does not have.

    Args:
        found: str (N,), the split that each picture's place tells, "" where it tells none.
        labels: int (N,).
        subject: str (N,), who is shown, if known: then nobody is drawn into two parts.

    Returns:
        str (N,): train, validation and test as found; or, with a single part held out, that part as
        the test set and a ninth of train as validation; or, with nothing held out, 70/15/15.

    Raises:
        InputError: some pictures are in a part and others in none.
    """
    names = set(np.unique(found))
    if "" in names and len(names) > 1:
        raise InputError(
            "Expected every picture below a train, validation or test folder, or none. "
            f"Received: {(found == '').sum():,} of {len(found):,} pictures outside of them. "
            "Move them, or point to one of the folders."
        )
    if not names & {"validation", "test"}:
        log.warning("No split was found: drawing 70 % train, 15 % validation, 15 % test.")
        return draw_split(labels, seed, subject)
    if len(names) == 2 and "train" in names:
        log.warning(
            "A single part is held out from training: it is the test set, and a ninth of the "
            "training pictures, drawn at random, is the validation set."
        )
        split = np.where(found == "train", "train", "test").astype("U10")
        train = split == "train"
        who = None if subject is None else subject[train]
        split[train] = draw_split(labels[train], seed, who, HELD_BACK)
        return split
    return found


def draw_split(
    labels: np.ndarray,
    seed: int,
    subject: np.ndarray | None = None,
    shares: dict[str, float] = SHARES,
) -> np.ndarray:
    """Draw the part of each face: str (N,). Every part gets about the same shares of emotions.

    Where it is known who is shown, all faces of a person are in one part. Each part then gets its
    share of the people, at least one: they are taken in a random order, those with the most faces
    first, and each goes to the part that lacks most of what they show.

    Args:
        labels: int (N,).
        subject: str (N,), who is shown, or None.
        shares: part → its share.
    """
    if subject is not None:
        return _draw_people(labels, seed, subject, shares)
    ends = np.round(np.cumsum(list(shares.values())) * len(labels)).astype(int)
    split = np.empty(len(labels), "U10")
    for name, rows in zip(shares, np.split(stratified_order(labels, seed), ends[:-1]), strict=True):
        split[rows] = name
    return split


def _draw_people(labels: np.ndarray, seed: int, subject: np.ndarray, shares: dict) -> np.ndarray:
    generator = np.random.default_rng(seed)
    people, codes, faces = np.unique(subject, return_inverse=True, return_counts=True)
    places = {name: max(1, round(share * len(people))) for name, share in shares.items()}
    places["train"] += len(people) - sum(places.values())
    left = np.array(list(places.values()))
    shown = np.zeros((len(people), labels.max() + 1))
    np.add.at(shown, (codes, labels), 1)
    wanted = np.outer(left / len(people), shown.sum(axis=0))
    order = generator.permutation(len(people))
    chosen = np.empty(len(people), int)
    for person in order[np.argsort(-faces[order], kind="stable")]:
        chosen[person] = np.where(left > 0, wanted @ shown[person], -np.inf).argmax()
        wanted[chosen[person]] -= shown[person]
        left[chosen[person]] -= 1
    return np.array(list(places))[chosen][codes]


def stratified_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """A random order (N,) of all rows in which every stretch holds the emotions in their shares.

    Each emotion's rows are shuffled and spread evenly over the line from 0 to 1; read along the
    line, they come mixed in proportion.
    """
    generator = np.random.default_rng(seed)
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.argsort(place, kind="stable")
