"""A bundle of a diligent student, and what grading makes of it after changes."""

import pytest
from submissions import COURSE, make_bundle, rewrite

from fer_kit.grading.grade import grade


@pytest.fixture(scope="session")
def honest(tmp_path_factory):
    """A bundle of a diligent student, and the labels of its faces."""
    folder = tmp_path_factory.mktemp("honest")
    bundle = make_bundle(folder / "run")
    return bundle, folder / "run" / "predictions" / "cnn.csv"


@pytest.fixture
def hand_in(honest, tmp_path, monkeypatch):
    """A function that hands in a bundle with changes and grades it with the honest labels."""
    monkeypatch.chdir(COURSE)

    def run(change=lambda files: None, **options):
        folder = tmp_path / "submissions"
        rewrite(honest[0], folder / "eve.zip", change)
        options = {"labels": honest[1], "out": tmp_path / "grades"} | options
        (graded,) = grade(folder, **options)
        return graded

    return run


@pytest.fixture
def grade_all(honest, tmp_path, monkeypatch):
    """A function that grades the folder `in` with the honest labels: Graded by name."""
    monkeypatch.chdir(COURSE)

    def run(**options):
        options = {"labels": honest[1], "out": tmp_path / "grades", "workers": 1} | options
        return {one.name: one for one in grade(tmp_path / "in", **options)}

    return run
