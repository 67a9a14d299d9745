"""Conditions on the rest of a text: Boolean formulas over the states of lookaheads.

A literal `q >= 0` says that the rest leads from state q to the end of its lookahead, `~q` that it
does not. A guard is a disjunction of conjunctions, none of them implied by another.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from constraints.errors import LimitError

Guard = frozenset[frozenset[int]]

FALSE: Guard = frozenset()
TRUE: Guard = frozenset((frozenset(),))
MAX_CLAUSES = 64


def literal(state: int) -> Guard:
    """The rest leads from `state` to the end of its lookahead."""
    return frozenset((frozenset((state,)),))


def either(left: Guard, right: Guard) -> Guard:
    """The disjunction of two guards.

    Raises:
        LimitError: It has more than `MAX_CLAUSES` clauses.
    """
    if left == right or not right:
        return left
    if not left:
        return right
    return _shortest(left | right)


def both(left: Guard, right: Guard) -> Guard:
    """The conjunction of two guards.

    Raises:
        LimitError: It has more than `MAX_CLAUSES` clauses.
    """
    if left == right or right == TRUE:
        return left
    if left == TRUE:
        return right
    if len(left) * len(right) > MAX_CLAUSES**2:
        raise _too_many()
    joint = {a | b for a in left for b in right}
    return _shortest({clause for clause in joint if not any(~q in clause for q in clause)})


def negated(guard: Guard) -> Guard:
    """The negation of a guard.

    Raises:
        LimitError: It has more than `MAX_CLAUSES` clauses.
    """
    return reduce(both, (frozenset(frozenset((~q,)) for q in clause) for clause in guard), TRUE)


def _shortest(clauses: Iterable[frozenset[int]]) -> Guard:
    """Drops the clauses that imply another one."""
    kept: list[frozenset[int]] = []
    for clause in sorted(clauses, key=len):
        if not any(shorter <= clause for shorter in kept):
            kept.append(clause)
    if len(kept) > MAX_CLAUSES:
        raise _too_many()
    return frozenset(kept)


def _too_many() -> LimitError:
    return LimitError(
        f"lookaheads that must hold together pass {MAX_CLAUSES} combinations",
        hint="use fewer lookaheads, or simpler ones",
    )
