"""Networks on FER+ under one budget: the same epochs, then the same seconds of the processor.

    python benchmarks/ferplus.py fer2013.csv [--faces 10000] [--epochs 5] [--out FOLDER]

fer2013new.csv lies beside the table. Training faces are a sample of the cleaned Training part with
majority labels; PublicTest chooses the epoch; all of PrivateTest (3,153 faces with a majority) is
looked at once for each line of the result. DDAMFN gets --epochs and is timed; every other network
gets as many epochs, and then as many seconds. Seconds are those of the processor, in `fit` with
augmentation and validation, so that other programs on the machine do not count. Finished lines are
kept in the folder: after an interruption, start it again.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import fer_kit as fk
from fer_kit import augment, evaluation, training
from fer_kit.attention import WithAttentionLoss
from fer_kit.datasets.splits import sample
from fer_kit.files import read_json, write_json

SEED, BATCH, LONGEST = 42, 64, 1000
ATTENTION = 0.01  # of the heads' loss: with the published 0.1, a few epochs teach little else
GEOMETRY = {"rotation": 5.0, "shift": 0.04, "shear": 0.04, "zoom": 0.04}
NETWORKS = {
    "ddamfn": {"width": 0.25, "depth": 0.12, "input_shape": (48, 48, 1)},
    "lenet5": {},
    "cnn": {"width": 0.125, "dropout": 0.0},
    "resnet18": {"width": 0.125},
}


class Budget(keras.callbacks.Callback):
    """Ends a training after so many seconds of the processor, and goes back to the best epoch."""

    def __init__(self, network: keras.Model, seconds: float):
        super().__init__()
        self.network, self.seconds, self.best = network, seconds, -1.0

    def on_train_begin(self, logs=None):
        self.start = time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.used, self.epochs = time.process_time() - self.start, epoch + 1
        if logs["val_accuracy"] > self.best:
            self.best, self.kept = logs["val_accuracy"], epoch + 1
            self.weights = self.network.get_weights()
        print(f"  epoch {epoch + 1}: {self.used:.0f} s, {logs['val_accuracy']:.3f}", flush=True)
        if self.used >= self.seconds:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.network.set_weights(self.weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", help="path of fer2013.csv")
    parser.add_argument("--faces", type=int, default=10_000, help="for training")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out", default="runs/ferplus-budget", help="where results are kept")
    options = parser.parse_args()
    faces, _ = fk.clean(fk.load("ferplus", options.table, targets="majority"))
    faces = sample(faces, (options.faces, len(faces), len(faces)), SEED)
    known = [name for name in NETWORKS if name in fk.networks.NETWORKS]
    first = line(faces, "ddamfn", options.epochs, float("inf"), Path(options.out))
    for name in known[1:]:
        line(faces, name, options.epochs, float("inf"), Path(options.out))
    for name in known[1:]:
        line(faces, name, LONGEST, first["seconds"], Path(options.out))


def line(faces: fk.Faces, name: str, epochs: int, seconds: float, folder: Path) -> dict:
    """One line of the table, measured or read again."""
    budget = f"{epochs} epochs" if epochs < LONGEST else f"{seconds:.0f} s"
    path = folder / f"{name}-{budget.replace(' ', '-')}.json"
    if not path.exists():
        print(f"{name}, {budget}", flush=True)
        write_json(path, measure(faces, name, epochs, seconds))
    found = read_json(path)
    f1 = "{:.3f} ({:.3f} to {:.3f})".format(found["macro_f1"], *found["macro_f1_95"])
    accuracy = evaluation.percent(found["accuracy"], found["accuracy_95"])
    print(
        f"{name:<10}{budget:>10}{found['parameters']:>10,} parameters  {found['seconds']:>6.0f} s  "
        f"epoch {found['kept']} of {found['epochs']}  {accuracy}  macro-F1 {f1}",
        flush=True,
    )
    return found


def measure(faces: fk.Faces, name: str, epochs: int, seconds: float) -> dict:
    """Train within the budget; scores on the test part, and what was spent."""
    train, watched, test = (faces.subset(part) for part in ("train", "validation", "test"))
    training.set_seed(SEED)
    network = fk.build(name, classes=len(faces.emotions), **NETWORKS[name])
    model = WithAttentionLoss(network, ATTENTION) if name == "ddamfn" else network
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    x = fk.normalise(train.images)
    budget = Budget(network, seconds)
    model.fit(
        augment.Batches(x, train.targets, BATCH, SEED, **GEOMETRY),
        validation_data=(fk.normalise(watched.images), watched.targets),
        validation_batch_size=256, epochs=epochs, callbacks=[budget], shuffle=False, verbose=0,
    )  # fmt: skip
    answers = network.predict(fk.normalise(test.images), batch_size=256, verbose=0)
    predictions = evaluation.Predictions(test.ids, test.split, test.targets, answers, test.emotions)
    spent = {"seconds": budget.used, "epochs": budget.epochs, "kept": budget.kept}
    confusion = evaluation.confusion(predictions).to_dict("index")
    scores = evaluation.score(predictions)
    size = {"parameters": network.count_params(), "training_faces": len(train)}
    return json.loads(json.dumps(scores | spent | size | {"confusion": confusion}, default=_plain))


def _plain(value):
    return np.asarray(value).item()


if __name__ == "__main__":
    main()
