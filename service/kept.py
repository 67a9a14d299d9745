"""The constraints that the engine's process keeps, as the service knows of them."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from constraints.spec import Spec
from service.jobs import Compiled, CompileReport, Forget, Keep

MOST = 64
"""Constraints kept at most, beyond those that jobs refer to."""


@dataclass(eq=False, slots=True)
class Kept:
    """One constraint.

    Attributes:
        key: Its number in the engine's process.
        report: What its compile came to.
        users: Jobs that refer to it and are not answered yet.
    """

    key: int
    report: CompileReport
    users: int = 0


class KeptConstraints:
    """The least recently used one is forgotten first, unless a job refers to it."""

    def __init__(self, tell: Callable[[Keep | Forget], None]) -> None:
        """Prepares an empty collection.

        Args:
            tell: Tells the engine's process.
        """
        self._tell = tell
        self._keys = itertools.count()
        self._kept: OrderedDict[Spec, Kept] = OrderedDict()

    def find(self, spec: Spec) -> Kept | None:
        """Returns the constraint of a spec; None where the engine has none."""
        if spec in self._kept:
            self._kept.move_to_end(spec)
        return self._kept.get(spec)

    def add(self, spec: Spec, compiled: Compiled) -> Kept:
        """Sends a constraint to the engine, unless it has it."""
        if (known := self.find(spec)) is not None:
            return known
        kept = self._kept[spec] = Kept(next(self._keys), compiled.report)
        self._tell(Keep(kept.key, compiled.data))
        return kept

    def shrink(self) -> None:
        """Forgets what is too much."""
        idle = [spec for spec, kept in self._kept.items() if not kept.users]
        for spec in idle[: max(0, len(self._kept) - MOST)]:
            self._tell(Forget(self._kept.pop(spec).key))

    def clear(self) -> None:
        """Forgets everything, as the engine's process has."""
        self._kept.clear()
