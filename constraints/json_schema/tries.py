"""Tries over code points that share what they have in common."""

from __future__ import annotations

from collections.abc import Iterable

from constraints.automata.dfa import Row
from constraints.lexer import NO_LABEL


class Tries:
    """Persistent tries: a word may be added to any of them."""

    def __init__(self) -> None:
        self._children: list[dict[int, int]] = []
        self._labels: list[int] = []

    def leaf(self) -> int:
        """A new, empty trie."""
        self._children.append({})
        self._labels.append(NO_LABEL)
        return len(self._children) - 1

    def with_word(self, root: int, word: str, label: int) -> int:
        """A trie with one word more; `root` stays as it was."""
        path = [root]
        for symbol in map(ord, word):
            path.append(self._children[path[-1]].get(symbol, -1) if path[-1] >= 0 else -1)
        node = self._copy(path[-1])
        self._labels[node] = label
        for symbol, before in zip(map(ord, reversed(word)), reversed(path[:-1]), strict=True):
            parent = self._copy(before)
            self._children[parent][symbol] = node
            node = parent
        return node

    def depths(self, root: int) -> dict[int, int]:
        """Characters before each node of a trie."""
        depths = {root: 0}
        queue = [root]
        for node in queue:
            for child in self._children[node].values():
                depths[child] = depths[node] + 1
                queue.append(child)
        return depths

    def rows(self) -> tuple[list[Row], list[int]]:
        """Edges and labels of all nodes."""
        rows: list[Row] = [
            [(symbol, symbol, children[symbol]) for symbol in sorted(children)]
            for children in self._children
        ]
        return rows, self._labels

    def _copy(self, node: int) -> int:
        copy = self.leaf()
        if node >= 0:
            self._children[copy] = dict(self._children[node])
            self._labels[copy] = self._labels[node]
        return copy


def trie(words: Iterable[str]) -> tuple[Tries, int]:
    """One trie with a list of words, each labelled by its index, and its root."""
    tries = Tries()
    root = tries.leaf()
    for index, word in enumerate(words):
        root = tries.with_word(root, word, index)
    return tries, root
