"""From annotators' votes to targets, by the rules of FER+, and how far annotators agree.

Barsoum, Zhang, Canton Ferrer & Zhang, "Training Deep Networks for Facial Expression Recognition
with Crowd-Sourced Label Distribution", ICMI 2016.
"""

import numpy as np

from fer_kit.errors import choose

MODES = ("majority", "probability", "cross-entropy", "multi-target")
UNNAMED = 2  # FER+'s last two columns name no emotion: unknown, and no face
LEAST_VOTES = 2  # an emotion that one annotator alone saw does not count
MOST_EMOTIONS = 3
SMOOTHING = 0.001
TINY = 1e-12  # keeps logarithms and divisions finite


def label(votes: np.ndarray, mode: str, unnamed: int = UNNAMED) -> tuple[np.ndarray, np.ndarray]:
    """Targets of one of FER+'s four modes, and for which faces it has any (lesson 07).

    In all modes, votes that an answer got from one annotator alone are taken out first.

    * "majority": the answer with more than half of the votes.
    * "cross-entropy": the commonest answers until they hold three quarters of the votes; at most
      three, and together more than half; in their shares.
    * "probability": one emotion, drawn from these shares. The paper draws anew for every epoch.
    * "multi-target": every answer with at least 30 % of the votes, together more than half. The
      target is 1 for each and 0.001 for the others; see `multi_target_loss`.

    Where the rule finds nothing, or "unknown" and "no face" win, the face has no target. Otherwise
    their share is left out.

    Args:
        votes: counts (N, K + unnamed).
        mode: one of MODES.
        unnamed: how many columns at the end name no emotion; 2 in FER+, 0 in drawn faces.

    Returns:
        targets float32 (N, K), rows summing to 1 (but for "multi-target") or all 0 without a
        target; bool (N,), which faces have one.
    """
    choose(mode, MODES, "a mode")
    counts = np.where(np.asarray(votes) < LEAST_VOTES, 0, votes).astype(float)
    named = counts.shape[1] - unnamed
    if mode == "majority":
        chosen = _majority(counts)
    elif mode == "multi-target":
        chosen = _strong(counts)
    else:
        chosen = np.array([_commonest(row, named) for row in counts]).reshape(counts.shape)
    kept = (chosen.sum(axis=1) > 0) & (chosen.argmax(axis=1) < named)
    shares = np.where(kept[:, None], chosen[:, :named], 0)
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), TINY)
    return _targets(shares, kept, mode).astype(np.float32), kept


def multi_target_loss(targets, answers):
    """FER+'s loss for "multi-target": any of the emotions that people saw will do.

    -log max_k t_k p_k: the largest product of target and probability counts. For `compile`.
    """
    from keras import ops

    best = ops.max(targets * answers, axis=-1)
    return -ops.log(ops.maximum(best, TINY))


