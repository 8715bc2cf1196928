"""Who may ask, and what comes of whatever is sent."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from scenes import jpeg, scene
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from fer_kit import watch
from fer_kit.camera import LivePage, server
from fer_kit.errors import InputError

FACE = jpeg(scene((3, "happy")))


def get(address: str, **headers: str) -> tuple[int, str, dict]:
    """Status, text and headers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def origin(live: LivePage) -> str:
    return "http://" + urlsplit(live.address).netloc


async def connect(live: LivePage, **headers: str):
    address = live.address.replace("http", "ws") + "socket"
    return await websocket_connect(HTTPRequest(address, headers={"Origin": origin(live)} | headers))


def talk(live: LivePage, *messages: str | bytes) -> list[dict]:
    """What a page is told: the greeting, and an answer to each message."""

    async def all_of_it() -> list[dict]:
        connection = await connect(live)
        told = [json.loads(await connection.read_message())]
        for message in messages:
            await connection.write_message(message, binary=isinstance(message, bytes))
            answer = await connection.read_message()
            told.append(None if answer is None else json.loads(answer))
        connection.close()
        return told

    return asyncio.run(all_of_it())


def test_the_page_loads_nothing_from_elsewhere(live):
    for name in ("", "camera.js", "camera.css"):
        status, text, headers = get(live.address + name)
        assert status == 200
        assert "https:" not in text
        assert text.replace("http://www.w3.org/2000/svg", "").count("http:") == 0
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_only_this_computer_can_reach_it(live):
    assert urlsplit(live.address).hostname == "127.0.0.1"
    (listening,) = live._sockets
    assert listening.getsockname()[0] == "127.0.0.1"


def test_a_page_is_greeted_and_answered(live):
    greeting, answer = talk(live, FACE)
    assert greeting["chosen"][0]["name"] == "lenet5-fer2013"
    assert answer["faces"][0]["answers"][0]["emotion"]


@pytest.mark.parametrize("path", ["", "wrong/", "wrong/camera.js", "wrong/socket", "favicon.ico"])
def test_without_the_token_there_is_a_sentence_and_nothing_else(live, path):
    status, text, _ = get(f"{origin(live)}/{path}", Origin=origin(live))
    assert status == 404
    assert "Expected the address that fer-kit camera has printed. Received: another one." in text
    assert live.token not in text


def test_the_address_without_its_last_slash_leads_there(live):
    status, text, _ = get(live.address.rstrip("/"))
    assert (status, "The camera" in text) == (200, True)


def test_many_connections_that_say_nothing_keep_nobody_out(live):
    with ExitStack() as open_ones:
        for _ in range(300):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", live.port)))
        _, answer = talk(live, FACE)
        assert answer["faces"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_answered(live, method):
    request = urllib.request.Request(live.address, method=method)
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(request)


def test_another_file_of_the_folder_is_not_served(live):
    for name in ("server.py", "../server.py", "..%2fserver.py", "camera.html/"):
        assert get(live.address + name)[0] == 404


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org", "null", "http://127.0.0.1:1", "http://localhost"]
)
def test_a_page_from_elsewhere_is_sent_away(live, elsewhere):
    for name in ("", "socket"):
        status, text, _ = get(live.address + name, Origin=elsewhere)
        assert status == 403
        assert f"Expected a question from the camera's own page. Received: {elsewhere}." in text
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(connect(live, Origin=elsewhere))


def test_a_socket_needs_an_origin(live):
    status, text, _ = get(live.address + "socket")
    assert status == 403
    assert "Received: one from nowhere." in text


def test_a_name_that_only_leads_here_is_sent_away(live):
    status, text, _ = get(live.address, Host="example.org")
    assert status == 403
    assert "Received: example.org." in text


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"no picture", "Expected a frame as JPEG"),
        (FACE[:2000], "Expected a frame as JPEG"),
        ("no JSON", "Received: JSONDecodeError"),
        ("[]", "Received: something else"),
        ('{"choose": ["nobody"]}', "Expected a model among"),
        ('{"choose": 7}', "Expected one to 3 models"),
        ('{"begin": {}}', "Expected something to look at"),
        ("[" * 100_000, "Received: "),
    ],
)
def test_whatever_is_sent_gets_a_sentence_and_the_next_frame_an_answer(live, message, said):
    _, told, after = talk(live, message, FACE)
    assert said in told["error"]
    assert after["faces"]


