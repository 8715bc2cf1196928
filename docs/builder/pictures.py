"""Take the pictures that pages and README show anew: `python docs/builder/pictures.py RUN`.

They show the site in `site/`, the report of a finished run on drawn faces, a made-up class that is
graded, and the camera's page before drawn people. It needs Chromium, and what tests need.
"""

import base64
import contextlib
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browsers import Tab, fake_camera  # noqa: E402
from classroom import make_class  # noqa: E402
from scenes import scene  # noqa: E402

from fer_kit.camera import LivePage  # noqa: E402
from fer_kit.errors import InputError  # noqa: E402
from fer_kit.faces import are_drawn  # noqa: E402
from fer_kit.grading.grade import grade  # noqa: E402
from fer_kit.run import read_config, runs_folder  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDE = 1200  # pixels, of the window
SIDE_BY_SIDE = ("lenet5-fer2013", "cnn-fer2013", "small-fer2013")
PEOPLE = scene((3, "happy"), (5, "surprise"), (6, "angry"))


def main(run: str) -> None:
    """Take all pictures."""
    folder = runs_folder() / run
    config = read_config(folder)
    if config is None or not are_drawn(config.dataset):
        raise InputError(f"Expected a run on drawn faces. Received: {folder}.")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with contextlib.closing(Tab(place / "browser")) as tab:
            lesson = (ROOT / "site" / "notebooks" / "04_lenet5.html").as_uri()
            take(tab, lesson, "lesson", 760, "document.querySelectorAll('.cell_output img')[1]")
            take(tab, (folder / "report" / "index.html").as_uri(), "report", 760)
            grades = graded_class(place)
            take(tab, (grades / "overview.html").as_uri(), "grading-overview", 700)
            for pages in ("exercises", "feedback"):
                first = min((grades / pages).glob("*.html"))
                take(tab, first.as_uri(), f"grading-{pages}", 700)
        camera(place)


def take(tab: Tab, address: str, name: str, height: int, thing: str = "") -> None:
    """One page as WebP, from its top, or where something is that JavaScript finds."""
    tab.send(
        "Emulation.setDeviceMetricsOverride",
        width=WIDE, height=height, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    tab.send("Emulation.setScrollbarsHidden", hidden=True)
    tab.go(address)
    if thing:
        tab.ask(f"{thing}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    time.sleep(1)
    keep(tab, name)


def keep(tab: Tab, name: str) -> None:
    """What the tab shows, as WebP."""
    taken = base64.b64decode(tab.send("Page.captureScreenshot")["data"])
    Image.open(BytesIO(taken)).convert("RGB").save(IMAGES / f"{name}.webp", quality=80, method=6)


def graded_class(place: Path) -> Path:
    """A made-up class, graded: the folder of its grades."""
    make_class(place / "class")
    tables = {name: str(place / "class" / f"{name}.csv") for name in ("labels", "points", "class")}
    grade(
        str(place / "class" / "handed-in"),
        labels=tables["labels"],
        manual=tables["points"],
        roster=tables["class"],
        out=str(place / "grades"),
    )
    return place / "grades"


def camera(place: Path) -> None:
    """The camera's page, which sees drawn people."""
    page = LivePage("small-fer2013").start()
    options = fake_camera(place / "camera.mjpeg", [PEOPLE])
    with contextlib.closing(page), contextlib.closing(Tab(place / "live", *options)) as tab:
        tab.send(
            "Emulation.setDeviceMetricsOverride",
            width=WIDE, height=760, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        tab.go(page.address)
        tab.press("start")
        tab.until("document.querySelectorAll('.face').length === 3")
        time.sleep(3)
        keep(tab, "camera")
        for name in SIDE_BY_SIDE:
            tab.ask(f"document.querySelector('[value={name}]:not(:checked)')?.click()")
            tab.until("!document.getElementById('models').disabled")
        time.sleep(8)
        keep(tab, "camera-three")


if __name__ == "__main__":
    main(*sys.argv[1:])
