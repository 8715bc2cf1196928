"""The page in a real browser, whose camera shows drawn faces."""

import re
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from browsers import ONE_WORLD, Tab, fake_camera
from saved_models import save_lenet5
from scenes import jpeg, scene

import fer_kit as fk
from fer_kit import cards
from fer_kit.camera import LivePage, server
from fer_kit.pictures import read_picture, write_picture

NAMES = ("lenet5-fer2013", "cnn-fer2013", "small-fer2013")
HAPPY, SURPRISE = scene((3, "happy")), scene((5, "surprise"))
SAID = "[...document.querySelectorAll('#answer > div')].map(card => card.dataset.emotion)"
FACES = "document.querySelectorAll('.face').length"
ERROR = "document.querySelector('#error:not([hidden]) p')?.innerText"


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def browse(tmp_path):
    """A function that opens a browser; what its camera shows are these pictures."""
    opened = []

    def open_browser(*pictures: np.ndarray, options: tuple[str, ...] = ()) -> Tab:
        if pictures:
            options = (*options, *fake_camera(tmp_path / "camera.mjpeg", list(pictures)))
        opened.append(Tab(tmp_path / f"browser-{len(opened)}", *options))
        return opened[-1]

    yield open_browser
    for tab in opened:
        tab.close()


def start(tab: Tab, live: LivePage) -> list[str]:
    """Open the page and start the camera; returns the first answer of each network."""
    tab.go(live.address)
    tab.press("start")
    return tab.until(SAID, all)


def choose(tab: Tab, *names: str) -> None:
    """Tick these networks and no others."""
    tab.ask(
        "document.querySelectorAll('#offered input').forEach(box => "
        f"{{ box.checked = {list(names)}.includes(box.value) }});"
        "document.getElementById('models').dispatchEvent(new Event('change'))"
    )


def answers(picture: np.ndarray, name: str = NAMES[0]) -> list[fk.classify.Answer]:
    return fk.predict_emotion(fk.load_model(name), read_picture(BytesIO(jpeg(picture))))


def test_the_answer_is_that_of_predict_emotion_and_nothing_leaves_the_computer(live, browse):
    tab = browse(SURPRISE)
    tab.go(live.address)
    before = tab.text("before")
    for said in ("because you want to", "Nothing is kept", "not a feeling", "AI Act", "127.0.0.1"):
        assert said in before
    assert tab.ask("document.getElementById('film').srcObject") is None  # it waits for the click
    (said,) = start(tab, live)
    (right,) = answers(SURPRISE)
    assert said == right.emotion
    second = sorted(right.probabilities, key=right.probabilities.get)[-2]
    assert f"then {second}" in tab.text("answer").replace("\n", " ")
    assert tab.ask("document.querySelectorAll('#bars [data-emotion]').length") == len(
        right.probabilities
    )
    tab.until("document.getElementById('fps').innerText", re.compile(r"\d+ frames/s · \d+").match)
    tab.until("document.getElementById('steady').innerText", re.compile(said).match)
    tab.until("document.getElementById('announcement').innerText", re.compile(said).match)
    local = [urlsplit(address).hostname == "127.0.0.1" for address in tab.requests]
    assert len(local) >= 4
    assert all(local), tab.requests


def test_three_faces_and_three_networks_are_answered_side_by_side(live, browse):
    tab = browse(scene((3, "happy"), (5, "surprise"), (6, "angry")))
    start(tab, live)
    choose(tab, *NAMES)
    assert len(tab.until(SAID, lambda said: len(said) == 3 and all(said))) == 3
    tab.until(FACES, lambda count: count == 3)
    tab.ask("document.querySelectorAll('.face')[2].click()")
    number = tab.ask("document.querySelectorAll('.face')[2].innerText")[0]
    tab.until("document.getElementById('said-title').innerText", lambda told: number in told)
    heads = tab.ask(
        "[...document.querySelectorAll('#bars tr:first-child th')].map(h => h.innerText)"
    )
    assert heads == sorted(NAMES)
    choose(tab, *NAMES, "ensemble-fer2013")  # a fourth is one too many
    tab.until("document.querySelectorAll('#offered :checked').length", lambda count: count == 3)


def test_the_space_bar_pauses_and_turning_off_ends_the_camera(live, browse):
    tab = browse(HAPPY)
    start(tab, live)
    paused = "document.getElementById('pause').innerText !== 'Pause'"
    tab.ask("document.activeElement.blur()")
    for expected in (True, False):
        for kind in ("keyDown", "keyUp"):
            tab.send("Input.dispatchKeyEvent", type=kind, key=" ", code="Space", text=" ")
        tab.until(paused, lambda found, expected=expected: found is expected)
    tab.until(SAID, all)
    tab.press("stop")
    tab.until("document.getElementById('film').srcObject === null")
    assert tab.ask("!document.getElementById('before').hidden")


def test_the_keyboard_stays_on_the_network_that_it_chose(live, browse):
    tab = browse(HAPPY)
    start(tab, live)
    tab.ask(f"document.querySelector('[value={NAMES[1]}]').focus()")
    for kind in ("keyDown", "keyUp"):
        tab.send("Input.dispatchKeyEvent", type=kind, key=" ", code="Space", text=" ")
    tab.until(SAID, lambda said: len(said) == 2 and all(said))
    assert tab.ask("document.activeElement.value") == NAMES[1]


