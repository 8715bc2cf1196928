"""The sandbox under attack. Every attack is tried for real; where there is no bubblewrap, a test
shows that nothing is executed without it, and the others are skipped."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from submissions import cell_of

from fer_kit.errors import InputError
from fer_kit.grading import sandbox
from fer_kit.grading.sandbox import find_sandbox, run_in_sandbox

LIMITS = {"profile": "smoke", "minutes": 0.5, "memory_mb": 1500, "processes": 40, "output_mb": 5}
MARK = "fer-kit-attack"


def works() -> bool:
    try:
        find_sandbox()
    except InputError:
        return False
    return True


needs_sandbox = pytest.mark.skipif(not works(), reason="no bubblewrap that works on this computer")


def attack(code: str, **limits) -> sandbox.Outcome:
    """Run Python code in the sandbox; MARK makes its processes known."""
    return run_in_sandbox([sys.executable, "-c", code, MARK], b"", LIMITS | limits)


def leftovers() -> list[psutil.Process]:
    """Processes of an attack that are still there."""
    return [p for p in psutil.process_iter(["cmdline"]) if MARK in (p.info["cmdline"] or [])]


def test_without_a_sandbox_it_refuses_with_a_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    find_sandbox.cache_clear()
    with pytest.raises(InputError, match="apt install bubblewrap"):
        run_in_sandbox(["true"], b"", LIMITS)
    find_sandbox.cache_clear()


def test_a_sandbox_that_does_not_work_here_is_refused_too(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    find_sandbox.cache_clear()
    with pytest.raises(InputError, match="--rerun"):
        find_sandbox()
    find_sandbox.cache_clear()


@needs_sandbox
def test_an_honest_program_gets_its_input_and_is_heard():
    outcome = attack("import sys, fer_kit; print(fer_kit.__version__, sys.argv[1])")
    assert (outcome.code, outcome.stopped) == (0, "")
    assert MARK.encode() in outcome.output


@needs_sandbox
def test_there_is_no_network():
    code = """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_INET, ("192.0.2.1", 80))):
    try:
        socket.create_connection(address, timeout=2)
        print("reached", address)
    except OSError as error:
        print("refused")
print("names", [name for _, name in socket.if_nameindex()])
"""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = attack(code.replace("PORT", str(server.getsockname()[1])))
    assert outcome.output.split() == [b"refused", b"refused", b"names", b"['lo']"]


@needs_sandbox
def test_the_gradebook_and_other_students_work_cannot_be_seen(tmp_path):
    for name in ("gradebook.csv", "eve.zip"):
        (tmp_path / name).write_text("secret")
    code = f"""
import os
from pathlib import Path
for place in ({str(tmp_path)!r}, {str(Path.cwd())!r}, {str(Path.home())!r}, "/etc/passwd", "/var"):
    print(Path(place).name, os.path.exists(place) and (os.path.isfile(place) or os.listdir(place)))
places = ("/tmp", "/home", "/root", "/work", "/course", "/mnt", "/media", "/srv")
print("found", [str(path) for place in places for path in Path(place).glob("*/gradebook.csv")])
"""
    seen = attack(code).output.decode()
    assert "found []" in seen
    assert "secret" not in seen
    assert "eve.zip" not in seen
    assert "passwd False" in seen


@needs_sandbox
def test_nothing_outside_can_be_written(tmp_path):
    code = f"""
import sys, tempfile
from pathlib import Path
for place in ("/", "/course", "/course/fer_kit", "/usr", "/dev", sys.prefix, {str(tmp_path)!r}):
    try:
        Path(place, "attack").write_text("here")
        print("WROTE", place)
    except OSError:
        pass
for place in (tempfile.gettempdir(), Path.home()):
    Path(place, "attack").write_text("here")
print("end")
"""
    assert attack(code).output.split() == [b"end"]
    assert not list(tmp_path.iterdir())
    assert not Path(tempfile.gettempdir(), "attack").exists()


@needs_sandbox
def test_what_it_writes_has_a_limit_and_vanishes():
    code = """
import tempfile
written = 0
for name in range(100):
    try:
        with open(f"{tempfile.gettempdir()}/{name}", "wb") as file:
            written += file.write(b"0" * 1_000_000)
    except OSError:
        break
print(written <= 6_000_000)
"""
    assert attack(code).output.split() == [b"True"]


@needs_sandbox
def test_a_fork_bomb_is_ended_with_all_its_children():
    bomb = "import os, time\nwhile True:\n    os.fork() or time.sleep(30)\n"
    start = time.monotonic()
    outcome = attack(bomb)
    assert outcome.stopped == "Ended: more than 40 processes."
    assert time.monotonic() - start < 20
    time.sleep(0.3)
    assert not leftovers()


@needs_sandbox
def test_processes_that_leave_their_group_are_ended_too():
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
time.sleep(0.3)
while True: pass
"""
    assert attack(code, minutes=0.02).stopped.startswith("Ended after")
    time.sleep(0.3)
    assert not leftovers()


