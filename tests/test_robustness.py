import keras
import numpy as np
import pytest
from keras import layers

from fer_kit import robustness
from fer_kit.errors import InputError
from fer_kit.robustness import STRENGTHS, distort

KINDS = sorted(STRENGTHS)


@pytest.fixture
def pictures() -> np.ndarray:
    """Slopes of grey with finer waves on them, float from 0 to 1."""
    y, x = np.mgrid[0:48, 0:48] / 48
    waves = [0.5 + 0.4 * (x - y / k) / 2 + 0.1 * np.sin(30 * x * y + k) for k in (1, 2, 3, 4)]
    return np.stack(waves).astype(np.float32)[..., None]


@pytest.fixture
def bright_or_dark() -> keras.Model:
    """Emotion 0 for dark pictures, 1 for bright ones, by the mean grey value alone."""
    inputs = keras.Input((48, 48, 1))
    outputs = layers.Dense(7, activation="softmax")(layers.GlobalAveragePooling2D()(inputs))
    model = keras.Model(inputs, outputs)
    kernel, bias = np.zeros((1, 7), np.float32), np.full(7, -50, np.float32)
    kernel[0, :2], bias[:2] = (-20, 20), (10, -10)
    model.layers[-1].set_weights([kernel, bias])
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_an_amount_of_0_changes_nothing_and_copies(kind, pictures):
    same = distort(pictures, kind, 0)
    np.testing.assert_array_equal(same, pictures)
    same[:] = 0
    assert pictures.any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_type_and_range_are_kept(kind, channels, pictures):
    coloured = np.repeat(pictures, channels, axis=-1)
    for images in (coloured, np.rint(255 * coloured).astype(np.uint8)):
        before = images.copy()
        worse = distort(images, kind, STRENGTHS[kind][-1])
        assert (worse.shape, worse.dtype) == (images.shape, images.dtype)
        assert worse.min() >= 0
        assert worse.max() <= (255 if images.dtype == np.uint8 else 1)
        np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_the_five_strengths_is_worse_than_the_one_before(kind, pictures):
    changes = [np.abs(distort(pictures, kind, a) - pictures).mean() for a in STRENGTHS[kind]]
    assert len(changes) == 5
    assert changes[0] > 0
    assert (np.diff(changes) > 0).all(), changes


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_pictures(kind, pictures):
    amount = STRENGTHS[kind][2]
    first, again = (distort(pictures, kind, amount, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_another_seed_gives_other_noise(pictures):
    assert not np.array_equal(
        distort(pictures, "noise", 0.1, 0), distort(pictures, "noise", 0.1, 1)
    )


def test_noise_has_the_standard_deviation_that_was_asked_for():
    grey = np.full((20, 48, 48, 1), 0.5, np.float32)
    noisy = distort(grey, "noise", 0.1)
    assert noisy.std() == pytest.approx(0.1, rel=0.02)
    assert noisy.mean() == pytest.approx(0.5, abs=0.002)


def test_known_cases(pictures):
    np.testing.assert_allclose(
        distort(pictures, "brightness", 0.2), np.clip(pictures + 0.2, 0, 1), atol=1e-6
    )
    half = distort(pictures, "contrast", 0.5)
    np.testing.assert_allclose(half.std(axis=(1, 2)), pictures.std(axis=(1, 2)) / 2, rtol=1e-4)
    upside_down = distort(pictures, "rotation", 180)
    np.testing.assert_allclose(upside_down, pictures[:, ::-1, ::-1], atol=1e-3)


@pytest.mark.parametrize(("kind", "row"), [("covered eyes", 17), ("covered mouth", 38)])
def test_a_bar_covers_its_band_and_nothing_else(kind, row, pictures):
    changed = distort(pictures, kind, 1.0) != pictures
    assert changed[:, row].mean() > 0.9
    assert not changed[:, [0, 27, 47]].any()


@pytest.mark.parametrize(
    ("kind", "amount", "message"),
    [("fog", 1, "Received: 'fog'"), ("blur", -1, "0 or more. Received: -1")],
)
def test_unknown_distortions_are_a_sentence(kind, amount, message, pictures):
    with pytest.raises(InputError, match=message):
        distort(pictures, kind, amount)


def test_a_sweep_counts_every_face_at_every_amount(make_faces, bright_or_dark):
    faces = make_faces(21)
    table = robustness.sweep(bright_or_dark, faces, "noise", (0, 0.1, 0.2), seeds=(3, 4))
    assert table[["amount", "seed"]].to_numpy().tolist() == [
        [0, 3], [0.1, 3], [0.1, 4], [0.2, 3], [0.2, 4]
    ]  # fmt: skip
    assert (table[list(faces.emotions)].sum(axis=1) == 21).all()
    assert (table["correct"] <= 21).all()


def test_collapse_into_one_class_shows_in_share_and_entropy(make_faces, bright_or_dark):
    images = np.full((28, 48, 48, 1), 100, np.uint8)
    images[14:] = 160
    faces = make_faces(28, images=images)
    table = robustness.sweep(bright_or_dark, faces, "brightness", (0, 0.5), seeds=(0,))
    summary = robustness.summarise(table)
    assert summary.loc[0, "share"] == pytest.approx(0.5)
    assert summary.loc[0, "entropy"] == pytest.approx(1)  # two answers, equally often: one bit
    assert summary.loc[0.5, "share"] == 1
    assert summary.loc[0.5, "entropy"] == 0
    assert summary.loc[0.5, "commonest"] == faces.emotions[1]
    # What always says the same is as right as that emotion is frequent.
    assert summary.loc[0.5, "accuracy"] == pytest.approx((faces.labels == 1).mean())
    np.testing.assert_allclose(robustness.answers(table).sum(axis=1), 1)


def test_the_interval_is_that_of_the_faces_not_of_faces_times_seeds(make_faces, bright_or_dark):
    faces = make_faces(28)
    one, three = (
        robustness.summarise(robustness.sweep(bright_or_dark, faces, "blur", (1,), seeds=seeds))
        for seeds in ((0,), (0, 1, 2))
    )
    np.testing.assert_allclose(
        one[["accuracy", "low", "high"]].to_numpy(float),
        three[["accuracy", "low", "high"]].to_numpy(float),
    )


@pytest.fixture
def normalising() -> keras.Model:
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, name="conv")(inputs)
    x = layers.Dropout(0.3)(layers.BatchNormalization(name="norm")(x))
    outputs = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    return keras.Model(inputs, outputs)


def test_reestimation_changes_nothing_but_moving_statistics(normalising):
    before = [value.copy() for value in normalising.get_weights()]
    images = np.random.default_rng(0).random((40, 8, 8, 1), dtype=np.float32)
    again = robustness.reestimate_batch_norm(normalising, images, batch_size=16)
    for value, old in zip(normalising.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)
    for ours, theirs in zip(again.weights, normalising.weights, strict=True):
        same = np.array_equal(ours.numpy(), theirs.numpy())
        assert same == ("moving" not in ours.path), ours.path
    assert again.get_layer("norm").momentum == normalising.get_layer("norm").momentum


def test_reestimated_statistics_are_those_of_the_pictures(normalising):
    images = np.random.default_rng(1).random((48, 8, 8, 1), dtype=np.float32)
    again = robustness.reestimate_batch_norm(normalising, images, batch_size=16)
    maps = keras.ops.convert_to_numpy(normalising.get_layer("conv")(images))
    found = again.get_layer("norm").moving_mean.numpy()
    np.testing.assert_allclose(found, maps.mean(axis=(0, 1, 2)), atol=1e-5)


def test_reestimation_needs_batch_normalisation(bright_or_dark):
    with pytest.raises(InputError, match="which has none"):
        robustness.reestimate_batch_norm(bright_or_dark, np.zeros((4, 48, 48, 1), np.float32))
