"""Rule automata: for each nonterminal one minimal automaton over symbols (Woods 1970).

Alternatives are joined by what they begin with, left recursion is a loop, right recursion a jump to
the beginning, and nonterminals that do not embed themselves are spelled out where they stand: what
is regular never needs a stack. No nonterminal is empty: where one could be, its callers may skip
it; only the whole text may be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from constraints.errors import LimitError, UnsatisfiableError
from constraints.pushdown.grammar import Alternative

MAX_STATES = 20_000
MAX_INLINED = 200
"""States past which the automaton of a caller is not made larger by spelling out a nonterminal."""

Row = dict[str, int]


@dataclass(frozen=True, slots=True)
class Automaton:
    """A minimal automaton over symbols; state 0 is the start.

    Attributes:
        rows: The next state by symbol.
        final: Which states may end it.
    """

    rows: tuple[Row, ...]
    final: tuple[bool, ...]

    @property
    def symbols(self) -> set[str]:
        """The symbols it reads."""
        return {symbol for row in self.rows for symbol in row}


@dataclass
class Graph:
    """A nondeterministic automaton over symbols.

    Attributes:
        edges: (symbol, target) of each state; the symbol of an empty edge is None.
    """

    edges: list[list[tuple[str | None, int]]] = field(default_factory=list)

    def state(self) -> int:
        """A new state."""
        self.edges.append([])
        return len(self.edges) - 1

    def path(self, source: int, symbols: Iterable[str], optional: set[str], target: int) -> None:
        """Adds a path over symbols, of which those that are optional may be left out."""
        for symbol in symbols:
            following = self.state()
            self.edges[source].append((symbol, following))
            if symbol in optional:
                self.edges[source].append((None, following))
            source = following
        self.edges[source].append((None, target))

    def determinised(self, start: int, final: int) -> Automaton:
        """The minimal automaton of the paths from one state to another."""
        first = self._closed({start})
        numbers = {first: 0}
        rows: list[Row] = []
        queue = [first]
        for states in queue:
            moves: dict[str, set[int]] = {}
            for state in states:
                for symbol, target in self.edges[state]:
                    if symbol is not None:
                        moves.setdefault(symbol, set()).add(target)
            row = {}
            for symbol in sorted(moves):
                target = self._closed(moves[symbol])
                if target not in numbers:
                    if len(numbers) >= MAX_STATES:
                        raise LimitError(f"the rules pass {MAX_STATES} states")
                    numbers[target] = len(queue)
                    queue.append(target)
                row[symbol] = numbers[target]
            rows.append(row)
        return minimal(rows, [final in states for states in queue])

    def _closed(self, states: set[int]) -> frozenset[int]:
        stack, seen = list(states), set(states)
        while stack:
            for symbol, target in self.edges[stack.pop()]:
                if symbol is None and target not in seen:
                    seen.add(target)
                    stack.append(target)
        return frozenset(seen)


def minimal(rows: list[Row], final: list[bool]) -> Automaton:
    """The minimal automaton (Moore 1956), its states in breadth-first order."""
    block = [int(each) for each in final]
    while True:
        keys: dict[tuple[object, ...], int] = {}
        refined = [
            keys.setdefault(
                (block[s], *((symbol, block[row[symbol]]) for symbol in sorted(row))), len(keys)
            )
            for s, row in enumerate(rows)
        ]
        done = len(keys) == len(set(block))
        block = refined
        if done:
            break
    number: dict[int, int] = {block[0]: 0}
    order = [0]
    kept: list[Row] = []
    for state in order:
        row = {}
        for symbol, target in sorted(rows[state].items()):
            if block[target] not in number:
                number[block[target]] = len(order)
                order.append(target)
            row[symbol] = number[block[target]]
        kept.append(row)
    return Automaton(tuple(kept), tuple(final[state] for state in order))


def rule_automata(
    rules: Mapping[str, tuple[Alternative, ...]], start: str
) -> tuple[dict[str, Automaton], bool]:
    """The automata of a grammar, and whether the empty text is a member.

    Args:
        rules: Alternatives of each nonterminal.
        start: The nonterminal of a whole text.

    Returns:
        An automaton for each nonterminal that the start needs in the end.

    Raises:
        UnsatisfiableError: No text is a member.
        LimitError: The automata are too large.
    """
    automata, empty = _rule_automata(tuple(rules.items()), start)
    return dict(automata), empty


@lru_cache(maxsize=16)
def _rule_automata(
    listed: tuple[tuple[str, tuple[Alternative, ...]], ...], start: str
) -> tuple[dict[str, Automaton], bool]:
    """See `rule_automata`; one set of rules comes with many lexicons."""
    rules = productive(dict(listed), start)
    empty = _empty(rules)
    automata = {name: _automaton(name, rules, empty) for name in _reached(rules, start)}
    _inline(automata, start)
    used = _reached_automata(automata, start)
    return {name: automata[name] for name in automata if name in used}, start in empty


def _fixpoint(
    rules: Mapping[str, tuple[Alternative, ...]], holds: Callable[[str, set[str]], bool]
) -> set[str]:
    """Nonterminals with an alternative all of whose symbols hold, from the bottom up."""
    found: set[str] = set()
    changed = True
    while changed:
        changed = False
        for name, alternatives in rules.items():
            if name not in found and any(
                all(holds(symbol, found) for symbol in alternative) for alternative in alternatives
            ):
                found.add(name)
                changed = True
    return found


def productive(
    rules: Mapping[str, tuple[Alternative, ...]], start: str
) -> dict[str, tuple[Alternative, ...]]:
    """The rules without what derives no text.

    Raises:
        UnsatisfiableError: The start derives none.
    """
    good = _fixpoint(rules, lambda symbol, found: symbol not in rules or symbol in found)
    if start not in good:
        raise UnsatisfiableError(f"no text of finite length is a {start!r}")
    return {
        name: tuple(
            alternative
            for alternative in alternatives
            if all(symbol not in rules or symbol in good for symbol in alternative)
        )
        for name, alternatives in rules.items()
        if name in good
    }


def _empty(rules: Mapping[str, tuple[Alternative, ...]]) -> set[str]:
    """Nonterminals that derive the empty text."""
    return _fixpoint(rules, lambda symbol, found: symbol in found)


def _reached(rules: Mapping[str, tuple[Alternative, ...]], start: str) -> list[str]:
    order = [start]
    for name in order:
        for alternative in rules[name]:
            order += [s for s in dict.fromkeys(alternative) if s in rules and s not in order]
    return order


def _left_corners(
    rules: Mapping[str, tuple[Alternative, ...]], empty: set[str], name: str
) -> list[tuple[str, int]]:
    """(nonterminal, length of the empty prefix before it) of what alternatives can begin with."""
    corners = []
    for alternative in rules[name]:
        for index, symbol in enumerate(alternative):
            if symbol in rules:
                corners.append((symbol, index))
            if symbol not in empty:
                break
    return corners


def _automaton(
    name: str, rules: Mapping[str, tuple[Alternative, ...]], empty: set[str]
) -> Automaton:
    """The automaton of the nonempty texts of a nonterminal.

    What is left recursive through others forms a left-linear grammar: a text begins with an
    alternative of any of them that is not left recursive, and every left recursive alternative
    leads on from the end of what it begins with (Paull's elimination as a graph).
    """
    family = _left_family(name, rules, empty)
    graph = Graph()
    start = graph.state()
    ends = {member: graph.state() for member in family}
    for member in family:
        for alternative in rules[member]:
            _add_alternative(graph, start, ends, member, alternative, name, empty)
    return _without_empty(graph.determinised(start, ends[name]))


def _left_family(
    name: str, rules: Mapping[str, tuple[Alternative, ...]], empty: set[str]
) -> list[str]:
    """Nonterminals that a text of this one can begin with and that can begin with this one."""

    def begun(source: str) -> list[str]:
        order = [source]
        for each in order:
            corners = (symbol for symbol, _ in _left_corners(rules, empty, each))
            order += [s for s in dict.fromkeys(corners) if s not in order]
        return order

    return [name, *(s for s in begun(name)[1:] if name in begun(s)[1:])]


def _add_alternative(
    graph: Graph,
    start: int,
    ends: Mapping[str, int],
    member: str,
    alternative: Alternative,
    name: str,
    empty: set[str],
) -> None:
    """Adds the ways to read an alternative: from the start, and on from each left corner."""
    for index, symbol in enumerate(alternative):
        rest = alternative[index + 1 :]
        if symbol in ends:
            _add_path(graph, ends[symbol], rest, ends[member], member, name, empty, start)
        else:
            following = graph.state()
            graph.edges[start].append((symbol, following))
            _add_path(graph, following, rest, ends[member], member, name, empty, start)
        if symbol not in empty:
            return


def _add_path(
    graph: Graph,
    source: int,
    symbols: Alternative,
    target: int,
    member: str,
    name: str,
    empty: set[str],
    start: int,
) -> None:
    """Adds the rest of an alternative; where it ends with the nonterminal itself, a jump."""
    if symbols and symbols[-1] == name == member:
        before = graph.state()
        graph.path(source, symbols[:-1], empty, before)
        graph.edges[before].append((None, start))
        if name in empty:
            graph.edges[before].append((None, target))
        return
    graph.path(source, symbols, empty, target)


def _without_empty(automaton: Automaton) -> Automaton:
    """The same texts but for the empty one."""
    if not automaton.final[0]:
        return automaton
    rows = [automaton.rows[0], *({s: t + 1 for s, t in row.items()} for row in automaton.rows)]
    rows[0] = {symbol: target + 1 for symbol, target in automaton.rows[0].items()}
    return minimal(rows, [False, *automaton.final])


def _inline(automata: dict[str, Automaton], start: str) -> None:
    """Spells out, smallest first, every nonterminal that does not embed itself.

    A chain of precedence levels so becomes one automaton; only those nonterminals remain to which
    something must be returned, and those whose callers would grow too large.
    """
    kept: set[str] = {start}
    while True:
        callers = _callers(automata)
        chosen = min(
            (name for name in automata if name not in kept and name not in automata[name].symbols),
            key=lambda name: (len(automata[name].rows), name),
            default=None,
        )
        if chosen is None:
            return
        spelled = {
            caller: _spelled_out(automata[caller], chosen, automata[chosen])
            for caller in callers[chosen]
        }
        allowed = {c: max(MAX_INLINED, len(automata[c].rows)) for c in spelled}
        if any(new is None or len(new.rows) > allowed[c] for c, new in spelled.items()):
            kept.add(chosen)
            continue
        automata.update({caller: new for caller, new in spelled.items() if new is not None})
        del automata[chosen]


def _callers(automata: Mapping[str, Automaton]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in automata}
    for caller, automaton in automata.items():
        for symbol in automaton.symbols:
            if symbol in found:
                found[symbol].append(caller)
    return found


def _spelled_out(automaton: Automaton, name: str, callee: Automaton) -> Automaton | None:
    """An automaton with a nonterminal replaced by its own; None where that is large."""
    calls = sum(name in row for row in automaton.rows)
    if calls * len(callee.rows) > 4 * MAX_INLINED:
        return None
    graph = Graph()
    for _ in automaton.rows:
        graph.state()
    for state, row in enumerate(automaton.rows):
        for symbol, target in row.items():
            if symbol != name:
                graph.edges[state].append((symbol, target))
                continue
            offset = len(graph.edges)
            for _ in callee.rows:
                graph.state()
            graph.edges[state].append((None, offset))
            for inner, (edges, final) in enumerate(zip(callee.rows, callee.final, strict=True)):
                graph.edges[offset + inner] += [(s, offset + t) for s, t in edges.items()]
                if final:
                    graph.edges[offset + inner].append((None, target))
    end = graph.state()
    for state, final in enumerate(automaton.final):
        if final:
            graph.edges[state].append((None, end))
    return graph.determinised(0, end)


def _reached_automata(automata: Mapping[str, Automaton], start: str) -> set[str]:
    reached, stack = {start}, [start]
    while stack:
        for symbol in automata[stack.pop()].symbols:
            if symbol in automata and symbol not in reached:
                reached.add(symbol)
                stack.append(symbol)
    return reached
