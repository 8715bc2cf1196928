"""Archives from somewhere: damaged, locked, or made to do harm."""

import io
import zipfile

import pytest

from fer_kit.datasets.archives import find_members, read_members
from fer_kit.errors import InputError


def pack(path, names: dict[str, bytes], method: int = zipfile.ZIP_STORED):
    if path.suffix == ".7z":
        py7zr = pytest.importorskip("py7zr")
        with py7zr.SevenZipFile(path, "w") as archive:
            for name, content in names.items():
                archive.writestr(content, name)
    else:
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in names.items():
                archive.writestr(name, content)
    return path


@pytest.fixture(params=[".zip", ".7z", ".ZIP"])
def path(request, tmp_path):
    return tmp_path / f"pictures{request.param}"


def test_pictures_come_back_as_they_went_in(path):
    names = {"b/2.JPG": b"two", "a.png": b"one", "notes.txt": b"no", "__MACOSX/a.png": b"no"}
    pack(path, names)
    found = find_members(path)
    assert found == ["a.png", "b/2.JPG"]
    assert dict(read_members(path, found)) == {"a.png": b"one", "b/2.JPG": b"two"}


def test_nothing_is_written(path, tmp_path, monkeypatch):
    pack(path, {"a.png": b"one"})
    monkeypatch.chdir(tmp_path)
    list(read_members(path, find_members(path)))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "/root.png", "..\\out.png", "C:\\out.png"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(name, tmp_path):
    path = pack(tmp_path / "evil.zip", {"good.png": b"", name: b""})
    with pytest.raises(InputError, match="evil.zip with"):
        find_members(path)


@pytest.mark.parametrize("ending", [".zip", ".7z"])
def test_a_bomb_is_refused_before_it_is_read(ending, tmp_path):
    path = tmp_path / f"bomb{ending}"
    pack(path, {"zeros.png": bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match=f"bomb{ending}.*grow to 20,000,000"):
        find_members(path)


def test_a_size_that_is_a_lie_does_not_get_more_memory(tmp_path):
    path = pack(tmp_path / "liar.zip", {"zeros.png": bytes(3_000_000)}, zipfile.ZIP_DEFLATED)
    content = path.read_bytes()
    path.write_bytes(content.replace((3_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    with pytest.raises(InputError, match="liar.zip/zeros.png"):
        list(read_members(path, find_members(path)))


def test_a_damaged_archive_is_named(path):
    path.write_bytes(b"this is no archive")
    if path.suffix == ".7z":
        pytest.importorskip("py7zr")
    with pytest.raises(InputError, match=f"Received: {path.name}"):
        find_members(path)


def test_a_damaged_picture_is_named(tmp_path):
    path = pack(tmp_path / "a.zip", {"1.png": b"0123456789" * 100})
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"012345678x", 1))
    with pytest.raises(InputError, match=r"a\.zip/1\.png"):
        list(read_members(path, ["1.png"]))


def test_a_damaged_7z_is_named(tmp_path):
    path = pack(tmp_path / "a.7z", {"1.png": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    content[40:60] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"Received: a\.7z"):
        list(read_members(path, find_members(path)))


def test_an_archive_with_a_password_is_a_sentence(tmp_path):
    py7zr = pytest.importorskip("py7zr")
    for hidden in (False, True):
        path = tmp_path / f"locked{hidden}.7z"
        with py7zr.SevenZipFile(path, "w", password="secret", header_encryption=hidden) as archive:
            archive.writestr(b"one", "a.png")
        with pytest.raises(InputError, match="without a password"):
            find_members(path)


def test_a_zip_with_a_password_is_a_sentence(tmp_path):
    content = bytearray(pack(tmp_path / "a.zip", {"1.png": b"x"}).read_bytes())
    for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(start) + place] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(InputError, match="a.zip, which has one"):
        find_members(tmp_path / "a.zip")


def test_a_missing_py7zr_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "py7zr", None)
    path = tmp_path / "a.7z"
    path.write_bytes(io.BytesIO(b"7z").getvalue())
    with pytest.raises(InputError, match=r"a\.7z.*pip install"):
        find_members(path)
