"""What running one notebook leaves behind."""

import subprocess
import sys
import tempfile
from pathlib import Path

from fer_kit.course.execution import Sockets

HOLDS_ONE = """
import sys, time
from fer_kit.course.execution import Sockets
sockets = Sockets()
print(sockets.name, flush=True)
time.sleep(60)
"""


def holder() -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLDS_ONE], stdout=subprocess.PIPE, text=True)
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_goes_and_what_others_hold_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "fer-kit-of-somebody-else").mkdir()
    mine, (killed, left), (living, held) = Sockets(), holder(), holder()
    killed.kill()
    killed.wait()
    try:
        with Sockets() as other:
            assert not left.exists()
            assert held.exists()
            assert Path(mine.name).exists()
            assert Path(other).exists()
            assert (tmp_path / "fer-kit-of-somebody-else").exists()
    finally:
        living.kill()
        living.wait()
    assert not Path(other).exists()
    mine.cleanup()
