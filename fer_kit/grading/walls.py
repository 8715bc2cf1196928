"""The walls of the sandbox: command lines that close everything but what is named here.

There are two sandboxes, both bubblewrap's, one in the other:

- The *outer* one holds the harness, `inside.py`. It has the hidden tests and the pipe on which it
  answers.
- The *inner* one, which the harness makes anew for each kernel, holds the submission.

Why the submission cannot reach the answer: whoever wants to write into another process's pipe, to
read its memory, to end it or to take its place needs a name for it, which is a process id, a file,
a socket or a descriptor that was inherited. The inner sandbox has process ids, files and IPC of its
own; process 1 in it is the submission itself; all that it inherits leads to /dev/null; and the
harness listens on no socket. Nothing in there names the harness. What is left are the sockets on
which the kernel listens, and says what its cells put out. There a submission can lie about itself,
as any program can, and about nothing else.

Why memory cannot be hidden: what a process holds by itself is counted (`sandbox.py`) and limited
(RLIMIT_DATA); everything that it can write to is one tmpfs, with a size; and what the system would
keep for it uncounted, such as shared memory without a file, it does not get (REFUSED). Where
systemd runs, a control group limits the sum once more, with all that the system keeps for it.

Root becomes nobody before anything else: the user with number 0 owns /proc/sys, whatever the
namespace, and is exempt from limits.
"""

import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fer_kit.files import MEGABYTE

NOBODY = 65534
HOME = "/student"
PATH = "/usr/local/bin:/usr/bin:/bin"  # where bubblewrap and the tools around it are looked for
COURSE = Path("/course")
LIBRARY = COURSE / "fer_kit"
HERE = Path(__file__).parents[1]  # the library on this side of the walls

# All that can be written to, in a tmpfs that only the harness sees whole, and where the submission
# sees its parts.
SCRATCH = Path("/fer-kit")
HARNESS = SCRATCH / "harness"
PARTS = {"home": HOME, "tmp": "/tmp", "shm": "/dev/shm"}
RUNS = SCRATCH / "runs"  # what a notebook makes, and the next ones read

# System calls that nobody in the sandbox gets, with conditions on their arguments.
Condition = tuple[int, int, int, int]  # which argument; then as in seccomp_rule_add(3)
NOT_EQUAL, MASKED = 1, 7
INT = 0xFFFFFFFF  # the bits of an argument that the system looks at
SHARED_ANONYMOUS, AF_UNIX, SOL_SOCKET, SO_SNDBUF = 0x21, 1, 1, 7  # Linux's
REFUSED: list[tuple[str, list[Condition]]] = [
    # Memory that counts for no process: files and segments without a name, pages in a pipe.
    ("memfd_create", []),
    ("memfd_secret", []),
    ("mmap", [(3, MASKED, SHARED_ANONYMOUS, SHARED_ANONYMOUS)]),
    ("shmget", []),
    ("semget", []),
    ("msgget", []),
    ("mq_open", []),
    ("vmsplice", []),
    # Sockets, but for those between two processes here, and with buffers of the usual size.
    ("socket", [(0, NOT_EQUAL, AF_UNIX, 0)]),
    ("socketpair", [(0, NOT_EQUAL, AF_UNIX, 0)]),
    ("setsockopt", [(1, MASKED, INT, SOL_SOCKET), (2, MASKED, INT, SO_SNDBUF)]),
    # The user's keys, which go with the session and not with a namespace.
    ("add_key", []),
    ("request_key", []),
    ("keyctl", []),
    # Large parts of the system that no lesson needs.
    ("bpf", []),
    ("io_uring_setup", []),
    ("perf_event_open", []),
    ("userfaultfd", []),
]


