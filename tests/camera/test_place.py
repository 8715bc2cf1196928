"""The page is served where its reader sits, and nowhere else."""

import pytest

from fer_kit.camera.place import SERVERS, check_place
from fer_kit.errors import InputError

LOST = "Expected the camera's page on the computer that you sit at. Received: "


def test_on_ones_own_computer_there_is_nothing_to_say():
    assert check_place(0) == ""


@pytest.mark.parametrize("variable", SERVERS)
@pytest.mark.parametrize("port", [0, 8765])
def test_on_somebody_elses_server_it_refuses(monkeypatch, variable, port):
    monkeypatch.setenv(variable, "1")
    with pytest.raises(InputError, match=LOST + SERVERS[variable]):
        check_place(port)


def test_over_ssh_it_wants_a_port_that_was_forwarded_and_says_where_frames_go(monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    with pytest.raises(InputError, match=LOST + "a computer at the other end of ssh"):
        check_place(0)
    assert "the other end of your ssh connection" in check_place(8765)


def test_a_notebook_that_runs_by_itself_gets_no_camera(monkeypatch):
    monkeypatch.setenv("FER_KIT_HEADLESS", "1")
    with pytest.raises(InputError, match="a notebook that runs by itself"):
        check_place(0)
