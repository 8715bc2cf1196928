"""Submissions that are too alike: the same words, the very same execution or predictions.

What everybody has in common says nothing: the phrases of the text that was given out are taken
away, and so are those that many wrote. What is listed is for somebody to read; two people who
worked together are found just as two who copied.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from itertools import combinations
from unicodedata import category, normalize

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer

from fer_kit.evaluation import percent
from fer_kit.grading.plain import few

COMMON = 0.25  # what more than this share of the submissions have is common ...
FEW = 5  # ... but not what so few have, however small the class is
PHRASE = 8  # letters in a row, wherever the spaces are: about two words
FEWEST = 50  # phrases in common in an answer; fewer are chance
# Short programs for one task are alike by themselves.
CODE_ALIKE, CODE_FEWEST = 0.8, 150
MOST_PAIRS = 1000
INVISIBLE = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0"))  # letters that show nothing
# Letters of other alphabets that look like Latin ones, after all are small.
LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝкмтвнгѵαορνικτυχɑɩոօսհցᎠᎡᎢᎥᎩᎪᎫᎬᎱᎳᎷᎻᏀᏃᏒᏙᏚᏞᏟᏢᏦᏴꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ",
    "aeopcyxijsdhqwkmtbhrvaopviktuxainouhgdrtiyajerwmhgzrvslcpkbbpdtgkjczfmnlsrvhwxyaeiou",
)
LATIN = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |DOTLESS |SCRIPT )?([A-Z])(?: WITH .*)?"
)
# What a page does not show of a text: comments and tags.
UNSHOWN = re.compile(r"<!--.*?-->|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Work:
    """What is compared of a submission.

    Attributes:
        whose: the same for all attempts of one student, which are not compared.
        written, code: what the student wrote, by the id of its cell.
        started: when each notebook was started.
        answers: for each model a hash of its predictions.
    """

    whose: str
    written: Mapping[str, str]
    code: Mapping[str, str]
    started: Sequence[str] = ()
    answers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Pair:
    """Two submissions, and why they are listed."""

    first: str
    second: str
    reason: str


def find_pairs(
    works: Mapping[str, Work], alike: float, released: Mapping[str, str] | None = None
) -> list[Pair]:
    """The pairs with an execution, predictions, or many phrases in common.

    Args:
        works: by the submission's name.
        alike: the share of an answer's phrases (`PHRASE` letters in a row) from which two are
            listed. With a fifth of the words changed about 0.4 are left; answers that
            were written independently share about 0.1.
        released: for each id the text that was given out with it, such as that of its notebook.
    """
    found = [
        *_shared({name: work.started for name, work in works.items()}, _same_execution),
        *_shared({name: work.answers for name, work in works.items()}, _same_predictions),
        *_alike_in_words(works, alike, released or {}),
        *_alike_in_code(works, released or {}),
    ]
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for first, second, reason in found:
        if works[first].whose != works[second].whose:
            pairs[first, second].append(reason)
    listed = [Pair(*names, "; ".join(reasons)) for names, reasons in pairs.items()]
    return listed[:MOST_PAIRS]


def plain(text: str) -> str:
    """Small letters without accents and without what nobody sees, look-alikes made Latin."""
    text = unescape(UNSHOWN.sub("", text))
    if not text.isascii():
        letters = (one for one in normalize("NFKD", text) if category(one) not in ("Mn", "Cf"))
        text = normalize("NFKC", "".join(letters)).translate(INVISIBLE)
        text = "".join(map(_latin, text.translate(LOOKALIKES)))
    return text.casefold().translate(LOOKALIKES)


@cache
def _latin(letter: str) -> str:
    """The plain letter of a Latin one in another shape: a small capital, without its dot, …."""
    found = LATIN.fullmatch(unicodedata.name(letter, ""))
    return found[1].lower() if found and not letter.isascii() else letter


def _in_a_row(text: str) -> str:
    """The letters and digits alone. Chinese, Japanese and Korean ones, half a word each, thrice."""
    return "".join(3 * one if one >= "\u3040" else one for one in plain(text) if one.isalnum())


_PHRASES = HashingVectorizer(
    preprocessor=_in_a_row,
    analyzer="char",
    ngram_range=(PHRASE, PHRASE),
    binary=True,
    norm=None,
    alternate_sign=False,
    dtype=np.float32,
)


def _same_execution(shared: Sequence[Hashable]) -> str:
    """Nobody starts a notebook in the same microsecond as somebody else."""
    return f"the very same execution of {len(shared)} notebooks"


def _same_predictions(shared: Sequence[tuple[str, str]]) -> str:
    models = sorted(model for model, _ in shared)
    return f"the same answer of {', '.join(models)} to every face"


def _shared(values: Mapping[str, Iterable[Hashable]], tell) -> Iterator[tuple[str, str, str]]:
    """(first, second, reason) of those that have a value in common which few have."""
    owners: dict[Hashable, list[str]] = defaultdict(list)
    for name, own in values.items():
        for value in set(own):
            owners[value].append(name)
    shared: dict[tuple[str, str], list[Hashable]] = defaultdict(list)
    for value, names in owners.items():
        if len(names) <= _limit(len(values)):
            for pair in combinations(sorted(names), 2):
                shared[pair].append(value)
    for (first, second), together in sorted(shared.items()):
        yield first, second, tell(together)


def _alike_in_words(
    works: Mapping[str, Work], alike: float, released: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """In one answer, or in all of them together."""
    names = sorted(works)
    shared = np.zeros((len(names), len(names)), np.float32)
    sizes = np.zeros(len(names), np.float32)
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for key in _keys(works[name].written for name in names):
        phrases = _phrases([works[name].written.get(key, "") for name in names], released.get(key))
        common = (phrases @ phrases.T).toarray()
        for first, second, share in _above(common, alike, FEWEST):
            found[first, second].append(f"{key} ({percent(share, digits=0)})")
        shared += common
        sizes += common.diagonal()
    np.fill_diagonal(shared, sizes)
    for first, second, share in _above(shared, alike, FEWEST):
        if not found[first, second]:
            found[first, second].append(f"all answers together ({percent(share, digits=0)})")
    for (first, second), told in sorted(found.items(), key=lambda pair: -len(pair[1])):
        if told:
            yield names[first], names[second], f"the words of {few(told, 3)}"


def _alike_in_code(
    works: Mapping[str, Work], released: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    names = sorted(works)
    for key in _keys(works[name].code for name in names):
        phrases = _phrases([works[name].code.get(key, "") for name in names], released.get(key))
        common = (phrases @ phrases.T).toarray()
        for first, second, share in _above(common, CODE_ALIKE, CODE_FEWEST):
            yield names[first], names[second], f"the code of {key} ({percent(share, digits=0)})"


def _keys(answers: Iterable[Mapping[str, str]]) -> list[str]:
    """The cells that at least two have written something into."""
    counts: dict[str, int] = defaultdict(int)
    for own in answers:
        for key in own:
            counts[key] += 1
    return sorted(key for key, count in counts.items() if count > 1)


def _phrases(texts: Sequence[str], released: str | None) -> csr_matrix:
    """Which phrases are in each text, without common ones: (texts, hashes)."""
    phrases = _PHRASES.transform(texts)
    counts = np.bincount(phrases.indices, minlength=phrases.shape[1])
    common = counts > _limit(len(texts))
    if released:
        common[_PHRASES.transform([released]).indices] = True
    phrases.data[common[phrases.indices]] = 0
    phrases.eliminate_zeros()
    return phrases


def _above(common: np.ndarray, alike: float, fewest: int) -> Iterator[tuple[int, int, float]]:
    """(first, second, share) of the pairs with enough in common, measured by the shorter one."""
    sizes = common.diagonal()
    shares = common / np.maximum(np.minimum.outer(sizes, sizes), 1)
    chosen = np.triu((common >= fewest) & (shares >= alike), k=1)
    for first, second in np.argwhere(chosen):
        yield int(first), int(second), float(shares[first, second])


def _limit(count: int) -> float:
    return max(FEW, COMMON * count)
