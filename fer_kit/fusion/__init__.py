"""Fusing two pictures into one, mixtures of two expressions, and how good a fusion is.

    from fer_kit import fusion
    fusion.fuse(first, second, "wavelet")

`fusion.mixtures` and `fusion.quality` are rooms of their own. Lesson 10.
"""

from fer_kit.fusion.methods import METHODS, SEAM, align, find_eyes, fuse, pca_weights

__all__ = ["METHODS", "SEAM", "align", "find_eyes", "fuse", "pca_weights"]
