"""What the tests of the camera share: a page that is served."""

import pytest

from fer_kit.camera import LivePage
from fer_kit.camera.place import SERVERS, SSH


@pytest.fixture(autouse=True)
def _own_computer(monkeypatch):
    for variable in (*SERVERS, *SSH, "FER_KIT_HEADLESS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def live():
    """A page with the models that come with the course, of which LeNet-5 answers."""
    page = LivePage("lenet5-fer2013").start()
    yield page
    page.close()
