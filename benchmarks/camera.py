"""How fast the camera's page is answered: drawn faces at 640×480, one core for the server.

    python benchmarks/camera.py [--frames 10000] [--cores 1]

`fer-kit camera` is started as a user starts it. A fake page sends it frames, each when the answer
to the one before has come, as the real one does, first as fast as it goes and then as a camera
gives them, 30 a second. The time of an answer is the median (p50) and what 95 of 100 stay below
(p95), from sending the frame; the processor's own time (CPU) of the server is what remains where
nothing else runs, and bounds the frames a second. Memory is looked at after a tenth of the frames
and after all. Frames come as JPEG: what the browser takes to make and to draw them is not in it.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from io import BytesIO
from urllib.parse import urlsplit

import numpy as np
import psutil
from PIL import Image
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from fer_kit import synthetic
from fer_kit.cards import default_model

FILM = 60  # different frames, two seconds of a camera
CAMERA = 30  # frames a second
THREE = ("cnn-fer2013", "small-fer2013", "lenet5-fer2013")
BEGUN = 60  # frames that do not count


def film(people: int) -> list[bytes]:
    """Frames of drawn people who smile and stop, and turn their heads; JPEG, 640×480."""
    noise = np.random.default_rng(0)
    return [_frame(people, 2 * np.pi * step / FILM, noise) for step in range(FILM)]


def _frame(people: int, angle: float, noise: np.random.Generator) -> bytes:
    page = np.full((480, 640), 180.0)
    for person in range(people):
        turn = float(np.sin(angle + person))
        view = synthetic.Camera(yaw=0.15 * turn, shift=(0.05 * turn, 0.0))
        units = synthetic.action_units("happy", 0.5 + 0.5 * turn)
        face = synthetic.render(synthetic.identity(person), units, person, view, 200)
        left = 10 + 210 * person
        page[140:340, left : left + 200] = face
    page += noise.normal(0, 4, page.shape)
    stream = BytesIO()
    Image.fromarray(page.clip(0, 255).astype(np.uint8)).convert("RGB").save(
        stream, "JPEG", quality=92
    )
    return stream.getvalue()


class Server:
    """`fer-kit camera` as a process of its own, kept to some cores."""

    def __init__(self, cores: int):
        begun = time.perf_counter()
        allowed = sorted(os.sched_getaffinity(0))[-cores:]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fer_kit.cli", "camera", "--no-browser"],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, allowed),
        )
        self.address = self.process.stdout.readline().split()[-1]
        self.start = time.perf_counter() - begun  # seconds
        self.watched = psutil.Process(self.process.pid)

    def processor(self) -> float:
        """Seconds of the processor so far."""
        times = self.watched.cpu_times()
        return times.user + times.system

    def memory(self) -> float:
        """MB that it holds."""
        return self.watched.memory_info().rss / 2**20


async def connect(server: Server):
    """The socket of a page, greeted."""
    origin = f"http://{urlsplit(server.address).netloc}"
    address = server.address.replace("http", "ws") + "socket"
    socket = await websocket_connect(HTTPRequest(address, headers={"Origin": origin}))
    await socket.read_message()
    return socket


async def ask(socket, frame: bytes) -> dict:
    await socket.write_message(frame, binary=True)
    return json.loads(await socket.read_message())


async def measure(server: Server, socket, frames: list[bytes], count: int, pace: float = 0) -> str:
    """Frames a second, milliseconds to the answer, and the server's processor time for each."""
    for index in range(BEGUN):
        await ask(socket, frames[index % FILM])
    took, before, begun = [], server.processor(), time.perf_counter()
    for index in range(count):
        if pace:
            await asyncio.sleep(begun + index / pace - time.perf_counter())
        asked = time.perf_counter()
        await ask(socket, frames[index % FILM])
        took.append(time.perf_counter() - asked)
    seconds = time.perf_counter() - begun
    p50, p95 = 1000 * np.quantile(took, [0.5, 0.95])
    cpu = (server.processor() - before) / count
    return f"{count / seconds:10.1f}{p50:9.1f}{p95:9.1f}{1000 * cpu:9.1f}{1 / cpu:12.0f}"


async def run(server: Server, frames: int) -> None:
    socket = await connect(server)
    one, three = film(1), film(3)
    asked = time.perf_counter()
    answer = await ask(socket, one[0])
    first = server.start + time.perf_counter() - asked
    print(f"start to first answer: {first:.1f} s; faces found: {len(answer['faces'])}\n")
    print(f"{'frames/s':>44}{'p50':>9}{'p95':>9}{'CPU, ms':>9}{'1 / CPU':>12}")

    async def line(what: str, frames: list[bytes], pace: float = 0, count: int = 600) -> None:
        print(f"{what:<34}{await measure(server, socket, frames, count, pace)}", flush=True)

    await line(f"one face, {default_model()}", one)
    await line(f"the same, {CAMERA} frames a second", one, CAMERA)
    early = frames // 10
    await line(f"the same, {early:,} frames", one, count=early)
    before = server.memory()
    await line(f"the same, {frames - early:,} more", one, count=frames - early)
    print(f"memory: {before:.1f} MB, then {server.memory():.1f} MB")
    await line("three faces", three)
    await socket.write_message(json.dumps({"choose": THREE}))
    await socket.read_message()
    await line("one face, three networks", one)
    await line("three faces, three networks", three)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=10_000, help="for the memory")
    parser.add_argument("--cores", type=int, default=1, help="how many the server may use")
    options = parser.parse_args()
    server = Server(options.cores)
    print(f"server on {options.cores} of {os.cpu_count()} cores")
    try:
        asyncio.run(run(server, options.frames))
    finally:
        server.process.kill()
        server.process.wait()


if __name__ == "__main__":
    main()
