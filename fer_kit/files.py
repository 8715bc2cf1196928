"""Write files whole: a reader finds the old file or the new one, never half of one."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fer_kit.errors import InputError


def write_whole(path: str | Path, write: Callable[[Path], Any]) -> Path:
    """Let `write` fill a temporary file beside `path`, then rename it into place.

    Raises:
        InputError: the folder cannot be written, or the disk is full. `path` keeps its old content.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix stays at the end: numpy and Keras choose the format by it.
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"Expected to write {path}. Received: {reason}. "
            "Free some space or choose a folder that you may write to."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def write_text(path: str | Path, text: str) -> Path:
    """Write text (UTF-8) whole."""
    return write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: str | Path, value: Any) -> Path:
    """Write JSON whole, indented, so that people can read and compare it."""
    return write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read JSON.

    Raises:
        InputError: the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"Expected a JSON file. Received: {path} ({error}).") from error


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure as a picture and forget it: all of the file or nothing."""
    import matplotlib.pyplot as plt

    write_whole(path, lambda temporary: figure.savefig(temporary, dpi=150))
    plt.close(figure)
