"""A short text that finishes what has been begun, found by plan and then run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from constraints.pushdown.machine import Configuration, Machine
from constraints.pushdown.plans import INFINITE, Plans, plans_of

TRIES = 6
"""Terminals that a pending one is tried as, cheapest first."""
LONGEST_PLAN = 10_000

Spelled = dict[int, tuple[bytes, int]]
"""By terminal: a shortest text of it, and the scanner's state after that."""


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Where a terminal begins: the scanner's state, and the state pending before it, or -1."""

    state: int
    pending: int


class Completion:
    """Finds completions for one machine.

    Args:
        machine: The language.
        available: (256,) bool, bytes that tokens can spell on their own.
    """

    def __init__(self, machine: Machine, available: np.ndarray) -> None:
        self._machine = machine
        self.spells_everything = bool(available.all())
        lexer = machine.language.bounded.lexer
        self._edges = _edges(lexer.delta, lexer.class_of, available)
        self._ends_before = (lexer.delta < 0) & (machine.scan.label >= 0)[:, None]
        self._class_of = lexer.class_of
        self._spelled: dict[tuple[int, bytes], Spelled] = {}
        self._tails: dict[tuple[int, int, bytes], bytes | None] = {}
        self._plans: Plans = plans_of(
            machine.parser, machine.language.grammar.tables, self._costs()
        )

    def of(self, configuration: Configuration) -> bytes | None:
        """A text that finishes a configuration and has been run; None where none was found."""
        text = self._found(configuration)
        if text is None:
            return None
        reached = self._machine.read(configuration, text)
        return text if reached is not None and self._machine.ends(reached) else None

    def _found(self, configuration: Configuration) -> bytes | None:
        machine = self._machine
        standing, state = configuration
        if machine.ends(configuration):
            return b""
        if machine.scan.begins[state]:
            return self._tail(standing, state, -1)
        tried = []
        for terminal, (text, after) in self._spellings(state, -1).items():
            following = self._after(standing, terminal)
            if following is not None:
                cost, _ = self._plans.best(machine.heap, following[0])
                tried.append((len(text) + cost, terminal, text, after, following))
        for _, _, text, after, (follower, begin) in sorted(tried)[:TRIES]:
            rest = self._tail(follower, begin, after)
            if rest is not None:
                return text + rest
        return None

    def _after(self, standing: int, terminal: int) -> Configuration | None:
        """Standing and scanner state after a terminal."""
        machine = self._machine
        if machine.scan.ignored[terminal]:
            return standing, machine.begin(standing, terminal - machine.scan.num_terminals - 1)
        after = machine.feed(standing, terminal)
        return None if after < 0 else (after, machine.begin(after))

    def _tail(self, standing: int, state: int, pending: int) -> bytes | None:
        """What finishes a text from where a terminal begins, behind one that is pending."""
        machine = self._machine
        way: list[tuple[tuple[int, int, bytes], bytes]] = []
        seen: set[tuple[int, int, bytes]] = set()
        found: bytes | None = None
        while len(way) < LONGEST_PLAN:
            key = standing, state, self._mask(pending)
            if key in self._tails:
                found = self._tails[key]
                break
            if key in seen:
                break
            seen.add(key)
            if machine.ends((standing, state)):
                found = b""
                self._tails[key] = found
                break
            step = self._step(standing, state, pending)
            if step is None:
                self._tails[key] = None
                break
            text, pending, (standing, state) = step
            way.append((key, text))
        for key, text in reversed(way):
            found = None if found is None else text + found
            self._tails[key] = found
        return found

    def _step(
        self, standing: int, state: int, pending: int
    ) -> tuple[bytes, int, Configuration] | None:
        """The text of the next terminal, the state it leaves pending, and what follows."""
        _, plan = self._plans.best(self._machine.heap, standing)
        spellings = self._spellings(state, pending)
        if plan:
            if plan[0] in spellings:
                text, after = spellings[plan[0]]
                following = self._after(standing, plan[0])
                if following is not None:
                    return text, after, following
            step = self._separated(standing, state, pending, plan[0])
            if step is not None:
                return step
        tried = []
        for terminal, (text, after) in spellings.items():
            following = self._after(standing, terminal)
            if following is not None and not self._machine.scan.ignored[terminal]:
                cost, _ = self._plans.best(self._machine.heap, following[0])
                tried.append((len(text) + cost, terminal, text, after, following))
        if not tried or min(tried)[0] >= INFINITE:
            return None
        _, _, text, after, following = min(tried)
        return text, after, following

    def _separated(
        self, standing: int, state: int, pending: int, terminal: int
    ) -> tuple[bytes, int, Configuration] | None:
        """A terminal behind ignored text, which keeps it apart from the one that is pending."""
        scan = self._machine.scan
        apart = [
            (text, after)
            for ignored, (text, after) in self._spellings(state, pending).items()
            if scan.ignored[ignored]
        ]
        for text, between in sorted(apart):
            _, spent = self._after(standing, int(scan.label[between])) or (0, 0)
            spelled = self._spellings(spent, between).get(terminal)
            following = self._after(standing, terminal)
            if spelled is not None and following is not None:
                return text + spelled[0], spelled[1], following
        return None

    def _mask(self, pending: int) -> bytes:
        """The classes of bytes before which a pending terminal ends; empty for all."""
        if pending < 0 or self._machine.scan.final[pending]:
            return b""
        return self._ends_before[pending].tobytes()

    def _spellings(self, state: int, pending: int) -> Spelled:
        """Shortest texts from a state, whose first byte ends what is pending."""
        key = state, self._mask(pending)
        if key not in self._spelled:
            self._spelled[key] = self._search(state, key[1])
        return self._spelled[key]

    def _search(self, state: int, mask: bytes) -> Spelled:
        label = self._machine.scan.label
        found: Spelled = {}
        came: dict[int, tuple[int, int]] = {state: (-1, -1)}
        queue: list[int] = []
        if self._is_found(state, found) and not self._machine.scan.begins[state]:
            found[int(label[state])] = b"", state
        allowed = np.frombuffer(mask, dtype=np.bool_) if mask else None
        for byte, target in self._edges[state]:
            if target not in came and (allowed is None or allowed[self._class_of[byte]]):
                came[target] = state, byte
                queue.append(target)
        for here in queue:
            if self._is_found(here, found):
                found[int(label[here])] = _traced(came, here), here
            for byte, target in self._edges[here]:
                if target not in came:
                    came[target] = here, byte
                    queue.append(target)
        return found

    def _is_found(self, state: int, known: Spelled) -> bool:
        """Whether a state ends a terminal, or ignored text, that is not known yet."""
        scan = self._machine.scan
        label = int(scan.label[state])
        return label >= 0 and label != scan.num_terminals and label not in known

    def _costs(self) -> list[int]:
        """Of each terminal the bytes of its shortest text, and one to keep it apart."""
        costs = [INFINITE] * self._machine.parser.num_terminals
        for start in np.unique(self._machine.scan.start_of[:, 0]).tolist():
            for terminal, (text, _) in self._spellings(start, -1).items():
                if terminal < len(costs):
                    costs[terminal] = min(costs[terminal], len(text) + 1)
        return costs


