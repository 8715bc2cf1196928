"""What a submission may try: programs that print REACHED where they get what they must not get.

To each belongs the wall that stops it. Without the wall the attack has to succeed: this shows that
the attack is one, and that a test would notice if the wall were gone.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from fer_kit.grading import sandbox, walls

SECRET = "fer-kit-secret-4711"
LIMITS = {"profile": "smoke", "minutes": 5, "memory_mb": 150, "processes": 40, "output_mb": 5}
BEGIN = """
import ctypes, mmap, os, resource, socket, sys, time
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)
SETSOCKOPT, EXIT = (54, 60) if os.uname().machine == "x86_64" else (208, 93)
"""
ADD_KEY, KEYCTL = (248, 250) if os.uname().machine == "x86_64" else (217, 219)
# Holds more and more; `pieces` tells what was added, in bytes. What was enough is held until the
# watch has surely looked, however busy the computer is: it looks every tenth of a second.
HOLD = """
def hold(pieces, enough=300_000_000):
    held = 0
    for size in pieces:
        held += size
        if held > enough:
            time.sleep(2)
            print("REACHED", held, flush=True)
            return
"""


@dataclass(frozen=True)
class Attack:
    """A program, a function that takes away what stops it, and limits unlike the usual."""

    code: str
    fall: Callable | None
    limits: dict = field(default_factory=dict)

    def run(self) -> sandbox.Outcome:
        """Try it in the sandbox."""
        command = [sys.executable, "-c", BEGIN + HOLD + self.code]
        return sandbox.run_in_sandbox(command, b"", LIMITS | self.limits)


def without(*words: str) -> Callable:
    """Takes these words, in this order, out of the command lines."""

    def fall(monkeypatch):
        for name in ("outer", "inner"):
            whole = getattr(walls, name)
            monkeypatch.setattr(
                walls, name, lambda *a, whole=whole, **more: cut(whole(*a, **more), words)
            )

    return fall


def cut(command: list[str], words: tuple[str, ...]) -> list[str]:
    found = [i for i in range(len(command)) if tuple(command[i : i + len(words)]) == words]
    gone = {i + j for i in found for j in range(len(words))}
    return [word for i, word in enumerate(command) if i not in gone]


def allowing(*names: str) -> Callable:
    """Lets these system calls through."""
    rules = [rule for rule in walls.REFUSED if rule[0] not in names]
    return lambda monkeypatch: monkeypatch.setattr(walls, "REFUSED", rules)


def uncounted(*names: str) -> Callable:
    """Counts nothing for a file, a socket or a process."""

    def fall(monkeypatch):
        for name in names:
            monkeypatch.setattr(sandbox, name, 0)

    return fall


def in_the_same_network(monkeypatch):
    whole = walls.outer
    monkeypatch.setattr(walls, "outer", lambda *a: share_network(whole(*a)))


def share_network(command: list[str]) -> list[str]:
    place = command.index("--seccomp")
    return [*command[:place], "--share-net", *command[place:]]


def as_root(monkeypatch):
    """Root stays root, in one sandbox: bubblewrap would make no other for it."""
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(walls, "inner", list)


def own_memory_only(monkeypatch):
    monkeypatch.setattr(sandbox, "OWN", re.compile(r"(?:RssAnon|VmSwap):\s+(\d+) kB"))


def heads_only(monkeypatch):
    monkeypatch.setattr(sandbox, "_threads", lambda process: [process])


def unwatched(monkeypatch):
    monkeypatch.setattr(sandbox, "_held", lambda root: (0, 0))


def both(*falls: Callable) -> Callable:
    return lambda monkeypatch: [fall(monkeypatch) for fall in falls]


ATTACKS = {
    # Secrets
    "environment": Attack(
        f"""
texts = [str(os.environ)]
for path in Path("/proc").glob("*/environ"):
    try: texts.append(path.read_text(errors="replace"))
    except OSError: pass
if any({SECRET!r} in text for text in texts): print("REACHED")
""",
        without("-i"),
    ),
    "command_lines": Attack(
        """
for path in Path("/proc").glob("[0-9]*/cmdline"):
    if path.parent.name != str(os.getpid()) and path.read_bytes():
        print("REACHED", path.read_text())
""",
        without("--as-pid-1"),
    ),
    "keys": Attack(
        f"""
found = libc.syscall({KEYCTL}, 10, -3, b"user", {SECRET.encode()!r}, 0)
held = ctypes.create_string_buffer(100)
if found > 0 and libc.syscall({KEYCTL}, 11, found, held, 100) > 0: print("REACHED", held.value)
""",
        allowing("keyctl", "add_key", "request_key"),
    ),
    # Ways out
    "system_settings": Attack(
        """
