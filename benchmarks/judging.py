"""Judges an engine by schemas with valid and invalid instances, and counts the verdicts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from benchmarks import spelled_json

MARKS = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
COUNTS = (
    "right",
    "untested",
    "refused",
    "wrongly_accepting",
    "wrongly_rejecting",
    "too_long",
    "timed_out",
    "crashed",
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A JSON text, and whether the schema admits it."""

    description: str
    text: bytes
    valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A schema with its instances.

    Attributes:
        group: What it is counted under.
        name: What it is called within its group.
        schema: JSON text.
        assert_formats: Whether `format` constrains.
        instances: What to ask about.
    """

    group: str
    name: str
    schema: str
    assert_formats: bool = True
    instances: tuple[Instance, ...] = ()


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """An engine says that it cannot compile a schema.

    Attributes:
        reason: What to count the refusal under.
        empty: Whether the engine says that the schema admits nothing.
    """

    def __init__(self, reason: str, message: str, *, empty: bool = False) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.empty = empty


class Compiled(Protocol):
    """A schema, compiled by some engine."""

    def first_mask(self) -> bool:
        """Makes the first mask; False where nothing fits it."""
        ...

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member."""
        ...

    def stages(self) -> Mapping[str, float]:
        """Milliseconds of the compile by stage, where the engine says so."""
        ...

    def sizes(self) -> Mapping[str, float]:
        """How large the compiled form is, by any measure."""
        ...


class Engine(Protocol):
    """What compiles schemas."""

    def compile(self, case: Case) -> Compiled:
        """Compiles the schema of a case.

        Raises:
            Refused: The engine says that it cannot.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case.

    Attributes:
        group: As of the case.
        name: As of the case.
        refused: Why the engine refused the schema; empty if it did not.
        message: What it said then.
        accepting: Descriptions of the invalid instances it accepts.
        rejecting: Descriptions of the valid instances it rejects.
        too_long: Whether no member fits the first mask.
        timed_out: Whether it was stopped at the time limit.
        crashed: The error that is no refusal; empty if there was none.
        instances: How many were asked about.
        ms: Milliseconds by stage, `compile` and `first_mask` among them.
        sizes: As the engine says.
    """

    group: str
    name: str
    refused: str = ""
    message: str = ""
    accepting: tuple[str, ...] = ()
    rejecting: tuple[str, ...] = ()
    too_long: bool = False
    timed_out: bool = False
    crashed: str = ""
    instances: int = 0
    ms: Mapping[str, float] = field(default_factory=dict)
    sizes: Mapping[str, float] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        """Whether the engine answered for every instance."""
        return not (self.refused or self.timed_out or self.crashed)

    @property
    def right(self) -> bool:
        """Whether every answer was right."""
        return self.judged and not self.accepting and not self.rejecting


def instances(
    tests: Iterable[Mapping[str, Any]], separators: tuple[str, str] = spelled_json.SPACED
) -> tuple[Instance, ...]:
    """The instances of `{"description", "valid", "data"}` objects read by `spelled_json.read`."""
    return tuple(
        Instance(
            test["description"],
            spelled_json.written(test["data"], separators).encode(),
            test["valid"],
        )
        for test in tests
    )


def judge(engine: Engine, case: Case, *, masks: bool) -> Outcome:
    """Compiles a schema, makes the first mask where `masks` says so, and asks for every instance.

    A schema refused as one that admits nothing is judged as the empty language.
    """
    started = time.perf_counter()
    try:
        compiled = engine.compile(case)
    except Refused as refusal:
        return _refused(case, refusal)
    ready = time.perf_counter()
    fits = compiled.first_mask() if masks else True
    masked = time.perf_counter()
    answers = [(each, compiled.accepts(each.text)) for each in case.instances]
    return Outcome(
        group=case.group,
        name=case.name,
        accepting=tuple(i.description for i, accepted in answers if accepted and not i.valid),
        rejecting=tuple(i.description for i, accepted in answers if i.valid and not accepted),
        too_long=not fits,
        instances=len(answers),
        ms={
            **compiled.stages(),
            "compile": (ready - started) * 1e3,
            **({"first_mask": (masked - ready) * 1e3} if masks else {}),
        },
        sizes=compiled.sizes(),
    )


def _refused(case: Case, refusal: Refused) -> Outcome:
    return Outcome(
        group=case.group,
        name=case.name,
        refused="" if refusal.empty else refusal.reason,
        message=refusal.message,
        rejecting=tuple(i.description for i in case.instances if refusal.empty and i.valid),
        instances=len(case.instances),
    )


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many schemas there are, and how many of each verdict.

    A schema may be wrongly accepting and wrongly rejecting; `untested` are the right ones without
    instances, of which only is known that they compile.
    """
    tally = Counter(verdict for outcome in outcomes for verdict in _verdicts(outcome))
    return {"schemas": len(outcomes), **{name: tally[name] for name in COUNTS}}


def _verdicts(outcome: Outcome) -> list[str]:
    found = {
        "right": outcome.right,
        "untested": outcome.right and not outcome.instances,
        "refused": outcome.refused,
        "wrongly_accepting": outcome.accepting,
        "wrongly_rejecting": outcome.rejecting,
        "too_long": outcome.too_long,
        "timed_out": outcome.timed_out,
        "crashed": outcome.crashed,
    }
    return [name for name, holds in found.items() if holds]


def refusals(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many schemas were refused for each reason, most frequent first."""
    return dict(Counter(o.refused for o in outcomes if o.refused).most_common())


def by_group(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Outcomes under their groups, in order of appearance."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.group, []).append(outcome)
    return groups


def faults(outcome: Outcome) -> list[str]:
    """One line for each thing that went wrong with a case."""
    whole = {
        "refused": outcome.refused and f"{outcome.refused}: {outcome.message}",
        "timed out": outcome.timed_out and "stopped at the limit",
        "crashed": outcome.crashed,
    }
    where = f"{outcome.group}: {outcome.name}"
    return [
        *(f"{where}: {name}: {what}" for name, what in whole.items() if what),
        *(f"{where}: {description}: wrongly accepted" for description in outcome.accepting),
        *(f"{where}: {description}: wrongly rejected" for description in outcome.rejecting),
    ]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest; empty of nothing."""
    if not values:
        return {}
    return {name: round(float(np.percentile(values, q)), 3) for name, q in MARKS.items()}
