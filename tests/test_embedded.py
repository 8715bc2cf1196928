"""Pictures in disguise: found in every spelling, and nothing else with them."""

import base64
import html
import json
import urllib.parse
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from fer_kit.embedded import holds_picture, without_pictures

FACE = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
BYTES = FACE.tobytes()
BASE64 = base64.b64encode(BYTES).decode()
ADDRESS = f"data:image/png;base64,{BASE64}"
SMALL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def references(text: str) -> str:
    """Every letter as HTML writes it by its number."""
    return "".join(f"&#{ord(letter)};" for letter in text)


def in_pieces(text: str, size: int, between: str) -> str:
    return between.join(text[at : at + size] for at in range(0, len(text), size))


SPELLINGS = {
    "Markdown": f"![me]({ADDRESS})",
    "Markdown with brackets": f"![me](<{in_pieces(ADDRESS, 30, ' ')}>)",
    "a reference of Markdown": f"![me][1]\n\n[1]: {ADDRESS}",
    "HTML": f'<img src="{ADDRESS}">',
    "HTML without quotes": f"<img src={ADDRESS}>",
    "capitals": f'<img src="{ADDRESS.replace("data:image/png", "DATA:IMAGE/PNG")}">',
    "mixed letters": f"<IMG SRC='dAtA:Image/Jpeg;Base64,{BASE64}'>",
    "small": f'<img src="{SMALL}">',
    "a letter by its number": f'<img src="&#100;ata:image/png;base64,{BASE64}">',
    "a letter by its hexadecimal number": f'<img src="&#x64;ata:image/gif;base64,{SMALL[22:]}">',
    "small, letters by numbers": f'<img src="{references(SMALL)}">',
    "a named line end": f'<img src="da&Tab;ta&colon;image/gif;base64&comma;{SMALL[22:]}">',
    "line ends in the type": f'<img src="da\nta:image/gif;base64,{in_pieces(SMALL[22:], 9, " ")}">',
    "spaces in the data": f'<img src="data:image/gif;base64, {in_pieces(SMALL[22:], 9, " ")}">',
    "without a type": f'<img src="data:;base64,{SMALL[22:]}">',
    "in percent": f"data:image/bmp,{urllib.parse.quote_from_bytes(BYTES)}",
    "style": f"<div style=\"background: url('{ADDRESS}')\">x</div>",
    "an escape of style sheets": f'<div style="background:url(\\64 ata:x/png;base64,{BASE64})">',
    "a video": f'<video src="data:video/mp4;base64,{BASE64}"></video>',
    "a page": f'<iframe src="data:text/html;base64,{BASE64}"></iframe>',
    "several in one": f'<img srcset="{ADDRESS} 1x, {ADDRESS} 2x">',
    "a drawing": "before <svg viewBox='0 0 9 9'><path d='M0 0L1 1'/></svg> after",
    "a drawing without an end": "before <SVG width=9><rect fill='#464646'/>",
    "a drawing in an address": "(\"data:image/svg+xml;utf8,<svg xmlns='x'><path d='M 0'/></svg>\")",
    "nothing but base64": BASE64,
    "for addresses": base64.urlsafe_b64encode(BYTES).decode(),
    "base32": base64.b32encode(BYTES).decode(),
    "base85": base64.b85encode(BYTES).decode(),
    "Adobe's base85": base64.a85encode(BYTES).decode(),
    "hexadecimal": BYTES.hex(),
    "hexadecimal in groups": BYTES.hex(" ", 32),
    "lines of base64": base64.encodebytes(BYTES).decode(),
    "lines of 64": in_pieces(BASE64, 64, "\n"),
    "lines of Python": "\n".join(f'    b"{line}"' for line in in_pieces(BASE64, 76, "\n").split()),
    "bytes as Python shows them": repr(BYTES),
    "bytes in JSON": json.dumps(BYTES.decode("latin-1")),
    "pixels": " ".join(map(str, FACE.ravel())),
    "pixels in lists": str(FACE.tolist()),
    "pixels as NumPy prints them": np.array2string(FACE, threshold=10**6),
    "pixels as NumPy shows them": repr(list(FACE.ravel()[:300])),
    "shares": str((FACE / 255).round(3).tolist()),
    "small shares": " ".join(f"{share / 2550:e}" for share in FACE.ravel()),
    "a table": pd.DataFrame(FACE).to_html(),
    "a table in words": pd.DataFrame(FACE).to_string(),
    "a table of Markdown": "\n".join("|".join(map(str, row)) for row in FACE),
    "rows that have names": pd.DataFrame(FACE, [f"row {n}" for n in range(48)]).to_string(),
    "rows that have names in HTML": pd.DataFrame(FACE[:12, :12], list("abcdefghijkl"))
    .to_html(index_names=True, formatters={})
    .replace("<th>", "<th>row "),
    "a patch around an eye": str(FACE[:16, :16]),
    "a very small face": str(FACE[::4, ::4].tolist()),
    "a very small table": pd.DataFrame(FACE[::4, ::4]).to_html(),
    "hexadecimal numbers": ", ".join(f"0x{value:02x}" for value in FACE.ravel()),
    "colours of a terminal": "".join(f"\x1b[48;2;{v};{v};{v}m  " for v in FACE.ravel()[:300]),
    "shades": "\n".join("".join(" ░▒▓█"[v // 52] for v in row) + "|" for row in FACE) + "\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_is_found_and_taken_out_and_the_words_around_stay(spelling):
    text = f"My answer is no, because.\n\n{SPELLINGS[spelling]}\n\nSo I think."
    assert holds_picture(text)
    cleaned, count = without_pictures(text)
    assert count
    assert not holds_picture(cleaned)
    assert cleaned.startswith("My answer is no, because.")
    assert cleaned.endswith("So I think.")
    whole = "".join(html.unescape(cleaned).split())
    for piece in (BASE64, SMALL[22:], BYTES.hex(), "".join(map(str, FACE.ravel()))):
        assert not any(piece[at : at + 30] in whole for at in range(0, len(piece) - 30, 7))


HARMLESS = {
    "code": 'def load(data: str = "", name: str = "a/b", size: int = 48) -> dict[str, int]:',
    "a sentence": "The data: train/validation/test, split by person; see data:image below.",
    "a table": pd.DataFrame(np.eye(7).round(3), list("abcdefg"), list("abcdefg")).to_html(),
    "probabilities": np.array2string(np.random.default_rng(0).random((20, 7)), precision=3),
    "a long table": pd.DataFrame(
        np.random.default_rng(0).random((60, 9)), [f"row {n}" for n in range(60)]
    ).to_string(),
    "a list": "epochs: " + ", ".join(f"{epoch}: {0.1 * epoch:.3f}" for epoch in range(60)),
    "an address": "https://colab.research.google.com/github/fer-kit/fer-kit/blob/main/" + "x" * 200,
    "a hash": "ab" * 32,
    "a line": "=" * 120 + "\n" + "-" * 120 + "\n" + "━" * 600,
    "a progress bar": "  5%|▌         | 1/20 [00:01<00:20,  1.1it/s, loss=1.94]\r" * 90,
    "paths": "\n".join(f"fer_kit/datasets/a_folder/{n}.py" for n in range(90)),
    "formulas": r"$$\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix} \cdot \frac{1}{\sqrt{2}}$$" * 9,
    "escapes": r"'\xe4\xf6\xfc' and '\n' and C:\new\table" * 3,
    "Markdown's table": "| a | b |\n|---|---|\n" + "| 0.1 | word |\n" * 90,
}


@pytest.mark.parametrize("what", HARMLESS)
def test_words_tables_and_code_stay_as_they_are(what):
    assert without_pictures(HARMLESS[what]) == (HARMLESS[what], 0)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_in_the_lessons_is_taken_for_a_picture(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert without_pictures(cell.source) == (cell.source, 0)


def test_much_text_is_looked_through_quickly():
    import time

    start = time.perf_counter()
    for text in (
        "a " * 500_000,
        "data:" * 100_000,
        "<svg" * 2_000,
        "1 " * 300_000,
        "\\x41" * 99_999,
    ):
        holds_picture(text)
    assert time.perf_counter() - start < 20
