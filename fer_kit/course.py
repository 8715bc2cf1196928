"""The course: which notebooks there are, in which order, and running them all.

Introduced in notebooks/01_load.ipynb.
"""

from dataclasses import dataclass
from fnmatch import fnmatch


@dataclass(frozen=True)
class Lesson:
    """One notebook, and the files by which it meets the others in a run folder.

    Attributes:
        name: the notebook's name, "04_lenet5".
        title: what it is about.
        needs: the files it reads; a pattern such as "predictions/*.csv" stands for all there are.
        makes: the files it writes.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    makes: tuple[str, ...]

    @property
    def number(self) -> str:
        """The two digits that the name begins with."""
        return self.name[:2]


LESSONS = (
    Lesson("01_load", "Load the faces", needs=(), makes=("data/faces.npz",)),
    Lesson(
        "02_analyze",
        "Look for faults in the data",
        needs=("data/faces.npz",),
        makes=("data/audit.json",),
    ),
    Lesson(
        "03_preprocess",
        "Clean, split and normalise",
        needs=("data/faces.npz",),
        makes=("data/prepared.npz", "data/prepared.json"),
    ),
    Lesson(
        "04_lenet5",
        "Train LeNet-5",
        needs=("data/prepared.npz",),
        makes=(
            "models/lenet5.keras",
            "models/lenet5.json",
            "predictions/lenet5.csv",
            "predictions/lenet5-as-published.csv",
        ),
    ),
    Lesson(
        "08_confusion_matrix",
        "Measure what the models do",
        needs=("predictions/lenet5.csv", "predictions/*.csv"),
        makes=("metrics.json",),
    ),
    Lesson(
        "12_save",
        "Save, reload and hand in",
        needs=("models/lenet5.keras", "predictions/*.csv", "metrics.json"),
        makes=(),
    ),
)


def maker(file: str) -> Lesson | None:
    """The lesson that makes a file of a run folder, or None where no lesson does."""
    makers = (lesson for lesson in LESSONS if any(fnmatch(file, made) for made in lesson.makes))
    return next(makers, None)
