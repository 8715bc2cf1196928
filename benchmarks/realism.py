"""How much of what a network learns on drawn faces alone holds for real ones.

    python benchmarks/realism.py data/fer2013.csv [--faces 6000] [--seeds 3] [--epochs 8]

A small convolutional network is trained on the built-in faces and tested on drawn faces of unseen
people, and on FER2013's PublicTest, of which it has seen nothing. Balanced accuracy is the mean of
the seven recalls; chance is 0.143. PrivateTest is never looked at. The network is kept here, so
that the measure does not move when the lessons' networks do.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import fer_kit as fk

DATA = Path(__file__).parent.parent / "data" / "fer2013.csv"


def judge():
    """Four blocks of two convolutions; about 300,000 parameters."""
    import keras
    from keras import layers

    x = inputs = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 255)(x)
    x = layers.RandomFlip("horizontal")(x)
    for width in (16, 32, 64, 128):
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(0.2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.4)(x)
    return keras.Model(inputs, layers.Dense(7, activation="softmax")(x), name="judge")


def train(faces: fk.Faces, seed: int, epochs: int):
    """A judge that has seen these faces and no others."""
    import keras

    keras.utils.set_random_seed(seed)
    model = judge()
    steps = epochs * -(-len(faces) // 64)
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(schedule), "categorical_crossentropy")
    model.fit(faces.images.astype("float32"), faces.targets, 64, epochs, verbose=0)
    return model


def recalls(model, faces: fk.Faces) -> np.ndarray:
    """The share of each emotion that is recognised: (7,)."""
    predicted = model.predict(faces.images.astype("float32"), 256, verbose=0).argmax(axis=1)
    return np.array([(predicted[faces.labels == k] == k).mean() for k in range(7)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default=DATA, help="fer2013.csv")
    parser.add_argument("--faces", type=int, default=6000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    if not Path(options.data).exists():
        sys.exit(f"Skipped: {options.data} is not there. See data/README.md.")
    real = fk.load("fer2013", options.data).subset("validation")
    drawn = fk.synthetic.generate(options.faces, 0, 2000, infrared=False)
    table = {"drawn": [], "real": []}
    for seed in range(options.seeds):
        model = train(drawn.subset("train"), seed, options.epochs)
        table["drawn"].append(recalls(model, drawn.subset("test")))
        table["real"].append(recalls(model, real))
        print(
            f"seed {seed}: balanced accuracy on drawn faces {table['drawn'][-1].mean():.3f}", end=""
        )
        print(f", on real faces {table['real'][-1].mean():.3f}", flush=True)
    report(table)


def report(table: dict[str, list[np.ndarray]]) -> None:
    print(f"\n{'tested on':<10}{'balanced':>9}{'lowest':>8}{'highest':>9}  recall of each emotion")
    for name, rows in table.items():
        each = np.mean(rows, axis=0)
        balanced = np.mean(rows, axis=1)
        words = ", ".join(f"{e} {r:.2f}" for e, r in zip(fk.emotions.FER2013, each, strict=True))
        numbers = f"{balanced.mean():>9.3f}{balanced.min():>8.3f}{balanced.max():>9.3f}"
        print(f"{name:<10}{numbers}  {words}")


if __name__ == "__main__":
    main()
