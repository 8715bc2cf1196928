"""The sandbox under attack. Every attack is tried for real; where there is no bubblewrap, a test
shows that nothing is executed without it, and the others are skipped."""

import ctypes
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attacks
import jobs
import nbformat
import psutil
import pytest
from attacks import ATTACKS, SECRET
from nbformat.v4 import new_code_cell, new_notebook
from submissions import cell_of

from fer_kit.course.compare import compare
from fer_kit.errors import InputError
from fer_kit.grading import sandbox, walls
from fer_kit.grading.rerun import Rerun, _makers, _read_lines, rerun
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
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be root")


# Eight processes of some 60 MB: none is refused what it asks for, all together are too much.
MANY = "import os, time\nfor _ in range(3): os.fork()\nx = b'x' * 60_000_000\ntime.sleep(60)"


def attack(code: str, **limits) -> sandbox.Outcome:
    """Run Python code in the sandbox; MARK makes its processes known."""
    return run_in_sandbox([sys.executable, "-c", code, MARK], b"", LIMITS | limits)


def command_line(process: psutil.Process) -> list[str]:
    """Empty once the process has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until_gone() -> None:
    """Wait until no process of an attack is there any more."""
    there = psutil.process_iter(["cmdline"])
    jobs.wait_until_gone([one.pid for one in there if MARK in (one.info["cmdline"] or [])])


def test_without_a_sandbox_it_refuses_with_a_sentence(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, path: None)
    find_sandbox.cache_clear()
    with pytest.raises(InputError, match="apt install bubblewrap"):
        run_in_sandbox(["true"], b"", LIMITS)
    find_sandbox.cache_clear()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["false"], "exit code 1"),
        (["sh", "-c", "echo no namespaces >&2; exit 2"], "no namespaces"),
        (["no-such-program"], "No such file"),
    ],
)
def test_a_sandbox_that_does_not_work_here_is_refused_too(command, reason, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, path: "/bin/false")
    monkeypatch.setattr(walls, "outer", lambda *_: [*command, "#"])
    monkeypatch.setattr(sys, "prefix", "/usr")
    find_sandbox.cache_clear()
    with pytest.raises(InputError, match=f"Received: .*{reason}.*--rerun"):
        find_sandbox()
    find_sandbox.cache_clear()


def test_without_libseccomp_it_refuses_too(monkeypatch):
    def missing(_):
        raise OSError("libseccomp.so.2: cannot open shared object file")

    monkeypatch.setattr(shutil, "which", lambda name, path: "/usr/bin/bwrap")
    monkeypatch.setattr(ctypes, "CDLL", missing)
    monkeypatch.setattr(sys, "prefix", "/usr")
    find_sandbox.cache_clear()
    with pytest.raises(InputError, match="install libseccomp"):
        find_sandbox()
    find_sandbox.cache_clear()


def test_a_course_where_the_sandbox_has_a_folder_of_its_own_is_told_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, path: "/usr/bin/bwrap")
    monkeypatch.setattr(sys, "prefix", f"{walls.PARTS['tmp']}/course/.venv")
    find_sandbox.cache_clear()
    with pytest.raises(InputError, match=r"outside of .*Received: \S+/course/.venv. Move"):
        find_sandbox()
    find_sandbox.cache_clear()


# The table of attacks


# An ordinary user that root becomes, to run the sandbox as one.
ORDINARY = 4242
AS_ORDINARY = """
import pickle, sys
from fer_kit.grading.sandbox import run_in_sandbox
while True:
    outcome = run_in_sandbox(*pickle.load(sys.stdin.buffer))
    sys.stdout.buffer.write(pickle.dumps(outcome))
    sys.stdout.buffer.flush()
"""


@pytest.fixture(scope="module")
def ordinary():
    """A process of an ordinary user that runs commands in the sandbox."""
    environment = ["env", f"PYTHONPATH={walls.COURSE}", f"FER_KIT_SECRET={SECRET}"]
    command = [*environment, *walls.become(ORDINARY), sys.executable, "-c", AS_ORDINARY]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def as_ordinary(request, monkeypatch):
    """Let an ordinary user run the sandbox, where root runs the tests."""
    if os.getuid() != 0:
        return
    process = request.getfixturevalue("ordinary")

    def run(*told):
        process.stdin.write(pickle.dumps(told))
        process.stdin.flush()
        return pickle.load(process.stdout)

    monkeypatch.setattr(sandbox, "run_in_sandbox", run)


@pytest.fixture
def secrets(monkeypatch):
    """What must not be found: a variable, a key in this session's keyring, a service."""
    monkeypatch.setenv("FER_KIT_SECRET", SECRET)
    libc, session = ctypes.CDLL(None), -3
    libc.syscall(attacks.KEYCTL, 1, None)  # a keyring of our own
    libc.syscall(attacks.ADD_KEY, b"user", SECRET.encode(), b"4711", 4, session)
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(f"\0{SECRET}")
        service.listen()
        yield


