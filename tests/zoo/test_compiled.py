"""Trainings that JAX compiles: faces change, weights are averaged, and a stopped one goes on.

JAX has to be Keras' backend from the start, so each test is a script of its own.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")

BEGIN = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import jax, numpy as np
from trainings import noise_faces
from fer_kit import augment, pictures, training
from fer_kit.recipes import recipe_for
from fer_kit.zoo import compiled, fit
from fer_kit.zoo.fit import OutOfTime
folder = Path({folder!r})
faces = noise_faces()
TINY = dict(epochs=3, width=0.125, batch_size=8, warmup=1, averaging=0.5, patience=99)
"""


def on_jax(script: str, folder: Path) -> str:
    begin = BEGIN.format(tests=str(Path(__file__).parents[1]), folder=str(folder))
    told = subprocess.run(
        [sys.executable, "-c", begin + script],
        env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    return told.stdout


def test_faces_are_moved_as_opencv_moves_them(tmp_path):
    on_jax(
        """
maps = augment.draw_matrices(len(faces), (48, 48), np.random.default_rng(0), rotation=20.0)
smooth = np.stack([pictures.scale(pictures.scale(i[..., 0], 6), 48) for i in faces.images])
smooth = smooth[..., None]
ours = np.asarray(compiled.warped(smooth, compiled.backwards(maps)))
theirs = augment.warp(smooth, maps).astype(float)
assert np.abs(ours - theirs).max() < 6, np.abs(ours - theirs).max()  # of 255; OpenCV rounds
assert np.abs(ours - theirs).mean() < 0.6
""",
        tmp_path,
    )


def test_faces_are_erased_and_disturbed_as_often_as_asked(tmp_path):
    on_jax(
        """
grey = np.full((400, 48, 48, 1), 0.5, np.float32)
erased = np.asarray(compiled._erased(grey, 0.4, jax.random.key(0))) != 0.5
shares = erased.mean(axis=(1, 2, 3))
assert 0.3 < (shares > 0).mean() < 0.5
assert 0.015 < shares[shares > 0].min() and shares.max() < 0.27
for one in erased[shares > 0][..., 0]:  # a rectangle
    assert one.sum() == one.any(axis=0).sum() * one.any(axis=1).sum()
noisy = np.asarray(compiled._noisy(grey, 0.2, jax.random.key(0))).std(axis=(1, 2, 3))
assert 0.4 < (noisy > 0).mean() < 0.6 and noisy.max() < 0.21
""",
        tmp_path,
    )


def test_a_training_that_was_stopped_goes_on_as_if_nothing_had_been(tmp_path):
    on_jax(
        """
recipe = recipe_for("small", "full", TINY | {"precision": "bfloat16", "alternate": True})
fit.fit("small", recipe, faces, folder / "whole.keras", seed=7)
is_time, asked = compiled._is_time_for_one_more, []
compiled._is_time_for_one_more = lambda *_: asked.append(0) or len(asked) < 3
try:
    fit.fit("small", recipe, faces, folder / "parts.keras", seed=7)
    raise SystemExit("it was not stopped")
except OutOfTime:
    assert len(training.read_history(folder / "parts-history.csv")) == 2
compiled._is_time_for_one_more = is_time
fit.fit("small", recipe, faces, folder / "parts.keras", seed=7)
whole, parts = (training.read_history(folder / f"{n}-history.csv") for n in ("whole", "parts"))
for column in ("loss", "val_loss", "learning_rate"):
    np.testing.assert_allclose(whole[column], parts[column], rtol=1e-3)
""",
        tmp_path,
    )


def test_what_is_kept_is_the_best_epoch_with_averaged_weights_in_float32(tmp_path):
    on_jax(
        """
import keras
recipe = recipe_for("small", "full", TINY | {"precision": "bfloat16", "mixup": 0.4})
fit.fit("small", recipe, faces, folder / "one.keras", seed=7)
model = keras.saving.load_model(folder / "one.keras", compile=False)
assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}
part = faces.subset("validation")
answers = model.predict(part.images / 255.0, verbose=0)
right = (answers.argmax(axis=1) == part.labels).mean()
history = training.read_history(folder / "one-history.csv")
assert abs(right - history["val_accuracy"].max()) < 1e-6
""",
        tmp_path,
    )


def test_epochs_take_what_the_teacher_says_to_each_view_by_turns(tmp_path):
    on_jax(
        """
recipe = recipe_for("small", "full", TINY | {"teaching_views": 2, "label_smoothing": 0.0})
train = faces.subset("train")
views = np.zeros((2, len(train), 7), np.float32)
views[0, :, 0] = views[1, :, 1] = 1  # everything is angry, then disgusted
view_maps, asked = compiled.view_maps, []
def spy(recipe, count, size, seed, view):
    asked.append(view)
    return view_maps(recipe, count, size, seed, view)
compiled.view_maps = spy
fit.fit("small", recipe, faces, folder / "one.keras", seed=7, view_targets=views)
assert asked == [0, 1, 0]
history = training.read_history(folder / "one-history.csv")
assert history["accuracy"].iloc[1] < 0.9  # what was learned in the first epoch no longer holds
""",
        tmp_path,
    )


def test_a_file_that_is_no_unfinished_training_is_a_sentence(tmp_path):
    on_jax(
        """
from fer_kit.errors import InputError
progress = compiled.Progress([[np.zeros(3)], [], []])
for content in (b"", b"PK\\x03\\x04 cut off"):
    (folder / "x.npz").write_bytes(content)
    try:
        progress.restore(folder / "x.npz")
        raise SystemExit("it was taken")
    except InputError as error:
        assert "an unfinished training that JAX has begun" in str(error)
progress.save(folder / "x.npz")
try:  # Keras' own fit does not take it either
    training.Resume(folder / "x.npz")._read()
    raise SystemExit("it was taken")
except InputError as error:
    assert "of another one" in str(error)
""",
        tmp_path,
    )


@pytest.mark.parametrize("change", ["sam=0.05", "schedule='plateau'", "reduced=0.5"])
def test_what_cannot_be_compiled_is_left_to_keras(change, tmp_path):
    on_jax(
        f"assert not compiled.can_train(recipe_for('small', 'full', dict({change})))\n"
        "assert compiled.can_train(recipe_for('small'))",
        tmp_path,
    )