def draw(targets: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One emotion a face, drawn from its shares: float32 (N, K), one-hot.

    The mode "probability" is this, anew in every epoch, of the targets of "cross-entropy".
    """
    ends = targets.cumsum(axis=1)
    numbers = generator.random((len(targets), 1)) * ends[:, -1:]
    drawn = (numbers >= ends).sum(axis=1).clip(max=targets.shape[1] - 1)
    return np.eye(targets.shape[1], dtype=np.float32)[drawn]


def agreement(votes: np.ndarray) -> np.ndarray:
    """How often one annotator says what most of the others say, face by face.

    Each annotator of a face in turn is held against the others. Where several answers share the
    first place among the others, the annotator who gave one of them is half right with two of them,
    a third right with three.

    Args:
        votes: counts (N, K).

    Returns:
        float (N,), 0 to 1: the mean over the annotators of each face; NaN with fewer than two.
    """
    agreed, judged = _against_the_others(votes)
    return np.divide(agreed, judged, out=np.full(len(votes), np.nan), where=judged > 0)


def level_of_a_person(votes: np.ndarray, unnamed: int = 0) -> float:
    """How often one annotator says what the *majority* of the others says, of all who are judged.

    A network is tested on faces with a majority. So an annotator counts only where the others have
    one, by the rule of `label`: whoever is judged has no say in which faces count. Lesson 07b.

    Args:
        votes: counts (N, K).
        unnamed: the last columns that name no emotion, as in `label`.
    """
    agreed, judged = _against_the_others(votes, "majority", unnamed)
    return float(agreed.sum() / judged.sum()) if judged.any() else float("nan")


def _against_the_others(
    votes: np.ndarray, mode: str = "", unnamed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """How many annotators of each face agree with the others, and how many are judged."""
    votes = np.asarray(votes, float)
    agreed, judged = np.zeros(len(votes)), np.zeros(len(votes))
    for answer in range(votes.shape[1]):
        others = votes.copy()
        others[:, answer] -= 1
        first = others == others.max(axis=1, keepdims=True)
        counts = votes[:, answer] * (others.sum(axis=1) > 0)
        if mode:
            targets, kept = label(np.maximum(others, 0), mode, unnamed)
            first = np.pad(targets, ((0, 0), (0, unnamed))) > 0
            counts = counts * kept
        agreed += counts * first[:, answer] / np.maximum(first.sum(axis=1), 1)
        judged += counts
    return agreed, judged


def divergence(votes: np.ndarray, answers: np.ndarray, base: float = np.e) -> np.ndarray:
    """How far a network's answers are from what people said: Kullback and Leibler's divergence.

    Σ v log(v / p) over the emotions: 0 where the probabilities are the shares of the votes; large
    where something that many people saw was held to be impossible. Lesson 07.

    Args:
        votes: counts or shares (N, K), at least one a face.
        answers: probabilities (N, K).
        base: of the logarithm; 2 measures in bits.

    Returns:
        float (N,).
    """
    shares = votes / votes.sum(axis=1, keepdims=True)
    logs = np.log(np.maximum(shares, TINY) / np.maximum(answers, TINY))
    return (shares * logs).sum(axis=1) / np.log(base)


def two_emotions(votes: np.ndarray, share: float = 0.3) -> np.ndarray:
    """The two emotions of each face that annotators divide between: int (N, 2) (lesson 10).

    A face counts as mixed if exactly two emotions have at least `share` of its votes each. The
    stronger one comes first; a face that is not mixed has -1 and -1.

    Args:
        votes: (N, K), counts or shares. Only these K emotions are in the denominator: votes for
            "unknown" or "no face", which `Faces.votes` does not hold, are not.
    """
    shares = votes / votes.sum(axis=1, keepdims=True)
    is_mixed = (shares >= share - 1e-6).sum(axis=1) == 2
    highest = np.argsort(-shares, axis=1, kind="stable")[:, :2]
    return np.where(is_mixed[:, None], highest, -1)


def _majority(counts: np.ndarray) -> np.ndarray:
    most = counts.max(axis=1, keepdims=True)
    is_chosen = np.arange(counts.shape[1]) == counts.argmax(axis=1)[:, None]
    return np.where(is_chosen & (most > counts.sum(axis=1, keepdims=True) / 2), counts, 0)


def _strong(counts: np.ndarray) -> np.ndarray:
    total = counts.sum(axis=1, keepdims=True)
    strong = np.where(counts >= 0.3 * total, counts, 0)
    return np.where(strong.sum(axis=1, keepdims=True) > total / 2, strong, 0)


def _commonest(counts: np.ndarray, named: int) -> np.ndarray:
    """The answers of one face that hold three quarters of its votes, or nothing."""
    total, left, taken = counts.sum(), counts.copy(), np.zeros_like(counts)
    while taken.sum() < 0.75 * total and (taken > 0).sum() < MOST_EMOTIONS:
        for answer in np.flatnonzero(left == left.max()):
            if answer >= named:
                if not taken.any():
                    taken[answer] = counts[answer]
                return _if_enough(taken, total)
            taken[answer], left[answer] = counts[answer], 0
    return _if_enough(taken, total)


def _if_enough(taken: np.ndarray, total: float) -> np.ndarray:
    is_clear = taken.sum() > total / 2 and (taken > 0).sum() <= MOST_EMOTIONS
    return taken if is_clear else np.zeros_like(taken)


def _targets(shares: np.ndarray, kept: np.ndarray, mode: str) -> np.ndarray:
    if mode == "majority":
        return np.where(shares > 0, 1, 0)
    if mode == "multi-target":
        return np.where(kept[:, None], np.where(shares > 0, 1, SMOOTHING), 0)
    return shares
