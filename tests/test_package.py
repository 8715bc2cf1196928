"""The package as a whole: what importing it costs, and what never stands in the repository."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import fer_kit

ROOT = Path(__file__).parents[1]
HEAVY = ("tensorflow", "keras", "jax", "matplotlib", "sklearn", "papermill", "nbconvert", "cv2")


def python(code: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def tracked_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, fer_kit; print([name for name in {HEAVY} if name in sys.modules])"
    assert python(code) == "[]"


def test_importing_the_run_and_the_course_starts_no_backend():
    code = (
        "import sys, fer_kit.run, fer_kit.course, fer_kit.cli; "
        f"print([name for name in {HEAVY[:4]} if name in sys.modules])"
    )
    assert python(code) == "[]"


def test_importing_the_package_changes_no_setting():
    code = (
        "import logging, os, random, sys, warnings; import numpy as np; "
        "state = lambda: (dict(os.environ), random.getstate(), np.random.get_state()[1].tobytes(), "
        "list(warnings.filters), logging.root.level, list(sys.path)); "
        "before = state(); "
        "import fer_kit; [getattr(fer_kit, name) for name in ('Run', 'Faces', 'load')]; "
        "after = state(); "
        "print([i for i, (a, b) in enumerate(zip(before, after)) if a != b])"
    )
    assert python(code) == "[]"


def test_everything_that_the_package_offers_is_there():
    code = "import fer_kit; print([name for name in dir(fer_kit) if not hasattr(fer_kit, name)])"
    assert python(code) == "[]"


def test_a_name_that_it_does_not_offer_is_a_sentence_with_those_that_it_does():
    with pytest.raises(AttributeError, match=r"no 'laod'\. It offers: .*load, load_model"):
        fer_kit.laod  # noqa: B018


def test_binder_gets_a_python_that_the_course_runs_on():
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    named = (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert SpecifierSet(allowed).contains(named)


def test_every_place_names_the_repository_that_pyproject_names():
    address = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    repository = address.removeprefix("https://github.com/")
    owner = repository.split("/")[0]
    named, places = re.compile(rf"(?:github(?:\.com)?|gh)/({owner}/[\w-]+)"), {}
    for path in tracked_files():
        if path.suffix in (".ipynb", ".md", ".toml", ".cff", ".py", ".yml"):
            places[path] = set(named.findall(path.read_text(encoding="utf-8")))
    assert set().union(*places.values()) == {repository}
    notebooks = [path for path in places if path.suffix == ".ipynb"]
    assert all(places[path] == {repository} for path in notebooks)


def test_the_citation_names_this_version():
    assert f"version: {fer_kit.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_the_ranges_of_requirements_txt_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    allowed = {*project["dependencies"], *project["optional-dependencies"]["tensorflow"]}
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    listed = {line for line in lines if line and not line.startswith(("#", "-"))}
    assert listed <= allowed
    assert "-e ." in lines


def test_every_dependency_is_pinned_in_the_constraints():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    tested = ("tensorflow", "cpu", "jax", "dev", "docs")
    wanted = [*project["dependencies"], *(one for name in tested for one in extras[name])]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    names = {re.match(r"[\w-]+", requirement).group().lower() for requirement in wanted}
    assert names <= pinned


def test_no_tracked_file_names_a_place_on_somebodys_machine():
    pattern = re.compile(r"(?<![\w.~/])/(?:home|root|Users|work|tmp)/\w")
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.name}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []


# What could cost somebody their work: whoever follows a message must never lose anything.
DELETING = re.compile(
    r"\b(delete|erase|overwrite)\b|\bremove (it|them|the|one)\b|\bget (it|them) again\b"
    r"|\bgit (checkout|restore|reset|stash|clean)\b|\brm -",
    re.IGNORECASE,
)


def messages(path: Path) -> list[str]:
    """The texts in a module, but for those that explain code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    lines = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return [node.value for node in texts if isinstance(node.value, str) and node not in lines]


@pytest.mark.parametrize("folder", ["fer_kit", "benchmarks"])
def test_no_message_advises_what_could_delete_somebodys_work(folder):
    texts = [(path, text) for path in (ROOT / folder).rglob("*.py") for text in messages(path)]
    texts += [(path, path.read_text("utf-8")) for path in (ROOT / folder).rglob("*.j2")]
    assert [f"{path.name}: {text}" for path, text in texts if DELETING.search(text)] == []


def test_no_picture_of_the_data_is_tracked():
    tracked = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    assert {name for name in tracked if name.startswith("data/")} <= {"data/README.md"}
    assert not [name for name in tracked if name.startswith("runs/")]
