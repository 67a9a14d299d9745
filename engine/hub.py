"""Where the checkpoint of a hub id is: at the hub, or here, where the hub cannot be reached."""

from __future__ import annotations

from huggingface_hub import constants, snapshot_download
from huggingface_hub.utils import get_session

from engine.errors import ModelError

TIMEOUT_S = 5.0


def located(name: str) -> tuple[str, bool]:
    """Returns what to load a hub id from, and whether that needs no network.

    The hub is asked once: the libraries that load from it would try again for half a minute.

    Raises:
        ModelError: The hub cannot be reached, and nothing was downloaded before.
    """
    try:
        get_session().head(constants.ENDPOINT, timeout=TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 - those of whichever HTTP client the hub's library has
        return _downloaded(name, error), True
    return name, False


def _downloaded(name: str, cause: Exception) -> str:
    try:
        return snapshot_download(name, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"model {name!r} is not on this machine, and the hub cannot be reached: {cause}",
            hint="check the network and its proxies, or name a checkpoint's folder",
        ) from error