for places in Path("/proc").glob("*"), Path("/proc/sys").rglob("*"), Path("/proc/irq").rglob("*"):
    for path in places:
        try: os.close(os.open(path, os.O_WRONLY))
        except OSError: continue
        print("REACHED", path)
""",
        as_root,
    ),
    "rights": Attack(
        """
for line in Path("/proc/self/status").read_text().splitlines():
    if line.startswith("Cap") and int(line.split()[1], 16): print("REACHED", line)
    if line == "NoNewPrivs:\t0": print("REACHED", line)
if os.getuid() == 0: print("REACHED")
""",
        as_root,
    ),
    "new_namespace": Attack(
        """
if libc.unshare(0x10000000) == 0: print("REACHED")
""",
        without("--disable-userns"),
    ),
    "network": Attack(
        """
for family, kind in ((2, 1), (2, 2), (10, 1), (10, 2), (16, 3), (17, 3), (38, 5), (40, 1)):
    try: print("REACHED", socket.socket(family, kind))
    except OSError: pass
""",
        allowing("socket"),
    ),
    "local_services": Attack(
        f"""
with socket.socket(socket.AF_UNIX) as end:
    try: end.connect("\\0{SECRET}")
    except OSError: pass
    else: print("REACHED")
""",
        in_the_same_network,
    ),
    "other_places": Attack(
        """
mounts = [Path(line.split()[4]) for line in open("/proc/self/mountinfo")]
for place in {place for mount in mounts for place in (mount, *mount.parents)}:
    if str(place) in ("/student", "/student/runs", "/tmp", "/dev/shm"): continue
    try: Path(place, "attack").write_text("here")
    except OSError: continue
    print("REACHED", place)
""",
        both(without("--remount-ro", "/"), without("--remount-ro", "/dev")),
    ),
    "descriptors": Attack(
        """
for number in range(3, 256):
    try: print("REACHED", number, os.fstat(number))
    except OSError: pass
""",
        None,
    ),
    "core_dump": Attack(
        """
try: resource.setrlimit(resource.RLIMIT_CORE, (1_000_000, 1_000_000))
except ValueError: pass
else: print("REACHED")
""",
        without("--core=1"),
    ),
    # Too much
    "threads": Attack(
        """
import threading
threading.stack_size(65536)
count = 0
try:
    for count in range(100): threading.Thread(target=time.sleep, args=(60,)).start()
except RuntimeError: pass
if count > 60: print("REACHED", count, flush=True)
os._exit(0)
""",
        without("--nproc=40"),
        {"processes": 5},
    ),
    "memory_at_once": Attack(
        """
