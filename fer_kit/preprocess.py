"""From a data set as it comes to one that a network can learn from."""

import numpy as np
import pandas as pd

from fer_kit.audit import audit_faces
from fer_kit.faces import Faces


def normalise(images: np.ndarray) -> np.ndarray:
    """uint8 0 to 255 → float32 0 to 1, of any shape, as every network expects it (lesson 03)."""
    return images.astype(np.float32) / 255


def clean(faces: Faces) -> tuple[Faces, pd.DataFrame]:
    """Take faulty pictures out of the training part; validation and test stay as they are.

    Results stay comparable only where everybody is tested on the same faces, so it is the training
    part that gives way. It loses

    * blank pictures,
    * pictures that are identical to one in validation or test (a leak),
    * pictures whose copies carry different emotions (nobody knows which label is right),
    * further copies of a picture, beyond the first. Lesson 03.

    Returns:
        The cleaned faces, and a table of the removed pictures: row, id, emotion, reason.
    """
    audit = audit_faces(faces)
    copies = audit.copies[audit.copies["split"] == "train"]
    reasons = pd.Series("", index=np.arange(len(faces)))
    reasons[copies["row"][copies.duplicated("group")]] = "copy of a training picture"
    reasons[np.intersect1d(audit.conflicting["row"], copies["row"])] = "copies with other labels"
    reasons[np.intersect1d(audit.leaked["row"], copies["row"])] = "also in validation or test"
    reasons[audit.blank[faces.split[audit.blank] == "train"]] = "blank"

    removed = np.flatnonzero(reasons != "")
    table = pd.DataFrame(
        {
            "row": removed,
            "id": faces.ids[removed],
            "emotion": np.array(faces.emotions)[faces.labels[removed]],
            "reason": reasons.to_numpy()[removed],
        }
    )
    return faces.subset(reasons.to_numpy() == ""), table