def _traced(came: dict[int, tuple[int, int]], state: int) -> bytes:
    text = bytearray()
    while state >= 0:
        state, byte = came[state]
        if byte >= 0:
            text.append(byte)
    return bytes(reversed(text))


def _edges(
    delta: np.ndarray, class_of: np.ndarray, available: np.ndarray
) -> list[list[tuple[int, int]]]:
    """(byte, target) of each state, one byte for each class and one class for each target."""

    def rank(byte: int) -> tuple[bool, bool, int]:
        return not chr(byte).isalnum() or byte > 0x7F, not 0x20 <= byte < 0x7F, byte

    order = sorted(np.flatnonzero(available).tolist(), key=rank)
    byte_of: dict[int, int] = {}
    for byte in order:
        byte_of.setdefault(int(class_of[byte]), byte)
    classes = list(byte_of)
    targets = delta[:, classes]
    state, place = np.nonzero(targets > 0)
    target = targets[state, place]
    _, kept = np.unique(state.astype(np.int64) * len(delta) + target, return_index=True)
    kept.sort()
    byte = np.fromiter(byte_of.values(), dtype=np.int64)[place[kept]]
    pairs = list(zip(byte.tolist(), target[kept].tolist(), strict=True))
    ends = np.searchsorted(state[kept], np.arange(len(delta) + 1)).tolist()
    return [pairs[begin:end] for begin, end in pairwise(ends)]
