"""What Lark's analysis of a grammar comes to, counted before Lark begins with it.

Lark's constructions cannot be stopped, and some are quadratic or worse in the grammar: sets of
first and following terminals by sweeps over all rules, closures of items, lookaheads for each of
an LR state's nonterminals (lark/parsers/grammar_analysis.py, lalr_analysis.py). Their steps are
counted here on numbers in the place of symbols; a grammar past a budget is refused instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from lark.grammar import Rule

from constraints.errors import LimitError

MAX_RULES = 20_000
MAX_SYMBOLS = 60_000
MAX_SWEEP = 600_000
"""Symbols looked at in all sweeps for first and following terminals."""
MAX_CLOSURES = 600_000
"""Items of the closures of all rules, or of all LR states."""
MAX_TRANSITIONS = 3_000_000
"""Items of LR states times the nonterminals that these lead on with."""
MAX_LOOKAHEADS = 4_000_000
"""Rules that end in LR states times the terminals that might follow."""
SETS_PER_STEP = 40
"""Members copied from set to set that take as long as one other step."""

Body = tuple[int, ...]


@dataclass(frozen=True)
class _Numbered:
    """Rules with numbers in the place of symbols: nonterminals from 0 on, terminals below 0.

    Attributes:
        heads: The nonterminal of each rule.
        bodies: Its symbols.
        of: The rules of each nonterminal.
    """

    heads: Sequence[int]
    bodies: Sequence[Body]
    of: Sequence[Sequence[int]]


def check_effort(rules: Iterable[Rule], start: str, parser: str) -> None:
    """Refuses a grammar whose analysis by Lark would take too long.

    Args:
        rules: The rules as Lark has written them out.
        start: The rule that a whole text is.
        parser: `lalr` or `earley`.

    Raises:
        LimitError: As said.
    """
    numbered = _numbered(rules, start)
    if len(numbered.bodies) > MAX_RULES or sum(map(len, numbered.bodies)) > MAX_SYMBOLS:
        raise LimitError(
            f"the rules come to more than {MAX_RULES} alternatives or {MAX_SYMBOLS} symbols",
            hint="lower repeat counts; move what is optional into rules of its own",
        )
    _check_sweeps(numbered)
    sizes = _closure_sizes(numbered)
    if parser == "earley":
        if sum(sizes[head] for head in numbered.heads) > MAX_CLOSURES:
            raise _too_large("rules that begin with one another")
    else:
        _check_states(numbered)


def _numbered(rules: Iterable[Rule], start: str) -> _Numbered:
    listed = list(rules)
    heads = dict.fromkeys([start, *(str(rule.origin.name) for rule in listed)])
    numbers = {name: n for n, name in enumerate(heads)}
    terminals: dict[str, int] = {}
    bodies = [
        tuple(
            terminals.setdefault(s.name, -1 - len(terminals)) if s.is_term else numbers[s.name]
            for s in rule.expansion
        )
        for rule in listed
    ]
    of: list[list[int]] = [[] for _ in numbers]
    for n, rule in enumerate(listed):
        of[numbers[str(rule.origin.name)]].append(n)
    return _Numbered([numbers[str(rule.origin.name)] for rule in listed], bodies, of)


def _check_sweeps(rules: _Numbered) -> None:
    """Sweeps as `calculate_sets` does, with sets of terminals as bits."""
    nullable: set[int] = set()
    first: dict[int, int] = {}
    steps = sum(
        len(body) ** 3 // (6 * SETS_PER_STEP) + len(body) ** 2 // 2 for body in rules.bodies
    )
    changed = True
    while changed:
        changed = False
        for head, body in zip(rules.heads, rules.bodies, strict=True):
            if head not in nullable and nullable.issuperset(body):
                nullable.add(head)
                changed = True
            known = first.get(head, 0)
            bits = known
            for symbol in body:
                steps += 1
                bits |= first.get(symbol, 0) if symbol >= 0 else 1 << -symbol
                if symbol not in nullable:
                    break
            if bits != known:
                first[head] = bits
                changed = True
        if steps > MAX_SWEEP:
            raise _too_large("rules that lead to one another")
    _check_following(rules, nullable, first, steps)


def _check_following(
    rules: _Numbered, nullable: set[int], first: dict[int, int], steps: int
) -> None:
    following: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for head, body in zip(rules.heads, rules.bodies, strict=True):
            bits = following.get(head, 0)
            for symbol in reversed(body):
                steps += 1
                known = following.get(symbol, 0)
                if bits | known != known:
                    following[symbol] = bits | known
                    changed = True
                begins = first.get(symbol, 0) if symbol >= 0 else 1 << -symbol
                bits = bits | begins if symbol in nullable else begins
        if steps > MAX_SWEEP:
            raise _too_large("rules that end with one another")


def _closure_sizes(rules: _Numbered) -> list[int]:
    """Of each nonterminal the rules that a text of it can begin with."""
    sizes = []
    left = MAX_CLOSURES
    for start in range(len(rules.of)):
        sizes.append(len(_closure(rules, [start])))
        left -= sizes[-1]
        if left < 0:
            raise _too_large("rules that begin with one another")
    return sizes


def _closure(rules: _Numbered, starts: Iterable[int]) -> list[int]:
    """The rules that a text can begin with where some nonterminals can stand."""
    seen = set(starts)
    queue = list(seen)
    found: list[int] = []
    for symbol in queue:
        found += rules.of[symbol]
        for n in rules.of[symbol]:
            body = rules.bodies[n]
            if body and body[0] >= 0 and body[0] not in seen:
                seen.add(body[0])
                queue.append(body[0])
    return found


def _check_states(rules: _Numbered) -> None:
    """Walks the LR(0) states (Knuth 1965)."""
    kernel = frozenset((n, 0) for n in rules.of[0])
    known = {kernel}
    queue = [kernel]
    terminals = len({symbol for body in rules.bodies for symbol in body if symbol < 0})
    items = transitions = ended = 0
    for kernel in queue:
        leading = {
            rules.bodies[n][at]
            for n, at in kernel
            if at < len(rules.bodies[n]) and rules.bodies[n][at] >= 0
        }
        closure = _closure(rules, leading)
        moves: dict[int, list[tuple[int, int]]] = {}
        for n, at in chain(kernel, ((n, 0) for n in closure)):
            if at < len(rules.bodies[n]):
                moves.setdefault(rules.bodies[n][at], []).append((n, at + 1))
        size = len(kernel) + len(closure)
        items += size
        transitions += size * sum(symbol >= 0 for symbol in moves)
        ended += size - sum(map(len, moves.values()))
        if (
            items > MAX_CLOSURES
            or transitions > MAX_TRANSITIONS
            or ended * terminals > MAX_LOOKAHEADS
        ):
            raise _too_large("rules that can stand at one place")
        for moved in map(frozenset, moves.values()):
            if moved not in known:
                known.add(moved)
                queue.append(moved)


def _too_large(what: str) -> LimitError:
    return LimitError(
        f"the parser of the grammar would be too large: too many {what}",
        hint="split the grammar, or give choices of fixed texts as one terminal",
    )
