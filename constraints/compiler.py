"""A compiler in one process for an engine in another, and the constraint as bytes between them."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass

from constraints.compile import compile
from constraints.constraint import Constraint
from constraints.spec import Spec
from constraints.vocabulary import Vocabulary
from constraints.warm import EXAMPLES

VOCABULARY = "vocabulary"


@dataclass(frozen=True, eq=False)
class Compiler:
    """Compiles for a vocabulary that both processes have; it is picklable, and small.

    Attributes:
        vocabulary: The tokens.
    """

    vocabulary: Vocabulary

    @property
    def examples(self) -> Mapping[str, Spec]:
        """A small spec of each kind, to be compiled before anybody waits."""
        return EXAMPLES

    def compile(self, spec: Spec) -> Constraint:
        """Returns the constraint of a spec.

        Raises:
            SpecError: See `constraints.compile`.
        """
        return compile(spec, self.vocabulary)

    def packed(self, constraint: Constraint) -> bytes:
        """Returns a constraint as bytes, its vocabulary left out."""
        file = io.BytesIO()
        _Pickler(file, self.vocabulary).dump(constraint)
        return file.getvalue()

    def unpacked(self, data: bytes) -> Constraint:
        """Returns the constraint that was packed by a compiler for an equal vocabulary."""
        return _Unpickler(io.BytesIO(data), self.vocabulary).load()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, vocabulary: Vocabulary) -> None:
        super().__init__(file, protocol=5)
        self._vocabulary = vocabulary

    def persistent_id(self, obj: object) -> str | None:
        return VOCABULARY if obj is self._vocabulary else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, vocabulary: Vocabulary) -> None:
        super().__init__(file)
        self._vocabulary = vocabulary

    def persistent_load(self, pid: str) -> Vocabulary:
        if pid != VOCABULARY:
            raise pickle.UnpicklingError(f"not a packed constraint: it refers to {pid!r}")
        return self._vocabulary