@needs_sandbox
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails(name, secrets):
    outcome = ATTACKS[name].run()
    assert b"REACHED" not in outcome.output
    assert not outcome.stopped.startswith("Ended after")  # it was tried to its end


@needs_sandbox
@needs_root
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails_where_an_ordinary_user_grades(name, secrets, as_ordinary):
    outcome = ATTACKS[name].run()
    assert b"REACHED" not in outcome.output
    assert not outcome.stopped.startswith("Ended after")  # it was tried to its end


@needs_sandbox
@pytest.mark.parametrize("name", [name for name in ATTACKS if ATTACKS[name].fall])
def test_without_its_wall_the_attack_would_succeed(name, secrets, monkeypatch):
    if ATTACKS[name].fall is attacks.as_root and os.getuid() != 0:
        pytest.skip("only root can be root")
    ATTACKS[name].fall(monkeypatch)
    outcome = ATTACKS[name].run()
    assert b"REACHED" in outcome.output


# Single attacks


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
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = attack(code.replace("PORT", str(server.getsockname()[1])))
    assert outcome.output.split() == [b"refused", b"refused"]


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
    # It goes on where the system refuses another process, so that the watch always sees it.
    bomb = """
import os, time
while True:
    try:
        os.fork() or time.sleep(30)
    except OSError:
        time.sleep(1)
"""
    assert attack(bomb).stopped == "Ended: more than 40 processes."
    wait_until_gone()


@needs_sandbox
def test_processes_that_leave_their_group_are_ended_too():
    code = """
import os, time
told, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(tell, b"it left")
        time.sleep(600)
    os._exit(0)
os.read(told, 7)
while True: print("x" * 100_000)
"""
    assert attack(code).stopped == "Ended: more than 5 MB of output."
    wait_until_gone()


@needs_sandbox
def test_an_endless_loop_is_ended():
    assert attack("while True: pass", minutes=0.02).stopped == "Ended after 0.02 minutes."
    wait_until_gone()


@needs_sandbox
def test_huge_output_is_cut_off():
    outcome = attack("while True: print('x' * 100_000)")
    assert outcome.stopped == "Ended: more than 5 MB of output."
    assert len(outcome.output) < 6_000_000


@needs_sandbox
def test_too_much_memory_is_noticed():
    outcome = attack(MANY, memory_mb=300)
    assert outcome.stopped == "Ended: more than 300 MB of memory."


TERMINAL = """
import os, sys, attacks
from fer_kit.grading import walls
outside, inside = os.openpty()
os.open(os.ttyname(inside), os.O_RDWR)  # the terminal of this session from now on
if "without" in sys.argv:
    inner, outer = walls.inner, walls.outer
    walls.inner = lambda *told, **more: attacks.cut(inner(*told, **more), ("--new-session",))
    walls.outer = lambda *told: attacks.cut(outer(*told), ("--new-session",))
attack = "try: print('REACHED', os.open('/dev/tty', os.O_RDWR))\\nexcept OSError: pass"
print(attacks.Attack(attack, None).run().output)
"""


@needs_sandbox
@pytest.mark.parametrize("wall", ["with", "without"])
def test_the_terminal_can_be_reached_only_without_a_session_of_its_own(wall):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", TERMINAL, wall]
    done = subprocess.run(command, env=environment, start_new_session=True, stdout=-1, check=True)
    assert (b"REACHED" in done.stdout) == (wall == "without")


@needs_sandbox
def test_two_side_by_side_have_limits_of_their_own():
    honest = "import time; x = bytearray(600_000_000); time.sleep(2); print(len(x))"
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(attack, MANY, memory_mb=300)
        other = pool.submit(attack, honest, memory_mb=1000)
    assert one.result().stopped == "Ended: more than 300 MB of memory."
    assert (other.result().stopped, other.result().output) == ("", b"600000000\n")


# Executing a submission again


CHECK = """\
### BEGIN HIDDEN TESTS
assert double(3) == 6
### END HIDDEN TESTS
from fer_kit.check.answers import check, expect
check(lambda f: expect(f(2) == 4, "4", f(2)))(double)"""
ABOUT = {"grade_id": "01-double-check", "grade": True, "solution": False, "points": 2}


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


