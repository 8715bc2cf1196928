"""A network's habits: how often it met each emotion in training, and how to take that back.

A network learns from its faces also how often each emotion occurs, and expects the same of every
photograph. By Bayes' rule its answer is p(emotion | face) ∝ p(face | emotion) · p(emotion), and the
last factor, the prior, is the training part's shares. Dividing by them takes the habit back (logit
adjustment, Menon et al. 2021); multiplying by other shares puts an expectation of one's own there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_kit import emotions
from fer_kit.card import TrainedOn, said
from fer_kit.errors import InputError, choose

CHOICES = ("default", "even", "training")
TINY = 1e-12  # stands for a probability of 0, whose logarithm would be infinite
RAREST = 1e-3  # an emotion that training hardly showed is not made a thousandfold likelier

Prior = str | Mapping[str, float] | None


@dataclass(frozen=True, eq=False)
class Expectation:
    """How far a model's habits are taken back, and what is expected instead.

    Attributes:
        strength: 0 leaves the training's shares in the answers, 1 takes them back whole; below 0
            it puts in what the training's loss had taken back.
        expected: the shares (K,) that take their place, or None for even ones.
        text: what was done, for people.
    """

    strength: float = 0.0
    expected: np.ndarray | None = None
    text: str = "as often as in its training"


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, K) at another temperature; see `evaluation.with_temperature`."""
    return _shares(np.log(probabilities.clip(TINY)) / temperature)


def corrected(
    probabilities: np.ndarray,
    shares: Sequence[float],
    strength: float = 1.0,
    expected: Sequence[float] | None = None,
) -> np.ndarray:
    """Answers with the habits of the training taken back (lesson 08).

    Args:
        probabilities: (N, K), rows summing to 1.
        shares: (K,), how often each emotion occurred in training.
        strength: 1 divides by the shares, 0 by nothing, 0.5 by their square root.
        expected: (K,), how often each emotion is expected instead; None: all alike.
    """
    logits = np.log(probabilities.clip(TINY)) - strength * np.log(np.clip(shares, RAREST, 1))
    if expected is not None:
        logits = logits + np.log(np.clip(expected, TINY, 1))
    return _shares(logits).astype(np.asarray(probabilities).dtype)


def expectation(prior: Prior, card: dict[str, Any], names: Sequence[str]) -> Expectation:
    """What a choice of `prior` means for a model.

    Args:
        prior: None or "default" (as far as the card says), "even" (wholly), "training" (not at
            all), or shares of one's own, {"happy": 0.5, …}.
        card: of the model; its trained_on.shares are the habits.
        names: the model's emotions, in order.

    Raises:
        InputError: no such choice, shares that are none, or a card that does not know the habits.
    """
    if not isinstance(prior, Mapping):
        choose(prior, (None, *CHOICES), "a prior")
    about, way = card.get("trained_on", {}), said(card, "correction")
    already = said(about, "balanced", TrainedOn)  # what the training's loss has taken back
    is_default = prior in (None, "default")
    if prior == "training" or (is_default and not way):
        return Expectation(-already)
    if not about.get("shares"):
        raise InputError(
            "Expected a model whose card says how often each emotion occurred in training. "
            f"Received: {card.get('name')}, whose card does not. Train it again, or take "
            "prior = 'training'."
        )
    if isinstance(prior, Mapping):
        return Expectation(1 - already, _own(prior, names), "as often as you said")
    if prior == "even":
        return Expectation(1 - already, None, "equally often")
    text = f"more evenly than in its training, {100 * way:.0f} % of the way to equally often"
    return Expectation(way - already, None, text)


def parse(text: str) -> Prior:
    """A prior as the command line has it: even, training, default, or happy=0.5,sad=0.2,….

    Raises:
        InputError: it is none of these.
    """
    if "=" not in text:
        hint = "Or give shares, such as happy=0.5,sad=0.2."
        return choose(text, CHOICES, "a prior", hint) if text else None
    pairs = [part.partition("=") for part in text.split(",")]
    try:
        return {name.strip(): float(value) for name, _, value in pairs}
    except ValueError as error:
        raise InputError(
            f"Expected shares such as happy=0.5,sad=0.2. Received: {text!r}."
        ) from error


def _own(prior: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    given = {emotions.canonical(name): value for name, value in prior.items()}
    values = np.array([given.pop(name, np.nan) for name in names], float)
    if given or not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
        raise InputError(
            f"Expected a share of 0 or more for each of {', '.join(names)}, and no other. "
            f"Received: {dict(prior)}."
        )
    return values / values.sum()


def _shares(logits: np.ndarray) -> np.ndarray:
    """The softmax of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
