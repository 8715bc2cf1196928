"""Small tables in the competition's form, for the tests of the loaders."""

from pathlib import Path

import numpy as np

HEADER = "emotion,pixels,Usage"
USAGES = ("Training", "Training", "PublicTest", "PrivateTest")
VOTES_HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)


def random_images(count: int, seed: int = 0) -> np.ndarray:
    """uint8 (count, 48, 48) with every grey value from 0 to 255 in it."""
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 48), dtype=np.uint8)


def table_lines(images: np.ndarray) -> list[str]:
    """The header and a row for each image: emotions 0 to 6 in turn, half of them Training."""
    rows = [
        f"{row % 7},{' '.join(map(str, image.ravel()))},{USAGES[row % 4]}"
        for row, image in enumerate(images)
    ]
    return [HEADER, *rows]


def write_lines(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
