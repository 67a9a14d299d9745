"""A nondeterministic automaton over code points whose empty edges may look around."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from constraints.automata import Dfa
from constraints.errors import LimitError
from constraints.regex.classes import ANY, without_surrogates
from constraints.regex.tree import Ranges

MAX_STATES = 50_000


class Place(Enum):
    """Where an empty edge may be taken: before the first character, or after the last."""

    START = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Ahead:
    """The rest of the text leads from `start` to `Graph.done`; or, negative, it does not."""

    start: int
    negative: bool


@dataclass(frozen=True, slots=True)
class Behind:
    """The text so far leads to `end` from the start of its tracker; or, negative, it does not."""

    end: int
    negative: bool


Condition = Place | Ahead | Behind | None
"""When an empty edge may be taken; None is always."""


class Graph:
    """States under construction.

    Attributes:
        edges: For each state, the ranges it reads and where they lead.
        empties: For each state, where it leads without reading, and when.
        done: The state at which a lookahead has seen enough, whatever follows.
        end: A state without edges at which it has seen enough if nothing follows.
        finals: The states like `end`; they may have edges as well.
        trackers: The states in which the lookbehinds begin to read the text, inner ones first.
    """

    def __init__(self) -> None:
        self.edges: list[list[tuple[Ranges, int]]] = []
        self.empties: list[list[tuple[int, Condition]]] = []
        self.done = self.state()
        self.end = self.state()
        self.finals = {self.end}
        self.trackers: list[int] = []

    @property
    def looks_around(self) -> bool:
        """Whether any edge depends on more than the ends of the text."""
        return any(isinstance(when, Ahead | Behind) for row in self.empties for _, when in row)

    def state(self) -> int:
        """Adds a state.

        Raises:
            LimitError: More than `MAX_STATES`.
        """
        if len(self.edges) >= MAX_STATES:
            raise LimitError(
                f"the pattern needs more than {MAX_STATES} automaton states",
                hint="shorten its repeats",
            )
        self.edges.append([])
        self.empties.append([])
        return len(self.edges) - 1

    def edge(self, source: int, ranges: Ranges, target: int) -> None:
        """Adds an edge that reads one character of some ranges."""
        inside = without_surrogates(ranges)
        if inside:
            self.edges[source].append((inside, target))

    def empty(self, source: int, target: int, when: Condition = None) -> None:
        """Adds an edge that reads nothing."""
        self.empties[source].append((target, when))

    def loop(self, state: int) -> None:
        """Lets a state read any text."""
        self.edges[state].append((ANY, state))

    def embed(self, dfa: Dfa) -> int:
        """Adds a DFA as what a lookahead must see; returns its start."""
        base = [self.state() for _ in range(max(dfa.num_states, 1))]
        for state, row, accepts in zip(base, dfa.rows(), dfa.accepting, strict=False):
            by_target: dict[int, list[tuple[int, int]]] = {}
            for low, high, target in row:
                by_target.setdefault(base[target], []).append((low, high))
            if accepts and by_target == {state: list(ANY)}:
                self.empty(state, self.done)
                continue
            self.edges[state] = [(tuple(ranges), target) for target, ranges in by_target.items()]
            if accepts:
                self.finals.add(state)
        return base[0]
