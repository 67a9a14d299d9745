"""The two parsers behind one form: LALR tables, and rule automata, as compiled code reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from constraints.errors import LimitError
from constraints.pushdown.grammar import Grammar
from constraints.pushdown.lalr import Tables
from constraints.pushdown.rules import Automaton, check_lengths, productive, rule_automata

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


class Parser(NamedTuple):
    """What leads from a stack and a terminal to a stack; unused parts have one cell.

    With tables a stack holds LR states; else the states of rule automata, laid end to end, in which
    callers go on.

    Attributes:
        num_terminals: T.
        has_tables: Whether LALR tables decide.
        start: The state at the bottom before anything is read; of rule automata one of its own,
            which nothing comes back to, final where the empty text is a member.
        entry: Where the automaton of the start symbol begins (rule automata).
        action: See `Tables`.
        goto: See `Tables`.
        rule_length: See `Tables`.
        rule_head: See `Tables`.
        end: See `Tables`.
        shift: (S, T) int32, the state after a terminal, or -1.
        call_ptr: (S + 1,) int32, calls of state s are call_ptr[s] .. call_ptr[s + 1] - 1.
        call_entry: int32, where the automaton of each call begins.
        call_return: int32, where the caller goes on.
        final: (S,) bool, whether the automaton may end here.
        closed: (S,) bool, final and nothing goes on.
        first: (S, T) bool, at the start of an automaton: whether a terminal can begin it.
    """

    num_terminals: int
    has_tables: bool
    start: int
    entry: int
    action: Ints
    goto: Ints
    rule_length: Ints
    rule_head: Ints
    end: int
    shift: Ints
    call_ptr: Ints
    call_entry: Ints
    call_return: Ints
    final: Bools
    closed: Bools
    first: Bools


MAX_CELLS = 20_000_000
"""States of rule automata times terminals."""
NO_TABLES = Tables(
    action=np.zeros((1, 1), dtype=np.int32),
    goto=np.zeros((1, 1), dtype=np.int32),
    rule_length=np.zeros(1, dtype=np.int32),
    rule_head=np.zeros(1, dtype=np.int32),
    rule_symbols=(),
    start=0,
    end=-1,
)


def parser_of(grammar: Grammar) -> Parser:
    """The parser of a grammar; terminals are numbered in the grammar's order.

    Raises:
        UnsatisfiableError: No text is a member.
        LimitError: The parser is too large, or every text of a rule too long.
    """
    numbers = {terminal.name: index for index, terminal in enumerate(grammar.terminals)}
    check_lengths(productive(grammar.rules, grammar.start))
    if grammar.tables is not None:
        return _with_tables(grammar.tables, len(numbers))
    automata, empty = rule_automata(grammar.rules, grammar.start)
    return _with_rules(automata, grammar.start, empty, numbers)


def _with_tables(tables: Tables, num_terminals: int) -> Parser:
    none, no = np.zeros((1, 1), dtype=np.int32), np.zeros(1, dtype=np.bool_)
    return Parser(
        num_terminals=num_terminals,
        has_tables=True,
        start=tables.start,
        entry=-1,
        action=tables.action,
        goto=tables.goto,
        rule_length=tables.rule_length,
        rule_head=tables.rule_head,
        end=tables.end,
        shift=none,
        call_ptr=none[0],
        call_entry=none[0],
        call_return=none[0],
        final=no,
        closed=no,
        first=no[None],
    )


def _with_rules(
    automata: Mapping[str, Automaton], start: str, empty: bool, numbers: Mapping[str, int]
) -> Parser:
    base: dict[str, int] = {}
    total = 0
    for name, automaton in automata.items():
        base[name] = total
        total += len(automaton.rows)
    if total * len(numbers) > MAX_CELLS:
        raise LimitError(
            f"the rules come to {total} states over {len(numbers)} terminals",
            hint="name fewer terminals, or lower repeat counts",
        )
    shift = np.full((total + 1, max(len(numbers), 1)), -1, dtype=np.int32)
    final = np.zeros(total + 1, dtype=np.bool_)
    closed = np.zeros(total + 1, dtype=np.bool_)
    calls: list[tuple[int, int]] = []
    call_ptr = [0]
    for name, automaton in automata.items():
        for state, row in enumerate(automaton.rows):
            here = base[name] + state
            final[here] = automaton.final[state]
            closed[here] = automaton.final[state] and not row
            for symbol, target in row.items():
                if symbol in base:
                    calls.append((base[symbol], base[name] + target))
                else:
                    shift[here, numbers[symbol]] = base[name] + target
            call_ptr.append(len(calls))
    shift[total], final[total] = shift[base[start]], empty
    calls += calls[call_ptr[base[start]] : call_ptr[base[start] + 1]]
    call_ptr.append(len(calls))
    entry, back = np.array(calls, dtype=np.int32).reshape(-1, 2).T
    return Parser(
        num_terminals=len(numbers),
        has_tables=False,
        start=total,
        entry=base[start],
        action=NO_TABLES.action,
        goto=NO_TABLES.goto,
        rule_length=NO_TABLES.rule_length,
        rule_head=NO_TABLES.rule_head,
        end=-1,
        shift=shift,
        call_ptr=np.array(call_ptr, dtype=np.int32),
        call_entry=np.ascontiguousarray(entry),
        call_return=np.ascontiguousarray(back),
        final=final,
        closed=closed,
        first=_first(shift, call_ptr, entry),
    )


def _first(shift: Ints, call_ptr: list[int], entry: Ints) -> Bools:
    """(S, T) bool: the terminals that can follow in a state or in what it calls there."""
    first = shift >= 0
    caller = np.repeat(np.arange(len(shift)), np.diff(call_ptr))
    callers: dict[int, set[int]] = {}
    for state, called in zip(caller.tolist(), entry.tolist(), strict=True):
        callers.setdefault(called, set()).add(state)
    queue = list(callers)
    waiting = set(queue)
    while queue:
        called = queue.pop()
        waiting.discard(called)
        for state in callers[called]:
            before = first[state]
            after = before | first[called]
            if (after != before).any():
                first[state] = after
                if state in callers and state not in waiting:
                    waiting.add(state)
                    queue.append(state)
    return first


def expected(parser: Parser) -> Bools:
    """(S, T) bool: the terminals that can follow where a state of a rule automaton is on top."""
    starts = np.unique([*parser.call_entry, parser.entry, parser.start])
    automaton = np.searchsorted(starts, np.arange(len(parser.final)), side="right") - 1
    called = np.searchsorted(starts, parser.call_entry)
    follow = np.zeros((len(starts), parser.num_terminals), dtype=np.bool_)
    while True:
        found = parser.first | (follow[automaton] & parser.final[:, None])
        after = follow.copy()
        np.logical_or.at(after, called, found[parser.call_return])
        if (after == follow).all():
            return found
        follow = after
