"""The site: every link leads somewhere, nothing is asked of another host, all of it can be read.

It is built from the run of the notebooks that other tests look at, too. Where what `make site`
installs is missing, or a browser, the tests that need it are skipped and say so.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe
import pytest
from browsers import Tab

from fer_kit.lessons import LESSONS

ROOT = Path(__file__).parents[2]
PHONE, DESK = 390, 1280  # pixels
LARGEST = 80e6  # bytes
# A page of each kind.
KINDS = (
    "index", "docs/camera", "docs/instructors/lessons", "notebooks/04_lenet5",
    "notebooks/08_confusion_matrix", "reference/fusion",
)  # fmt: skip
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Links(HTMLParser):
    """What a page links, loads and can be linked to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.undescribed: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.anchors.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loads.append(given.get("href", ""))
        elif "src" in given:
            self.loads.append(given["src"])
        if tag == "img" and not given.get("alt"):
            self.undescribed.append(given.get("src", ""))


@pytest.fixture(scope="module")
def site(smoke_run, tmp_path_factory) -> Path:
    """The site of the run, built as `make site` does."""
    for needed in ("sphinx", "myst_nb", "sphinx_book_theme", "sphinx_copybutton", "sphinx_design"):
        pytest.importorskip(needed, reason="needs the site's packages: pip install -e '.[docs]'")
    out = tmp_path_factory.mktemp("site") / "site"
    done = build(smoke_run, out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Links]:
    return {page: Links(page) for page in sorted(site.rglob("*.html"))}


@pytest.fixture
def tab(tmp_path) -> Iterator[Tab]:
    with closing(Tab(tmp_path / "browser")) as tab:
        yield tab


def build(run: Path, out: Path) -> subprocess.CompletedProcess:
    environment = os.environ | {"FER_KIT_RUNS": str(run.parent), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "docs/builder", "--run", run.name, "--out", str(out)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def look(tab: Tab, width: int, dark: bool = False) -> None:
    tab.send(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=900, deviceScaleFactor=1, mobile=width < 500,
    )  # fmt: skip
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    tab.send("Emulation.setEmulatedMedia", features=[scheme])


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(pages, site):
    lost = []
    for page, found in pages.items():
        for link in found.links + found.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link in ("", "#"):
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = target.exists() and site in target.parents
            if there and parts.fragment and target in pages:
                there = unquote(parts.fragment) in pages[target].anchors
            if not there:
                lost.append(f"{page.relative_to(site)}: {link}")
    assert lost == []


def test_no_page_and_no_style_loads_anything_from_elsewhere(pages, site):
    loads = {load for found in pages.values() for load in found.loads}
    assert {load for load in loads if load.startswith(("http:", "https:", "//"))} == set()
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\W*(?:https?:)?//", style.read_text("utf-8")), style


def test_every_lesson_is_there_with_its_figures_described(pages, site):
    for lesson in LESSONS:
        page = site / "notebooks" / f"{lesson.name}.html"
        text = page.read_text(encoding="utf-8")
        assert f"{lesson.number} · {lesson.title}" in text
        assert f"student/{lesson.name}.ipynb" in text  # to be done oneself
        assert "BEGIN SOLUTION" not in text
        assert "HIDDEN TESTS" not in text
    assert {
        page.name: found.undescribed for page, found in pages.items() if found.undescribed
    } == {}


def test_the_reference_names_every_public_function_and_lessons_lead_to_it_and_back(site, pages):
    sys.path.insert(0, str(ROOT / "docs" / "builder"))
    try:
        import reference
    finally:
        sys.path.pop(0)
    for name, module in reference.modules().items():
        anchors = pages[site / "reference" / f"{reference.page_of(name)}.html"].anchors
        missing = [full for full, _ in reference.public(module) if full not in anchors]
        assert missing == []
    lessons = reference.introduced()["fer_kit.classify.predict_emotion"]
    assert lessons[0] == "11_classify"
    entry = "reference/classify.html#fer_kit.classify.predict_emotion"
    assert f"../{entry}" in pages[site / "notebooks" / "11_classify.html"].links
    assert "../notebooks/11_classify.html" in pages[site / "reference" / "classify.html"].links
    flat = {full: lessons for full, lessons in reference.introduced().items() if is_taught(full)}
    assert [full for full, lessons in flat.items() if not lessons] == []


def is_taught(full: str) -> bool:
    """Whether a lesson may read what has this name: all but the rooms behind the commands."""
    return full.split(".")[1] in ("evaluation", "plots", "datasets", "networks", "fusion", "check")


def test_it_is_small_and_comes_as_one_zip(site):
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < LARGEST
    (packed,) = (site.parent / "dist").glob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert f"{packed.stem}/index.html" in archive.namelist()


def test_nothing_is_asked_of_another_host_and_no_page_is_wider_than_a_phone(tab, pages, site):
    look(tab, PHONE)
    wide = {}
    for page in pages:
        tab.go(page.as_uri())
        over = tab.ask(WIDER)
        if over > 0:
            wide[str(page.relative_to(site))] = over
    assert [one for one in tab.requests if not one.startswith(("file:", "data:", "blob:"))] == []
    assert wide == {}


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("confusion matrix", "notebooks/08_confusion_matrix"),
        ("Grad-CAM", "notebooks/08_confusion_matrix"),
        ("predict_emotion", "reference/classify"),
    ],
)
def test_search_works_from_the_folder(tab, site, words, page):
    tab.go(f"{(site / 'search.html').as_uri()}?q={words.replace(' ', '+')}")
    found = "[...document.querySelectorAll('#search-results li a')].map(a => a.href)"
    tab.until(found, lambda links: any(page in link for link in links))


@pytest.mark.parametrize("dark", [False, True])
def test_axe_core_has_nothing_to_object_to_in_light_or_dark(site, tmp_path, dark, monkeypatch):
    colours = f"document.documentElement.dataset.theme = '{'dark' if dark else 'light'}'; "
    monkeypatch.setattr(axe, "ASK", colours + axe.ASK)
    kinds = [site / f"{kind}.html" for kind in KINDS]
    assert axe.violations(kinds, tmp_path / "browser", DESK) == {}


def test_a_run_that_is_not_finished_or_not_of_drawn_faces_is_refused(site, smoke_run, tmp_path):
    done = build(tmp_path / "nothing", tmp_path / "site")
    assert done.returncode == 1
    assert "Expected a finished run" in done.stderr
    assert "Traceback" not in done.stderr
    changed = tmp_path / "changed"
    shutil.copytree(smoke_run / "notebooks", changed / "notebooks")
    shutil.copyfile(smoke_run / "config.json", changed / "config.json")
    notebook = changed / "notebooks" / "05_cnn.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace("batch", "Batch"), encoding="utf-8")
    done = build(changed, tmp_path / "site")
    assert done.returncode == 1
    assert "05_cnn, which has been changed since" in done.stderr
    real = tmp_path / "real"
    real.mkdir()
    (real / "config.json").write_text(
        '{"run": "real", "dataset": "fer2013", "data": "", "profile": "quick", "seed": 42, '
        '"fer_kit": "0.1.0"}'
    )
    done = build(real, tmp_path / "site")
    assert done.returncode == 1
    assert "pictures of people stay where they are" in done.stderr
    assert not (tmp_path / "site").exists()
