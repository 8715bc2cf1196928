"""What tests of pictures in folders share."""

import cv2
import numpy as np
import pytest


@pytest.fixture
def put(tmp_path):
    """A function that writes pictures of 64×64 random pixels."""

    def put(*names):
        pictures = np.random.default_rng(0).integers(0, 256, (len(names), 64, 64), np.uint8)
        for name, picture in zip(names, pictures, strict=True):
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(cv2.imencode(place.suffix, picture)[1])
        return tmp_path

    return put
