"""What every benchmark prints: the machine, a table for people, one JSON line for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from rich.console import Console
from rich.table import Table

PASSED, MISSED, WRONG_CALL = 0, 1, 2
VERSIONED = ("numpy", "numba", "torch", "transformers", "jsonschema", "xgrammar", "llguidance")


def machine() -> str:
    """One line on the machine and the versions of what is measured."""
    versions = [f"{name} {metadata.version(name)}" for name in VERSIONED if _installed(name)]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {', '.join(versions)}"
    )


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Prints a table for people."""
    grid = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        grid.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        grid.add_row(*(_cell(value) for value in row))
    Console(width=140).print(grid)


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def finish(name: str, *, passed: bool, figures: Mapping[str, Any]) -> int:
    """Prints the closing JSON line; returns the exit code."""
    print(json.dumps({"benchmark": name, "passed": passed, **figures}), flush=True)
    return PASSED if passed else MISSED
