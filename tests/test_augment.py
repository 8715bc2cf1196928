import keras
import numpy as np
import pytest

from fer_kit import augment, synthetic
from fer_kit.errors import InputError

OFF = {"rotation": 0, "shift": 0, "shear": 0, "zoom": 0, "flip": 0}


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((10, 48, 48, 1), np.float32)


@pytest.fixture
def targets() -> np.ndarray:
    return np.eye(7, dtype=np.float32)[np.arange(10) % 7]


def matrices(count: int = 500, **changes) -> np.ndarray:
    return augment.draw_matrices(count, (48, 48), np.random.default_rng(0), **(OFF | changes))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_type_and_range_stay(dtype, channels):
    top = 255 if dtype == np.uint8 else 1
    images = (np.random.default_rng(0).random((6, 48, 40, channels)) * top).astype(dtype)
    drawn = augment.draw_matrices(6, (48, 40), np.random.default_rng(1))
    moved = augment.warp(images, drawn)
    assert moved.shape == images.shape
    assert moved.dtype == dtype
    assert moved.min() >= images.min()
    assert moved.max() <= images.max()
    assert not np.array_equal(moved, images)


def test_without_strength_nothing_changes(images):
    np.testing.assert_array_equal(augment.warp(images, matrices(10)), images)


def test_a_certain_flip_mirrors_the_picture(images):
    mirrored = augment.warp(images, matrices(10, flip=1))
    np.testing.assert_allclose(mirrored, images[:, :, ::-1], atol=1e-6)


def test_half_of_the_pictures_are_mirrored_unless_told_otherwise():
    drawn = augment.draw_matrices(2000, (48, 48), np.random.default_rng(0))
    assert 0.45 < (np.linalg.det(drawn[:, :, :2]) < 0).mean() < 0.55


def test_the_centre_stays_unless_shifted():
    drawn = matrices(rotation=15, shear=0.1, zoom=0.1, flip=0.5)
    centre = np.full((500, 1, 2), 23.5)
    np.testing.assert_allclose(augment.move(centre, drawn), centre)


def test_rotations_reach_the_limit_and_no_further():
    drawn = matrices(rotation=15)
    angles = np.degrees(np.arctan2(drawn[:, 1, 0], drawn[:, 0, 0]))
    assert 14 < angles.max() <= 15
    assert -15 <= angles.min() < -14


def test_shifts_are_shares_of_the_size():
    moved = matrices(shift=0.1)[:, :, 2]
    assert 4.5 < np.abs(moved).max() <= 4.8
    assert np.abs(moved).max(axis=0) == pytest.approx(4.8, abs=0.3)


def test_zoom_and_shear_stay_within_their_limits():
    linear = matrices(shear=0.1)[:, :, :2]
    np.testing.assert_allclose(linear[:, 0, 0], 1)
    assert 0.09 < np.abs(linear[:, 0, 1]).max() <= 0.1
    linear = matrices(zoom=0.1)[:, :, :2]
    assert 0.9 <= linear[:, 0, 0].min() < 0.91
    assert not np.array_equal(linear[:, 0, 0], linear[:, 1, 1])


def test_a_landmark_moves_with_the_picture():
    """A bright spot is found where its matrix says."""
    images = np.zeros((20, 48, 48, 1), np.float32)
    images[:, 18:21, 29:32] = 1  # a spot around x = 30, y = 19
    drawn = augment.draw_matrices(20, (48, 48), np.random.default_rng(3))
    expected = augment.move(np.full((20, 1, 2), (30.0, 19.0)), drawn)[:, 0]
    moved = augment.warp(images, drawn)[..., 0]
    y, x = np.indices((48, 48))
    weight = moved.sum(axis=(1, 2))
    found = np.stack([(moved * x).sum((1, 2)) / weight, (moved * y).sum((1, 2)) / weight], axis=1)
    np.testing.assert_allclose(found, expected, atol=0.25)


def test_edges_are_repeated():
    images = np.full((5, 48, 48, 1), 0.5, np.float32)
    moved = augment.warp(images, augment.draw_matrices(5, (48, 48), np.random.default_rng(0)))
    np.testing.assert_allclose(moved, 0.5, atol=1e-6)


def test_two_pictures_follow_one_matrix(images):
    drawn = augment.draw_matrices(10, (48, 48), np.random.default_rng(0))
    pair = augment.warp(np.concatenate([images, 1 - images], axis=3)[..., :2], drawn)
    np.testing.assert_allclose(pair[..., :1], augment.warp(images, drawn), atol=1e-6)
    np.testing.assert_allclose(pair.sum(axis=3), 1, atol=1e-5)


def test_a_matrix_too_few_is_a_sentence(images):
    with pytest.raises(InputError, match=r"\(10, 2, 3\).*Received: \(9, 2, 3\)"):
        augment.warp(images, matrices(9))


def test_noise_reaches_its_share_of_the_pictures():
    images = np.full((400, 48, 48, 1), 0.5, np.float32)
    noisy = augment.add_noise(images, np.random.default_rng(0), noise=0.1, noisy=0.25)
    strengths = noisy.std(axis=(1, 2, 3))
    assert (strengths > 0).sum() == 100
    assert 0.09 < strengths.max() < 0.105
    assert strengths[strengths > 0].mean() == pytest.approx(0.05, abs=0.01)
    assert noisy.dtype == np.float32


def test_noise_is_clipped(images):
    noisy = augment.add_noise(images, np.random.default_rng(0), noise=1, noisy=1)
    assert noisy.min() == 0
    assert noisy.max() == 1


