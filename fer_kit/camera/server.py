"""How page and Python meet: tornado, which JupyterLab brings, on 127.0.0.1 alone.

Whoever wants in needs a random token, which is in the page's address, and has to come from that
page: names that only lead here (Host) and pages of others (Origin) are sent away. One page at a
time, one frame at a time. Nothing is written to disk, and nothing is logged.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import escape
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from fer_kit import watch
from fer_kit.camera.place import check_place
from fer_kit.camera.session import Session, offers
from fer_kit.errors import InputError

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
FRAME_BYTES = 2 << 20  # a larger message ends its connection, which says why
MESSAGE_BYTES = 8 * FRAME_BYTES  # of an even larger one no more is read
FRAMES_A_SECOND = 60  # more have to wait
PATIENCE = 1.0  # seconds in which the page that was there before may leave, as when it is reloaded
FILES = {
    "": ("camera.html", "text/html"),
    "camera.js": ("camera.js", "text/javascript"),
    "camera.css": ("camera.css", "text/css"),
}
# The page loads nothing from elsewhere and speaks to nobody else; only notebooks on this computer
# may frame it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: blob:; "
    "media-src blob:; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://localhost:* http://127.0.0.1:*"
)
SECOND_TAB = (
    "Expected one page at a time. Received: a second one. Close the other tab or window in which "
    "the camera's page is open, then try again."
)


class LivePage:
    """The page, from its making until `close`; in a notebook it shows itself.

    Args:
        model: a path or a name as `load_model` takes it; "" is the best at hand.
        run: the run whose models are offered.
        port: where it listens; 0 is any that is free.

    Attributes:
        address: where a browser finds it.

    Raises:
        InputError: Python does not run on the reader's own computer, there is no such model, or the
            port is taken.
    """

    def __init__(self, model: str = "", run: str = "", port: int = 0):
        self.route = check_place(port)
        self.session = Session(*offers(model, run))
        self.token = secrets.token_urlsafe(16)
        self.visitor: Socket | None = None
        self.worker = ThreadPoolExecutor(1)  # so that one frame is looked at at a time
        try:
            self._sockets = bind_sockets(port, HOST)
        except OSError as error:
            raise InputError(
                f"Expected a free port. Received: {port} ({error.strerror}). Leave --port out: "
                "then one is found."
            ) from error
        self.port = self._sockets[0].getsockname()[1]
        self.address = f"http://{HOST}:{self.port}/{self.token}/"
        watch.note("the camera's page")

    async def serve(self, begun: Callable[[], Any] = bool) -> None:
        """Answer until `close`; `begun` is called as soon as that can be called."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        routes = [
            (r"/([^/]*)", Slash, {"live": self}),
            (r"/([^/]*)/socket", Socket, {"live": self}),
            (r"/([^/]*)/(.*)", Page, {"live": self}),
        ]
        server = HTTPServer(
            Application(
                routes,
                default_handler_class=Lost,
                default_handler_args={"live": self},
                log_function=lambda handler: None,
                websocket_max_message_size=MESSAGE_BYTES,
                websocket_ping_interval=10,
            ),
            max_body_size=0,
            max_header_size=8192,
            idle_connection_timeout=60,
        )
        server.add_sockets(self._sockets)
        begun()
        try:
            await self._ended.wait()
        finally:
            server.stop()
            await server.close_all_connections()
            self.worker.shutdown(wait=False, cancel_futures=True)

    def start(self) -> "LivePage":
        """Answer beside whatever else Python does."""
        begun = Event()
        Thread(target=lambda: asyncio.run(self.serve(begun.set)), daemon=True).start()
        begun.wait()
        return self

    def close(self) -> None:
        """End what `start` began, if it has not ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)

    def _repr_html_(self) -> str:
        """The page in a frame, which may use the camera."""
        return (
            f'<iframe src="{self.address}" allow="camera" title="The camera" '
            'style="width: 100%; height: 820px; border: 0"></iframe>'
        )


class Guarded(RequestHandler):
    """Lets nobody in who does not know the token, or comes by another name or from elsewhere."""

    def initialize(self, live: LivePage) -> None:
        self.live = live

    def set_default_headers(self) -> None:
        self.set_header("Server", "fer-kit")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Content-Security-Policy", POLICY.format(host=self.request.host))

    def prepare(self) -> None:
        origin, token = self.request.headers.get("Origin"), (*self.path_args, "")[0]
        own = f"http://{self.request.host}"
        if self.request.host_name not in NAMES:
            self.refuse(403, f"this page under its own name, {HOST}", self.request.host_name)
        elif origin != own and (origin or self.needs_origin):
            self.refuse(403, "a question from the camera's own page", origin or "one from nowhere")
        elif not secrets.compare_digest(token.encode(), self.live.token.encode()):
            self.refuse(404, "the address that fer-kit camera has printed", "another one")

    needs_origin = False

    def refuse(self, status: int, expected: str, received: str) -> None:
        """End with a page that says why."""
        self.set_status(status)
        self.finish(
            f'<!doctype html><html lang="en"><title>Not here</title><p id="error">Expected '
            f"{expected}. Received: {escape(received)}. Each start has an address of its own: "
            "open the one that fer-kit camera prints.</p></html>"
        )


class Page(Guarded):
    """The page, its script and its style sheet."""

    def get(self, token: str, name: str) -> None:
        if name not in FILES:
            self.refuse(404, "one of the page's own files", name)
            return
        file, kind = FILES[name]
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish(Path(__file__).with_name(file).read_bytes())


class Slash(Guarded):
    """The page's address without the slash at its end, as some copy it."""

    def get(self, token: str) -> None:
        self.redirect(f"/{token}/")