def outer(limits: Mapping[str, Any], rules: int, tell: int) -> list[str]:
    """The command line of the outer sandbox; the harness's comes after it.

    Args:
        limits: memory_mb, processes and output_mb.
        rules: a descriptor from which bubblewrap reads the rules of `refuse`.
        tell: a descriptor on which bubblewrap says which process is the first inside.
    """
    memory, size = (int(limits[name] * MEGABYTE) for name in ("memory_mb", "output_mb"))
    threads = 8 * int(limits["processes"])
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{PATH}",
        "LANG": "C.UTF-8",
        "HOME": str(HARNESS),
        "TMPDIR": str(HARNESS),
        "PYTHONPATH": str(COURSE),
        "FER_KIT_HEADLESS": "1",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", ""),
    }
    is_root = os.getuid() == 0
    return [
        *_control_group(memory, threads),
        *("env", "-i", *(f"{name}={value}" for name, value in environment.items() if value)),
        "nice",  # whoever watches comes first
        *(become(NOBODY) if is_root else ()),
        *("bwrap", *_closed(LIBRARY if is_root else HERE)),
        *("--seccomp", str(rules), "--info-fd", str(tell)),
        *("--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "sandbox"),
        *("--dev-bind", "/dev/null", "/dev/zero"),  # mapped, it is memory that nobody counts
        *("--size", str(size), "--tmpfs", str(SCRATCH), "--dir", "/tmp"),
        *(word for part in (HARNESS, RUNS) for word in ("--dir", str(part))),
        *(word for name in PARTS for word in ("--dir", str(SCRATCH / name))),
        *("--remount-ro", "/", "--remount-ro", "/dev", "--chdir", "/", "--"),
        # A core of at most 1 byte is none, even where a program collects them: core(5).
        *("prlimit", "--core=1", "--nofile=256", f"--nproc={threads}"),
        *(f"--data={memory}", f"--fsize={size}", "--"),
    ]


def inner(*shared: Path, parts: Path = SCRATCH) -> list[str]:
    """The command line of an inner sandbox; a command of the submission's comes after it.

    Args:
        shared: what it may write to of the harness's.
        parts: the folder of its home and other places, see `PARTS`. What is left in them could
            have a say in whatever runs there later: a module, settings of IPython's.
    """
    binds = {parts / name: place for name, place in PARTS.items()}
    binds |= {RUNS: f"{HOME}/runs"} | {path: str(path) for path in shared}
    return [
        # The outer network has nothing in it, and the rules would not let bubblewrap make another.
        *("bwrap", *_closed(LIBRARY), "--share-net", "--disable-userns", "--as-pid-1"),
        *("--ro-bind", "/proc/sys", "/proc/sys"),
        *("--setenv", "HOME", HOME, "--unsetenv", "TMPDIR"),
        *(word for part, place in binds.items() for word in ("--bind", str(part), place)),
        *("--remount-ro", "/", "--remount-ro", "/dev", "--chdir", HOME, "--"),
    ]


def become(user: int) -> list[str]:
    """A command line with which root becomes a user, who still sees Python and the library.

    The user would not be let into root's home folder, where Python may be.
    """
    return [
        *("bwrap", *_visible(HERE), "--dir", "/tmp"),
        *("--dev-bind", "/dev", "/dev", "--bind", "/proc", "/proc", "--"),
        *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"),
    ]


def _closed(library: Path) -> list[str]:
    """What both sandboxes have in common."""
    return [
        *("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
        *("--proc", "/proc", "--dev", "/dev", *_visible(library)),
    ]


def _visible(library: Path) -> list[str]:
    """What Python needs of this computer, read-only: its folders, the system's, the library."""
    wanted = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts"]
    wanted += [sys.base_prefix, sys.prefix]
    paths = [Path(path) for path in dict.fromkeys(wanted) if Path(path).exists()]
    outermost = [path for path in paths if not any(other in path.parents for other in paths)]
    places = {path: path for path in outermost} | {library: LIBRARY}
    above = dict.fromkeys(up for place in places.values() for up in [*place.parents][-2::-1])
    return [
        *(word for up in above for word in ("--perms", "0755", "--dir", str(up))),
        *(word for pair in places.items() for word in ("--ro-bind", *map(str, pair))),
    ]


@cache
def _control_group(memory: int, threads: int) -> list[str]:
    """A command line that limits all processes together, memory in bytes; empty without systemd."""
    run = ["systemd-run", *(["--user"] if os.getuid() else []), "--scope", "--quiet", "--collect"]
    run += [f"--property=MemoryMax={memory}", "--property=MemorySwapMax=0"]
    run += [f"--property=TasksMax={threads}", "--"]
    try:
        works = subprocess.run([*run, "true"], capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    return run if works else []


def refuse(calls: Iterable[tuple[str, list[Condition]]]) -> int:
    """Rules for the system calls that are refused, written by libseccomp.

    Returns:
        A descriptor to read them from.

    Raises:
        OSError: there is no libseccomp, or it does not know such a rule.
    """
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    allow, deny = 0x7FFF0000, 0x00050000 | errno.EOPNOTSUPP
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(allow)))
    for name, conditions in calls:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number == -1:  # a call younger than this libseccomp
            continue
        array = (_Comparison * len(conditions))(*conditions)
        failed = library.seccomp_rule_add_array(
            rules, ctypes.c_uint32(deny), number, len(conditions), array
        )
        if failed:
            raise OSError(-failed, f"libseccomp has no rule for {name}")
    descriptor = os.memfd_create("rules")
    library.seccomp_export_bpf(rules, descriptor)
    library.seccomp_release(rules)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


class _Comparison(ctypes.Structure):
    """scmp_arg_cmp of libseccomp."""

    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    ]
