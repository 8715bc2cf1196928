import errno
from pathlib import Path

import pytest

from fer_kit.errors import InputError
from fer_kit.files import read_json, write_json, write_text, write_whole


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
