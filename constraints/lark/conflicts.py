"""Conflicts of a grammar that Lark's LALR parser resolves without a word.

Where a text may both go on and end a rule, Lark goes on (shift before reduce); where it may end
two rules, Lark ends the one of higher priority. The tables only show what is left. So the item
sets (Knuth 1965) are found again beside the tables, and the lookaheads of a rule that ends in a
state are read off the states in which its nonterminal is followed (DeRemer and Pennello 1982).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lark.grammar import Rule

MAX_ITEMS = 200_000
"""Items of all states past which conflicts are not looked for."""
END_OF_TEXT = "$END"

Item = tuple[Rule, int]
"""A rule, and how many of its symbols have been read."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A choice that the tables have made.

    Attributes:
        terminal: The terminal that comes next.
        taken: The rule that is ended, or none where the text goes on.
        left: The rule that could have been ended, too.
    """

    terminal: str
    taken: Rule | None
    left: Rule

    def __str__(self) -> str:
        terminal = "the end of the text" if self.terminal == END_OF_TEXT else self.terminal
        if self.taken is None:
            return f"before {terminal} the text goes on, though {_shown(self.left)} could end there"
        return f"before {terminal}, {_shown(self.taken)} ends rather than {_shown(self.left)}"


def conflicts(rules: Iterable[Rule], start: str, table: Any) -> list[Conflict]:
    """The conflicts that are resolved in a parser, each once; none where the parser is large.

    Args:
        rules: The rules as Lark has written them out.
        start: The rule that a whole text is.
        table: Lark's table of these rules, by number of states.
    """
    of: dict[str, list[Rule]] = {}
    for rule in rules:
        of.setdefault(str(rule.origin.name), []).append(rule)
    states = _States(of, start, table)
    return list(dict.fromkeys(states.conflicts())) if states.is_whole else []


class _States:
    """The item sets of a table's states.

    Attributes:
        is_whole: Whether all of them have been found.
    """

    def __init__(self, of: Mapping[str, list[Rule]], start: str, table: Any) -> None:
        self._of = of
        self._rows: Mapping[int, Mapping[str, tuple[Any, Any]]] = table.states
        self._ends: dict[int, list[Rule]] = {}
        self._before: dict[int, set[int]] = {}
        self.is_whole = self._walk(start, table.start_states[start])

    def _walk(self, start: str, first: int) -> bool:
        """Finds the rules that may end in each state, and which states lead to it."""
        kernels: dict[int, set[Item]] = {first: {(rule, 0) for rule in self._of.get(start, ())}}
        queue = [first]
        items = 0
        for state in queue:
            moves: dict[str, set[Item]] = {}
            for rule, at in self._closed(kernels[state]):
                items += 1
                if at == len(rule.expansion):
                    self._ends.setdefault(state, []).append(rule)
                else:
                    moves.setdefault(rule.expansion[at].name, set()).add((rule, at + 1))
            if items > MAX_ITEMS:
                return False
            for symbol, kernel in moves.items():
                action, target = self._rows[state].get(symbol, (None, -1))
                if action is None or action.name != "Shift":
                    continue
                self._before.setdefault(target, set()).add(state)
                if target not in kernels:
                    kernels[target] = kernel
                    queue.append(target)
        return True

    def _closed(self, kernel: Iterable[Item]) -> list[Item]:
        found = sorted(kernel, key=lambda item: (item[0].order, str(item[0]), item[1]))
        seen: set[str] = set()
        for rule, at in found:
            if at < len(rule.expansion):
                name = str(rule.expansion[at].name)
                if name not in seen and name in self._of:
                    seen.add(name)
                    known = set(found)
                    found += [(r, 0) for r in self._of[name] if (r, 0) not in known]
        return found

    def conflicts(self) -> Iterator[Conflict]:
        """What could have ended where something else is done."""
        for state, rules in self._ends.items():
            row = self._rows[state]
            shifted = any(action.name == "Shift" for name, (action, _) in row.items())
            if len(rules) == 1 and not shifted:
                continue
            for rule in rules:
                for terminal in sorted(self._lookaheads(state, rule)):
                    action, argument = row.get(terminal, (None, None))
                    if action is None or (action.name == "Reduce" and argument == rule):
                        continue
                    taken = argument if action.name == "Reduce" else None
                    yield Conflict(terminal, taken, rule)

    def _lookaheads(self, state: int, rule: Rule) -> set[str]:
        """What can follow a rule that ends in a state: what the tables take behind it."""
        sources = {state}
        for _ in rule.expansion:
            sources = {before for each in sources for before in self._before.get(each, ())}
        found: set[str] = set()
        for source in sources:
            _, target = self._rows[source].get(str(rule.origin.name), (None, -1))
            if target is not None and target >= 0:
                found |= {name for name in self._rows[target] if name not in self._of}
        return found


def _shown(rule: Rule) -> str:
    return f"`{rule.origin.name}: {' '.join(str(s.name) for s in rule.expansion)}`"