def test_a_huge_frame_ends_its_connection_and_the_server_lives_on(live):
    async def send() -> int:
        connection = await connect(live)
        await connection.read_message()
        await connection.write_message(bytes(server.FRAME_BYTES + 1), binary=True)
        assert await connection.read_message() is None
        return connection.close_code

    assert asyncio.run(send()) == 1009
    assert talk(live, FACE)[1]["faces"]


def test_a_second_page_is_a_sentence_and_the_first_goes_on(live, monkeypatch):
    monkeypatch.setattr(server, "PATIENCE", 0.2)

    async def two() -> tuple[dict, dict]:
        first = await connect(live)
        await first.read_message()
        second = await connect(live)
        told = json.loads(await second.read_message())
        assert await second.read_message() is None
        await first.write_message(FACE, binary=True)
        answer = json.loads(await first.read_message())
        first.close()
        return told, answer

    told, answer = asyncio.run(two())
    assert told == {"error": server.SECOND_TAB}
    assert answer["faces"]
    assert "chosen" in talk(live)[0]  # the place is free again


def test_a_page_that_left_while_it_waited_keeps_nobody_out(live):
    async def one_after_the_other() -> dict:
        first, impatient = await connect(live), await connect(live)
        await first.read_message()
        impatient.protocol.stream.close()  # without a word, as a browser that is ended
        await asyncio.sleep(0.2)
        first.close()
        await asyncio.sleep(server.PATIENCE)
        third = await connect(live)
        return json.loads(await third.read_message())

    assert "chosen" in asyncio.run(one_after_the_other())


def test_frames_that_come_too_fast_have_to_wait(live, monkeypatch):
    monkeypatch.setattr(server, "FRAMES_A_SECOND", 10)
    small = jpeg(scene()[:32, :32])

    async def flood() -> float:
        connection = await connect(live)
        await connection.read_message()
        begun = asyncio.get_running_loop().time()
        for _ in range(6):
            await connection.write_message(small, binary=True)
        for _ in range(6):
            await connection.read_message()
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(flood()) >= 0.5


def test_nothing_is_written_and_nothing_logged(live, tmp_path, capfd, caplog):
    opened = []
    looking = True

    def hear(event, arguments):
        if looking and event == "open" and isinstance(arguments[0], str):
            mode, flags = arguments[1], arguments[2]
            if (mode and set(mode) & set("wax+")) or flags & (os.O_WRONLY | os.O_RDWR):
                opened.append(arguments[0])

    sys.addaudithook(hear)
    talk(live, FACE, b"no picture")
    get(f"{origin(live)}/wrong/")
    looking = False
    assert opened == []
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_port_that_is_taken_is_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"Expected a free port. Received: {port}"):
            LivePage("lenet5-fer2013", port=port)


def test_a_notebook_shows_it_in_a_frame_that_may_use_the_camera_and_may_then_show_people(
    live, listening
):
    assert f'<iframe src="{live.address}" allow="camera"' in live._repr_html_()
    LivePage("lenet5-fer2013")
    assert watch.may_show_people([]) == "after the notebook read the camera's page"


def command(*options: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "fer_kit.cli", "camera", *options],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_prints_one_line_with_the_address_and_ends_with_ctrl_c():
    running = command("lenet5-fer2013", "--no-browser")
    address = running.stdout.readline().split()[-1]
    assert get(address)[0] == 200
    running.send_signal(signal.SIGINT)
    out, error = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert error == "\nfer-kit: stopped. Nothing was kept.\n"


def test_the_command_opens_the_page_in_a_browser(tmp_path):
    browser = tmp_path / "browser"
    opened = tmp_path / "opened"
    browser.write_text(f"#!/bin/sh\necho $1 > {opened}\nsleep 100\n")  # as if it stayed open
    browser.chmod(0o755)
    running = command("lenet5-fer2013", BROWSER=str(browser))
    address = running.stdout.readline().split()[-1]
    until = time.monotonic() + 60
    while not (opened.exists() and opened.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    assert opened.read_text().strip() == address
    assert get(address)[0] == 200
    running.send_signal(signal.SIGINT)
    running.wait(timeout=60)


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (["nobody"], {}, "Expected the path of a .keras file, or the name of a model"),
        ([], {"COLAB_RELEASE_TAG": "1"}, "Received: Colab"),
        ([], {"SSH_CONNECTION": "1 2 3 4"}, "--port 8765"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(options, environment, said):
    running = command(*options, "--no-browser", **environment)
    out, error = running.communicate(timeout=60)
    assert (running.returncode, out) == (1, "")
    assert error.startswith("fer-kit: Expected ")
    assert said in error