def passed(again: Rerun) -> dict[str, set[str]]:
    """The checks that each notebook of a rerun passed."""
    return {
        name: set(compare(name, notebook, again.released[name]).passed)
        for name, notebook in again.notebooks.items()
    }


@needs_sandbox
def test_a_rerun_applies_the_hidden_tests_and_believes_nothing_that_was_put_out(tmp_path):
    names = ("01_right", "02_only_what_is_visible", "03_prints_a_fake", "04_ends_the_kernel")
    for name in names:
        nbformat.write(lesson("def double(x): return 2 * x", CHECK), tmp_path / f"{name}.ipynb")
    fake = """\
from IPython.display import display
display({OUTCOME: {"check": "double", "passed": True}, "text/plain": "✓ right"}, raw=True)
print("accuracy 99.9 %, all checks passed")"""
    submitted = Submitted(**{
        "01_right": lesson("def double(x): return x + x", "1"),
        "02_only_what_is_visible": lesson("def double(x): return 4", "1"),
        "03_prints_a_fake": lesson(fake, fake),
        "04_ends_the_kernel": lesson("import os; os._exit(0)", "1"),
    })  # fmt: skip
    again = rerun(submitted, tmp_path, LIMITS | {"minutes": 5})
    assert passed(again) == dict.fromkeys(names, set()) | {"01_right": {"01-double"}}
    assert again.summary == "Executed again in a sandbox: 4 of 4 notebooks."


# Where harnesses have been reached: through the pipe of any process, by ending it and answering in
# its place, and by files that it would read. And what it knows: hidden tests, and its environment.
FORGE = """
import json, os, signal, sys
from pathlib import Path
from fer_kit.check.answers import OUTCOME
told = {"check": "double", "passed": True}
shown = {"output_type": "display_data", "data": {OUTCOME: told}, "metadata": {}}
check = {"cell_type": "code", "id": "check", "metadata": {}, "source": "", "outputs": [shown]}
forged = {"cells": [check | {"execution_count": 3}], "metadata": {}}
forged |= {"nbformat": 4, "nbformat_minor": 5}
line = json.dumps({"name": "02_wrong", "notebook": forged}) + "\\n"
user = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/usercustomize.py"
planted = [Path.home() / name for name in (f".local/{user}", "nbclient.py", "json.py")]
for path in [*planted, *Path("/proc").glob("[0-9]*/fd/*")]:
    if path.parts[2] not in (str(os.getpid()), "self"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "a") as file: file.write(f"\\n{line}" if "proc" in path.parts else "no")
        except OSError: pass
found = []
for path in Path("/proc").glob("[0-9]*"):
    for name in ("mem", "environ", "maps"):
        try: (path.name == str(os.getpid())) or found.append(open(path / name))
        except OSError: pass
for place in ("/student", "/course", "/tmp", "/dev", "/fer-kit"):
    found += Path(place).rglob("*.ipynb")
print("found", found or "nothing")
for process in (-1, *range(2, 300)):
    try: os.kill(process, signal.SIGKILL)
    except OSError: pass
"""


def rerun_a_forger(folder) -> Rerun:
    for name in ("01_forger", "02_wrong", "03_right"):
        nbformat.write(lesson("def double(x): return 2 * x", CHECK), folder / f"{name}.ipynb")
    submitted = Submitted(**{
        "01_forger": lesson(FORGE, "1"),
        "02_wrong": lesson("def double(x): return 1", "1"),
        "03_right": lesson("def double(x): return x + x", "1"),
    })  # fmt: skip
    return rerun(submitted, folder, LIMITS | {"minutes": 5})


@needs_sandbox
def test_a_submission_cannot_answer_in_the_harness_s_place(tmp_path):
    again = rerun_a_forger(tmp_path)
    assert passed(again) == {"01_forger": set(), "02_wrong": set(), "03_right": {"01-double"}}
    seen = cell_of(again.notebooks["01_forger"], "answer")["outputs"]
    assert "found nothing" in str(seen)


@needs_sandbox
def test_without_the_inner_sandbox_it_could(tmp_path, monkeypatch):
    library = shutil.copytree(walls.HERE, tmp_path / "fer_kit")
    inside = library / "grading" / "inside.py"
    open_to_all = "walls.inner = lambda *_, **__: []\n\n\ndef main("
    inside.write_text(inside.read_text().replace("def main(", open_to_all, 1))
    monkeypatch.setattr(walls, "HERE", library)
    attacks.as_root(monkeypatch)
    assert passed(rerun_a_forger(tmp_path)) == {"02_wrong": {"01-double"}}


