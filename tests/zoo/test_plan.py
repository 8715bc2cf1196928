"""The plan of the models: in order of worth, in time, and on where it stopped."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from trainings import noise_faces, recipe

from fer_kit import cards
from fer_kit.errors import InputError
from fer_kit.files import beside
from fer_kit.run import Run
from fer_kit.zoo import ensemble, plan, train, work
from fer_kit.zoo.fit import OutOfTime

ONE = """
[[model]]
name = "one"
title = "the first"
network = "lenet5"
dataset = "synthetic"
set = { epochs = 3, batch_size = 16, averaging = 0 }

[[model]]
name = "two"
title = "needs the first"
dataset = "synthetic"
members = ["one", "other"]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "faces_of", lambda _lab: noise_faces())
    (tmp_path / "plan.toml").write_text(ONE)
    return tmp_path


def test_the_plan_that_comes_with_the_course_is_one_and_knows_what_is_shipped():
    planned, _ = plan.read_plan()
    names = [one.name for one in planned]
    assert len(set(names)) == len(names) >= 8
    for one in planned:
        assert one.members or one.recipe
        assert set(one.needs) <= set(names[: names.index(one.name)])  # in order
    assert set(cards.shipped()) <= set(names)
    shipped = {one.name for one in planned if plan.state(one) == "shipped"}
    assert {"small-fer2013", "cnn-fer2013", "ensemble-fer2013"} <= shipped


def test_states_say_what_is_missing(folder):
    (one, two), _ = plan.read_plan(folder)
    assert plan.state(one, folder) == "to do"
    assert plan.state(two, folder) == "waits for one and other"
    assert list(plan.status(folder)["state"]) == ["to do", "waits for one and other"]


def test_a_training_stops_in_time_and_goes_on(folder, monkeypatch):
    (one, _), _ = plan.read_plan(folder)
    assert not work.trained(one, "", time.time() + 1e-3)
    assert not work.trained(one, "", time.time() + 1e-3)
    assert work.trained(one, "", time.time() + 600)
    assert plan.state(one, folder) == "trained"
    history = plan.run_folder(one) / "models/one-history.csv"
    assert len(history.read_text().splitlines()) == 1 + 3


def test_an_epoch_that_would_end_too_late_is_not_begun(folder):
    lab = Run.open("mine", "synthetic", "", "smoke", 5)
    with pytest.raises(OutOfTime):
        train.train_from_scratch(
            "lenet5", recipe(epochs=5000, patience=5000), lab, until=time.time() + 20
        )
    with pytest.raises(OutOfTime):  # the state is there, and time is up at once
        train.train_from_scratch("lenet5", recipe(epochs=5000, patience=5000), lab, until=0)
    assert beside(lab.need("models/lenet5-synthetic.keras"), "unfinished.npz").exists()


def test_all_that_can_be_made_is_made_and_shipped_and_nothing_twice(folder, monkeypatch, capsys):
    monkeypatch.setattr(ensemble, "faces_of", lambda _lab: noise_faces())
    monkeypatch.setattr(work, "measure", lambda *_: None)  # which needs the real data
    text = ONE.replace('["one", "other"]', '["one", "three"]')
    third = """
[[model]]
name = "three"
title = "the third"
network = "lenet5"
dataset = "synthetic"
set = { epochs = 2, batch_size = 16, averaging = 0, learning_rate = 0.01 }

[[model]]
name = "wrong"
title = "cannot be trained"
network = "lenet5"
dataset = "synthetic"
set = { epochs = 2, width = 0.5 }
"""
    (folder / "plan.toml").write_text(text + third)
    train_one, shipped_before = work.trained, {}

    def trained(planned, *others):
        shipped_before[planned.name] = set(cards.shipped(folder))
        return train_one(planned, *others)

    monkeypatch.setattr(work, "trained", trained)
    told = work.work(10, "", folder, workers=1)
    assert shipped_before["three"] == {"one"}  # a stop from now on leaves it shipped
    done = [name for name, what in told.items() if what == "trained and shipped"]
    assert set(done) == {"one", "two", "three"}
    assert done[-1] == "two"  # which waited for the others
    assert "Expected an option of lenet5" in told["wrong"]
    assert set(cards.shipped(folder)) == {"one", "two", "three"}
    assert list(work.work(10, "", folder, workers=1)) == ["wrong"]


TEACHER = """
[[model]]
name = "teacher"
title = "in a run of its own"
network = "lenet5"
dataset = "synthetic"
seed = 1
ships = false
set = { epochs = 2, batch_size = 16, averaging = 0 }

[[model]]
name = "student"
title = "learns from it"
network = "lenet5"
dataset = "synthetic"
set = { epochs = 2, batch_size = 16, averaging = 0, teacher = "teacher", teaching_views = 2 }
"""


def test_what_only_teaches_is_trained_where_it_is_needed_and_is_not_shipped(folder, monkeypatch):
    monkeypatch.setattr(work, "measure", lambda *_: None)  # which needs the real data
    (folder / "plan.toml").write_text(TEACHER)
    assert list(plan.status(folder)["state"]) == ["to do", "waits for teacher"]
    (teacher, student), _ = plan.read_plan(folder)
    unfinished = plan.trained_file(teacher)  # a training that was stopped has its best epoch there
    unfinished.parent.mkdir(parents=True)
    unfinished.touch()
    assert plan.state(student, folder) == "waits for teacher"
    shutil.rmtree(plan.run_folder(teacher))
    assert work.work(10, "", folder, workers=1) == {
        "teacher": "trained",
        "student": "trained and shipped",
    }
    assert list(plan.status(folder)["state"]) == ["trained", "shipped"]
    assert set(cards.shipped(folder)) == {"student"}
    assert cards.read_card(folder / "student.keras")["plan"]["recipe"]["teacher"] == "teacher"
    # On another machine, where the student is shipped, nobody waits for its teacher.
    for file in plan.trained_file(teacher).parent.glob("teacher*"):
        file.unlink()
    assert plan.state(teacher, folder) == "to do"
    assert work.startable(folder) == []
    assert plan.state(student, folder) == "shipped"


@pytest.mark.parametrize("text", ["[[model", "[[model]]\nname = 'x'\nbest = 1", "model = 3"])
def test_what_is_no_plan_is_a_sentence(folder, text):
    (folder / "plan.toml").write_text(text)
    with pytest.raises(InputError, match="models, each with.*Received"):
        plan.read_plan(folder)


REHEARSAL = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from trainings import noise_faces
from fer_kit import cards
from fer_kit.zoo import plan, train, work
train.faces_of = lambda _lab: noise_faces()
(one,), _ = plan.read_plan(Path({folder!r}))
assert not work.trained(one, "", 1.0)  # the time is up at once
assert work.trained(one, "", float("inf"))
card = cards.read_card(plan.run_folder(one) / "models/one.keras")
print(card["versions"]["backend"], card["epochs"], card["parameters"])
"""


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_the_plan_is_worked_through_on_jax_as_on_a_gpu(tmp_path):
    (tmp_path / "plan.toml").write_text(
        '[[model]]\nname = "one"\ntitle = "tiny"\nnetwork = "small"\ndataset = "synthetic"\n'
        "set = { epochs = 2, width = 0.125, batch_size = 16 }\n"
    )
    script = REHEARSAL.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path))
    told = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    backend, epochs, parameters = told.stdout.split()[-3:]
    assert (backend, epochs) == ("jax", "2")
    assert 1_000 < int(parameters) < 100_000
