"""Checks for the exercises: `fk.check.standardise(standardise)`.

Each is a plain function that takes a student's answer, looks at it from coarse to fine and says
what was expected, what came, and the likely slip. None looks at what a network has learned. Where a
task promises a type (`-> list[int]`), the check asks for it, as the hidden tests do.

A right answer gives True. A wrong one raises `Wrong`, so that the cell visibly fails; where a whole
run is executed unattended (FER_KIT_HEADLESS=1) it gives False and the run goes on.

The checks of a lesson are in the file named after it; `answers` holds what they share.
"""

from importlib import import_module

# The check -> the file that it is in.
_CHECKS = {
    "read_row": "load",
    "folder_labels": "load",
    "mirrored_copies": "analyze",
    "entropy": "analyze",
    "standardise": "preprocess",
    "split_by_person": "preprocess",
    "convolution_parameters": "lenet5",
    "single_softmax": "lenet5",
    "counts_that_round_to": "lenet5",
    "batch_normalise": "cnn",
    "mirror_matrix": "cnn",
    "match_pairs": "visible_infrared",
    "mcnemar_p": "confusion_matrix",
    "attention_loss": "ddamfn",
    "label_by_majority": "ddamfn",
    "f1_from_matrix": "confusion_matrix",
    "top_k_accuracy": "confusion_matrix",
    "black_square": "robustness",
    "denoise": "robustness",
    "principal_weights": "image_fusion",
    "known_halves": "image_fusion",
    "overlap": "classify",
    "decide": "classify",
    "as_half": "save",
    "is_untouched": "save",
}

__all__ = sorted(_CHECKS)


def __getattr__(name: str):
    if name in _CHECKS:
        return getattr(import_module(f"fer_kit.check.{_CHECKS[name]}"), name)
    raise AttributeError(f"fer_kit.check has no {name!r}. It offers: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__
