"""What several tests share: small made-up faces, and the real FER2013 where it is at hand."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock

from fer_kit import watch
from fer_kit.emotions import FER2013
from fer_kit.faces import Faces, one_hot

_heard: list[bool] = []  # whether this process is being listened to already
# A shell that starts something in the background has it ignore Ctrl-C, and what tests start would
# inherit that: they send it Ctrl-C.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

FER2013_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "fer2013"


def pytest_collection_modifyitems(items):
    """The notebooks first: they take longest, and two processes then end at about one time.

    The site is made from what they have shown, so its tests come last.
    """
    items.sort(key=lambda item: item.get_closest_marker("notebooks") is None)
    items.sort(key=lambda item: item.path.parent.name == "docs")


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory) -> Path:
    """The folder of a run of all notebooks, which all test processes share."""
    from fer_kit.course.running import run_course

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with FileLock(shared / "smoke.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_KIT_CACHE", str(shared / "smoke-cache"))
        patch.setenv("FER_KIT_RUNS", str(shared / "smoke-runs"))
        patch.chdir(Path(__file__).parents[1])
        return run_course(profile="smoke").folder


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    """Tests leave the user's runs and cache alone."""
    monkeypatch.setenv("FER_KIT_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FER_KIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def listening(monkeypatch):
    """This process is heard like a kernel of `fer-kit run`; the list of its cells is returned."""
    cells: list[str] = []
    shell = SimpleNamespace(history_manager=SimpleNamespace(input_hist_raw=cells))
    for name, empty in (("_opened", {}), ("_written", set()), ("_noted", {})):
        monkeypatch.setattr(watch, name, empty)
    monkeypatch.setattr(watch, "_shell", None)
    with monkeypatch.context() as patch:
        if _heard:  # one hook is enough for all tests: it cannot be taken away
            patch.setattr(watch.sys, "addaudithook", lambda hook: None)
        watch.load_ipython_extension(shell)
    _heard.append(True)
    return cells


@pytest.fixture
def make_faces():
    """A function that makes `Faces` of random pixels: half train, a quarter each of the others."""

    def make(
        count: int = 28, emotions: tuple[str, ...] = FER2013, seed: int = 0, **changes
    ) -> Faces:
        generator = np.random.default_rng(seed)
        values = {
            "images": generator.integers(0, 256, (count, 48, 48, 1), dtype=np.uint8),
            "targets": one_hot(np.arange(count) % len(emotions), len(emotions)),
            "emotions": emotions,
            "split": np.array(
                [("train", "train", "validation", "test")[i % 4] for i in range(count)]
            ),
            "ids": np.array([str(i) for i in range(count)]),
            "source": "synthetic noise",
        }
        return Faces(**values | changes)

    return make


@pytest.fixture(scope="session")
def fer2013_folder() -> Path:
    """The folder with the real FER2013; the test is skipped where it is not."""
    if not (FER2013_FOLDER / "materialize.py").exists():
        pytest.skip("the real FER2013 is not at hand")
    return FER2013_FOLDER
