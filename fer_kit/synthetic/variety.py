"""People who differ more than the usual ones, and a table of what is known of each (lesson 08b).

The usual people of `identity` are a small part of mankind: few have dark skin, nobody wears a head
scarf. These have all of it, in known shares. What they are is drawn with them and written down:
nobody guesses it from a picture.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fer_kit.faces import Faces
from fer_kit.synthetic.anatomy import Identity, generator, identity
from fer_kit.synthetic.light import Light
from fer_kit.synthetic.photograph import wild

if TYPE_CHECKING:
    import pandas as pd

DARK, LIGHT = 0.37, 0.63  # skin below the first is called dark, above the second light: thirds
OLD = 0.55
GLASSES = {"none": "none", "thin": "clear", "thick": "clear", "sun": "dark"}
ASIDE, ABOVE = 0.45, 0.55  # how far the lamp stands to one side, or above
TRAITS = {
    "skin": ("dark", "medium", "light"),
    "age": ("child", "young", "old"),
    "beard": ("no", "yes"),
    "scarf": ("no", "yes"),
    "glasses": ("none", "clear", "dark"),
    "light": ("front", "side", "above"),  # another one in each picture
}


def varied(seed: int | Sequence[int]) -> Identity:
    """The person of this seed, with any skin tone and age, more glasses, and head scarfs."""
    person, rng = identity(seed), generator([*np.atleast_1d(seed), 6])
    skin = rng.uniform(0.1, 0.9)
    grown = not person.child
    scarf = bool(grown and not (person.beard or person.moustache) and rng.random() < 0.35)
    age = rng.uniform(0, 1) if grown else 0.0
    grey = rng.uniform(0.4, 0.8) if age > OLD else 0.0
    tone = person.hair_tone if skin > LIGHT else rng.uniform(0.05, 0.16)
    return replace(
        person,
        skin=skin,
        iris=person.iris if skin > LIGHT else 0.08,
        age=age,
        hair="tied" if scarf else person.hair,
        hair_tone=max(tone, grey),
        glasses=str(rng.choice(["none", "thin", "thick", "sun"], p=[0.55, 0.15, 0.15, 0.15])),
        hat=person.hat and not scarf,
        scarf=scarf,
    )


def traits(faces: Faces, seed: int) -> "pd.DataFrame":
    """What was drawn: a row for each face of `generate(people="varied", seed=seed)`.

    Returns:
        person: who is shown; and each of TRAITS, with one of its values.
    """
    import pandas as pd  # takes 0.2 s, which who only draws need not wait for

    known = {}
    rows = []
    for name, who in zip(faces.ids, faces.subject, strict=True):
        split, number = map(int, name.split("-")[1:])
        if who not in known:
            known[who] = _of_person(varied([seed, split, int(who[2:])]))
        lamp = wild(generator((seed, split, number, 2))).light
        rows.append({"person": who, **known[who], "light": _stands(lamp)})
    return pd.DataFrame(rows)


def _of_person(person: Identity) -> dict[str, str]:
    return {
        "skin": "dark" if person.skin < DARK else "light" if person.skin > LIGHT else "medium",
        "age": "child" if person.child else "old" if person.age > OLD else "young",
        "glasses": GLASSES[person.glasses],
        "beard": "yes" if max(person.beard, person.moustache) > 0.25 else "no",
        "scarf": "yes" if person.scarf else "no",
    }


def _stands(lamp: Light) -> str:
    return "side" if abs(lamp.x) > ASIDE else "above" if lamp.y < -ABOVE else "front"
