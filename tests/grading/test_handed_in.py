"""Everything below a folder gets a row, and no two the same page."""

import os

import pytest

from fer_kit.errors import InputError
from fer_kit.grading.handed_in import find_hand_ins

ZIP = b"PK\x05\x06" + b"\0" * 18  # an empty ZIP file


@pytest.fixture
def found(tmp_path):
    """A function that makes files and finds the hand-ins: (page, problem) by name."""

    def run(*names, but=()):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(ZIP if ".zip" in name.lower() else b"text")
        hand_ins = find_hand_ins(tmp_path, [tmp_path / name for name in but])
        assert len({one.page.casefold() for one in hand_ins}) == len(hand_ins)
        return {one.name: (one.page, one.problem) for one in hand_ins}

    return run


def test_zip_files_are_found_at_any_depth(found):
    assert found("eve.zip", "group/bob.ZIP", "a/b/c/d.zip").keys() == {
        "eve.zip",
        "group/bob.ZIP",
        "a/b/c/d.zip",
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ada.rar", "no ZIP file: ada.rar"),
        ("ada.7z", "no ZIP file: ada.7z"),
        ("ada.tar.gz", "no ZIP file: ada.tar.gz"),
        ("04_lenet5.ipynb", "no ZIP file: 04_lenet5.ipynb"),
        ("report.pdf", "no ZIP file: report.pdf"),
        ("ada", "no ZIP file: ada"),
        ("ada.zip.download/Info.plist", "download that was not finished: ada.zip.download"),
        ("bundle/run.json", "unpacked folder and no ZIP file: bundle"),
        ("ada/synthetic-quick/config.json", "unpacked folder and no ZIP file: synthetic-quick"),
        ("ada/notebooks/04_lenet5.ipynb", "unpacked folder and no ZIP file: ada"),
    ],
)
def test_what_is_no_zip_file_gets_a_row_that_says_so(found, name, said):
    ((page, problem),) = found(name).values()
    assert said in problem
    assert "make bundle" in problem


def test_a_zip_file_is_one_whatever_it_is_called(found):
    told = found("bundle.zip (1)", "eve.zip.part")
    assert [problem for _, problem in told.values()] == ["", ""]


def test_one_persons_loose_files_are_one_row(found):
    told = found("Ada_1_assignsubmission_file/01.ipynb", "Ada_1_assignsubmission_file/02.ipynb")
    ((_, problem),) = told.values()
    assert "These are no ZIP files: 01.ipynb; 02.ipynb." in problem
    assert len(found("g/ada.rar", "g/bob.rar")) == 3


def test_what_systems_and_instructors_put_there_is_not_handed_in(found):
    beside = ("__MACOSX/._eve.zip", ".DS_Store", "Thumbs.db", "a/desktop.ini", "._eve.zip")
    own = ("class.csv", "grades/gradebook.csv", "grades/feedback/eve.html")
    beside += ("earlier/gradebook.csv", "earlier/feedback/eve.html")
    assert found("eve.zip", *beside, *own, but=("class.csv", "grades")).keys() == {"eve.zip"}


def test_pages_stay_the_same_whatever_else_is_handed_in(found):
    before = found("a/b.zip", "eve.zip")
    after = found("a-b.zip", "eve.rar", "0/1.zip")
    assert before.items() <= after.items()
    assert after["eve.zip"][0] == "eve"
    assert after["a-b.zip"][0] == "a-b"


@pytest.mark.parametrize(
    "name",
    [
        "Ж" * 115 + ".zip",
        "Ada Lovelace_1234567_assignsubmission_file/" + "ก" * 70 + ".zip",
        "/".join(["directory" * 8] * 3) + "/" + "é" * 100 + ".zip",
        "con.zip",
        "a:b?.zip",
        " .zip",
        "-rf.zip",
    ],
)
def test_a_page_has_a_name_that_every_disk_takes(found, name):
    ((page, _),) = found(name).values()
    assert 0 < len(page.encode()) <= 100
    assert not set('/\\:*?"<>|') & set(page)


def test_names_that_no_encoding_knows_are_kept_apart(tmp_path):
    try:
        for name in (b"M\xfcller.zip", b"M\xf6ller.zip"):
            (tmp_path / os.fsdecode(name)).write_bytes(ZIP)
    except OSError:
        pytest.skip("this disk takes no such name")
    names = {one.name for one in find_hand_ins(tmp_path)}
    assert names == {"M?ller.zip", "M?ller.zip?"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be opened here")
def test_a_folder_that_cannot_be_opened_gets_a_row(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    ((one),) = find_hand_ins(tmp_path)
    assert "cannot be opened" in one.problem


def test_no_submissions_is_a_sentence(tmp_path):
    (tmp_path / "all.zip").write_bytes(ZIP)
    for folder, said in (
        (tmp_path / "no", "no folder"),
        (tmp_path / "all.zip", "no folder. Unpack it first"),
    ):
        with pytest.raises(InputError, match=said):
            find_hand_ins(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="with none"):
        find_hand_ins(tmp_path / "empty")
