"""What is wrong with a data set of faces: blank, repeated, leaked and contradictory pictures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer_kit.faces import Faces

BLANK_CONTRAST = 2.0


@dataclass(frozen=True)
class Audit:
    """The faults of one data set. Rows are positions in `Faces`.

    Attributes:
        blank: rows whose picture shows nothing: its grey values have a standard deviation below 2.
        copies: a line for each picture that has an identical twin: row, id, split, emotion and the
            number of its group. Blank pictures are left out, they are counted above.
    """

    blank: np.ndarray
    copies: pd.DataFrame

    @property
    def groups(self) -> int:
        """How many pictures occur more than once."""
        return int(self.copies["group"].nunique())

    @property
    def redundant(self) -> int:
        """How many pictures could go if each were kept once."""
        return len(self.copies) - self.groups

    @property
    def leaked(self) -> pd.DataFrame:
        """The copies whose group is in several splits: a test face that training has shown."""
        return self._groups_with_several("split")

    @property
    def conflicting(self) -> pd.DataFrame:
        """The copies whose group carries more than one emotion: one of the labels must be wrong."""
        return self._groups_with_several("emotion")

    def summary(self) -> pd.DataFrame:
        """The counts as a table, with a column that says what each means."""
        leaked, conflicting = self.leaked, self.conflicting
        lines = [
            ("blank pictures", len(self.blank), "nothing to see: no face"),
            ("groups of identical pictures", self.groups, "the same pixels, more than once"),
            ("redundant pictures", self.redundant, "copies beyond the first of each group"),
            ("groups across splits", leaked["group"].nunique(), "a test face seen in training"),
            ("pictures across splits", len(leaked), "all copies of these groups"),
            ("groups in conflict", conflicting["group"].nunique(), "at most one label is right"),
            ("pictures in conflict", len(conflicting), "all copies of these groups"),
        ]
        return pd.DataFrame(lines, columns=["what", "count", "meaning"]).set_index("what")

    def _groups_with_several(self, column: str) -> pd.DataFrame:
        several = self.copies.groupby("group")[column].transform("nunique") > 1
        return self.copies[several]


def audit_faces(faces: Faces) -> Audit:
    """Find blank and identical pictures by comparing pixels (lesson 02).

    Pictures that are merely alike (another crop, another compression) are not found: the counts are
    lower bounds.
    """
    # FER2013 has twelve black pictures and one that is grey but for a little noise.
    is_blank = np.array([image.std() < BLANK_CONTRAST for image in faces.images], dtype=bool)
    seen = np.flatnonzero(~is_blank)
    table = pd.DataFrame(
        {
            "row": seen,
            "id": faces.ids[seen],
            "split": faces.split[seen],
            "emotion": np.array(faces.emotions)[faces.labels[seen]],
            "group": copies_of(faces.images[seen]),
        }
    )
    copies = table[table["group"] >= 0].sort_values(["group", "row"], ignore_index=True)
    return Audit(blank=np.flatnonzero(is_blank), copies=copies)


def copies_of(images: np.ndarray) -> np.ndarray:
    """int (N,): the group of identical pictures that each belongs to, or -1 if it is the only one.

    Groups are numbered from 0, in the order of their first pictures.
    """
    pixels = pd.Series([image.tobytes() for image in images], dtype=object)
    is_repeated = pixels.duplicated(keep=False)
    groups = np.full(len(pixels), -1)
    groups[is_repeated] = pixels[is_repeated].factorize()[0]
    return groups
