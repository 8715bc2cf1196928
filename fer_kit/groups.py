"""Who a model works for: rates of each group of people, and the gap between two (lesson 08b).

The intervals draw people again and not pictures: ten pictures of one person are hardly more than
one. They cover who happened to be tested, and not how another training would have gone.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fer_kit.errors import InputError
from fer_kit.evaluation import LEVELS, RESAMPLES


def by_group(
    hits: np.ndarray,
    groups: Sequence[str],
    people: Sequence[str],
    among: np.ndarray | None = None,
    order: Sequence[str] = (),
) -> pd.DataFrame:
    """A rate in each group, with its 95 % interval over people.

    Args:
        hits: bool (N,), what is counted: answers that are right, or false alarms.
        groups: (N,), to which group each face belongs.
        people: (N,), who is shown.
        among: bool (N,), the faces that could have been hits, such as all that are not angry
            where a false alarm is "angry"; None for all.
        order: the groups in the order of the table, of which some may be empty; else by alphabet.

    Returns:
        A row for each group that has faces: value, low, high, faces and people.

    Raises:
        InputError: there are no faces, or not as many of one as of the other.
    """
    names, won, of, drawn = _resampled(hits, groups, people, among)
    low, high = np.nanquantile(drawn, LEVELS, axis=0)
    columns = {"value": _rate(won.sum(axis=0), of.sum(axis=0)), "low": low, "high": high}
    columns |= {"faces": of.sum(axis=0).astype(int), "people": (of > 0).sum(axis=0)}
    table = pd.DataFrame(columns, index=pd.Index(names, name="group"))
    return table.loc[[name for name in order or names if name in table.index]]


def gap(
    hits: np.ndarray,
    groups: Sequence[str],
    people: Sequence[str],
    pair: tuple[str, str],
    among: np.ndarray | None = None,
) -> tuple[float, float, float]:
    """How much higher a rate is in the first group than in the second: (value, low, high).

    The interval is one of the difference, from people drawn again. Arguments as `by_group`.

    Raises:
        InputError: nobody is in one of the two groups.
    """
    names, won, of, drawn = _resampled(hits, groups, people, among)
    missing = [name for name in pair if name not in names]
    if missing:
        raise InputError(f"Expected two groups among {', '.join(names)}. Received: {missing[0]!r}.")
    first, second = (names.index(name) for name in pair)
    rates = _rate(won.sum(axis=0), of.sum(axis=0))
    low, high = np.nanquantile(drawn[:, first] - drawn[:, second], LEVELS)
    return float(rates[first] - rates[second]), float(low), float(high)


def weights(groups: Sequence[str]) -> np.ndarray:
    """A weight for each face with which every group counts the same: float32 (N,), of mean 1."""
    _, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return (len(members) / len(sizes) / sizes[members]).astype(np.float32)


def _resampled(hits, groups, people, among):
    """Names of the groups; hits and faces of each person in each, (P, G); rates (RESAMPLES, G)."""
    hits = np.asarray(hits, bool)
    among = np.ones(len(hits), bool) if among is None else np.asarray(among, bool)
    if not len(hits) or not len(hits) == len(groups) == len(people) == len(among):
        raise InputError(
            "Expected a hit, a group and a person for each face, and at least one face. Received: "
            f"{len(hits)} hits, {len(groups)} groups and {len(people)} people."
        )
    names, group = np.unique(groups, return_inverse=True)
    who, person = np.unique(people, return_inverse=True)
    won, of = np.zeros((2, len(who), len(names)))
    np.add.at(won, (person, group), hits & among)
    np.add.at(of, (person, group), among)
    chances = np.full(len(who), 1 / len(who))
    times = np.random.default_rng(0).multinomial(len(who), chances, size=RESAMPLES)
    return names.tolist(), won, of, _rate(times @ won, times @ of)


def _rate(won: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Hits over faces; NaN where there are none."""
    return np.divide(won, of, out=np.full(np.shape(of), np.nan), where=of > 0)
