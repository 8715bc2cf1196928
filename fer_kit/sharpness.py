"""Sharpness-aware minimisation (SAM): steps that look for flat valleys of the loss.

Foret, Kleiner, Mobahi & Neyshabur, "Sharpness-Aware Minimization for Efficiently Improving
Generalization", ICLR 2021.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

TINY = 1e-12  # keeps the length of a gradient of zeros above 0


class SharpnessAware(keras.Model):
    """Trains a network by SAM's steps, with any optimizer and loss (lesson 07).

        trainer = SharpnessAware(network, rho=0.05)
        trainer.compile(keras.optimizers.Adam(5e-4), "categorical_crossentropy")
        trainer.fit(...)          # trains the weights of `network`
        network.predict(...)

    A step takes the gradient g where the weights w are, climbs to w + ρ g / |g|, takes the gradient
    there for the same batch, and lets the optimizer apply that one at w. It costs two ordinary
    steps.

    Both gradients belong to the same function: batch normalisation normalises by the batch both
    times, and dropout drops the same values. What only happens to be counted, the running averages
    of batch normalisation and the metrics, is counted once, at w. (DDAMFN++ as published counts it
    at both places.)

    Args:
        network: a model from faces to probabilities; `save` saves it, not the trainer.
        rho: how far to climb; 0 makes ordinary steps.
        every: climb in every so many-th step only; the others are ordinary ones.
    """

    def __init__(self, network: keras.Model, rho: float = 0.05, every: int = 1):
        # The network's precision, so that `compile` scales the loss where that is float16.
        super().__init__(name=network.name, dtype=network.dtype_policy)
        self.network, self.rho, self.every = network, rho, every

    def call(self, faces, training=None):
        """The network's answers."""
        return self.network(faces, training=training)

    def save(self, filepath, overwrite: bool = True, zipped: bool | None = None, **options) -> None:
        """Save the network: whoever loads it needs nothing of how it was trained."""
        self.network.save(filepath, overwrite=overwrite, zipped=zipped, **options)

    def train_step(self, *given: Any) -> Any:
        """One step, as Keras asks for it: `data` on TensorFlow, `state` and `data` on JAX."""
        if self.rho == 0:
            return super().train_step(*given)
        if keras.backend.backend() == "jax":
            return self._step_on_jax(*given)
        return self._step_on_tensorflow(*given)

    def _step_on_tensorflow(self, data: Any) -> dict:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        weights, counted = self.trainable_variables, self.non_trainable_variables
        counted = [*counted, *self.metrics_variables]
        start, before = _values(weights), _values(counted)
        answers, loss, gradients = self._gradients(x, y, sample_weight)
        self._loss_tracker.update_state(loss, sample_weight=ops.shape(answers)[0])
        after = _values(counted)

        def climb() -> list:
            _assign(weights, _uphill(start, gradients, self.rho))
            _assign(counted, before)
            higher = self._gradients(x, y, sample_weight)[2]
            _assign(weights, start)
            _assign(counted, after)
            return higher

        gradients = self._now_and_then(self.optimizer.iterations, climb, gradients)
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return self.compute_metrics(x, y, answers, sample_weight=sample_weight)

    def _now_and_then(self, step: Any, climb: Callable[[], list], otherwise: list) -> list:
        """What `climb` returns in each `every`-th step, and `otherwise` in the others."""
        if self.every == 1:
            return climb()
        return ops.cond(ops.equal(step % self.every, 0), climb, lambda: otherwise)

    def _gradients(self, x, y, sample_weight) -> tuple:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            answers = self(x, training=True)
            loss = self.compute_loss(x, y, answers, sample_weight, training=True)
            scaled = self.optimizer.scale_loss(loss)
        return answers, loss, tape.gradient(scaled, self.trainable_variables)

    def _step_on_jax(self, state: tuple, data: Any) -> tuple:
        import jax

        weights, counted, optimizer, metrics = state
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        slope = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        rest = (counted, metrics, x, y, sample_weight)
        options = {"training": True, "optimizer_variables": optimizer}
        (_, (loss, answers, after, metrics)), gradients = slope(weights, *rest, **options)

        def climb() -> list:
            return slope(_uphill(weights, gradients, self.rho), *rest, **options)[1]

        gradients = self._now_and_then(optimizer[0], climb, gradients)
        weights, optimizer = self.optimizer.stateless_apply(optimizer, gradients, weights)
        logs, metrics = self._update_metrics_variables(metrics, loss, x, y, answers, sample_weight)
        return logs, (weights, after, optimizer, metrics)


def _uphill(weights: list, gradients: list, rho: float) -> list:
    """Each weight, moved by its share of a step of length `rho` along the gradient."""
    squares = [ops.sum(ops.square(ops.cast(gradient, "float32"))) for gradient in gradients]
    scale = rho / (ops.sqrt(sum(squares)) + TINY)
    return [
        weight + ops.cast(scale, weight.dtype) * gradient
        for weight, gradient in zip(weights, gradients, strict=True)
    ]


def _values(variables: list) -> list:
    return [ops.copy(variable) for variable in variables]


def _assign(variables: list, values: list) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
