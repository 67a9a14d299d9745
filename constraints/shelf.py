"""What a vocabulary keeps between compilations: tables that no language owns."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from constraints.atoms import Base
from constraints.errors import SpecError
from constraints.frontier import Store, empty_store
from constraints.trie import Trie

MAX_KEPT = 64_000_000
"""Members of sets, frontiers and residuals past which a shelf is emptied, at 4 bytes each."""


@dataclass
class Shelf:
    """Frontier tables and the base partition of a vocabulary, shared by all its languages.

    Nothing that is built from a shelf depends on what else is on it. Use it within `exclusively`.

    Attributes:
        trie: The vocabulary's trie.
        item_of: (V,) int32, the item of each token: its leaf, or past the leaves 2·(is pad) + (is
            end of text) for a token that is not text.
        lock: Held by whoever uses the rest.
        store: The frontier tables.
        numbers: The store's number of every lexer, by digest.
        base: The base partition of the items.
    """

    trie: Trie
    item_of: NDArray[np.int32]
    lock: threading.Lock = field(default_factory=threading.Lock)
    store: Store = field(init=False)
    numbers: dict[bytes, int] = field(init=False)
    base: Base = field(init=False)

    def __post_init__(self) -> None:
        self.clear()

    @classmethod
    def of(cls, trie: Trie, size: int, eos_ids: Iterable[int], pad_id: int | None) -> Shelf:
        """An empty shelf.

        Args:
            trie: The trie of the text tokens.
            size: V.
            eos_ids: Ids that end a text.
            pad_id: The pad token, or None.
        """
        num_leaves = trie.num_leaves
        item_of = np.full(size, num_leaves, dtype=np.int32)
        item_of[list(eos_ids)] += 1
        if pad_id is not None:
            item_of[pad_id] += 2
        item_of[trie.leaf_tokens] = np.repeat(np.arange(num_leaves), np.diff(trie.leaf_ptr))
        return cls(trie, item_of)

    def clear(self) -> None:
        """Forgets everything that languages have left."""
        self.store = empty_store()
        self.numbers = {}
        self.base = Base(self.trie.num_leaves + 4)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Use by one thread at a time; what breaks off half-way leaves the shelf empty."""
        with self.lock:
            pools = self.store.sets, self.store.frontiers, self.store.residuals
            if sum(pool.total for pool in pools) > MAX_KEPT:
                self.clear()
            try:
                yield
            except SpecError:
                raise
            except BaseException:
                self.clear()
                raise
