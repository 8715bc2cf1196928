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
from typing import Any
from urllib.parse import quote

from fer_kit.run import course_folder, portable, runs_folder

DATA = "[data]"
# Between two folders: as it is, escaped, in an address, in HTML, or in a list of a path's parts.
_BETWEEN = r"""(?:[/\\]+|%2f|%5c|&#(?:47|92|x2f|x5c);|\\*['"],\s*\\*['"])+"""
# Where a path begins: colours in a terminal, which end with "m", may stand before it.
_START = r"(?:(?<=[\d\[]m)|(?<![\w.~]))"
# The home folder of anybody, also on another machine.
_ANY_HOME = rf"{_START}(?:[a-z](?::|%3a))?{_BETWEEN}(?:home|users){_BETWEEN}[^\s/\\'\"<>|,:;&%]+"


def without_places(data: str = "") -> Callable[[str], str]:
    """A function that replaces the folders of this machine in a text by what they are.

    Args:
        data: the path of the run's data set, or "".
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
    return replacing(places)


def replacing(places: Mapping[str, str]) -> Callable[[str], str]:
    """A function that replaces paths, in whatever spelling, by other words; the longest first."""
    paths = sorted(places, key=lambda path: (-len(path), path))
    groups = [f"({_pattern(path)})" for path in paths] + [f"({_ANY_HOME})"]
    find = re.compile("|".join(groups), re.IGNORECASE)
    words = [places[path] for path in paths] + ["~"]
    return lambda text: find.sub(lambda match: words[match.lastindex - 1], text)


def everywhere(value: Any, change: Callable[[str], str]) -> Any:
    """A value as JSON has them, with every text in it changed, but for pictures."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [everywhere(part, change) for part in value]
    if isinstance(value, Mapping):
        return type(value)(
            {
                # A picture is letters, too: what looks like a path in it is none.
                key: part if _is_picture(key, part) else everywhere(part, change)
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
        return character
    forms = set()
    for kind in ("NFC", "NFD"):  # "ü" as one character, or as "u" with two dots
        text = unicodedata.normalize(kind, character)
        points = [ord(letter) for letter in text]
        forms |= {
            text,
            quote(text),
            escape(text),
            json.dumps(text)[1:-1],
            ascii(text)[1:-1],
            ascii(text.encode())[2:-1],
            "".join(f"&#{point};" for point in points),
            "".join(f"&#x{point:x};" for point in points),
            text.encode("ascii", "namereplace").decode(),
        }
    # What is escaped twice has its backslashes doubled.
    patterns = [re.sub(r"(\\\\)+", r"\\\\+", re.escape(form)) for form in sorted(forms)]
    return rf"\\*(?:{'|'.join(patterns)})"
