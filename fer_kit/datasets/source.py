"""What `load` knows of a data set: each module of this room ends with its own `Source`."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

from fer_kit.faces import Faces


@dataclass(frozen=True)
class Source:
    """How one data set is read.

    Attributes:
        read: the function that returns its `Faces`; its arguments are those of `load` that it uses.
        path: what the user must point to, or "" where nothing is needed.
        votes: the file of votes that is expected beside the path, or "".
        own: whether these are the user's own pictures, whose files may bear people's names.
    """

    read: Callable[..., Faces]
    path: str = ""
    votes: str = ""
    own: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The arguments of `load` that `read` takes."""
        return tuple(signature(self.read).parameters)