class Lost(Guarded):
    """Any other address."""


class Socket(Guarded, WebSocketHandler):
    """The page's connection. Each message is answered before the next one is read."""

    needs_origin = True
    _next = 0.0  # when the next frame may be looked at

    def check_origin(self, origin: str) -> bool:
        return True  # looked at in `prepare`, which also asks for one

    async def open(self, token: str) -> None:
        until = time.monotonic() + PATIENCE
        while self.live.visitor is not None and time.monotonic() < until:
            await asyncio.sleep(0.05)
        if self.live.visitor is not None:
            await self.say({"error": SECOND_TAB})
            self.close()
            return
        self.live.visitor = self
        session = self.live.session
        session.begin("film")
        await self.say(session.about() | {"route": self.live.route})

    async def on_message(self, message: str | bytes) -> None:
        if self.live.visitor is not self:
            return
        if len(message) > FRAME_BYTES:
            self.close(1009)  # "message too big" of RFC 6455
            return
        await asyncio.sleep(self._next - time.monotonic())
        self._next = max(self._next, time.monotonic()) + 1 / FRAMES_A_SECOND
        loop = asyncio.get_running_loop()
        await self.say(await loop.run_in_executor(self.live.worker, self.answer, message))

    def answer(self, message: str | bytes) -> dict[str, Any]:
        """What is said to a message: what nobody could use is refused, and the server lives on."""
        session = self.live.session
        try:
            if isinstance(message, bytes):
                return session.look(message)
            match json.loads(message):
                case {"choose": names}:
                    return session.choose(names)
                case {"begin": kind}:
                    return session.begin(kind)
            raise InputError("Expected a frame, or choose or begin. Received: something else.")
        except InputError as error:
            return {"error": str(error)}
        except Exception as error:
            return {"error": f"Expected a frame or a choice. Received: {type(error).__name__}."}

    def on_close(self) -> None:
        if self.live.visitor is self:
            self.live.visitor = None

    async def say(self, what: dict[str, Any]) -> None:
        with suppress(WebSocketClosedError):  # the page may have gone
            await self.write_message(json.dumps(what))
