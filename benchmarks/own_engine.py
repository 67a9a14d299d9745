"""Our own compiler as one of the engines that are judged."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass

import constraints
from benchmarks.judging import Case, Refused
from constraints import (
    Constraint,
    EmptyError,
    JsonSchema,
    SpecError,
    UnsatisfiableError,
    Vocabulary,
)
from constraints.spec import Whitespace

CANVAS = 256
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEngine:
    """`constraints.compile` with fixed options.

    Attributes:
        vocabulary: The tokens.
        whitespace: As of `JsonSchema`.
        open_objects: As of `JsonSchema`.
        documents: As of `JsonSchema`.
    """

    vocabulary: Vocabulary
    whitespace: Whitespace
    open_objects: bool
    documents: Mapping[str, str]

    def compile(self, case: Case) -> OwnCompiled:
        """Compiles the schema of a case.

        Raises:
            Refused: `constraints` raises a SpecError.
        """
        spec = JsonSchema(
            case.schema,
            documents=self.documents,
            whitespace=self.whitespace,
            open_objects=self.open_objects,
            assert_formats=case.assert_formats,
        )
        try:
            return OwnCompiled(constraints.compile(spec, self.vocabulary))
        except SpecError as error:
            empty = isinstance(error, UnsatisfiableError)
            reason = f"{error.code}:{error.keyword}"
            raise Refused(reason, str(error), empty=empty) from error


@dataclass(frozen=True, slots=True)
class OwnCompiled:
    """A constraint, as a benchmark asks it."""

    constraint: Constraint

    def first_mask(self) -> bool:
        """The masks of all positions of a canvas; False where no member fits it."""
        try:
            self.constraint.block(CANVAS).mask()
        except EmptyError:
            return False
        return True

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member."""
        return self.constraint.accepts(text)

    def stages(self) -> Mapping[str, float]:
        """Milliseconds by stage, as the diagnostics say."""
        return self.constraint.diagnostics.stage_ms

    def sizes(self) -> Mapping[str, float]:
        """States, edges, atoms, and megabytes of the pickled token automaton."""
        return {
            "states": self.constraint.num_states,
            "edges": self.constraint.num_edges,
            "atoms": self.constraint.num_atoms,
            "pickled_mb": len(pickle.dumps(self.constraint.automaton)) / MEGABYTE,
        }
