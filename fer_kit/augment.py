"""More faces out of those at hand: turn, shift, shear, zoom, mirror and disturb them at random.

All geometric changes of one picture are one affine map, a 2×3 matrix: the matrices are drawn first
and applied after, so that a picture is resampled once, and so that a second picture of the same
moment (infrared) or the landmarks of a face can follow the very same map.

Nothing here is part of a saved model: a network is trained on changed faces and asked about
unchanged ones.
"""

import cv2
import keras
import numpy as np

from fer_kit.errors import InputError
from fer_kit.pictures import warp

ERASED = (0.02, 0.25)  # the smallest and the largest share of a picture that `erase` covers


def draw_matrices(
    count: int,
    size: tuple[int, int],
    generator: np.random.Generator,
    *,
    rotation: float = 15.0,
    shift: float = 0.10,
    shear: float = 0.10,
    zoom: float = 0.10,
    flip: float = 0.5,
    distortion: float = 0.0,
) -> np.ndarray:
    """Draw one random affine map for each of `count` pictures, around its centre (lesson 05).

    Args:
        size: (height, width) of the pictures.
        generator: where chance comes from, `np.random.default_rng(seed)`.
        rotation: turns by up to this many degrees, to either side.
        shift: moves by up to this share of the size, in either direction, along both axes.
        shear: moves the upper rows against the lower ones by up to this share of their distance.
        zoom: scales by 1 - zoom to 1 + zoom, along both axes.
        flip: the chance of being mirrored.
        distortion: moves each corner by up to this share of half the size towards the middle, as if
            the picture hung askew in space; such a change of perspective is no affine map any more.

    Returns:
        float64 (count, 2, 3). A point (x, y) in pixels moves to matrix @ (x, y, 1). With distortion
        (count, 3, 3), and the first two of the three results are to be divided by the third.
    """
    height, width = size

    def draw(limit: float) -> np.ndarray:
        return generator.uniform(-limit, limit, count)

    mirror = np.where(generator.random(count) < flip, -1.0, 1.0)
    angle = np.radians(draw(rotation))
    linear = (
        _matrices(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle), count)
        @ _matrices(1, draw(shear), 0, 1, count)
        @ _matrices(mirror * (1 + draw(zoom)), 0, 0, 1 + draw(zoom), count)
    )
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = centre + np.stack([draw(shift) * width, draw(shift) * height], axis=1)
    offset = moved - linear @ centre
    matrices = np.concatenate([linear, offset[:, :, None]], axis=2)
    return _distorted(matrices, size, generator, distortion) if distortion else matrices


