"""FER Kit: a course on facial expression recognition, as numbered notebooks and this thin library.

    import fer_kit as fk

Importing does nothing else: each name below loads its module when it is first used, so no
TensorFlow starts, no seed is set and no setting changes until a lesson asks for it.
"""

from importlib import import_module

from fer_kit.version import __version__

# Public name -> the module that defines it. A module of the library is public under its own name.
_NAMES = {
    "Faces": "faces",
    "InputError": "errors",
    "Run": "run",
    "audit_faces": "audit",
    "build": "networks",
    "clean": "preprocess",
    "download": "datasets",
    "load": "datasets",
    "load_model": "classify",
    "measured": "tell",
    "normalise": "preprocess",
    "one_hot": "faces",
    "predict_emotion": "classify",
    "reveal": "tell",
    "write_bundle": "course.bundle",
    "write_report": "course.report",
}
_MODULES = {
    "attention",
    "audit",
    "augment",
    "cards",
    "check",
    "classify",
    "course",
    "datasets",
    "ddamfn_recipes",
    "detect",
    "emotions",
    "evaluation",
    "explain",
    "fusion",
    "lessons",
    "networks",
    "pictures",
    "plots",
    "preprocess",
    "recipes",
    "robustness",
    "sharpness",
    "synthetic",
    "training",
    "video",
    "votes",
    "zoo",
}

__all__ = ["__version__", *sorted(_NAMES), *sorted(_MODULES)]


def __getattr__(name: str):
    if name in _NAMES:
        return getattr(import_module(f"fer_kit.{_NAMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"fer_kit.{name}")
    raise AttributeError(f"fer_kit has no {name!r}. It offers: {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__
