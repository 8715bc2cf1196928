"""A real browser for the tests: Chromium without a window, led through its DevTools protocol."""

import asyncio
import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import websocket_connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-dev-shm-usage", "--remote-debugging-port=0",
)  # fmt: skip
ONE_WORLD = "--disable-site-isolation-trials"  # frames of elsewhere can be asked, too
PATIENCE = 60.0  # seconds: two cores may have much to do
LOOK_AGAIN = 0.05


def chromium() -> str:
    """The browser's path; the test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), "")
    return found or pytest.skip("no Chromium is installed; CONTRIBUTING.md says how")


def fake_camera(path: Path, frames: list[np.ndarray]) -> tuple[str, ...]:
    """What makes a browser's camera show these frames, uint8 (H, W, 3), again and again."""
    jpegs = [cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1] for frame in frames]
    path.write_bytes(b"".join(jpeg.tobytes() for jpeg in jpegs))
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )


class Tab:
    """The tab of a browser of its own, whose profile is in a new folder.

    Attributes:
        requests: the addresses of everything that it has asked for.
    """

    def __init__(self, folder: Path, *options: str):
        self._loop = asyncio.new_event_loop()
        self._profile = folder
        self._browser = subprocess.Popen(
            [chromium(), *QUIET, f"--user-data-dir={folder}", *options, "about:blank"],
            stderr=subprocess.DEVNULL,
        )
        self._count, self.requests, self._world = 0, [], {}
        try:
            self._socket = self._run(self._connect())
            for domain in ("DOM", "Page", "Runtime", "Network"):
                self.send(f"{domain}.enable")
        except BaseException:
            self._browser.kill()
            raise

    def close(self) -> None:
        """End the browser."""
        self._browser.terminate()
        self._browser.wait(PATIENCE)
        self._run(self._hang_up())
        self._loop.close()

    async def _hang_up(self) -> None:
        self._socket.close()  # which asks for the loop that runs

    def go(self, address: str) -> None:
        """Open an address."""
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def enter_frame(self) -> None:
        """From now on `ask` asks the page's first frame; the browser needs the option ONE_WORLD."""
        tree = self.send("Page.getFrameTree")["frameTree"]
        frame = tree["childFrames"][0]["frame"]["id"]
        world = self.send("Page.createIsolatedWorld", frameId=frame)
        self._world = {"contextId": world["executionContextId"]}

    def ask(self, script: str) -> Any:
        """What an expression in JavaScript gives, as a plain value."""
        told = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True,
            userGesture=True, **self._world,
        )  # fmt: skip
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, script: str, what: Callable[[Any], bool] = bool) -> Any:
        """Wait until an expression gives what is wanted, and return it."""
        end, found = time.monotonic() + PATIENCE, None
        while time.monotonic() < end:
            if what(found := self.ask(script)):
                return found
            self._run(asyncio.sleep(LOOK_AGAIN))
        raise AssertionError(f"{script} has stayed {found!r}")

    def text(self, name: str) -> str:
        """The text of what has this id."""
        return self.ask(f"document.getElementById('{name}').innerText")

    def press(self, name: str) -> None:
        """Press the button with this id, as soon as it can be pressed."""
        self.until(f"!document.getElementById('{name}').disabled")
        self.ask(f"document.getElementById('{name}').click()")

    def picture(self, path: Path, width: int, height: int, dark: bool = False) -> None:
        """Take a picture of the tab as it is in a window of this size."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2,
            mobile=width < 500,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self._run(asyncio.sleep(1))
        taken = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def send(self, method: str, **values: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer."""
        return self._run(self._send(method, values))

    async def _send(self, method: str, values: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        await self._socket.write_message(
            json.dumps({"id": self._count, "method": method, "params": values})
        )
        while True:
            message = await self._socket.read_message()
            assert message is not None, "the browser has gone"
            told = json.loads(message)
            if told.get("method") == "Network.requestWillBeSent":
                self.requests.append(told["params"]["request"]["url"])
            elif told.get("method") == "Network.webSocketCreated":
                self.requests.append(told["params"]["url"])
            if told.get("id") == self._count:
                assert "error" not in told, told["error"]
                return told["result"]

    async def _connect(self):
        """The tab's own socket; the browser writes down where it listens."""
        noted, end = self._profile / "DevToolsActivePort", time.monotonic() + PATIENCE
        while not (noted.exists() and noted.read_text().count("\n")):
            assert time.monotonic() < end, "the browser does not start"
            await asyncio.sleep(LOOK_AGAIN)
        port = noted.read_text().split()[0]
        while True:
            listed = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/json")
            tabs = [tab for tab in json.loads(listed.body) if tab["type"] == "page"]
            if tabs:
                return await websocket_connect(
                    tabs[0]["webSocketDebuggerUrl"], max_message_size=64 << 20
                )
            await asyncio.sleep(LOOK_AGAIN)

    def _run(self, waiting: Any) -> Any:
        return self._loop.run_until_complete(asyncio.wait_for(waiting, PATIENCE))