# What one notebook may leave to the next: a process that goes on, and files that have a say in what
# its Python does.
LEAVE_BEHIND = """
import os, site, time
from pathlib import Path
home, alive = Path.home(), Path("runs/alive")
code = "import builtins; builtins.REACHED = __file__"
for place in (
    home / "pandas.py",
    home / ".ipython/profile_default/startup/00.py",
    home / ".ipython/profile_default/ipython_kernel_config.py",
    Path(site.getusersitepackages(), "usercustomize.py"),
    Path("/tmp", "pandas.py"),
    Path("/dev/shm", "pandas.py"),
):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(code)
if os.fork() == 0:
    while True:
        alive.write_text(str(time.time()))
        time.sleep(0.01)
while not alive.exists(): time.sleep(0.01)
"""
LOOK = """
import builtins, os, time
from pathlib import Path
first = Path("runs/alive").read_text()
time.sleep(1)
print("alive" if first != Path("runs/alive").read_text() else "ended")
import pandas
print(getattr(builtins, "REACHED", "nothing was planted"))
print("left:", os.listdir("/tmp"), os.listdir("/dev/shm"))
"""


@needs_sandbox
def test_nothing_of_a_notebook_goes_on_in_the_next_but_its_run(tmp_path):
    for name in ("01_a", "02_b"):
        nbformat.write(lesson("1", "1"), tmp_path / f"{name}.ipynb")
    submitted = Submitted(**{"01_a": lesson(LEAVE_BEHIND, "1"), "02_b": lesson(LOOK, "1")})
    again = rerun(submitted, tmp_path, LIMITS | {"minutes": 5})
    seen = str(cell_of(again.notebooks["02_b"], "answer")["outputs"])
    assert "ended" in seen
    assert "nothing was planted" in seen
    assert "pandas.py" not in seen


@needs_sandbox
def test_what_comes_back_is_short_whatever_was_put_out(tmp_path):
    from fer_kit.check.answers import OUTCOME

    large = f"""
from IPython.display import display
large = {{"{OUTCOME}": ["x" * 50_000], "text/html": "x" * 50_000, "image/png": "x" * 50_000}}
for _ in range(500): display(large, raw=True)
print("x" * 1_000_000)
"""
    nbformat.write(lesson("1", "1"), tmp_path / "01_a.ipynb")
    again = rerun(Submitted(**{"01_a": lesson(large, "1")}), tmp_path, LIMITS | {"minutes": 5})
    outputs = cell_of(again.notebooks["01_a"], "answer")["outputs"]
    assert 1 <= len(outputs) <= 100
    assert len(str(outputs)) < 30_000


GRADER = """
import sys
from fer_kit.grading.rerun import rerun
from pathlib import Path
import nbformat
class Submitted:
    def notebooks(self):
        yield "01_a", nbformat.read(Path(sys.argv[1], "01_a.ipynb"), 4)
limits = {"profile": "smoke", "minutes": 2, "memory_mb": 1500, "processes": 40, "output_mb": 5}
rerun(Submitted(), sys.argv[1], limits)
"""


@needs_sandbox
def test_nothing_goes_on_when_the_grader_is_killed(tmp_path):
    nbformat.write(lesson("while True: pass", "1"), tmp_path / "01_a.ipynb")
    grader = subprocess.Popen([sys.executable, "-c", GRADER, str(tmp_path)])
    started = []
    while not any("ipykernel_launcher" in command_line(process) for process in started):
        time.sleep(0.1)
        started = psutil.Process(grader.pid).children(recursive=True)
    grader.kill()
    grader.wait()
    assert len(started) >= 4
    jobs.wait_until_gone([process.pid for process in started])


def test_lessons_that_make_what_others_need_are_found_whoever_hands_them_in():
    assert _makers(["04_lenet5"]) == {"01_load", "03_preprocess", "04_lenet5"}
    assert _makers([]) == set()


@needs_sandbox
def test_garbage_from_the_sandbox_is_not_looked_at():
    lines = [b'{"name": 3}', b"nonsense", b"[1]", b"\xff\xfe", b'{"name": "a", "notebook": [1]}']
    lines += [b'{"name": "a", "notebook": {"cells": 5}}']
    assert _read_lines(b"\n".join(lines)) == {}
