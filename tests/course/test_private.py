"""From the kernel to the ZIP file: what a notebook has seen, shown and printed, decoded again."""

import base64
import io
import re
import zipfile
from html import unescape
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from fer_kit.course.bundle import write_bundle
from fer_kit.course.execution import execute
from fer_kit.run import Run

SKIN = (201, 37, 122)  # a colour that nothing else in the course has
ME = np.full((240, 240, 3), SKIN, np.uint8)
PARAMETERS = 'run: str = ""  # the run\ndata: str = ""  # its data'


def pictures_in(bundle: Path) -> list[np.ndarray]:
    """Every picture in a ZIP file, wherever it hides: everything that base64 can be is decoded."""
    found = []
    with zipfile.ZipFile(bundle) as archive:
        contents = [archive.read(name) for name in archive.namelist()]
    while contents:
        content = contents.pop()
        try:
            found.append(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))
            continue
        except OSError:
            text = unescape(content.decode("utf-8", "ignore")).replace("\\n", "")
        for word in re.findall(r"[A-Za-z0-9+/]{60,}={0,2}", text):
            contents.append(base64.b64decode(word[: len(word) // 4 * 4]))
    return found


def shows_me(picture: np.ndarray) -> bool:
    """Whether much of a picture has the colour of my photograph."""
    return (np.abs(picture.astype(int) - SKIN).max(axis=2) < 4).sum() > 100


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A function that runs cells as `fer-kit run` does in a run on drawn faces, and packs them."""
    home = tmp_path / "Zoë"
    home.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    monkeypatch.setenv("MPLCONFIGDIR", str(home / ".config" / "matplotlib"))
    Image.fromarray(ME).save(home / "me.png")
    np.save(home / "me.npy", ME)

    def make(*cells: str, words: str = "") -> Path:
        lab = Run.open("drawn")
        first = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
        opened = "import fer_kit as fk\nimport numpy as np\nimport matplotlib.pyplot as plt\n"
        opened += f"from pathlib import Path\nhome = Path({str(home)!r})\nlab = fk.Run.open(run)"
        code = [new_code_cell(source) for source in (opened, *cells)]
        notebook = new_notebook(cells=[first, *code, new_markdown_cell(words)])
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "P",
            "language": "python",
        }
        path = tmp_path / "01_load.ipynb"
        nbformat.write(notebook, path)
        execute(path, lab.file("notebooks/01_load.ipynb"), {"run": lab.name, "data": ""})
        return write_bundle(lab.folder)

    return make


def photograph() -> str:
    file = io.BytesIO()
    Image.fromarray(ME).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


SHOWS = """
figure, axes = plt.subplots(figsize=(3, 3))
axes.imshow({what})
lab.show(axes, "{name}", alt="A picture")
"""


def test_the_pattern_is_seen_in_a_figure_that_leaves(bundle):
    """Else the next tests could not fail."""
    drawn = f"drawn = np.full((240, 240, 3), {SKIN}, np.uint8)"
    packed = bundle(drawn, SHOWS.format(what="drawn", name="drawn"), "print(Path.home())")
    assert [shows_me(picture) for picture in pictures_in(packed)] == [True] * 3
    with zipfile.ZipFile(packed) as archive:
        assert "report/figures/drawn.png" in archive.namelist()
        everything = b"".join(map(archive.read, archive.namelist())).decode("utf-8", "ignore")
    assert "Zoë" not in everything


def test_my_photograph_does_not_leave_however_it_is_shown(bundle, capsys):
    packed = bundle(
        SHOWS.format(what="np.eye(9)", name="before"),
        'me = plt.imread(home / "me.png")',
        SHOWS.format(what="me", name="01-pixels"),
        "plt.imshow(me)",
        "plt.imshow(me)\nplt.show()",
        "from PIL import Image\nImage.open(home / 'me.png')",
        "from base64 import b64encode\nfrom IPython.display import HTML, Image as Shown, display\n"
        "face = b64encode((home / 'me.png').read_bytes()).decode()",
        "display(Shown(filename=home / 'me.png'))",
        "display(HTML(f\"<b>me</b><img src='DATA:image/png;base64,{face}'>\"))",
        "display({'application/json': {'face': face}, 'x/y': face}, raw=True)",
        "import ipywidgets\nipywidgets.Image(value=(home / 'me.png').read_bytes())",
        "print(face)",
        "print((255 * me[:12, :12]).round().astype(int).tolist())",
        "print(home, repr(home), home.parts)",
        words=f"Me: ![me](data:image/png;base64,{photograph()})",
    )
    assert not any(map(shows_me, pictures_in(packed)))
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        everything = b"".join(map(archive.read, names)).decode("utf-8", "ignore")
    assert [name for name in names if name.endswith(".png")] == ["report/figures/before.png"]
    for private in ("Zoë", photograph()[:40], "201, 37, 122"):
        assert private not in everything
    told = capsys.readouterr().out
    assert "1 figure     of drawn faces" in told
    assert "after the notebook read something with imread: 01-pixels" in told


def test_what_a_notebook_read_counts_from_its_first_cell_on(bundle, capsys):
    packed = bundle("me = np.load(home / 'me.npy')", SHOWS.format(what="me", name="numbers"))
    assert not pictures_in(packed)
    assert "after the notebook read the file me.npy: numbers" in capsys.readouterr().out
