"""All places of a parser that a text can lead to, as long as they are few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from constraints.json_schema.lexicon import Labels, Lexicon, OverBudgetError
from constraints.json_schema.parser import END, KEY, VALUE
from constraints.lexer import Lexer
from constraints.parser_graph import ParserGraph

READ_LATE = (VALUE, KEY)
"""Places whose lexers take time to build; the others weigh as soon as they are found."""
COUNTED = 16
"""What a character that is counted weighs, in states."""


@dataclass(frozen=True, slots=True)
class _Node:
    lexer: Lexer
    start: int
    home: int
    labels: Labels | None
    targets: tuple[int, ...]


def closed(lexicon: Lexicon, budget: int) -> ParserGraph | None:
    """The graph of the places from which a text can end.

    Args:
        lexicon: Reads the places of its parser.
        budget: Most states of all places together, roughly.

    Returns:
        None where no text is admitted.

    Raises:
        OverBudgetError: The budget is passed.
        SpecError: A schema met on the way cannot be enforced.
    """
    nodes = _reached(lexicon, budget)
    live = _live(nodes)
    if lexicon.parser.start not in live:
        return None
    return _graph(nodes, live, lexicon)


def _reached(lexicon: Lexicon, budget: int) -> dict[int, _Node]:
    parser = lexicon.parser
    nodes: dict[int, _Node] = {}
    found = {END, parser.start}
    queue = [parser.start]
    weight = 0
    for number in queue:
        reading = lexicon.reading(number)
        place = parser.places[number]
        home = number if reading.home is None else reading.home
        steps = [step(place) for step in reading.steps] if home == number else []
        targets = tuple(-1 if target is None else target for target in steps)
        nodes[number] = _Node(reading.lexer, reading.start, home, reading.labels, targets)
        if place.kind in READ_LATE:
            weight += _weight(reading.lexer) if home == number else 1
        for target in (home, *targets):
            if target > END and target not in found:
                found.add(target)
                queue.append(target)
                if parser.places[target].kind not in READ_LATE:
                    weight += _weight(lexicon.reading(target).lexer)
        if weight > budget:
            raise OverBudgetError
    return nodes


def _weight(lexer: Lexer) -> int:
    counter = lexer.counter
    if counter is None:
        return min(lexer.num_states, 200)
    return lexer.num_states + COUNTED * (counter.high or counter.low)


Point = int | tuple[int, int]
"""A place, or a place with the first of the labels that may come there."""


def _live(nodes: dict[int, _Node]) -> set[int]:
    """Places from which labels lead to the end."""
    before: dict[Point, list[Point]] = {}
    for number, node in nodes.items():
        for source, target in _steps(number, node):
            before.setdefault(target, []).append(source)
    live: set[Point] = {END}
    stack: list[Point] = [END]
    while stack:
        for number in before.get(stack.pop(), ()):
            if number not in live:
                live.add(number)
                stack.append(number)
    return {each for each in live if isinstance(each, int)}


def _steps(number: int, node: _Node) -> Iterator[tuple[Point, Point]]:
    """What leads where: from a place without labels of its own, along those of its home."""
    if node.home != number and node.labels is not None:
        yield number, (node.home, node.labels.first)
        return
    for label, target in enumerate(node.targets):
        yield number, target
        if node.labels is not None:
            yield (number, label), target
            if node.labels.optional[label]:
                yield (number, label), (number, label + 1)


def _graph(nodes: dict[int, _Node], live: set[int], lexicon: Lexicon) -> ParserGraph:
    around = lexicon.around()
    first = 0 if around is None else 1
    kept = [number for number in nodes if number in live]
    index = {number: first + i for i, number in enumerate(kept)}
    last = first + len(kept)
    index[END] = last
    listed = [nodes[number] for number in kept]
    rows = [
        tuple(index[target] if target in live else -1 for target in node.targets) for node in listed
    ]
    lexers = [node.lexer for node in listed]
    starts = [node.start for node in listed]
    homes = [index[node.home] for node in listed]
    if around is not None:
        lexers = [around, *lexers, around]
        starts = [0, *starts, 0]
        homes = [0, *homes, last]
        rows = [(index[lexicon.parser.start],), *rows, (last + 1,)]
    return _assembled(lexers, starts, homes, rows)


def _assembled(
    lexers: list[Lexer], starts: list[int], homes: list[int], rows: list[tuple[int, ...]]
) -> ParserGraph:
    number: dict[bytes, int] = {}
    distinct: list[Lexer] = []
    chosen: list[int] = []
    for lexer in lexers:
        if lexer.key not in number:
            number[lexer.key] = len(distinct)
            distinct.append(lexer)
        chosen.append(number[lexer.key])
    ptr = np.zeros(len(rows) + 1, dtype=np.int32)
    np.cumsum([len(row) for row in rows], out=ptr[1:])
    return ParserGraph(
        lexers=tuple(distinct),
        lexer=np.asarray(chosen, dtype=np.int32),
        start=np.asarray(starts, dtype=np.int32),
        goto_ptr=ptr,
        goto=np.asarray([target for row in rows for target in row], dtype=np.int32),
        home=np.asarray(homes, dtype=np.int32),
    )
