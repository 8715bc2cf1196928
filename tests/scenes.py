"""What the tests of the camera let it see: drawn people side by side."""

from io import BytesIO

import numpy as np
from PIL import Image

from fer_kit import synthetic

WIDE, HIGH, SIDE = 640, 480, 200


def scene(*people: tuple[int, str]) -> np.ndarray:
    """Up to three people, each a number and an emotion: uint8 (480, 640, 3)."""
    picture = np.full((HIGH, WIDE), 200, np.uint8)
    for place, (number, emotion) in enumerate(people):
        units = synthetic.action_units(emotion, 0.9)
        face = synthetic.render(synthetic.identity(number), units, number, image_size=SIDE)
        left = 10 + 210 * place
        picture[100 : 100 + SIDE, left : left + SIDE] = face
    return np.repeat(picture[..., None], 3, axis=2)


def jpeg(picture: np.ndarray) -> bytes:
    """A picture as the page sends it."""
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=92)
    return stream.getvalue()
