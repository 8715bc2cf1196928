"""Bundles that are too alike: the same passages, or the very same execution.

What everybody has in common says nothing: the released text is not looked at, and a passage that
many wrote is left out. What is listed is for somebody to read; two people who worked together are
found just as two who copied.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

WORDS = 5  # in a passage
FEWEST = 12  # unusual passages in common; fewer are chance
COMMON = 0.1  # a passage that more than this share of the bundles have is common


@dataclass(frozen=True, eq=False)
class Print:
    """What is compared of a bundle: its passages as uint64, and when its notebooks were run."""

    passages: np.ndarray
    executions: frozenset[str]


@dataclass(frozen=True)
class Pair:
    """Two bundles, and why they are listed."""

    first: str
    second: str
    reason: str


def take_print(texts: Iterable[str], executions: Iterable[Mapping[str, Any]]) -> Print:
    """The print of what a student wrote, and of the executions of the notebooks."""
    passages = {passage for text in texts for passage in _passages(text)}
    moments = {str(told["started"]) for told in executions if told.get("started")}
    return Print(np.array(sorted(passages), np.uint64), frozenset(moments))


def find_pairs(prints: Mapping[str, Print], alike: float) -> list[Pair]:
    """The pairs that share an execution, or from `alike` on of their unusual passages."""
    return _same_execution(prints) + _same_passages(prints, alike)


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


def _same_passages(prints: Mapping[str, Print], alike: float) -> list[Pair]:
    names = list(prints)
    unusual = _unusual([prints[name].passages for name in names])
    owners: dict[int, list[int]] = defaultdict(list)
    for index, passages in enumerate(unusual):
        for passage in passages.tolist():
            owners[passage].append(index)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for indices in owners.values():
        for pair in combinations(indices, 2):
            shared[pair] += 1
    pairs = []
    for (first, second), count in shared.items():
        share = count / min(len(unusual[first]), len(unusual[second]))
        if count >= FEWEST and share >= alike:
            pairs.append((share, Pair(names[first], names[second], _reason(share, count))))
    return [pair for _, pair in sorted(pairs, key=lambda found: -found[0])]


def _reason(share: float, count: int) -> str:
    return f"{share:.0%} of the unusual passages, {count:,} of them"


def _unusual(passages: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Each bundle's passages without those that many bundles have."""
    if not passages:
        return []
    values, counts = np.unique(np.concatenate(passages), return_counts=True)
    common = values[counts > max(2, COMMON * len(passages))]
    return [np.setdiff1d(own, common, assume_unique=True) for own in passages]
