"""Small videos for tests: JPEGs in a Matroska file, each shown from a time of its own."""

import struct
from collections.abc import Sequence

import cv2
import numpy as np


def matroska(frames: Sequence[np.ndarray], times: Sequence[int], duration: float = 0) -> bytes:
    """A video of frames, uint8 (H, W, 3) in BGR, from their times in ms; 0 tells no duration."""
    height, width = frames[0].shape[:2]
    head = _element("4282", b"matroska") + _element("4287", b"\x04") + _element("4285", b"\x02")
    about = _element("2AD7B1", _number(1_000_000)) + _element("4D80", b"x") + _element("5741", b"x")
    if duration:
        about += _element("4489", struct.pack(">d", duration))
    size = _element("B0", _number(width)) + _element("BA", _number(height))
    track = _element("D7", b"\x01") + _element("73C5", b"\x01") + _element("83", b"\x01")
    track += _element("86", b"V_MJPEG") + _element("E0", size)
    body = _element("1549A966", about) + _element("1654AE6B", _element("AE", track))
    for frame, time in zip(frames, times, strict=True):
        jpeg = cv2.imencode(".jpg", frame)[1].tobytes()
        block = _element("E7", _number(time)) + _element("A3", b"\x81\0\0\x80" + jpeg)
        body += _element("1F43B675", block)
    return _element("1A45DFA3", head) + _element("18538067", body)


def _element(name: str, content: bytes) -> bytes:
    return bytes.fromhex(name) + ((1 << 56) | len(content)).to_bytes(8, "big") + content


def _number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
