"""The built-in faces: drawn people with FER2013's seven emotions, seen by two cameras.

The course runs without any download, and no real person is in them. They teach the pipeline, not
how people look: nothing that is measured on them says anything about real faces.

    from fer_kit import synthetic

    person = synthetic.identity(7)
    synthetic.render(person, synthetic.action_units("happy", intensity=0.8))  # (48, 48)
    synthetic.render(person, {"AU12": 1.0, "AU6": 0.5})  # move single muscles
    synthetic.render(person, synthetic.blend("happy", "surprise", weight=0.5))
    synthetic.portrait(person, {"AU26": 1.0}).infrared  # and the thermal picture
    faces = synthetic.generate(train=6000, validation=2000, test=2000, seed=0)

`anatomy` knows people, muscles and emotions. `head` turns them into a relief with painted skin
(`relief`, `eyes`, `mouth`), drawn on a `canvas`. `hair` and `scene` surround it, `light` falls on
it, `photograph` turns and takes it, `thermal` is the second camera. `votes` are what annotators
make of it. `dataset` draws many, `sittings` some people with one picture of each emotion,
`variety` people who differ more, and what is known of each.
"""

from fer_kit.synthetic.anatomy import (
    ACTION_UNITS,
    PROTOTYPES,
    Identity,
    action_units,
    blend,
    identity,
    spontaneous,
)
from fer_kit.synthetic.dataset import generate
from fer_kit.synthetic.light import Light
from fer_kit.synthetic.photograph import Camera, Portrait, portrait, render, wild
from fer_kit.synthetic.sittings import sitting_blend, sittings
from fer_kit.synthetic.variety import TRAITS, traits, varied
from fer_kit.synthetic.votes import vote

__all__ = [
    "ACTION_UNITS",
    "PROTOTYPES",
    "TRAITS",
    "Camera",
    "Identity",
    "Light",
    "Portrait",
    "action_units",
    "blend",
    "generate",
    "identity",
    "portrait",
    "render",
    "sitting_blend",
    "sittings",
    "spontaneous",
    "traits",
    "varied",
    "vote",
    "wild",
]
