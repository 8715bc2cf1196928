"""Where this machine keeps its files, which is nobody else's business: taken out of texts.

A path stands in a notebook in many spellings: as it is, as Python or JSON escape it, in an
address, in HTML. Each of its characters is looked for in all of them.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from fer_kit.run import course_folder, portable, runs_folder

DATA = "[data]"
LONG = 40  # characters of a name by which it is known; pandas cuts longer texts
# Between two folders: as it is, escaped, in an address, in HTML, or in a list of a path's parts.
_BETWEEN = r"""(?:[/\\]|%2f|%5c|&#(?:47|92|x2f|x5c);|\\{0,8}['"],\s{0,2}\\{0,8}['"]){1,8}"""
# Where a path begins: colours in a terminal, which end with "m", may stand before it.
_START = r"(?:(?<=[\d\[]m)|(?<![\w.~/\\])(?<!http:)(?<!https:))"
# The home folder of anybody, also on another machine.
_ANY_HOME = re.compile(
    rf"{_START}(?:[a-z](?::|%3a))?{_BETWEEN}(?:home|users){_BETWEEN}[^\s/\\'\"<>|,:;&%]+",
    re.IGNORECASE,
)


def without_places(
    data: str = "", more: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str], str]:
    """A function that replaces the folders of this machine in a text by what they are.

    Args:
        data: the path of the run's data set, or "".
        more: other paths, with the words that stand for them.
    """
    home = Path.home()
    places = {str(home): "~", str(home.resolve()): "~"} if home.name else {}
    shared = {sys.prefix: "[python]", course_folder(): "[course]", runs_folder(): "[runs]"}
    for path, name in shared.items():
        # A folder at the root, such as /usr, tells nothing, and its name may be a word.
        for folder in {Path(path), Path(path).resolve()}:
            if len(folder.parts) > 2:
                places[str(folder)] = name
    for path in _spellings_of_data(data):
        places.setdefault(path, DATA)
    return replacing({**more, **places})


def replacing(
    words: Mapping[str, str], pattern: Callable[[str], str] | None = None
) -> Callable[[str], str]:
    """A function that replaces names in a text, in whatever spelling; the longest first.

    Args:
        words: for each name the word that stands for it.
        pattern: the regular expression that finds a name, which is a path where it is left out;
            then everybody's home folder becomes "~".
    """
    names = sorted(words, key=lambda name: (-len(name), name))
    rows = [(name, _letters(name[:LONG]), words[name]) for name in names]

    @cache
    def find(name: str) -> re.Pattern:
        return re.compile((pattern or _pattern)(name), re.IGNORECASE)

    def replace(text: str) -> str:
        folded = text.lower()
        for name, letters, word in rows:
            # Most texts hold no name at all, and that is quick to see.
            if all(part in folded for part in letters) or "&#" in text:
                text = find(name).sub(lambda _, word=word: word, text)
        if pattern is None and ("home" in folded or "users" in folded):
            text = _ANY_HOME.sub("~", text)
        return text

    return replace


def _letters(name: str) -> list[str]:
    """Parts of a name that stand in every spelling of it, but for letters written by numbers."""
    return re.findall(r"[a-z0-9]{2,}", name.lower())


def everywhere(value: Any, change: Callable[[str], str], keys: bool = False) -> Any:
    """A value as JSON has them, with every text in it changed, but for pictures.

    Args:
        keys: also the keys of dictionaries.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [everywhere(part, change, keys) for part in value]
    if isinstance(value, Mapping):
        return type(value)(
            {
                # A picture is letters, too: what looks like a path in it is none.
                change(key) if keys else key: (
                    part if _is_picture(key, part) else everywhere(part, change, keys)
                )
                for key, part in value.items()
            }
        )
    return value


def _is_picture(form: str, value: Any) -> bool:
    return form.startswith("image/") and not isinstance(value, Mapping)


def _spellings_of_data(data: str) -> Iterable[str]:
    if not data:
        return ()
    path = Path(data).expanduser()
    paths = {Path(data), path, path.resolve()}
    beside = {path.parent for path in paths if not path.is_dir() and len(path.parent.parts) > 2}
    found = {str(path) for path in paths | beside if path.name}
    return found | {portable(path) for path in found}


def _pattern(path: str) -> str:
    parts = [part for part in re.split(r"[/\\]+", path) if part]
    start = _BETWEEN if path[0] in "/\\" else ""
    alone = _START if len(parts) == 1 else ""  # else it could be the end of another path
    return rf"{alone}{start}{_BETWEEN.join(map(spelled, parts))}(?!\w)"


def spelled(name: str) -> str:
    """A pattern for a name in every spelling in which it may stand in a text."""
    return "".join(map(_spelled, name))


@cache
def _spelled(character: str) -> str:
    if character.isascii() and character.isalnum():
        return rf"(?:{character}|{_by_number(character)})"
    forms, numbers = set(), set()
    for kind in ("NFC", "NFD"):  # "ü" as one character, or as "u" with two dots
        text = unicodedata.normalize(kind, character)
        forms |= {
            text,
            quote(text),
            escape(text),
            json.dumps(text)[1:-1],
            ascii(text)[1:-1],
            ascii(text.encode())[2:-1],
            text.encode("ascii", "namereplace").decode(),
        }
        numbers.add("".join(map(_by_number, text)))
    # What is escaped twice has its backslashes doubled.
    patterns = [re.sub(r"(\\\\)+", r"\\\\{1,8}", re.escape(form)) for form in sorted(forms)]
    return rf"\\{{0,8}}(?:{'|'.join([*patterns, *sorted(numbers)])})"


def _by_number(character: str) -> str:
    return rf"&#(?:0*{ord(character)}|x0*{ord(character):x});"
