"""Compiled functions that own nothing, and so need not count references.

A compiled function counts up and down the references of every array that it is handed, two atomic
operations each; the tables of a parser and of its stacks are dozens of arrays. In loops that ask
for one cell of them at a time that is nine tenths of the time: an expansion takes a tenth without.
numba leaves the counting out of a function that is compiled without its runtime, which then must
not allocate: it returns numbers, never arrays, and writes where its caller has made room.
"""

from __future__ import annotations

from typing import Any

from numba import njit

_WITHOUT_RUNTIME: dict[str, Any] = {"cache": True, "_nrt": False}

uncounted = njit(**_WITHOUT_RUNTIME)
"""Compiles a function that neither makes nor returns an array; numba refuses one that makes one."""

inlined = njit(**_WITHOUT_RUNTIME, forceinline=True)
"""The same for one that is called for every row of a table."""
