"""The client and the command line stay light: neither needs, nor loads, what only a server has."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers import environment

HEAVY = ("torch", "transformers", "numba", "numpy", "constraints", "engine", "service")


def loaded(statement: str) -> set[str]:
    """Returns which heavy packages a fresh interpreter has loaded after a statement."""
    program = f"import sys; {statement}; print(*(set({HEAVY!r}) & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize("module", ["client", "errors", "launch", "cli", "canvas_view"])
def test_importing_loads_nothing_heavy(module):
    assert loaded(f"import blockform.{module}") == set()


def test_this_test_can_fail():
    assert loaded("import numpy") == {"numpy"}
