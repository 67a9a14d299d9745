"""A compiled context-free constraint: its blocks grow with what the model finds probable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from constraints.block import Block
from constraints.constraint import Constraint, State, Tail
from constraints.diagnostics import Diagnostics
from constraints.errors import UnsatisfiableError
from constraints.longest import longest_path
from constraints.parser_graph import ParserGraph
from constraints.pushdown.block import GrowingBlock, WholeBlock
from constraints.pushdown.exhaustive import exhausted
from constraints.pushdown.language import PushdownLanguage
from constraints.pushdown.machine import Stacks
from constraints.pushdown.snapshot import Snapshot
from constraints.pushdown.union import Union, Workshop
from constraints.spec import Spec
from constraints.token_automaton import NEVER
from constraints.vocabulary import Vocabulary

MAX_CONFIGURATIONS = 1_000_000
"""Configurations past which a machine is replaced by an empty one, between blocks."""


@dataclass(frozen=True, slots=True)
class PushdownState(State):
    """Where a text stands between two blocks; `index` is -1, DONE apart.

    Attributes:
        stacks: The stacks of the parser.
        scanner: The scanner's state.
    """

    stacks: Stacks
    scanner: int


@dataclass(frozen=True, eq=False)
class PushdownConstraint(Constraint):
    """The language of a grammar over the tokens of a vocabulary.

    Where the language has finitely many configurations and they are few, `automaton` is all of it
    and everything is exact. Else `automaton` is what is known at first: the start and a way to an
    end; each block has its own part, which `condition` lets grow.

    Attributes:
        language: The language over bytes.
        is_whole: Whether `automaton` is the whole language.
    """

    language: PushdownLanguage
    is_whole: bool

    @classmethod
    def of(
        cls,
        spec: Spec,
        language: PushdownLanguage,
        vocabulary: Vocabulary,
    ) -> PushdownConstraint:
        """Compiles a language for a vocabulary.

        Raises:
            UnsatisfiableError: No sequence of tokens of this vocabulary spells a member.
        """
        workshop = Workshop(language, vocabulary)
        union = Union(workshop)
        union.include([workshop.start])
        if not len(union):
            raise UnsatisfiableError(
                "no sequence of tokens of this vocabulary spells a member",
                hint="the vocabulary lacks bytes that every member needs, or the grammar is empty",
            )
        whole = exhausted(workshop)
        snapshot = union.snapshot() if whole is None else whole
        nothing = np.zeros(1, dtype=np.int32)
        lexer = language.bounded.lexer
        constraint = cls(
            spec=spec,
            vocabulary=vocabulary,
            graph=ParserGraph((lexer,), nothing[:0], nothing[:0], nothing, nothing[:0]),
            automaton=snapshot.automaton,
            diagnostics=Diagnostics(),
            language=language,
            is_whole=whole is not None,
        )
        constraint.__dict__["_workshop"] = workshop
        constraint.__dict__["_whole"] = snapshot if whole is not None else None
        return constraint

    def with_diagnostics(self, diagnostics: Diagnostics) -> Self:
        """The same constraint with what its compile reports; what is known stays known."""
        constraint = replace(self, diagnostics=diagnostics)
        for name in ("_workshop", "_whole"):
            constraint.__dict__[name] = self.__dict__[name]
        return constraint

    @cached_property
    def _workshop(self) -> Workshop:
        return Workshop(self.language, self.vocabulary)

    @cached_property
    def _whole(self) -> Snapshot | None:
        return exhausted(self._workshop) if self.is_whole else None

    def _in_use(self) -> Workshop:
        """The workshop; an empty one where the last one has grown too large."""
        if self._workshop.machine.size > MAX_CONFIGURATIONS and not self.is_whole:
            self.__dict__["_workshop"] = Workshop(self.language, self.vocabulary)
        return self._workshop

    @property
    def start(self) -> State:
        """The state of an empty text."""
        workshop = self._workshop
        with workshop.lock:
            return self._state(workshop, workshop.start)

    @cached_property
    def longest_tokens(self) -> int | None:
        """Most tokens that any member has, end-of-text not counted; None if without bound."""
        return longest_path(self.automaton) if self.is_whole else None

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member, read without any bound.

        Blocks leave out what has long runs of ignored text; see `Diagnostics`.
        """
        return self.language.accepts(text)

    def advance(self, state: State, token_ids: Iterable[int]) -> State:
        """The state after reading tokens.

        Raises:
            ValueError: The tokens leave the language.
        """
        if state.done or not isinstance(state, PushdownState):
            return state
        with self._workshop.lock:
            return self._advanced(self._workshop, state, list(token_ids))

    def _advanced(self, workshop: Workshop, state: PushdownState, tokens: list[int]) -> State:
        body = self._body(tokens)
        number = self.number(workshop, state)
        configuration = workshop.machine.configuration(number)
        for token in body:
            if not self.vocabulary.tokens[token]:
                raise ValueError(f"token {token} is no text and stands before the end")
            following = workshop.read(configuration, token)
            if following is None:
                raise ValueError("the tokens leave the language")
            configuration = following
        number = workshop.machine.number(configuration)
        reached = self._state(workshop, number)
        if reached.fewest_tokens == NEVER:
            raise ValueError("the tokens leave the language")
        if len(body) == len(tokens):
            return reached
        if not reached.accepting:
            raise ValueError("the tokens end the text where it may not end")
        return PushdownState(
            index=-1, accepting=True, done=True, fewest_tokens=0, stacks=(), scanner=-1
        )

    def _state(self, workshop: Workshop, number: int) -> PushdownState:
        standing, scanner = workshop.machine.configuration(number)
        fewest = self._fewest(workshop, number)
        return PushdownState(
            index=-1,
            accepting=workshop.ends(number),
            done=False,
            fewest_tokens=fewest,
            stacks=workshop.machine.stacks(standing),
            scanner=scanner,
        )

    def _fewest(self, workshop: Workshop, number: int) -> int:
        if self._whole is not None:
            at = np.flatnonzero(self._whole.numbers == number)
            return int(self._whole.automaton.fewest[at[0]]) if len(at) else NEVER
        way = workshop.way(number)
        return NEVER if way is None else len(way)

    def number(self, workshop: Workshop, state: PushdownState) -> int:
        """The configuration of a state."""
        standing = workshop.machine.standing(state.stacks)
        return workshop.machine.number((standing, state.scanner))

    @property
    def _narrows(self) -> bool:
        return True

    def _block(
        self,
        length: int,
        start: State,
        pinned: Mapping[int, int],
        tokens_after: int,
        tail: Tail | None,
    ) -> Block:
        if not isinstance(start, PushdownState):
            raise ValueError("the start is a state of another constraint")  # noqa: TRY004
        workshop = self._in_use()
        arguments = {
            "length": length,
            "start": start,
            "pinned": pinned,
            "tokens_after": tokens_after,
            "tail": tail,
        }
        with workshop.lock:
            if self._whole is not None:
                return WholeBlock.within(self, workshop, self._whole, **arguments)
            return GrowingBlock.within(self, workshop, **arguments)

    def __getstate__(self) -> dict[str, object]:
        derived = ("longest_tokens", "_recogniser", "_workshop", "_whole")
        return {key: value for key, value in self.__dict__.items() if key not in derived}
