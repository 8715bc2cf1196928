"""One exception for mistakes that the user can mend."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one sentence or two: what was expected, what came (`Received: …`), what to do.
    The command line prints it without a traceback and exits with code 1.
    """
