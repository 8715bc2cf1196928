"""Fetch a data set with kagglehub, after the user has seen where it comes from and agreed."""

from pathlib import Path

from fer_kit.datasets.fer2013 import check_counts
from fer_kit.errors import InputError

FETCHED = "fer2013"
HANDLE = "msambare/fer2013/versions/1"  # on Kaggle
PAGE = "https://www.kaggle.com/datasets/msambare/fer2013"
TERMS = (
    "Pictures of real people, collected from the web for a research competition in 2013; nobody "
    "asked them. Use them for research and teaching only, and do not publish them, not in a "
    "notebook's output either. The page's licence was chosen by its uploader."
)

# What to do where nothing can be fetched for you.
BY_HAND = {
    FETCHED: f"Download {PAGE} in a browser, unpack it into data/fer2013 and load that: "
    'load("fer2013", "data/fer2013").',
    "ferplus": "Download fer2013.csv from the competition's page, "
    "https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-"
    "challenge, and fer2013new.csv from https://github.com/microsoft/FERPlus, put both into data/ "
    'and load them: load("ferplus", "data/fer2013.csv").',
}


def download(name: str, *, accept: bool = False) -> Path:
    """Fetch a data set from Kaggle and check that it is complete.

    Args:
        name: "fer2013".
        accept: True if you have read the terms and agree; otherwise you are shown them and asked.

    Returns:
        The folder to give to `load`.

    Raises:
        InputError: not agreed, no kagglehub, no network, or pictures are missing; says what to
            fetch by hand and where to put it.
    """
    if name != FETCHED:
        by_hand = BY_HAND.get(name, "data/README.md says where other data sets come from.")
        raise InputError(
            f"Expected a data set that can be fetched: {FETCHED}. Received: {name!r}. {by_hand}"
        )
    if not (accept or _agreed()):
        raise InputError(
            "Expected your consent to the terms. Received: none, so nothing was downloaded. "
            f'If you agree: fer-kit download {name} --accept, or download("{name}", accept=True).'
        )
    folder = _fetch()
    check_counts(folder)
    return folder


def _agreed() -> bool:
    print(f"Source: {PAGE} ({HANDLE})\nTerms: {TERMS}")
    try:
        return input("Do you agree? Type yes: ").strip().lower() in ("y", "yes")
    # Nobody is there to ask: a script, or a notebook run whole.
    except (EOFError, NotImplementedError):
        return False


def _fetch() -> Path:
    try:
        import kagglehub
    except ImportError as error:
        raise InputError(
            "Expected kagglehub, which fetches from Kaggle. Received: an environment without it. "
            f'Install it with pip install "kagglehub>=1,<2". Or by hand: {BY_HAND[FETCHED]}'
        ) from error
    try:
        return Path(kagglehub.dataset_download(HANDLE))
    except Exception as error:  # network, account, disk: the way out is the same
        raise InputError(
            f"Expected to download {HANDLE}. Received: {type(error).__name__}: {error}. Try again "
            f"later, or by hand: {BY_HAND[FETCHED]}"
        ) from error
