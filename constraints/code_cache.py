"""Where numba keeps the machine code that it compiles; imported before what it compiles."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from pathlib import Path

from numba import njit
from numba.core import config

VARIABLE = "NUMBA_CACHE_DIR"

log = logging.getLogger("blockform.constraints")


def ensure() -> None:
    """Names a folder for the code where numba finds none that it can write.

    It looks beside the source, then in the user's cache folder; an installation that is read-only,
    run by a user without a home, has neither, and numba then refuses to import.
    """
    try:
        njit(cache=True)(_probe)
    except RuntimeError:
        folder = _folder()
        os.environ[VARIABLE] = str(folder)
        config.reload_config()
        log.warning("compiled code is kept in %s; set %s to keep it elsewhere", folder, VARIABLE)


def _folder() -> Path:
    """A folder that is this user's alone, for what is in it is run."""
    folder = Path(tempfile.gettempdir()) / f"blockform-code-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="blockform-code-"))
    is_ours = found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
    if is_ours and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return folder
    return Path(tempfile.mkdtemp(prefix="blockform-code-"))


def _probe() -> None:
    """Nothing: numba looks for a folder when it is told to keep a function."""


ensure()
