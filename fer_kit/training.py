"""What surrounds `model.fit`: a seed, a progress bar, the history as a file.

The lessons show the Keras code itself; nothing here replaces `compile` or `fit`.
"""

from pathlib import Path

import keras
import pandas as pd
from tqdm import tqdm

from fer_kit.errors import InputError
from fer_kit.files import write_whole


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and the Keras backend, so that a training can be repeated.

    The same seed gives the same start and the same order of batches. Sums of floats may still be
    taken in another order on another machine, and results then differ slightly.
    """
    keras.utils.set_random_seed(seed)


class ProgressBar(keras.callbacks.Callback):
    """One line with the epoch, the time left and the latest scores, in notebooks and in logs."""

    def on_train_begin(self, logs=None):
        # Headless runs keep what is printed: at most one update a second stays readable.
        self.bar = tqdm(total=self.params["epochs"], desc="Training", unit="epoch", mininterval=1)

    def on_epoch_end(self, epoch, logs=None):
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()})
        self.bar.update()

    def on_train_end(self, logs=None):
        self.bar.close()


def save_history(history: keras.callbacks.History, path: str | Path) -> pd.DataFrame:
    """Write a `fit` history as CSV, one line an epoch, and return it as a table.

    Introduced in notebooks/04_lenet5.ipynb.
    """
    table = pd.DataFrame(
        history.history, index=pd.RangeIndex(1, len(history.epoch) + 1, name="epoch")
    )
    write_whole(path, table.to_csv)
    return table


def read_history(path: str | Path) -> pd.DataFrame:
    """Read what `save_history` wrote.

    Raises:
        InputError: the file is missing or is no history.
    """
    try:
        return pd.read_csv(path, index_col="epoch")
    except (OSError, ValueError) as error:
        raise InputError(f"Expected a training history. Received: {path} ({error}).") from error
