import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fer_kit.errors import InputError
from fer_kit.files import locked, read_json, write_json, write_text, write_whole


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
