"""FER2013's labels, the majority of ten people, or all their votes: what teaches LeNet-5 best?

    python benchmarks/crowd.py fer2013.csv [--faces 10000] [--epochs 10] [--seeds 42 1 2]

fer2013new.csv lies beside the table. The same training faces, a cleaned sample of those with a
majority, are shown in the same order to the same network from the same start; only their targets
differ. The last epoch counts, nothing is chosen. Each network answers for all test faces with a
majority (3,153, PrivateTest): its accuracy against the majority, with the 95 % interval of these
faces, and the mean Kullback-Leibler divergence of its answers from the shares of the votes.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import fer_kit as fk
from fer_kit import evaluation, training, votes
from fer_kit.datasets.splits import sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", help="path of fer2013.csv")
    parser.add_argument("--faces", type=int, default=10_000, help="for training")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 1, 2])
    options = parser.parse_args()
    faces, _ = fk.clean(fk.load("ferplus", options.table, targets="majority"))
    first = fk.load("fer2013", options.table)
    for seed in options.seeds:
        train = sample(faces, (options.faces, 1, 1), seed).subset("train")
        compare(train, teachers(train, first), faces.subset("test"), options.epochs, seed)


def teachers(train: fk.Faces, first: fk.Faces) -> dict[str, np.ndarray]:
    """The three kinds of targets of the same faces; ids are the rows of fer2013.csv in both."""
    place = [train.emotions.index(name) for name in first.emotions]
    labels = np.take(place, first.labels)[train.ids.astype(int)]
    return {
        "FER2013": np.eye(len(train.emotions), dtype=np.float32)[labels],
        "majority": train.targets,
        "votes": train.votes / train.votes.sum(axis=1, keepdims=True),
    }


def compare(train: fk.Faces, targets: dict, test: fk.Faces, epochs: int, seed: int) -> None:
    """One line for each kind of targets."""
    training.set_seed(seed)
    network = fk.build("lenet5", classes=len(train.emotions))
    network.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy")
    start = training.snapshot(network)
    for name, of in targets.items():
        training.restore(network, start)
        training.set_seed(seed)  # the same order of batches
        began = time.process_time()
        network.fit(fk.normalise(train.images), of, batch_size=48, epochs=epochs, verbose=0)
        answers = network.predict(fk.normalise(test.images), batch_size=256, verbose=0)
        correct = int((answers.argmax(axis=1) == test.labels).sum())
        accuracy = correct / len(test), evaluation.accuracy_interval(correct, len(test))
        print(
            f"seed {seed:>2}  {name:<9} {evaluation.percent(*accuracy)} of {len(test):,}  "
            f"divergence {votes.divergence(test.votes, answers, base=2).mean():.3f} bits  "
            f"({len(train):,} faces, {epochs} epochs, {time.process_time() - began:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
