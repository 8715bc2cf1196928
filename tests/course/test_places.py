"""Where this machine keeps its files: found in every spelling, and nothing else with it."""

import json
import sys
import unicodedata
from html import escape
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from fer_kit.course.places import everywhere, replacing, without_places
from fer_kit.run import course_folder

HOMES = {
    "/srv/people/Jürgen Müller & Söhne": "rgen",
    "/Volumes/Grüne Platte/anna.maria-3": "anna",
    "/data/日本/山田😀": "山田",
    "C:\\Users\\Jörg Öztürk": "rg",
    "\\\\server\\share\\Zoë": "Zo",
    "/anna": "anna",
}
SPELLINGS = {
    "as it is": str,
    "with the name of a file": lambda home: f"{home}/photos/me.png",
    "at the end of a sentence": lambda home: f"It is in {home}.",
    "as a value": lambda home: f"HOME={home}\n",
    "in colours": lambda home: f"\x1b[32m{home}/x.py\x1b[0m",
    "in a traceback": lambda home: f'  File "{home}/x.py", line 3',
    "in Python": repr,
    "in ASCII": ascii,
    "in ASCII, twice": lambda home: ascii(ascii(home)),
    "as bytes": lambda home: repr(home.encode()),
    "escaped": lambda home: home.encode("unicode_escape").decode(),
    "by names of letters": lambda home: home.encode("ascii", "namereplace").decode(),
    "in JSON": json.dumps,
    "in JSON in JSON": lambda home: json.dumps(json.dumps({"path": home})),
    "in JSON with all letters": lambda home: json.dumps(home, ensure_ascii=False),
    "in Python in JSON": lambda home: json.dumps(repr(home)),
    "in JSON in Python": lambda home: repr(json.dumps([home])),
    "in HTML": escape,
    "in HTML by numbers": lambda home: home.encode("ascii", "xmlcharrefreplace").decode(),
    "in HTML, all by numbers": lambda home: "".join(f"&#{ord(c)};" for c in home),
    "in HTML, all by hexadecimal numbers": lambda home: "".join(f"&#x{ord(c):X};" for c in home),
    "Python in HTML": lambda home: escape(repr(home)),
    "as an address": lambda home: path_of(home).as_uri(),
    "as a path": lambda home: repr(path_of(home)),
    "in parts": lambda home: repr(path_of(home).parts),
    "in parts of JSON": lambda home: json.dumps(path_of(home).parts),
    "in parts, in ASCII": lambda home: ascii(path_of(home).parts),
    "decomposed": lambda home: unicodedata.normalize("NFD", home),
    "decomposed, in ASCII": lambda home: ascii(unicodedata.normalize("NFD", home)),
    "in other letters": str.swapcase,
    "with the other slashes": lambda home: home.translate({47: 92, 92: 47}),
    "with two slashes": lambda home: home.replace("/", "//").replace("\\", "\\\\"),
    "for a shell": lambda home: home.replace(" ", "\\ ").replace("&", "\\&"),
}


def path_of(home: str) -> PurePosixPath | PureWindowsPath:
    return PureWindowsPath(home) if "\\" in home else PurePosixPath(home)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("home", HOMES)
def test_a_path_is_found_in_every_spelling(home, spelling):
    written = SPELLINGS[spelling](home)
    told = replacing({home: "~"})(f"before {written} after")
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert "~" in told
    # What is left of it are quotes, colours and what came behind it.
    assert len(told) - len("before  after") < 40
    for part in path_of(home).parts[1:]:
        assert part.casefold() not in told.casefold()
    assert HOMES[home] not in told


def test_the_longest_of_several_is_found():
    hide = replacing({"/srv/anna": "~", "/srv/anna/faces": "[data]", "/srv": "[disk]"})
    assert hide("/srv/anna/faces/1.png /srv/anna/x /srv/bert") == "[data]/1.png ~/x [disk]/bert"


def test_other_paths_stay():
    hide = replacing({"/srv/anna": "~", "/opt": "[opt]"})
    for text in ("/srv/annabel/x", "srv/anna", "data/opt/x", "~/opt", "https://opt.org/optional"):
        assert hide(text) == text


@pytest.mark.parametrize("between", ["/", "\\", "\\\\", "//"])
def test_anybody_s_home_is_a_home(between):
    for parts in (("", "home", "anna", "x"), ("", "Users", "Anna", "x"), ("C:", "Users", "A", "x")):
        written = between.join(parts)
        assert replacing({})(f"'{written}'") == f"'~{between}x'"
    assert replacing({})("https://github.com/users/anna") == "https://github.com/users/anna"


# The places of this machine


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    home = tmp_path / "Übung"
    home.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    return home


def test_the_home_folder_is_hidden_also_alone(home):
    hide = without_places()
    assert hide(f"{home}\n") == "~\n"
    assert hide(f"{Path.home()!r} {home}/x {str(home)!a}") == "PosixPath('~') ~/x '~'"


def test_a_home_folder_that_is_a_link_is_hidden_under_both_names(home, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("HOME", str(tmp_path / "link"))
    hide = without_places()
    assert hide(f"{tmp_path / 'link'} {home}") == "~ ~"


def test_a_home_folder_at_the_root_is_nobody_s(monkeypatch):
    monkeypatch.setenv("HOME", "/")
    assert without_places()("/srv/x and /") == "/srv/x and /"


@pytest.mark.parametrize("inside", [True, False])
def test_the_data_are_hidden_wherever_they_are(home, tmp_path, inside):
    folder = (home if inside else tmp_path / "stick" / "Annas Bilder") / "faces"
    folder.mkdir(parents=True)
    link = tmp_path / "linked"
    link.symlink_to(folder)
    hide = without_places(str(link))
    for written in (folder, link):
        assert hide(f"data = {str(written)!a}, {written}/happy/1.png") == (
            "data = '[data]', [data]/happy/1.png"
        )
    if inside:
        assert without_places("~/faces")("~/faces/happy") == "[data]/happy"


def test_what_lies_beside_a_table_is_hidden_too(tmp_path):
    (tmp_path / "stick").mkdir()
    table = tmp_path / "stick" / "fer2013.csv"
    table.touch()
    hide = without_places(str(table))
    assert hide(f"{table} {table.with_name('fer2013new.csv')}") == "[data] [data]/fer2013new.csv"


def test_the_course_the_runs_and_python_are_hidden(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_KIT_RUNS", str(tmp_path / "my" / "runs"))
    told = without_places()(f"{course_folder()}/student {tmp_path}/my/runs/x {sys.prefix}/bin")
    assert "student" in told
    for place in (str(course_folder()), str(tmp_path), sys.prefix):
        assert place not in told


def test_texts_are_changed_wherever_they_stand_and_pictures_are_not():
    value = {"a": ["/x/y", {"b": ("/x/y", 1, None)}], "image/png": "/x/y"}
    value["metadata"] = {"image/png": {"alt": "/x/y"}}
    assert everywhere(value, replacing({"/x/y": "~"})) == {
        "a": ["~", {"b": ["~", 1, None]}],
        "image/png": "/x/y",
        "metadata": {"image/png": {"alt": "~"}},
    }
