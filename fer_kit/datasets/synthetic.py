"""The built-in faces, drawn on demand: nothing to download, nobody's privacy at stake."""

from fer_kit.datasets.source import Source
from fer_kit.faces import Faces

DEFAULT_SIZE = (6000, 2000, 2000)


def read_synthetic(
    size: tuple[int, int, int] | None = None,
    seed: int = 42,
    targets: str | None = None,
    image_size: int = 48,
) -> Faces:
    """Draw (train, validation, test) faces; see `fer_kit.synthetic.generate`."""
    from fer_kit.synthetic import generate

    train, validation, test = size or DEFAULT_SIZE
    options = {"targets": targets} if targets else {}
    return generate(
        train=train, validation=validation, test=test, seed=seed, image_size=image_size, **options
    )


SOURCE = Source(read_synthetic)