try: print("REACHED", mmap.mmap(-1, 400_000_000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
except OSError: pass
""",
        without("--data=150000000"),
    ),
    "memory_of_many": Attack(
        """
def pieces():
    while True:
        told, tell = os.pipe()
        if os.fork() == 0:
            keep = bytearray(50_000_000)
            os.write(tell, b"1")
            time.sleep(60)
        os.read(told, 1)
        os.close(told), os.close(tell)
        yield 50_000_000
hold(pieces())
""",
        unwatched,
    ),
    "memory_of_a_headless_process": Attack(
        """
import threading
def fill(tell):
    keep = bytearray(50_000_000)
    os.write(tell, b"1")
    time.sleep(60)
def pieces():
    while True:
        told, tell = os.pipe()
        if os.fork() == 0:
            threading.Thread(target=fill, args=(tell,)).start()
            libc.syscall(EXIT, 0)  # only this thread, which is what the process is listed under
        os.read(told, 1)
        os.close(told), os.close(tell)
        yield 50_000_000
hold(pieces())
""",
        both(heads_only, uncounted("OF_PROCESS")),
    ),
    "memfd": Attack(
        """
def pieces():
    while True:
        os.write(os.memfd_create("x"), bytes(4_000_000))
        yield 4_000_000
hold(pieces())
""",
        allowing("memfd_create"),
    ),
    "shared_memory_given_back": Attack(
        """
keep = []
def pieces():
    while True:
        keep.append(mmap.mmap(-1, 10_000_000))
        keep[-1].write(b"1" * 10_000_000)
        keep[-1].madvise(mmap.MADV_DONTNEED)
        yield 10_000_000
hold(pieces())
""",
        allowing("mmap"),
    ),
    "mapped_zero": Attack(
        """
keep = []
zero = os.open("/dev/zero", os.O_RDWR)
def pieces():
    while True:
        keep.append(mmap.mmap(zero, 10_000_000, mmap.MAP_SHARED))
        keep[-1].write(b"1" * 10_000_000)
        keep[-1].madvise(mmap.MADV_DONTNEED)
        yield 10_000_000
hold(pieces())
""",
        without("--dev-bind", "/dev/null", "/dev/zero"),
    ),
    "segments": Attack(
        """
libc.shmat.restype = ctypes.c_void_p
def pieces():
    while (segment := libc.shmget(0, 10_000_000, 0o1600)) >= 0:
        place = ctypes.c_void_p(libc.shmat(segment, None, 0))
        ctypes.memset(place, 1, 10_000_000)
        libc.shmdt(place)
        yield 10_000_000
hold(pieces())
""",
        allowing("shmget"),
    ),
    "messages": Attack(
        """
def pieces():
    while (queue := libc.msgget(0, 0o1600)) >= 0:
        for _ in range(2):
            libc.msgsnd(queue, (1).to_bytes(8, "little") + bytes(8000), 8000, 0o4000)
        yield 16_000
hold(pieces())
""",
        allowing("msgget"),
    ),
    "pages_in_pipes": Attack(
        """
class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
def pieces():
    while True:
        _, pipe = os.pipe()
        for _ in range(8):
            memory = mmap.mmap(-1, 4 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            memory.madvise(mmap.MADV_HUGEPAGE)
            start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            start += -start % (2 << 20)
            ctypes.memset(start, 1, 1)  # one byte of it takes two megabytes
            if libc.vmsplice(pipe, ctypes.byref(Piece(start, 4096)), 1, 0) < 0: return
            del memory
            yield 2 << 20
hold(pieces())
""",
        allowing("vmsplice"),
    ),
    "large_socket_buffers": Attack(
        """
keep = []
def pieces():
    while True:
        keep.append(socket.socketpair())
        for end in keep[-1]:
            end.setblocking(False)
            # Bits that the system does not look at, and rules may.
            many = ctypes.byref(ctypes.c_int(1 << 30))
            buffer = ctypes.c_long(socket.SO_SNDBUF | 1 << 40)
            if libc.syscall(SETSOCKOPT, end.fileno(), socket.SOL_SOCKET, buffer, many, 4): return
            try:
                while True: yield end.send(bytes(60_000))
            except BlockingIOError: pass
try: hold(pieces())
except OSError: pass
""",
        both(allowing("setsockopt"), uncounted("OF_SOCKET")),
    ),
    "many_sockets": Attack(
        """
def filled():
    keep, held = [], 0
    for _ in range(120):
        keep.append(socket.socketpair())
        for end in keep[-1]:
            end.setblocking(False)
            try:
                while True: held += end.send(bytes(60_000))
            except BlockingIOError: pass
    return keep, held
def pieces():
    while True:
        told, tell = os.pipe()
        if os.fork() == 0:
            keep, held = filled()
            os.write(tell, str(held).encode())
            time.sleep(60)
        yield int(os.read(told, 20))
        os.close(told), os.close(tell)
hold(pieces())
""",
        uncounted("OF_SOCKET", "OF_PROCESS"),
    ),
    "tmpfs_of_its_own": Attack(
        """
def pieces():
    user, group = os.getuid(), os.getgid()
    if libc.unshare(0x10000000 | 0x20000): return
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    if libc.mount(b"x", b"/tmp", b"tmpfs", 0, None): return
    for number in range(1000):
        Path("/tmp", str(number)).write_bytes(bytes(4_000_000))
        yield 4_000_000
hold(pieces())
""",
        without("--disable-userns"),
    ),
    "files": Attack(
        """
def pieces():
    for number in range(1000):
        for place in ("/tmp", "/dev/shm", Path.home()):
            Path(place, str(number)).write_bytes(bytes(4_000_000))
            yield 4_000_000
try: hold(pieces())
except OSError: pass
""",
        both(unwatched, without("--size", "5000000")),
    ),
    "deleted_files": Attack(
        """
keep = []
def pieces():
    while True:
        keep.append(open(Path("/tmp", "gone"), "wb"))
        keep[-1].write(bytes(10_000_000))
        keep[-1].flush()
        os.unlink(Path("/tmp", "gone"))
        yield 10_000_000
try: hold(pieces())
except OSError: pass
""",
        unwatched,
        {"output_mb": 1000},
    ),
    "empty_files": Attack(
        """
def pieces():
    for number in range(1_000_000):
        os.mknod(Path("/tmp", str(number)))
        yield 1000
hold(pieces(), 150_000_000)
""",
        uncounted("OF_FILE"),
        {"memory_mb": 100},
    ),
    "page_tables": Attack(
        """
libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, [ctypes.c_size_t] * 6
def pieces():
    start = libc.mmap(0, 1 << 40, 1, 0x4022, 2**64 - 1, 0)
    for place in range(start, start + (1 << 40), 2 << 20):
        ctypes.c_char.from_address(place).value
        yield 4096
hold(pieces())
""",
        own_memory_only,
    ),
}
