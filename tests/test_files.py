import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fer_kit import files
from fer_kit.errors import InputError
from fer_kit.files import locked, read_bytes, read_json, sha256, write_json, write_text, write_whole


def test_json_round_trip(tmp_path):
    value = {"emotion": "überrascht", "share": 0.25}
    assert read_json(write_json(tmp_path / "new" / "a.json", value)) == value


def test_a_failing_write_leaves_the_old_file_and_no_rest(tmp_path):
    path = write_text(tmp_path / "a.txt", "old")

    def fail(temporary: Path):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match="No space left on device"):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unwritable_folder_is_a_sentence(tmp_path):
    blocker = write_text(tmp_path / "file", "")
    with pytest.raises(InputError, match="Expected to write"):
        write_text(blocker / "below.txt", "text")


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes and devices")
def test_a_pipe_a_folder_and_a_device_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(OSError, match="it is no file"):
            read_bytes(path)
        with pytest.raises(InputError, match="it is no file"):
            sha256(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = write_text(tmp_path / "a.txt", "12345")
    assert read_bytes(path, most=5) == b"12345"
    with pytest.raises(OSError, match="5 bytes, more than 4"):
        read_bytes(path, most=4)


@pytest.mark.parametrize("content", ["", "{", "\x00"])
def test_damaged_json_is_a_sentence(tmp_path, content):
    path = write_text(tmp_path / "a.json", content)
    with pytest.raises(InputError, match="Expected a JSON file"):
        read_json(path)


# Locks

HOLDING = """
import sys, time
from fer_kit.files import locked
with locked(sys.argv[1], "the bread"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_one_process_s_alone_and_says_whose(tmp_path):
    path = tmp_path / "new" / "bread.lock"
    command = [sys.executable, "-c", HOLDING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        told = f"Expected the bread to be free. Received: process {other.pid} on .*, since .* works"
        with pytest.raises(InputError, match=told), locked(path, "the bread", wait=0.2):
            pass
        os.kill(other.pid, signal.SIGTERM)
    with locked(path, "the bread"):
        pass  # whoever is killed lets go of it


def test_a_lock_that_cannot_be_made_is_a_sentence(tmp_path):
    blocker = write_text(tmp_path / "file", "")
    lock = locked(blocker / "below.lock", "the bread")
    with pytest.raises(InputError, match="Expected to lock the bread"), lock:
        pass


def test_no_input_is_written_over_by_whatever_name(tmp_path):
    one, link = tmp_path / "one.png", tmp_path / "link.png"
    one.write_text("mine")
    link.symlink_to(one)
    for out in (one, link, tmp_path / "x" / ".." / "one.png"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(InputError, match="The original would be lost"):
            files.check_not_over(out, tmp_path / "other.png", one)
    files.check_not_over(tmp_path / "new.png", one)


def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    old, fresh = tmp_path / ".report-old", tmp_path / ".report-fresh"
    for left in (old, fresh):
        (left / "earlier").mkdir(parents=True)
    os.utime(old, (1, 1))
    files.replace_folder(folder, lambda new: (new / "index.html").write_text("new"))
    assert (old.exists(), fresh.exists()) == (False, True)
    os.utime(fresh, (1, 1))
    shutil.rmtree(folder)  # the only one there is may be what was left
    files.replace_folder(folder, lambda new: (new / "index.html").write_text("new"))
    assert fresh.exists()


def test_a_file_may_be_read_by_others(tmp_path):
    path = files.write_text(tmp_path / "shared.txt", "for the whole course")
    assert path.stat().st_mode & 0o777 == (0o644 if os.name != "nt" else 0o666)


def test_a_folder_that_cannot_be_put_into_place_comes_back(tmp_path, monkeypatch):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "index.html").write_text("old")
    rename = Path.rename

    def fail(path, target):
        if path.name == "fresh":
            raise OSError(errno.EACCES, "in use")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(InputError, match="in use"):
        files.replace_folder(
            tmp_path / "report", lambda new: (new / "index.html").write_text("new")
        )
    assert (tmp_path / "report" / "index.html").read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "report"]


def test_files_below_are_seen_once_each_and_no_pipe_is_waited_for(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one").write_text("1")
    (tmp_path / "a" / ".hidden").write_text("2")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "a" / "pipe.jpg")
    assert [path.relative_to(tmp_path).as_posix() for path in files.files_below(tmp_path)] == [
        "a/b/one"
    ]
