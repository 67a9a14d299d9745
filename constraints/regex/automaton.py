"""From a pattern to the automaton of the code point strings it matches."""

from __future__ import annotations

from constraints.automata import CODE_POINTS, Dfa, Nfa
from constraints.automata.nfa import ALWAYS, AT_END, AT_START
from constraints.regex.classes import ANY, without_surrogates
from constraints.regex.parser import parse
from constraints.regex.tree import Alternatives, Anchor, Characters, Node, Repeat, Sequence

MAX_STATES = 50_000


def full_match(pattern: str) -> Dfa:
    """The strings that a pattern matches from start to end.

    Args:
        pattern: ECMA-262 dialect.

    Returns:
        A DFA over code points; surrogates never occur.

    Raises:
        MalformedError, UnsupportedError: See `parse`.
        LimitError: The automaton passes `MAX_STATES`.
    """
    nfa = Nfa(CODE_POINTS, MAX_STATES)
    return nfa.determinised(_add(nfa, parse(pattern), nfa.start))


def search(pattern: str) -> Dfa:
    """The strings in which a pattern matches somewhere, as JSON Schema's `pattern` has it.

    Raises:
        MalformedError, UnsupportedError, LimitError: See `full_match`.
    """
    nfa = Nfa(CODE_POINTS, MAX_STATES)
    before = nfa.state()
    nfa.empty(nfa.start, before)
    _loop(nfa, before)
    after = _add(nfa, parse(pattern), before)
    last = nfa.state()
    nfa.empty(after, last)
    _loop(nfa, last)
    return nfa.determinised(last)


def _loop(nfa: Nfa, state: int) -> None:
    for low, high in ANY:
        nfa.edge(state, low, high, state)


def _add(nfa: Nfa, node: Node, source: int) -> int:
    """Adds the paths of a node from `source` (Thompson's construction); returns their end."""
    match node:
        case Characters(ranges):
            target = nfa.state()
            for low, high in without_surrogates(ranges):
                nfa.edge(source, low, high, target)
        case Anchor(at_start):
            target = nfa.state()
            nfa.empty(source, target, AT_START if at_start else AT_END)
        case Sequence(parts):
            target = source
            for part in parts:
                target = _add(nfa, part, target)
        case Alternatives(parts):
            target = nfa.state()
            for part in parts:
                entry = nfa.state()
                nfa.empty(source, entry)
                nfa.empty(_add(nfa, part, entry), target)
        case Repeat(part, low, high):
            target = _repeat(nfa, part, low, high, source)
    return target


def _repeat(nfa: Nfa, part: Node, low: int, high: int | None, source: int) -> int:
    for _ in range(low):
        source = _add(nfa, part, source)
    exit_state = nfa.state()
    if high is None:
        loop = nfa.state()
        nfa.empty(source, loop, ALWAYS)
        nfa.empty(_add(nfa, part, loop), loop)
        nfa.empty(loop, exit_state)
        return exit_state
    nfa.empty(source, exit_state)
    for _ in range(high - low):
        source = _add(nfa, part, source)
        nfa.empty(source, exit_state)
    return exit_state
