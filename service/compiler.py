"""A compiler's own process: one spec after another, until it is ended or out of memory."""

from __future__ import annotations

import os
import resource
import time
from collections import OrderedDict
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from constraints.spec import Spec
from service.interface import CompilerLike, ConstraintLike
from service.jobs import Compile, Compiled, CompileReport, Failure, Refused
from service.settings import CompileLimits

RECENT = 8
"""Constraints that a compiler keeps: what is checked is often asked for next."""
OUT_OF_MEMORY = 77
"""Exit code of a compiler that met its memory limit; what it had begun cannot be trusted."""
CPU_MARGIN_S = 2


def work(connection: Connection, compiler: CompilerLike, limits: CompileLimits) -> None:
    """Answers `Compile` by `Compiled` or `Refused` until the other end is closed."""
    _limit_memory(limits.memory_bytes)
    recent: OrderedDict[Spec, ConstraintLike] = OrderedDict()
    while True:
        try:
            asked = connection.recv()
        except EOFError:
            return
        _limit_cpu_time(limits.seconds)
        try:
            connection.send(_answer(asked, compiler, recent))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


def report(
    compile: Callable[[Spec], ConstraintLike], spec: Spec, text: str | None
) -> tuple[ConstraintLike, CompileReport]:
    """Returns a constraint, and what is said of it.

    Args:
        compile: Returns the constraint of a spec.
        spec: What to compile.
        text: A text to test for membership; None tests none.
    """
    start = time.perf_counter()
    constraint = compile(spec)
    compile_ms = (time.perf_counter() - start) * 1000
    return constraint, CompileReport(
        diagnostics=constraint.diagnostics,
        fewest_tokens=constraint.start.fewest_tokens,
        compile_ms=compile_ms,
        accepted=None if text is None else constraint.accepts(text.encode()),
    )


def _answer(
    asked: Compile, compiler: CompilerLike, recent: OrderedDict[Spec, ConstraintLike]
) -> Compiled | Refused:
    def compile(spec: Spec) -> ConstraintLike:
        return recent.pop(spec, None) or compiler.compile(spec)

    try:
        constraint, found = report(compile, asked.spec, asked.text)
        data = compiler.packed(constraint) if asked.packed else b""
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller has to hear of it
        return Refused(asked.id, Failure.of(error))
    recent[asked.spec] = constraint
    if len(recent) > RECENT:
        recent.popitem(last=False)
    return Compiled(asked.id, found, data)


def _limit_memory(size: int) -> None:
    """Grants bytes of address space beyond those in use now; only Linux says how many these are."""
    statistics = Path("/proc/self/statm")
    if statistics.exists():
        in_use = int(statistics.read_text().split()[0]) * resource.getpagesize()
        _set(resource.RLIMIT_AS, in_use + size)


def _limit_cpu_time(seconds: float) -> None:
    """Ends the process where nobody is left to do so: the limit is past the one that is kept."""
    _set(resource.RLIMIT_CPU, int(time.process_time() + seconds) + CPU_MARGIN_S)


def _set(kind: int, soft: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
