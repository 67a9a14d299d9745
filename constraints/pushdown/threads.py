"""The deterministic automaton of ordered threads: what a scanner of alternatives does by bytes.

A state is the list of threads of an automaton in the order in which a backtracking matcher would
try them (Pike's machine, Cox 2009); a thread that matches for certain cuts off all that come after
it. So the state that a text leads to tells which alternative Python's `re` would choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from constraints.errors import LimitError, UnsupportedError
from constraints.pushdown.pattern import Ahead, Behind, End, Match, Node, Read, Split

MAX_STATES = 60_000
MAX_STEPS = 2_500_000
"""Threads and lookaheads that are followed to find all states."""
REFUSED = 0
"""The state in which nothing can be read and nothing ends."""

Duty = tuple[bool, tuple[int, ...]]
"""A lookahead under way: whether it must fail, and its nodes."""

Thread = tuple[int, tuple[Duty, ...]]
"""A node that reads or matches, and the lookaheads that must hold from here.

-1: a match has been passed whose lookaheads are not decided; when they hold it cuts off all after.
"""

PASSED = -1

State = tuple[Thread, ...]


@dataclass
class Threads:
    """States and their edges, built as starts are added.

    Attributes:
        nodes: The automaton.
        rows: (256,) int32 of each state: the next state, or -1 where the terminal ends, if it can.
        match: Of each state, the terminal that ends here unless a byte goes on, or -1.
        at_end: Of each state, whether that terminal may end with the text.
        certain: Of each state, whether it ends here whatever follows, unless a byte goes on.
    """

    nodes: Sequence[Node]
    rows: list[NDArray[np.int32]] = field(default_factory=list)
    match: list[int] = field(default_factory=list)
    at_end: list[bool] = field(default_factory=list)
    certain: list[bool] = field(default_factory=list)
    _states: list[State] = field(default_factory=list)
    _numbers: dict[State, int] = field(default_factory=dict)
    _cuts: list[int] = field(default_factory=list)
    _steps: int = 0

    def __post_init__(self) -> None:
        changes = {0}
        for node in self.nodes:
            if isinstance(node, Behind):
                inside = [byte in node.allowed for byte in range(0x100)]
                changes |= {b for b in range(1, 0x100) if inside[b] != inside[b - 1]}
        self._cuts = sorted(changes)
        self._number(())

    def start(self, entries: Iterable[int]) -> int:
        """The state in which alternatives begin, the first of them first."""
        threads: list[Thread] = []
        seen: set[Thread] = set()
        for entry in entries:
            if self._close((entry, ()), None, threads, seen):
                break
        number = self._number(tuple(threads))
        self._finish()
        return number

    def _number(self, state: State) -> int:
        known = self._numbers.get(state)
        if known is not None:
            return known
        if len(self._states) >= MAX_STATES:
            raise LimitError(
                f"the terminals together pass {MAX_STATES} states",
                hint="simplify the terminals' patterns",
            )
        self._numbers[state] = len(self._states)
        self._states.append(state)
        return len(self._states) - 1

    def _matches(self, state: State) -> list[tuple[int, tuple[Duty, ...]]]:
        """Terminals that have matched, in order, with what must hold; -1 for one passed before."""
        found = []
        for number, duties in state:
            node = self.nodes[number] if number != PASSED else Match(PASSED)
            if isinstance(node, Match):
                found.append((node.terminal, duties))
        return found

    def _holds_at_end(self, duty: Duty) -> bool:
        """Whether a lookahead holds where the text ends."""
        negative, numbers = duty
        return negative != any(isinstance(self.nodes[number], End) for number in numbers)

    def _finish(self) -> None:
        """Gives a row to every state that has none."""
        while len(self.rows) < len(self._states):
            state = self._states[len(self.rows)]
            matches = self._matches(state)
            following, ended = self._moves(state)
            ends = following < 0
            at_end = self._ends_text(matches)
            label = _label(matches, ended[ends], ended[:0x80][ends[:0x80]], at_end)
            self.rows.append(np.where(ends & (ended != label) & bool(matches), REFUSED, following))
            self.match.append(label)
            self.at_end.append(at_end == label >= 0)
            self.certain.append(bool(matches) and matches[0] == (label, ()))

    def _ends_text(self, matches: Sequence[tuple[int, tuple[Duty, ...]]]) -> int:
        """The terminal that ends in a state where the text does, or -1."""
        holding = (t for t, duties in matches if all(map(self._holds_at_end, duties)))
        return next(holding, -1)

    def _step(self, count: int) -> None:
        self._steps += count
        if self._steps > MAX_STEPS:
            raise LimitError(
                f"reading the terminals side by side takes more than {MAX_STEPS} steps",
                hint="lower counts in patterns, or name fewer patterns that begin alike",
            )

    def _moves(self, state: State) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(256,) int32 each: the next state and the terminal that has ended, see `_after`."""
        cuts = set(self._cuts)
        for number, duties in state:
            for each in (number, *(node for _, nodes in duties for node in nodes)):
                node = self.nodes[each] if each != PASSED else None
                if isinstance(node, Read):
                    cuts.update(cut for low, high, _ in node.row for cut in (low, high + 1))
        ordered = [cut for cut in sorted(cuts) if cut < 0x100]
        following, ended = np.empty((2, 0x100), dtype=np.int32)
        for low, high in zip(ordered, [*ordered[1:], 0x100], strict=True):
            following[low:high], ended[low:high] = self._after(state, low)
        return following, ended

    def _after(self, state: State, byte: int) -> tuple[int, int]:
        """The state after a byte, or -1 and the terminal that has ended before it, or -1.

        A text that ends a terminal before its lookahead is decided is refused: fewer texts than
        Lark takes, never others.
        """
        threads: list[Thread] = []
        seen: set[Thread] = set()
        ended = -1
        self._step(len(state))
        for number, duties in state:
            left = self._advanced(duties, byte)
            if left is None:
                continue
            node = self.nodes[number] if number != PASSED else None
            if node is None or isinstance(node, Match):
                if left:
                    threads.append((PASSED, left))
                    continue
                ended = -1 if node is None else node.terminal
                break
            target = _reads(node, byte)
            if target >= 0 and self._close((target, left), byte, threads, seen):
                break
        if any(number != PASSED for number, _ in threads):
            return self._number(tuple(threads)), -1
        return (REFUSED, -1) if threads else (-1, ended)

    def _close(
        self, thread: Thread, byte: int | None, threads: list[Thread], seen: set[Thread]
    ) -> bool:
        """Appends what a thread leads to without reading; whether that cuts off what comes later.

        Raises:
            UnsupportedError: A lookbehind where nothing has been read.
        """
        stack = [thread]
        while stack:
            thread = stack.pop()
            if thread in seen:
                continue
            seen.add(thread)
            self._step(1)
            number, duties = thread
            node = self.nodes[number]
            if isinstance(node, Split):
                stack += [(target, duties) for target in reversed(node.targets)]
            elif isinstance(node, Behind):
                if byte is None:
                    raise UnsupportedError("a terminal that looks behind its beginning")
                if byte in node.allowed:
                    stack.append((node.target, duties))
            elif isinstance(node, Ahead):
                duty = self._closed_duty(node.negative, [node.entry], byte)
                if duty is None or duty[1]:
                    held = duties if duty is None else tuple(sorted({*duties, duty}))
                    stack.append((node.target, held))
                elif not node.negative and duty == (False, ()):
                    continue
            else:
                threads.append(thread)
                if isinstance(node, Match) and not duties:
                    return True
        return False

    def _advanced(self, duties: tuple[Duty, ...], byte: int) -> tuple[Duty, ...] | None:
        """The lookaheads after a byte, those that hold for certain left out; None: one fails."""
        left = set()
        for negative, numbers in duties:
            targets = [_reads(self.nodes[number], byte) for number in numbers]
            duty = self._closed_duty(negative, [t for t in targets if t >= 0], byte)
            if duty is None:
                continue
            if not duty[1]:
                return None
            left.add(duty)
        return tuple(sorted(left))

    def _closed_duty(self, negative: bool, numbers: list[int], byte: int | None) -> Duty | None:
        """A lookahead at some nodes; None where it holds, without nodes where it fails."""
        reading, seen, stack = set(), set(), list(numbers)
        while stack:
            number = stack.pop()
            if number in seen:
                continue
            seen.add(number)
            self._step(1)
            node = self.nodes[number]
            if isinstance(node, Split):
                stack += node.targets
            elif isinstance(node, Behind):
                if byte is None:
                    raise UnsupportedError("a terminal that looks behind its beginning")
                stack += [node.target] * (byte in node.allowed)
            elif isinstance(node, Ahead):
                raise UnsupportedError("a lookahead within a lookahead")
            elif isinstance(node, Match):
                return (True, ()) if negative else None
            else:
                reading.add(number)
        if not reading:
            return None if negative else (False, ())
        return negative, tuple(sorted(reading))


def _label(
    matches: Sequence[tuple[int, tuple[Duty, ...]]],
    ended: NDArray[np.int32],
    ended_in_ascii: NDArray[np.int32],
    at_end: int,
) -> int:
    """The terminal that ends in a state before most characters, or -1.

    Before others nothing may end there: fewer texts than Lark takes, never others.
    """

    def rank(terminal: int) -> tuple[int, int]:
        often = int((ended_in_ascii == terminal).sum())
        return often + (terminal == at_end), int((ended == terminal).sum())

    best = max((t for t, _ in matches if t >= 0), key=rank, default=-1)
    return best if best >= 0 and rank(best) > (0, 0) else -1


def _reads(node: Node, byte: int) -> int:
    """Where a node goes with a byte, or -1."""
    if isinstance(node, Read):
        for low, high, target in node.row:
            if low <= byte <= high:
                return target
    return -1
