"""FER Kit: a course on facial expression recognition, as numbered notebooks and this thin library.

    import fer_kit as fk

Importing does nothing else: each name below loads its module when it is first used, so no
TensorFlow starts, no seed is set and no setting changes until a lesson asks for it.
"""

from importlib import import_module

from fer_kit.version import __version__

# Public name -> the module that defines it. Modules are public under their own names.
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
    "percent": "evaluation",
    "points": "evaluation",
    "predict_emotion": "classify",
    "reveal": "tell",
    "write_bundle": "course.bundle",
    "write_report": "course.report",
}

__all__ = ["__version__", *_NAMES]


def __getattr__(name: str):
    if name in _NAMES:
        return getattr(import_module(f"fer_kit.{_NAMES[name]}"), name)
    try:
        return import_module(f"fer_kit.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"fer_kit.{name}":  # a package that the module needs
            raise
    raise AttributeError(f"fer_kit has no {name!r}. It offers: {', '.join(__dir__())}.")


def __dir__() -> list[str]:
    from pkgutil import iter_modules

    return sorted({"__version__", *_NAMES, *(module.name for module in iter_modules(__path__))})
