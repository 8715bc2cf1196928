"""Whether Python runs on the computer that the reader sits at: else frames would leave it."""

import os
import platform

from fer_kit.errors import InputError

# What a server sets for those who work on it, and how such a server is called.
SERVERS = {
    "JUPYTERHUB_API_TOKEN": "a JupyterHub",
    "BINDER_SERVICE_HOST": "Binder",
    "COLAB_RELEASE_TAG": "Colab",
    "KAGGLE_KERNEL_RUN_TYPE": "Kaggle",
    "CODESPACES": "a codespace",
    "SLURM_JOB_ID": "a cluster",
}
SSH = ("SSH_CONNECTION", "SSH_CLIENT")
OWN = "Expected the camera's page on the computer that you sit at. Received:"


def check_place(port: int) -> str:
    """How frames reach Python, for the page: "" within this computer, or a sentence.

    Over ssh the page works where a port was forwarded; who forwards one knows its number.

    Raises:
        InputError: Python runs elsewhere, or in a notebook that runs by itself.
    """
    if os.environ.get("FER_KIT_HEADLESS"):
        raise InputError(
            "Expected somebody in front of the camera. Received: a notebook that runs by itself. "
            "Open it in Jupyter, and leave camera = False otherwise."
        )
    for variable, server in SERVERS.items():
        if os.environ.get(variable):
            raise InputError(
                f"{OWN} {server}. Your face would go to somebody else's computer: install the "
                "course on your own, and start fer-kit camera there."
            )
    if not any(os.environ.get(variable) for variable in SSH):
        return ""
    if not port:
        raise InputError(
            f"{OWN} a computer at the other end of ssh. Install the course on your own; or, if "
            "both are yours, forward a port and name it: ssh -L 8765:127.0.0.1:8765 …, then "
            "fer-kit camera --port 8765 --no-browser."
        )
    return f"Python runs at the other end of your ssh connection, on {platform.node()}."
