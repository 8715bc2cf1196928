"""Opening what students hand in: packed once more, damaged, or made to attack."""

import io
import json
import stat
import struct
import zipfile

import pytest

from fer_kit.errors import InputError
from fer_kit.grading import archive
from fer_kit.grading.archive import Bundle, Unusable
from fer_kit.grading.told import Manifest, Training


def pack(path, files, name=str, compression=zipfile.ZIP_DEFLATED):
    """A ZIP file of files (name → content), each under another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as file:
        for member, content in files.items():
            about = zipfile.ZipInfo("x")
            about.filename, about.compress_type = name(member), compression
            file.writestr(about, content)
    return path


def files_of(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def finder(files):
    """What macOS's Finder packs of a folder."""
    beside = {f"__MACOSX/bundle/._{name.split('/')[-1]}": b"\0\5" for name in files}
    return {f"bundle/{name}": content for name, content in files.items()} | beside | {
        "bundle/.DS_Store": b"x"
    }  # fmt: skip


def in_a_zip(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return {"bundle.zip": content.getvalue()}


def run_folder(files):
    """A zipped run: the bundle is in it, with much besides."""
    return {f"mine/{name}": content for name, content in in_a_zip(files).items()} | {
        "mine/config.json": b"{}",
        "mine/data/faces.npz": b"x" * 50_000_000,
        "mine/models/cnn.keras": b"x",
    }


@pytest.mark.parametrize(
    "repack",
    [
        finder,
        in_a_zip,
        lambda files: in_a_zip(in_a_zip(files)),
        lambda files: finder(in_a_zip(files)),
        run_folder,
        lambda files: {name.replace("/", "\\"): content for name, content in files.items()},
        lambda files: {f"a\\b\\{name}": content for name, content in files.items()},
        lambda files: {f"Ada Lovelace/hand in/{name}": text for name, text in files.items()},
        lambda files: in_a_zip(files) | {"report.pdf": b"%PDF", "desktop.ini": b""},
        lambda files: files | {"notebooks/.ipynb_checkpoints/04.ipynb": b"{}", "Thumbs.db": b""},
    ],
)
def test_a_bundle_that_was_harmlessly_packed_again_is_opened(honest, tmp_path, repack):
    files = files_of(honest[0])
    path = pack(tmp_path / "again.zip", repack(files))
    with Bundle(path) as bundle, Bundle(honest[0]) as own:
        assert bundle.manifest == own.manifest
        assert [name for name, _ in bundle.notebooks()] == [name for name, _ in own.notebooks()]
        assert bundle.altered() == []
        assert {name.split("/")[-1] for name in bundle.strange} <= {"report.pdf"}


def test_what_is_read_of_a_bundle_is_what_a_bundle_says(honest):
    written = json.loads(files_of(honest[0])["run.json"])
    assert Manifest.model_fields.keys() <= written.keys()
    assert all(Training.model_fields.keys() <= card.keys() for card in written["models"].values())


def test_a_zipped_run_folder_without_a_bundle_is_opened(honest, tmp_path):
    run = honest[0].parent
    names = [path for path in run.rglob("*") if path.is_file() and path.name != "bundle.zip"]
    files = {f"run/{path.relative_to(run).as_posix()}": path.read_bytes() for path in names}
    with Bundle(pack(tmp_path / "run.zip", files)) as bundle, Bundle(honest[0]) as own:
        assert bundle.is_run
        assert bundle.manifest.student == own.manifest.student
        assert bundle.manifest.parameters["profile"] == "quick"
        assert bundle.manifest.models.keys() == own.manifest.models.keys()
        assert len(list(bundle.notebooks())) == len(list(own.notebooks()))
        assert bundle.altered() == bundle.strange == []
        assert bundle.when


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"\0" * 5000, "The file is empty"),
        (b"Rar!\x1a\x07\x01\x00 ...", "no ZIP file but a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c ...", "no ZIP file but a 7z archive"),
        (b"\x1f\x8b\x08 ...", "no ZIP file but a gzip archive"),
        (b"%PDF-1.7", "no ZIP file but a PDF"),
        (b"\n<!doctype html>", "no ZIP file but a web page"),
        (b'{"cells": []}', "no ZIP file but a notebook"),
        (b"x" * 257 + b"ustar" + b"x" * 300, "no ZIP file but a tar archive"),
        (b"PK\x03\x04 and then it ends", "damaged; most often its upload"),
        (b"hello", "no ZIP file but something else"),
    ],
)
def test_what_is_no_zip_file_is_named(tmp_path, content, said):
    path = tmp_path / "eve.zip"
    path.write_bytes(content)
    with pytest.raises(Unusable, match=said):
        Bundle(path)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no bundle in this ZIP file, but nothing"),
        ({"essay.docx": b"x"}, "no bundle in this ZIP file, but essay.docx"),
        ({"a/run.json": b"{}", "b/run.json": b"{}"}, "more than one bundle in it: a/run.json"),
        ({"a.zip": b"x", "b.zip": b"x"}, "more than one ZIP file in it: a.zip; b.zip"),
        ({"bundle.zip": b"PK broken"}, "damaged"),
        ({"run.json": b'{"format": 0}'}, "another version of the course .*'0', and 1 is read"),
        ({"run.json": b"no JSON"}, "run.json is damaged"),
        ({"run.json": b"[1]"}, "run.json is not as the course writes it"),
        ({"run.json": b"[" * 100_000}, "run.json is damaged"),
        ({"run.json": b'{"format": 1, "x": [' + b"[]," * 2_000_000}, "more values than"),
    ],
)
def test_what_is_no_bundle_is_a_sentence_that_a_student_understands(tmp_path, files, said):
    stored = zipfile.ZIP_STORED  # so densely packed it would be a bomb
    path = pack(tmp_path / "eve.zip", files, compression=stored)
    with pytest.raises(Unusable, match=said) as told:
        Bundle(path)
    assert "Expected" not in str(told.value)
    assert "Error" not in str(told.value)