def test_a_picture_and_a_video_do_as_well_as_a_camera(live, browse, tmp_path):
    picture = write_picture(tmp_path / "face.png", SURPRISE)
    film = tmp_path / "face.webm"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"VP80"), 10, (640, 480))
    for _ in range(20):
        writer.write(cv2.cvtColor(SURPRISE, cv2.COLOR_RGB2BGR))
    writer.release()
    note = tmp_path / "note.mp4"
    note.write_text("no video")
    tab = browse()
    tab.go(live.address)
    for file in (picture, film):
        give(tab, file)
        assert tab.until(SAID, all) == [answers(SURPRISE)[0].emotion]
        tab.press("stop")
    give(tab, note)
    assert tab.until(ERROR).startswith("note.mp4 cannot be shown here.")


def give(tab: Tab, file) -> None:
    """Choose a file, as if in the browser's dialogue."""
    tab.until("!document.getElementById('file').disabled")
    root = tab.send("DOM.getDocument")["root"]["nodeId"]
    node = tab.send("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    tab.send("DOM.setFileInputFiles", files=[str(file)], nodeId=node)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--deny-permission-prompts", "--use-fake-device-for-media-stream"),
            "The camera was not allowed.",
        ),
        (("--use-fake-ui-for-media-stream",), "No camera was found."),
    ],
)
def test_a_camera_that_is_denied_or_missing_is_a_sentence(live, browse, options, said):
    tab = browse(options=options)
    tab.go(live.address)
    tab.press("start")
    assert tab.until(ERROR).startswith(said)


def test_a_notebook_of_this_computer_shows_it_in_a_frame(live, browse, tmp_path):
    """JupyterLab is at localhost, the page at 127.0.0.1: to a browser, two places."""
    (tmp_path / "index.html").write_text(live._repr_html_())
    handler = partial(Silent, directory=tmp_path)
    jupyter = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=jupyter.serve_forever, daemon=True).start()
    tab = browse(SURPRISE, options=(ONE_WORLD,))
    tab.go(f"http://localhost:{jupyter.server_port}/")
    tab.until("1", lambda _: live.visitor is not None)
    tab.enter_frame()
    tab.press("start")
    assert tab.until(SAID, all) == [answers(SURPRISE)[0].emotion]
    jupyter.shutdown()


def test_a_second_tab_is_a_sentence_and_a_reload_is_none(live, browse, monkeypatch):
    tab = browse(HAPPY)
    start(tab, live)
    tab.send("Page.reload")
    tab.until("document.getElementById('start')?.disabled === false")
    assert not tab.ask(ERROR)
    monkeypatch.setattr(server, "PATIENCE", 0.2)
    tab.go("about:blank#left")
    tab.send("Target.createTarget", url=live.address)
    tab.until("1", lambda _: live.visitor is not None)
    tab.go(live.address)
    assert tab.until(ERROR) == server.SECOND_TAB


def test_a_lost_connection_is_a_sentence(live, browse):
    tab = browse(HAPPY)
    start(tab, live)
    live.close()
    assert tab.until(ERROR).startswith("The connection to fer-kit camera was lost")


def test_an_address_of_an_earlier_start_is_a_sentence(live, browse):
    tab = browse()
    tab.go(live.address.replace(live.token, "earlier"))
    assert "open the one that fer-kit camera prints" in tab.text("error")


def test_a_frame_that_python_refuses_is_a_sentence_and_the_next_is_answered(live, browse):
    tab = browse(HAPPY)
    start(tab, live)
    sends = "HTMLCanvasElement.prototype.toBlob"
    tab.ask(f"window.kept = {sends}; 0")
    for wrong, said in (("'no picture'", "as JPEG"), ("new Uint8Array(3e6)", "too large")):
        tab.ask(f"{sends} = (done) => done(new Blob([{wrong}])); 0")
        assert said in tab.until(ERROR)
        tab.ask(f"{sends} = window.kept; 0")
        tab.press("again")
        tab.until(ERROR, lambda error: not error)
    tab.press("start")
    tab.until(SAID, all)


def test_the_page_says_how_many_models_it_leaves_out_and_why(browse, make_faces, tmp_path):
    path = save_lenet5(tmp_path / "runs" / "mine" / "models", make_faces())
    cards.add_to_card(path, {"pictures": ["infrared"]})
    live = LivePage(NAMES[0], "mine").start()
    tab = browse()
    tab.go(live.address)
    summary = "document.querySelector('#left-out:not([hidden]) summary')?.innerText"
    assert tab.until(summary) == "1 not offered"
    tab.ask("document.getElementById('left-out').open = true")
    assert "lenet5 (mine) looks at infrared pictures." in tab.text("left-out")
    assert "lenet5 (mine)" not in tab.text("offered")
    live.close()


def test_a_model_without_a_card_is_a_sentence_and_the_one_before_goes_on(
    browse, make_faces, tmp_path
):
    path = save_lenet5(tmp_path / "runs" / "mine" / "models", make_faces())
    path.with_suffix(".json").unlink()
    live = LivePage(NAMES[0], "mine").start()
    tab = browse(HAPPY)
    start(tab, live)
    choose(tab, "lenet5 (mine)")
    assert "lenet5.keras its card" in tab.until(ERROR)
    tab.press("again")
    assert len(tab.until(SAID, all)) == 1
    assert tab.ask("document.querySelector('#offered :checked').value") == NAMES[0]
    live.close()
