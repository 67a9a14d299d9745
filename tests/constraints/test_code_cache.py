from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from constraints import code_cache


@pytest.fixture
def no_room(monkeypatch, tmp_path):
    """Makes numba find no folder, as in a read-only installation without a home."""

    def refuse(cache: bool):
        def decorate(_):
            raise RuntimeError("no locator available")

        return decorate

    monkeypatch.setattr(code_cache, "njit", refuse)
    monkeypatch.setattr(code_cache.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(code_cache.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(code_cache.config, "reload_config", lambda: None)
    monkeypatch.setenv(code_cache.VARIABLE, "")
    return tmp_path


def chosen() -> Path:
    return Path(os.environ[code_cache.VARIABLE])


def test_an_installation_with_a_folder_keeps_it(monkeypatch):
    monkeypatch.delenv(code_cache.VARIABLE, raising=False)
    code_cache.ensure()
    assert code_cache.VARIABLE not in os.environ


def test_without_a_folder_one_of_our_own_is_made_and_named(no_room, caplog):
    with caplog.at_level(logging.WARNING):
        code_cache.ensure()
    assert chosen().parent == no_room
    assert chosen().stat().st_mode & 0o777 == 0o700
    assert str(chosen()) in caplog.text
    first = chosen()
    code_cache.ensure()
    assert chosen() == first


@pytest.mark.parametrize("trap", ["link", "writable", "file"])
def test_a_folder_that_others_can_write_to_is_not_taken(trap, no_room, tmp_path):
    folder = no_room / f"blockform-code-{os.getuid()}"
    if trap == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    elif trap == "writable":
        folder.mkdir()
        folder.chmod(0o777)
    else:
        folder.write_text("")
    code_cache.ensure()
    assert chosen() != folder
    assert chosen().is_dir()