def opened(tmp_path, write) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        write(file)
    Bundle(path).close()


def link(file):
    about = zipfile.ZipInfo("notebooks/04_lenet5.ipynb")
    about.external_attr = (stat.S_IFLNK | 0o777) << 16
    file.writestr(about, "/etc/passwd")


def twice(file):
    file.writestr("run.json", "{}")
    file.writestr("RUN.json", "{}")


def many(file):
    for number in range(archive.MOST_MEMBERS + 1):
        file.writestr(str(number), "")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda file: file.writestr("../evil.txt", "x"), "leads out"),
        (lambda file: file.writestr("report/../../evil.txt", "x"), "leads out"),
        (lambda file: file.writestr("/etc/evil", "x"), "leads out"),
        (lambda file: file.writestr("C:\\evil", "x"), "leads out"),
        (lambda file: file.writestr("..\\evil", "x"), "leads out"),
        (link, "a link or a device"),
        (twice, "twice"),
        (many, "2,001 files"),
        (lambda file: file.writestr("run.json", b"0" * 100_000_000), "ZIP bomb"),
    ],
)
def test_archives_that_attack_are_refused_before_anything_is_read(tmp_path, write, said):
    with pytest.raises(InputError, match=said):
        opened(tmp_path, write)
    assert [path.name for path in tmp_path.iterdir()] == ["evil.zip"]


def test_a_bomb_that_lies_about_its_size_is_not_swallowed(tmp_path, honest):
    """The directory says 100 bytes, the data hold 60 MB."""
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("run.json", b"0" * 60_000_000)
    content = bytearray(path.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 100)
    path.write_bytes(content)
    with pytest.raises(InputError, match="run.json"), Bundle(path):
        pass


def test_an_encrypted_file_is_refused(tmp_path):
    path = tmp_path / "locked.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("run.json", "{}")
    content = bytearray(path.read_bytes())
    directory = content.rfind(b"PK\x01\x02")
    content[directory + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="encrypted"):
        Bundle(path)