def epoch(batches: augment.Batches) -> tuple[np.ndarray, np.ndarray]:
    batches.on_epoch_begin()
    drawn = [batches[index] for index in range(len(batches))]
    return tuple(np.concatenate(parts) for parts in zip(*drawn, strict=True))


def test_an_epoch_shows_every_face_once_with_its_own_target(images, targets):
    x, y = epoch(augment.Batches(images, targets, batch_size=4, seed=0, **OFF))
    order = [int(np.flatnonzero((images == face).all(axis=(1, 2, 3)))[0]) for face in x]
    assert sorted(order) == list(range(10))
    assert order != list(range(10))
    np.testing.assert_array_equal(y, targets[order])


def test_the_seed_repeats_the_batches(images, targets):
    first, again, other = (
        augment.Batches(images, targets, batch_size=4, seed=seed, noise=0.2) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(epoch(first)[0], epoch(again)[0])
    second = epoch(first)[0]
    np.testing.assert_array_equal(second, epoch(again)[0])
    assert not np.array_equal(second, epoch(first)[0])
    assert not np.array_equal(epoch(other)[0], epoch(again)[0])


def test_the_last_batch_is_what_remains(images, targets):
    batches = augment.Batches(images, targets, batch_size=4, seed=0)
    assert len(batches) == 3
    assert [len(batches[index][0]) for index in range(3)] == [4, 4, 2]


def test_keras_trains_on_them(images, targets):
    model = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(7, activation="softmax"))
    model.compile("sgd", "categorical_crossentropy")
    batches = augment.Batches(images, targets, batch_size=4, seed=0)
    history = model.fit(batches, epochs=2, shuffle=False, verbose=0)
    assert len(history.history["loss"]) == 2


def test_too_few_targets_are_a_sentence(images, targets):
    with pytest.raises(InputError, match="Received: 9 targets for 10 images"):
        augment.Batches(images, targets[:9], batch_size=4, seed=0)


# Perspective, and pairs of pictures


def dots(points: np.ndarray) -> np.ndarray:
    """float32 (N, 48, 48, 1): a soft dot at each of the points (N, P, 2)."""
    y, x = np.mgrid[:48, :48]
    distance = (x - points[..., 0, None, None]) ** 2 + (y - points[..., 1, None, None]) ** 2
    return np.exp(-distance / 4).max(axis=1)[..., None].astype(np.float32)


def test_a_change_of_perspective_moves_corners_inwards_and_no_further():
    drawn = matrices(distortion=0.5)
    corners = np.array([(0, 0), (47, 0), (47, 47), (0, 47)], float)
    moved = augment.move(np.broadcast_to(corners, (500, 4, 2)), drawn)
    inwards = (moved - corners) * np.sign(23.5 - corners)
    assert drawn.shape == (500, 3, 3)
    assert inwards.min() >= -1e-4
    assert 11 < inwards.max() <= 12 + 1e-4
    sides = np.linalg.norm(moved - np.roll(moved, 1, axis=1), axis=2)
    assert sides.std(axis=1).max() > 1  # no affine map: opposite sides differ


@pytest.mark.parametrize("distortion", [0.0, 0.3])
def test_points_follow_the_picture(distortion):
    points = np.random.default_rng(1).uniform(17, 30, (20, 1, 2))
    drawn = augment.draw_matrices(20, (48, 48), np.random.default_rng(2), distortion=distortion)
    moved = augment.warp(dots(points), drawn)[..., 0]
    y, x = np.mgrid[:48, :48]
    weight = moved.sum(axis=(1, 2))
    centres = np.stack([(moved * x).sum((1, 2)) / weight, (moved * y).sum((1, 2)) / weight], axis=1)
    np.testing.assert_allclose(centres, augment.move(points, drawn)[:, 0], atol=0.35)


def test_landmarks_of_a_pair_still_agree_after_augmentation():
    people = [synthetic.portrait(synthetic.identity(seed), {"AU12": 1.0}) for seed in range(12)]
    landmarks = np.array([list(person.landmarks.values()) for person in people])
    pictures = dots(landmarks.clip(4, 43))
    batches = augment.PairBatches(
        pictures, 0.5 * pictures, np.eye(12), 12, seed=3, rotation=20, zoom=0.25, distortion=0.3
    )
    (visible, infrared), _ = batches[0]
    assert not np.allclose(visible, pictures[batches.order], atol=0.1)
    np.testing.assert_allclose(infrared, 0.5 * visible, atol=1e-6)


def test_pairs_stay_together_in_every_epoch_with_their_targets():
    rows = np.arange(10, dtype=np.float32)
    visible = np.broadcast_to(rows[:, None, None, None] / 20, (10, 8, 8, 1)).copy()
    batches = augment.PairBatches(visible, 2 * visible, rows, batch_size=4, seed=0)
    for _ in range(2):
        batches.on_epoch_begin()
        for (first, second), targets in (batches[index] for index in range(len(batches))):
            np.testing.assert_allclose(first[:, 0, 0, 0], targets / 20, rtol=1e-5)
            np.testing.assert_allclose(second, 2 * first, rtol=1e-5)


def test_pairs_that_are_not_turned_alike_do_not_agree(images, targets):
    alike = augment.PairBatches(images, images, targets, 10, seed=0)
    apart = augment.PairBatches(images, images, targets, 10, seed=0, alike=False)
    np.testing.assert_array_equal(*alike[0][0])
    assert np.abs(np.subtract(*apart[0][0])).mean() > 0.05
    np.testing.assert_array_equal(alike[0][0][0], apart[0][0][0])


def test_pairs_of_different_sizes_are_a_sentence(images, targets):
    with pytest.raises(InputError, match="infrared picture of the same size"):
        augment.PairBatches(images, images[:, :40], targets, 4, seed=0)
