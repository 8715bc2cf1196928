"""What the card of a model says, for those who read it: its entries and their defaults."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from fer_kit.checked import Share, between, that

# Text without characters that would move the cursor or colour a terminal.
Line = Annotated[str, that("as a line of text", lambda text: text.isprintable() and text.strip())]
Side = Annotated[float, between(1, 4096)]
Range = Annotated[list[float], that("as two numbers", lambda two: -1e6 <= two[0] < two[-1] <= 1e6)]


class TrainedOn(BaseModel, strict=True):
    """What a card has to say of the training faces, as far as programs read it."""

    source: Line
    synthetic: bool
    shares: dict[str, Share] = {}
    balanced: Share = 0.0


class Input(BaseModel, strict=True):
    """What it has to say of the pictures that the model takes."""

    shape: Annotated[list[Side], Field(min_length=3, max_length=3)] = [48, 48, 1]
    range: Annotated[Range, Field(min_length=2, max_length=2)] = [0, 1]


class Card(BaseModel, strict=True):
    """What a card has to say, and what it means where it says nothing; numbers change answers."""

    name: Line
    limits: Line
    trained_on: TrainedOn
    input: Input = Input()
    temperature: Annotated[float, between(0.01, 100)] = 1.0
    correction: Share = 0.0
    unsure_below: Share = 0.0
    pictures: Any = ["visible"]


def said(card: dict[str, Any], name: str, part: type[BaseModel] = Card) -> Any:
    """What a card, or a part of one, says under a name; else the default, which stands above."""
    return card.get(name, part.model_fields[name].default)
