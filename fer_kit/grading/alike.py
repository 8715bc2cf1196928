"""Bundles that are too alike: the same passages, or the very same execution.

What everybody has in common says nothing: the passages of the text that was given out are taken
away, and so is a passage that many wrote. What is listed is for somebody to read; two people who
worked together are found just as two who copied.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice

import numpy as np

WORDS = 5  # in a passage
FEWEST = 12  # unusual passages in common; fewer are chance
COMMON = 0.1  # a passage that more than this share of the bundles have is common ...
FEW = 5  # ... but not one that so few have, however small the class is
# Of an answer only so much is compared: nobody writes more, and hundreds have to fit into memory.
LETTERS = 200_000
PASSAGES = 5_000


@dataclass(frozen=True, eq=False)
class Print:
    """What is compared of a bundle: each answer's passages, and when its notebooks were run.

    Attributes:
        passages: for each answer (the id of its cell) the passages, uint64.
        executions: when each notebook was started.
    """

    passages: Mapping[str, np.ndarray]
    executions: frozenset[str]


@dataclass(frozen=True)
class Pair:
    """Two bundles, and why they are listed."""

    first: str
    second: str
    reason: str


def take_print(
    texts: Mapping[str, str],
    started: Iterable[str],
    released: Mapping[str, str] | None = None,
) -> Print:
    """The print of a bundle.

    Args:
        texts: what the student wrote, by the id of its cell.
        started: when each notebook was.
        released: for each id what was given out, such as all text of its notebook: a passage that
            is in there too is nobody's own.
    """
    given = released or {}
    passages = {key: _own_passages(text, given.get(key, "")) for key, text in texts.items()}
    moments = {str(moment)[:100] for moment in started if moment}
    return Print(
        {key: found for key, found in passages.items() if len(found) >= FEWEST}, frozenset(moments)
    )


def find_pairs(prints: Mapping[str, Print], alike: float) -> list[Pair]:
    """The pairs that share an execution, or in some answer `alike` of the unusual passages."""
    return _same_execution(prints) + _same_answers(prints, alike)


def _own_passages(text: str, released: str) -> np.ndarray:
    """The passages that were not given out, each once, up to PASSAGES of them."""
    given = _all_passages(released)
    found = dict.fromkeys(one for one in _passages(text[:LETTERS]) if one not in given)
    return np.array(sorted(islice(found, PASSAGES)), np.uint64)


@lru_cache(maxsize=32)  # every bundle answers the same few notebooks
def _all_passages(text: str) -> frozenset[int]:
    return frozenset(_passages(text))


def _passages(text: str) -> Iterable[int]:
    words = re.findall(r"\w+", text.lower())
    for start in range(len(words) - WORDS + 1):
        passage = " ".join(words[start : start + WORDS]).encode()
        yield int.from_bytes(hashlib.blake2b(passage, digest_size=8).digest(), "big")


def _same_execution(prints: Mapping[str, Print]) -> list[Pair]:
    """Nobody starts a notebook in the same microsecond as somebody else."""
    by_moment: dict[str, list[str]] = defaultdict(list)
    for name, taken in prints.items():
        for moment in taken.executions:
            by_moment[moment].append(name)
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for names in by_moment.values():
        for pair in combinations(sorted(names), 2):
            shared[pair] += 1
    return [
        Pair(first, second, f"the very same execution of {count} notebooks")
        for (first, second), count in sorted(shared.items())
    ]


def _same_answers(prints: Mapping[str, Print], alike: float) -> list[Pair]:
    """Pairs with answers in common, those with most of them first."""
    answers = sorted({key for taken in prints.values() for key in taken.passages})
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in answers:
        own = {name: taken.passages[key] for name, taken in prints.items() if key in taken.passages}
        for pair, share in _alike_in(own, alike):
            found[pair].append(f"{key} ({share:.0%})")
    listed = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        Pair(first, second, f"most of what is unusual in {_few(told)}")
        for (first, second), told in listed
    ]


def _alike_in(
    own: Mapping[str, np.ndarray], alike: float
) -> Iterable[tuple[tuple[str, str], float]]:
    """The pairs whose passages in one answer are alike, and how much."""
    names = sorted(own)
    unusual = _unusual([own[name] for name in names])
    owners: dict[int, list[int]] = defaultdict(list)
    for index, passages in enumerate(unusual):
        for passage in passages.tolist():
            owners[passage].append(index)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for indices in owners.values():
        for pair in combinations(indices, 2):
            shared[pair] += 1
    for (first, second), count in shared.items():
        share = count / min(len(unusual[first]), len(unusual[second]))
        if count >= FEWEST and share >= alike:
            yield (names[first], names[second]), share


def _few(told: Sequence[str]) -> str:
    return ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")


def _unusual(passages: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Each bundle's passages without those that many bundles have."""
    values, counts = np.unique(np.concatenate(passages), return_counts=True)
    common = values[counts > max(FEW, COMMON * len(passages))]
    return [np.setdiff1d(one, common, assume_unique=True) for one in passages]
