"""The attention maps of DDAMFN, and the loss that keeps its heads apart."""

from itertools import combinations

import keras
import numpy as np
from keras import ops

from fer_kit.errors import InputError
from fer_kit.sharpness import SharpnessAware

WEIGHT = 0.1
TINY = 1e-6  # the published 2e-16 vanishes beside a float32: equal heads would cost 4.5e15


class WithAttentionLoss(SharpnessAware):
    """Trains a network of several heads by its loss plus `weight` times `attention_loss`.

        trainer = WithAttentionLoss(fk.build("ddamfn"))
        trainer.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
        trainer.fit(...)

    The history tells the attention loss on its own, before it is weighted, as `attention_loss` and
    `val_attention_loss`; `loss` holds it, in training and in validation, as published. Lesson 07.

    Args:
        network: a model with the layers "head1", "head2", …, such as `fer_kit.build("ddamfn")`.
        weight: of the attention loss, above 0; without it, fit the network itself.
        rho, every: with a rho above 0 the steps are SAM's, see `fer_kit.sharpness`.
    """

    def __init__(
        self, network: keras.Model, weight: float = WEIGHT, rho: float = 0.0, every: int = 1
    ):
        super().__init__(network, rho, every)
        if weight <= 0:
            raise InputError(
                f"Expected a weight of the attention loss above 0. Received: {weight}. To train "
                "without that loss, fit the network itself."
            )
        self.weight = weight
        self.with_maps = keras.Model(network.input, [network.output, *head_maps(network)])
        self.attention_loss = keras.metrics.Mean(name="attention_loss")

    def call(self, faces, training=None):
        """The network's answers; what its heads cost goes into `losses`."""
        answers, *maps = self.with_maps(faces, training=training)
        self.add_loss(self.weight * attention_loss(maps))
        return answers

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of the answers and of the heads together."""
        self.attention_loss.update_state(sum(self.losses) / self.weight)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


def attention_loss(maps: list):
    """How alike the heads are: the number of pairs / the sum of the pairs' mean squared distances.

    It is computed in float32, whatever the network computes in.

    Args:
        maps: of each head, (N, h, w, filters), 0 to 1.

    Returns:
        A number above 1, which small distances make large; 0 for a single head.
    """
    maps = [ops.cast(values, "float32") for values in maps]
    distances = [ops.mean(ops.square(first - second)) for first, second in combinations(maps, 2)]
    if not distances:
        return ops.zeros(())
    return len(distances) / (sum(distances) + TINY)


def head_maps(network: keras.Model) -> list:
    """The outputs of the layers "head1", "head2", ….

    Raises:
        InputError: the network has none.
    """
    names = {layer.name for layer in network.layers}
    found = []
    while f"head{len(found) + 1}" in names:
        found.append(network.get_layer(f"head{len(found) + 1}").output)
    if not found:
        raise InputError(
            'Expected a network with the layers "head1", "head2", …. '
            f'Received: {network.name}, which has none. Build it with fer_kit.build("ddamfn").'
        )
    return found


def attention_maps(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Where each head lets something pass: its maps, averaged over the filters (lesson 07).

    Args:
        images: (N, H, W, C), 0 to 1.

    Returns:
        float32 (heads, N, h, w), 0 (nothing passes) to 1 (everything does).
    """
    inside = keras.Model(network.input, [ops.mean(maps, axis=-1) for maps in head_maps(network)])
    answers = inside(ops.convert_to_tensor(images), training=False)
    answers = answers if isinstance(answers, list | tuple) else [answers]
    return np.stack([ops.convert_to_numpy(maps) for maps in answers])
