"""`make` fetches what fits the machine, and only what is needed. Nothing is installed here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A function that says what `make TARGET` would do in an empty environment.

    Args:
        machine: what `uname -sm` says.
        gpu: whether nvidia-smi finds one.
    """
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    tools = tmp_path / "tools"
    tools.mkdir()

    def ask(target: str, machine: str = "Linux x86_64", gpu: bool = False, **variables) -> str:
        told = {"uname": f"echo {machine}", "nvidia-smi": "echo GPU 0" if gpu else "exit 9"}
        for name, line in told.items():
            (tools / name).write_text(f"#!/bin/sh\n{line}\n")
            (tools / name).chmod(0o755)
        environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"} | variables
        command = ["make", "-n", target, f"VENV={tmp_path / 'venv'}"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    return ask


@pytest.mark.parametrize(
    ("machine", "gpu", "edition", "size"),
    [
        ("Linux x86_64", False, "cpu", "550 MB"),
        ("MINGW64_NT-10.0 x86_64", False, "cpu", "550 MB"),
        ("Linux x86_64", True, "gpu", "3.7 GB"),
        ("Linux aarch64", False, "tensorflow", "850 MB"),
        ("Darwin arm64", False, "tensorflow", "850 MB"),
        ("Darwin x86_64", False, "tensorflow", "850 MB"),
    ],
)
def test_set_up_takes_the_edition_that_fits_and_says_how_much_it_fetches(
    make, machine, gpu, edition, size
):
    told = make("setup", machine, gpu)
    assert f'".[{edition}]"' in told
    assert size in told
    assert told.index(size) < told.index(f'".[{edition}]"')  # before it begins
    assert "What computes: " in told


def test_jax_is_taken_where_it_was_asked_for(make):
    assert '".[jax]"' in make("setup", gpu=True, KERAS_BACKEND="jax")


@pytest.mark.parametrize(
    ("target", "extras"),
    [
        ("run-all", ["cpu"]),
        ("lab", ["cpu"]),
        ("test", ["cpu", "dev"]),
        ("lint", ["cpu", "dev"]),
        ("site", ["cpu", "docs"]),
    ],
)
def test_a_command_installs_what_it_needs_and_no_more(make, target, extras):
    told = make(target)
    for extra in ("cpu", "dev", "docs"):
        assert (f'".[{extra}]"' in told) is (extra in extras)
