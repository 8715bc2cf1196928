"""Pictures in disguise: text that may hold one, as letters, as escapes, or as its pixels.

What such a text shows could only be told by decoding it, in one of a hundred ways. So this looks at
its form alone: words that are longer than anybody writes, and long rows of numbers.
"""

import re
from html import unescape

LONGEST_WORD = 400  # characters without a space
MOST_NUMBERS = 143  # without a word between them: 12 by 12 pixels are more
INSTEAD = "[left out]"  # stands where something was
WIDEST_TABLE = 11  # columns; as many rows that are wider are a picture, whatever they are called

# data:image/png;base64,… to its end: the quote or bracket that it began with, else a space.
# Line ends within the word do not keep a browser from reading it.
_HEAD = (
    r"[\t\r\n]*".join("data:")
    + r"(?=[^,\s]{0,200}[/;])(?:(?:image|video|audio|application|text|font|model)/[\w.+*-]+)?"
    r"(?:;[\w.+=-]+)*,"
)
_ADDRESS = re.compile(
    rf"""(?<=["'`]){_HEAD}[^"'`]*|(?<=<){_HEAD}[^>]*|{_HEAD}[^\s"'`<>)]*""", re.IGNORECASE
)
_DRAWING = re.compile(r"<svg\b(?:.*?</svg\s*>|.*>)", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(rf"[!-~]{{{LONGEST_WORD},}}")
# Lines of base64 or of hexadecimal digits, also as Python's literals hold them.
_LINES = re.compile(r"""(?:[bB]?["']?[A-Za-z0-9+/][A-Za-z0-9+/=_-]{38,}["'\\,+)]*(?:\s+|\Z)){6,}""")
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2}[^\\\n]{0,20}|\\[^x\n]){64,}")
_SHADES = re.compile(r"(?:^[^\w\n]{16,}\n){16,}", re.MULTILINE)  # drawn with characters: ░▒▓█
_FORMS = (_ADDRESS, _DRAWING, _WORD, _LINES, _BYTES, _SHADES)

# Addresses also work with references for letters (&#100;ata:) and with line ends within.
_HIDDEN_ADDRESS = re.compile(r"data:[\w.+*/;=-]{0,200};base64,", re.IGNORECASE)

_NUMBER = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_AROUND_NUMBERS = re.compile(r"<[^>]*>|np\.[a-z]+")  # tags; np.uint8(7) is how NumPy shows a 7
_WORD_BETWEEN = re.compile(r"[^\W\d_]{2,}")


def holds_picture(text: str) -> bool:
    """Whether a text may hold a picture."""
    return without_pictures(text)[1] > 0


def without_pictures(text: str) -> tuple[str, int]:
    """The text without what may be a picture in it, and how many were taken out."""
    text, count = _cut(text)
    if _hides_address(text):
        text, more = _cut(unescape(text))
        count += more
    return (INSTEAD, count + 1) if _hides_address(text) else (text, count)


def _hides_address(text: str) -> bool:
    return bool(_HIDDEN_ADDRESS.search("".join(unescape(text).split())))


def _cut(text: str) -> tuple[str, int]:
    count = 0
    for form in _FORMS:
        text, found = form.subn(INSTEAD, text)
        count += found
    rows = _rows_of_numbers(text)
    for start, end in reversed(rows):
        text = text[:start] + INSTEAD + text[end:]
    return text, count + len(rows)


def _rows_of_numbers(text: str) -> list[tuple[int, int]]:
    """Where there are more numbers than in a table: in one row, or in many that have names."""
    rows: list[list[int]] = []  # start, end and how many numbers, without a word between them
    for number in _NUMBER.finditer(text):
        between = _AROUND_NUMBERS.sub("", text[rows[-1][1] : number.start()]) if rows else "none"
        if _WORD_BETWEEN.search(between):
            rows.append([number.start(), number.end(), 1])
        else:
            rows[-1][1:] = number.end(), rows[-1][2] + 1
    wide = [row for row in rows if row[2] > WIDEST_TABLE]
    if len(wide) > WIDEST_TABLE:
        return [(wide[0][0], wide[-1][1])]
    return [(start, end) for start, end, count in wide if count > MOST_NUMBERS]
