"""What can be told of a pattern from its syntax tree alone."""

from __future__ import annotations

from itertools import takewhile

from constraints.regex.tree import (
    Alternatives,
    Anchor,
    Boundary,
    Characters,
    Look,
    Node,
    Repeat,
    Sequence,
)


def is_context_free(node: Node) -> bool:
    """Whether a node's matches do not depend on what stands before them."""
    match node:
        case Sequence(parts) | Alternatives(parts):
            return all(map(is_context_free, parts))
        case Repeat(part, _, _):
            return is_context_free(part)
        case Look(part, ahead, _):
            return ahead and is_context_free(part)
        case Anchor(at_start):
            return not at_start
        case Boundary():
            return False
    return True


def without_free_start(node: Node) -> Node:
    """Drops from the start of a node what any text before it could be part of.

    The node must stand behind "any text": there `a{2,9}b` says no more than `aab`.
    """
    match node:
        case Repeat(part, low, _) if _only_reads(part):
            return Sequence(()) if low == 0 else Repeat(part, low, low)
        case Sequence(parts) if parts:
            first = without_free_start(parts[0])
            if first == Sequence(()):
                return without_free_start(Sequence(parts[1:]))
            return Sequence((first, *parts[1:]))
        case Alternatives(parts):
            return Alternatives(tuple(map(without_free_start, parts)))
    return node


def leading_looks(node: Node, *, anchored: bool) -> tuple[tuple[Look, ...], Node]:
    """Splits off the lookaheads that speak of the whole text.

    Args:
        node: What a pattern comes to.
        anchored: Whether it matches from the first character on anyway, without `^`.

    Returns:
        The lookaheads, and the node without them.
    """
    parts = node.parts if isinstance(node, Sequence) else (node,)
    start = Anchor(at_start=True)
    anchors = tuple(takewhile(lambda part: part == start, parts))
    if not (anchored or anchors):
        return (), node
    others = parts[len(anchors) :]
    looks = tuple(part for part in takewhile(_looks_ahead, others) if isinstance(part, Look))
    return looks, Sequence((*anchors, *others[len(looks) :]))


def _looks_ahead(node: Node) -> bool:
    return isinstance(node, Look) and node.ahead


def _only_reads(node: Node) -> bool:
    match node:
        case Sequence(parts) | Alternatives(parts):
            return all(map(_only_reads, parts))
        case Repeat(part, _, _):
            return _only_reads(part)
    return isinstance(node, Characters)
