"""Draw parts of a data set at random, each with the same shares of emotions (stratified)."""

import logging
from dataclasses import replace

import numpy as np

from fer_kit.errors import InputError
from fer_kit.faces import SPLITS, Faces

log = logging.getLogger(__name__)

# Where no split is given: train, validation, test.
SHARES = (0.70, 0.15, 0.15)
# Where only the validation part is missing: what PublicTest is of Training and PublicTest together.
VALIDATION_SHARE = 1 / 9


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
        if subject is not None:
            return draw_split_by_subject(labels, subject, seed)
        return draw_split(labels, seed)
    if len(names) == 2 and "train" in names:
        log.warning(
            "A single part is held out from training: it is the test set, and a ninth of the "
            "training pictures, drawn at random, is the validation set."
        )
        split = np.where(found == "train", "train", "test").astype("U10")
        train = np.flatnonzero(found == "train")
        if subject is not None:
            shares = (1 - VALIDATION_SHARE, VALIDATION_SHARE)
            split[train] = draw_split_by_subject(labels[train], subject[train], seed, shares)
            return split
        order = stratified_order(labels[train], seed)
        split[train[order[: round(len(train) * VALIDATION_SHARE)]]] = "validation"
        return split
    return found


def draw_split(labels: np.ndarray, seed: int) -> np.ndarray:
    """str (N,): train, validation and test in `SHARES`, each with the same shares of emotions."""
    ends = np.round(np.cumsum(SHARES) * len(labels)).astype(int)
    split = np.empty(len(labels), "U10")
    for name, rows in zip(SPLITS, np.split(stratified_order(labels, seed), ends[:-1]), strict=True):
        split[rows] = name
    return split


def draw_split_by_subject(
    labels: np.ndarray, subject: np.ndarray, seed: int, shares: tuple[float, ...] = SHARES
) -> np.ndarray:
    """As `draw_split`, with all faces of a person in one part.

    People are taken in a random order, those with the most faces first. Each goes to the part that
    lacks most of what they show; the shares are met as closely as whole people allow.

    Args:
        labels: int (N,).
        subject: str (N,), who is shown.
        shares: of train, validation and test, or of the first two of these.
    """
    generator = np.random.default_rng(seed)
    people, codes, faces = np.unique(subject, return_inverse=True, return_counts=True)
    shown = np.zeros((len(people), labels.max() + 1))
    np.add.at(shown, (codes, labels), 1)
    wanted = np.outer(shares, shown.sum(axis=0))
    order = generator.permutation(len(people))
    chosen = np.empty(len(people), int)
    for person in order[np.argsort(-faces[order], kind="stable")]:
        chosen[person] = (wanted @ shown[person]).argmax()
        wanted[chosen[person]] -= shown[person]
    return np.array(SPLITS)[chosen][codes]


def stratified_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """A random order of all rows in which every stretch holds the emotions in their shares.

    Each emotion's rows are shuffled and spread evenly over the line from 0 to 1; read along the
    line, they come mixed in proportion.
    """
    generator = np.random.default_rng(seed)
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.argsort(place, kind="stable")


def split_people(faces: Faces, subjects: np.ndarray, seed: int) -> Faces:
    """Draw who trains, validates and tests: 70, 15 and 15 % of the people, at least one each.

    Args:
        subjects: str (N,), who is on each picture.

    Returns:
        The same faces with `subject` and `split`.

    Raises:
        InputError: fewer than three people.
    """
    people = np.unique(subjects)
    if len(people) < len(SPLITS):
        raise InputError(
            "Expected at least three people, one each to train, validate and test with. "
            f"Received: {len(people)} in {faces.source}."
        )
    held_out = [max(1, round(share * len(people))) for share in SHARES[1:]]
    counts = [len(people) - sum(held_out), *held_out]
    order = np.random.default_rng(seed).permutation(people)
    split_of = dict(zip(order.tolist(), np.repeat(SPLITS, counts).tolist(), strict=True))
    split = np.array([split_of[who] for who in subjects.tolist()])
    return replace(faces, subject=subjects, split=split)