def move(points: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Where points of each picture, such as the landmarks of a face, are after `warp`.

    Args:
        points: (N, P, 2), x and y in pixels.
        matrices: (N, 2, 3) or (N, 3, 3).
    """
    moved = points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]
    return moved if matrices.shape[1] == 2 else moved[..., :2] / moved[..., 2:]


def add_noise(
    images: np.ndarray, generator: np.random.Generator, noise: float, noisy: float = 0.5
) -> np.ndarray:
    """Gaussian noise of random strength on some pictures, clipped to [0, 1] (lesson 09).

    Args:
        images: float32 (N, H, W, C) in [0, 1].
        noise: the largest standard deviation; each picture's own is drawn between 0 and this.
        noisy: the share of the pictures that get any.
    """
    count = len(images)
    sigma = generator.uniform(0, noise, count) * (generator.permutation(count) < noisy * count)
    sigma = sigma.astype(np.float32).reshape(-1, 1, 1, 1)
    normal = generator.standard_normal(images.shape, np.float32)
    return np.clip(images + sigma * normal, 0, 1)


def crop(
    matrices: np.ndarray, size: tuple[int, int], generator: np.random.Generator, smallest: float
) -> np.ndarray:
    """Let each map of `draw_matrices` also cut a random square window out and enlarge it.

    Args:
        matrices: (N, 2, 3).
        size: (height, width) of the pictures.
        smallest: the smallest side of a window, as a share of the picture's; 1 cuts nothing.

    Returns:
        (N, 2, 3): the same maps, each followed by its crop, so that `warp` still resamples once.
    """
    side = generator.uniform(smallest, 1, len(matrices))
    corner = generator.random((len(matrices), 2)) * (1 - side[:, None]) * (size[1], size[0])
    cropped = matrices.copy()
    cropped[:, :, 2] -= corner
    return cropped / side[:, None, None]


def erase(images: np.ndarray, generator: np.random.Generator, chance: float) -> np.ndarray:
    """Cover a random rectangle of some pictures with noise (random erasing, Zhong et al. 2020).

    Args:
        images: float32 (N, H, W, C) in [0, 1].
        chance: the share of the pictures that lose a rectangle of 2 to 25 % of their area.
    """
    erased = images.copy()
    for index in np.flatnonzero(generator.random(len(images)) < chance):
        rows, columns = _rectangle(images.shape[1:3], generator)
        patch = erased[index, rows, columns]
        patch[:] = generator.random(patch.shape, np.float32)
    return erased


def mix(
    images: np.ndarray, targets: np.ndarray, generator: np.random.Generator, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each picture and its target with another one of the batch (mixup, Zhang et al. 2018).

    Args:
        images: float32 (N, H, W, C).
        targets: (N, K).
        alpha: the share of each picture is drawn from the Beta distribution B(alpha, alpha): small
            values leave most pictures nearly alone, 1 draws all shares alike.
    """
    share = generator.beta(alpha, alpha, len(images)).astype(np.float32)
    other = generator.permutation(len(images))

    def blend(values: np.ndarray) -> np.ndarray:
        weights = share.reshape(-1, *[1] * (values.ndim - 1))
        return weights * values + (1 - weights) * values[other]

    return blend(images), blend(targets)


class Batches(keras.utils.PyDataset):
    """Batches of changed faces for `model.fit`, other ones in every epoch (lesson 05).

        batches = fk.augment.Batches(x_train, y_train, batch_size=32, seed=42)
        model.fit(batches, epochs=10, shuffle=False)  # they come shuffled

    Every batch follows from the seed, the epoch and its place in it: the same seed gives the same
    batches on every machine, also when a training goes on after an interruption. `fit` would
    shuffle their order once more, by a chance that nobody can set back: hence `shuffle=False`.

    Args:
        images: float32 (N, H, W, C) in [0, 1].
        targets: (N, K); they stay as they are.
        noise, noisy: as in `add_noise`.
        geometry: the arguments of `draw_matrices`; 0 switches a change off.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        batch_size: int,
        seed: int,
        *,
        noise: float = 0.0,
        noisy: float = 0.5,
        **geometry: float,
    ):
        super().__init__()
        if len(images) != len(targets):
            raise InputError(
                "Expected as many targets as images. "
                f"Received: {len(targets)} targets for {len(images)} images."
            )
        self.images, self.targets = images, targets
        self.batch_size, self.seed = batch_size, seed
        self.noise, self.noisy, self.geometry = noise, noisy, geometry
        self._begin(epoch=0)

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows, generator = self._drawn(index)
        return self._changed(self.images[rows], generator), self.targets[rows]

    def on_epoch_begin(self) -> None:
        """Keras calls this once before each epoch; `training.Resume` sets the number back."""
        self._begin(self.epoch + 1)

    def _begin(self, epoch: int) -> None:
        self.epoch = epoch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.images))

    def _drawn(self, index: int) -> tuple[np.ndarray, np.random.Generator]:
        """The rows of a batch, and the chance that changes them."""
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return rows, np.random.default_rng([self.seed, self.epoch, index])

    def _changed(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        matrices = draw_matrices(len(images), images.shape[1:3], generator, **self.geometry)
        images = warp(images, matrices)
        return add_noise(images, generator, self.noise, self.noisy) if self.noise else images


class PairBatches(Batches):
    """Batches of pairs, visible and infrared, of the same moment, changed alike (lesson 06).

        batches = fk.augment.PairBatches(visible, infrared, y_train, batch_size=64, seed=42)
        model.fit(batches, epochs=10, shuffle=False)  # a model with two inputs

    Args:
        visible, infrared: float32 (N, H, W, C) in [0, 1], row by row of the same moment.
        targets, batch_size, seed, geometry: as in `Batches`.
        alike: False turns each picture of a pair in its own way, which is a mistake: an eye is then
            no longer at the same place in both. A published system did it.
    """

    def __init__(
        self,
        visible: np.ndarray,
        infrared: np.ndarray,
        targets: np.ndarray,
        batch_size: int,
        seed: int,
        *,
        alike: bool = True,
        **geometry: float,
    ):
        super().__init__(visible, targets, batch_size, seed, **geometry)
        if infrared.shape[:3] != visible.shape[:3]:
            raise InputError(
                "Expected an infrared picture of the same size for each visible one. "
                f"Received: visible {visible.shape}, infrared {infrared.shape}."
            )
        self.infrared, self.alike = infrared, alike

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        rows, generator = self._drawn(index)
        size = self.images.shape[1:3]
        matrices = draw_matrices(len(rows), size, generator, **self.geometry)
        visible = warp(self.images[rows], matrices)
        if not self.alike:
            matrices = draw_matrices(len(rows), size, generator, **self.geometry)
        return (visible, warp(self.infrared[rows], matrices)), self.targets[rows]


def _distorted(
    matrices: np.ndarray, size: tuple[int, int], generator: np.random.Generator, distortion: float
) -> np.ndarray:
    """(N, 3, 3): affine maps (N, 2, 3), each after a random change of perspective."""
    height, width = size
    corners = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)])
    inwards = np.sign((width - 1) / 2 - corners[:, :1]), np.sign((height - 1) / 2 - corners[:, 1:])
    shares = generator.uniform(0, distortion, (len(matrices), 4, 2))
    moved = corners + shares * np.hstack(inwards) * (width / 2, height / 2)
    views = [
        cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))
        for target in moved
    ]
    last = np.broadcast_to([[0.0, 0.0, 1.0]], (len(matrices), 1, 3))
    return np.concatenate([matrices, last], axis=1) @ np.array(views)


def _matrices(a, b, c, d, count: int) -> np.ndarray:
    """(count, 2, 2): the matrices ((a, b), (c, d)), of numbers or arrays (count,)."""
    rows = [np.broadcast_to(value, count) for value in (a, b, c, d)]
    return np.stack(rows, axis=1).reshape(count, 2, 2)


def _rectangle(size: tuple[int, int], generator: np.random.Generator) -> tuple[slice, slice]:
    """Rows and columns of a random rectangle, up to about three times as long as wide."""
    share, ratio = generator.uniform(*ERASED), np.exp(generator.uniform(-0.5, 0.5) * np.log(3))
    places = []
    for length, part in zip(size, np.sqrt([share * ratio, share / ratio]), strict=True):
        side = max(1, round(part * length))
        start = generator.integers(0, length - side + 1)
        places.append(slice(start, start + side))
    return tuple(places)