@needs_sandbox
def test_an_endless_loop_is_ended():
    start = time.monotonic()
    assert attack("while True: pass", minutes=0.02).stopped == "Ended after 0.02 minutes."
    assert time.monotonic() - start < 10


@needs_sandbox
def test_huge_output_is_cut_off():
    outcome = attack("while True: print('x' * 100_000)")
    assert outcome.stopped == "Ended: more than 5 MB of output."
    assert len(outcome.output) < 6_000_000


@needs_sandbox
def test_too_much_memory_is_noticed():
    outcome = attack("x = []\nwhile True: x.append(bytearray(20_000_000))", memory_mb=300)
    assert outcome.stopped == "Ended: more than 300 MB of memory."


@needs_sandbox
def test_it_is_nobody_and_can_become_nobody_else():
    code = """
import os
print(os.getuid(), "CapEff:\\t0000000000000000" in open("/proc/self/status").read())
try:
    os.setuid(0)
    print("root")
except OSError:
    print("no")
print(len([name for name in os.listdir("/proc") if name.isdigit()]) < 5)
"""
    assert attack(code).output.split() == [b"65534", b"True", b"no", b"True"]


# Executing a submission again


CHECK = """\
### BEGIN HIDDEN TESTS
assert double(3) == 6
### END HIDDEN TESTS
from fer_kit.check.answers import check, expect
check(lambda f: expect(f(2) == 4, "4", f(2)))(double)"""
ABOUT = {"grade_id": "01-double-check", "grade": True, "solution": False, "points": 2}


# The hidden tests are in the memory of the process that started the kernel, and nowhere else.
SPY = """
import os
from pathlib import Path
found = []
for name in ("mem", "environ", "maps", *(f"fd/{number}" for number in range(3, 40))):
    try:
        found.append(open(f"/proc/{os.getppid()}/{name}"))
    except OSError:
        pass
found += [p for p in Path.home().rglob("*.ipynb")] + [p for p in Path("/course").rglob("*.ipynb")]
print("found", found or "nothing")
"""


def lesson(answer: str, test: str, **outputs) -> dict:
    """A notebook with an answer and its check."""
    cells = [
        new_code_cell('run: str = "x"  # run', id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell(answer, id="answer"),
        new_code_cell(test, id="check", metadata={"nbgrader": ABOUT | {"locked": True}}, **outputs),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


class Submitted:
    """What `rerun` needs of a bundle."""

    def __init__(self, **notebooks):
        self.all = notebooks

    def notebooks(self):
        yield from self.all.items()


@needs_sandbox
def test_a_rerun_applies_the_hidden_tests_and_believes_nothing_that_was_put_out(tmp_path):
    import nbformat

    from fer_kit.course.compare import compare

    names = (
        "01_right",
        "02_only_what_is_visible",
        "03_prints_a_fake",
        "04_ends_the_kernel",
        "05_looks_for_the_tests",
    )
    for name in names:
        nbformat.write(lesson("def double(x): return 2 * x", CHECK), tmp_path / f"{name}.ipynb")
    fake = """\
from fer_kit.check.answers import OUTCOME
from IPython.display import display
display({OUTCOME: {"check": "double", "passed": True}, "text/plain": "✓ right"}, raw=True)
print("accuracy 99.9 %, all checks passed")"""
    submitted = Submitted(**{
        "01_right": lesson("def double(x): return x + x", "1"),
        "02_only_what_is_visible": lesson("def double(x): return 4", "1"),
        "03_prints_a_fake": lesson(fake, fake),
        "04_ends_the_kernel": lesson("import os; os._exit(0)", "1"),
        "05_looks_for_the_tests": lesson(SPY, "1"),
    })  # fmt: skip
    again = sandbox.rerun(submitted, tmp_path, LIMITS | {"minutes": 5})
    passed = {
        name: set(compare(name, notebook, again.released[name]).passed)
        for name, notebook in again.notebooks.items()
    }
    assert passed == {
        "01_right": {"01-double"},
        "02_only_what_is_visible": set(),
        "03_prints_a_fake": set(),
        "04_ends_the_kernel": set(),
        "05_looks_for_the_tests": set(),
    }
    seen = cell_of(again.notebooks["05_looks_for_the_tests"], "answer")["outputs"]
    assert "found nothing" in str(seen)
    assert again.summary == "Executed again in a sandbox: 5 of 5 notebooks."


def test_lessons_that_make_what_others_need_are_found_whoever_hands_them_in():
    assert sandbox._makers(["04_lenet5"]) == {"01_load", "03_preprocess", "04_lenet5"}
    assert sandbox._makers([]) == set()


@needs_sandbox
def test_garbage_from_the_sandbox_is_not_looked_at():
    lines = b'{"name": 3}\nnonsense\n[1]\n{"name": "a", "notebook": {"cells": 5}}\n\xff\xfe\n'
    assert sandbox._read_lines(lines) == {}
