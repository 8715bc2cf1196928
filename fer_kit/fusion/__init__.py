"""Fusing two pictures into one, mixtures of two expressions, and how good a fusion is.

    from fer_kit import fusion
    fusion.fuse(first, second, "wavelet")

`fusion.mixtures` and `fusion.quality` are rooms of their own. Introduced in
notebooks/10_image_fusion.ipynb.
"""

from fer_kit.fusion.methods import (
    ALIGNMENTS,
    METHODS,
    SEAM,
    align,
    check_alignment,
    check_method,
    find_eyes,
    fuse,
    fuse_files,
    pca_weights,
)

__all__ = [
    "ALIGNMENTS",
    "METHODS",
    "SEAM",
    "align",
    "check_alignment",
    "check_method",
    "find_eyes",
    "fuse",
    "fuse_files",
    "pca_weights",
]
