"""Reads bytes by the definition of a parser graph, one configuration after another."""

from __future__ import annotations

from constraints.lexer import Counter, Lexer
from constraints.parser_graph import ParserGraph

Configuration = tuple[int, int]
"""Place and lexer state; the latter is state + S·count where the lexer counts characters."""


def start(graph: ParserGraph, place: int = 0) -> Configuration:
    """The configuration in which a place begins; the end is (end, 0)."""
    return graph.beginning(place)


def read(graph: ParserGraph, place: int, lexer_state: int, data: bytes) -> Configuration | None:
    """The canonical configuration after some bytes, or None where they leave the language.

    Args:
        graph: The language.
        place: Where to begin.
        lexer_state: The lexer's state there.
        data: The bytes, as of one token.
    """
    current: Configuration | None = (place, lexer_state)
    for byte in data:
        if current is None:
            return None
        current = _read_byte(graph, current, byte)
    return current


def is_accepting(graph: ParserGraph, place: int, lexer_state: int) -> bool:
    """Whether the text may end in a configuration."""
    for _ in range(graph.num_places + 2):
        if place == graph.end:
            return True
        following = _closed(graph, place, lexer_state)
        if following < 0:
            return False
        place, lexer_state = start(graph, following)
    return False


def _read_byte(graph: ParserGraph, configuration: Configuration, byte: int) -> Configuration | None:
    """Ends terminals until one can read the byte; only a circle of empty ones comes round again."""
    place, lexer_state = configuration
    for _ in range(graph.num_places + 1):
        if place == graph.end:
            return None
        lexer = graph.lexers[graph.lexer[place]]
        count, state = divmod(lexer_state, lexer.num_states)
        following = int(lexer.delta[state, lexer.class_of[byte]])
        if following >= 0:
            return _entered(graph, place, lexer, state, count, following)
        closed = _closed(graph, place, lexer_state)
        if closed < 0:
            return None
        place, lexer_state = start(graph, closed)
    return None


def _closed(graph: ParserGraph, place: int, lexer_state: int) -> int:
    """The place after the terminal that can end here, or -1."""
    lexer = graph.lexers[graph.lexer[place]]
    count, state = divmod(lexer_state, lexer.num_states)
    label = int(lexer.label[state])
    if label < 0 or (lexer.counter is not None and count < lexer.counter.low):
        return -1
    return graph.following(place, label)


def _entered(
    graph: ParserGraph, place: int, lexer: Lexer, before: int, count: int, state: int
) -> Configuration | None:
    """The canonical configuration of a state just entered; None where the count forbids it."""
    labelled = lexer.label[state] >= 0
    if lexer.counter is not None:
        counted = _counted(lexer.counter, count, lexer.counter.begins(before) and not labelled)
        if counted is None or (labelled and counted < lexer.counter.low):
            return None
        count = counted
    if not labelled or (lexer.delta[state] >= 0).any():
        return (place, state + lexer.num_states * count)
    following = graph.following(place, int(lexer.label[state]))
    return None if following < 0 else start(graph, following)


def _counted(counter: Counter, count: int, begins: bool) -> int | None:
    """The count after a byte, no more than is told apart; None past the most."""
    count += begins
    if counter.high is None:
        return min(count, counter.low)
    return count if count <= counter.high else None
