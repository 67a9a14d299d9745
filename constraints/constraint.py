"""A compiled constraint: immutable, picklable, shared between requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

from constraints.automata import BYTES, Dfa
from constraints.block import Block
from constraints.diagnostics import Diagnostics
from constraints.errors import EmptyError
from constraints.json_schema import Recogniser, recogniser
from constraints.longest import longest_path
from constraints.parser_graph import ParserGraph, single_lexer
from constraints.reading import is_accepting, read, start
from constraints.segmentation import shortest_segmentation
from constraints.spec import JsonSchema, Spec, Template
from constraints.token_automaton import TokenAutomaton, build_token_automaton, following
from constraints.vocabulary import Vocabulary

Tail = Literal["any", "pad"]


@dataclass(frozen=True, slots=True)
class State:
    """Where a text stands between two blocks.

    Attributes:
        index: The token automaton's state.
        accepting: Whether the text may end here.
        done: Whether it has ended, with an end-of-text token.
        fewest_tokens: Fewest tokens that finish it, end-of-text not counted.
    """

    index: int
    accepting: bool
    done: bool
    fewest_tokens: int


@dataclass(frozen=True, eq=False)
class Constraint:
    """The language of a spec over the tokens of a vocabulary.

    Attributes:
        spec: What it was compiled from.
        vocabulary: The tokens.
        graph: The language over bytes.
        automaton: The language over tokens.
        diagnostics: What the compile reported.
    """

    spec: Spec
    vocabulary: Vocabulary
    graph: ParserGraph
    automaton: TokenAutomaton
    diagnostics: Diagnostics

    @property
    def num_states(self) -> int:
        """States of the token automaton, DONE not counted."""
        return self.automaton.done

    @property
    def num_edges(self) -> int:
        """Edges of the token automaton."""
        return self.automaton.num_edges

    @property
    def num_atoms(self) -> int:
        """Classes of tokens that no edge tells apart."""
        return self.automaton.num_atoms

    @property
    def start(self) -> State:
        """The state of an empty text."""
        return self.state(0)

    def with_diagnostics(self, diagnostics: Diagnostics) -> Self:
        """The same constraint with what its compile reports."""
        return replace(self, diagnostics=diagnostics)

    @cached_property
    def longest_tokens(self) -> int | None:
        """Most tokens that any member has, end-of-text not counted; None if without bound."""
        return longest_path(self.automaton)

    def state(self, index: int) -> State:
        """The state of a number, as the token automaton counts them."""
        return State(
            index=index,
            accepting=bool(self.automaton.accepting[index]),
            done=index == self.automaton.done,
            fewest_tokens=int(self.automaton.fewest[index]),
        )

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member.

        Open objects admit properties in any order; see `Diagnostics` for what a block leaves out.
        """
        if isinstance(self.spec, Template) and not _has_literals(self.spec, text):
            return False
        if self._recogniser is not None:
            return self._recogniser.accepts(text)
        reached = read(self.graph, *start(self.graph), text)
        return reached is not None and is_accepting(self.graph, *reached)

    def encode(self, text: bytes) -> list[int] | None:
        """Tokens that spell a member, as few as possible; None where the text is no member.

        End-of-text is not included. A member whose bytes the vocabulary lacks is None too.
        """
        return shortest_segmentation(self.vocabulary, text) if self.accepts(text) else None

    def text(self, token_ids: Iterable[int]) -> bytes:
        """The bytes that a canvas spells up to its first end-of-text token.

        Raises:
            ValueError: An id is outside the vocabulary.
        """
        return b"".join(self.vocabulary.tokens[token] or b"" for token in self._body(token_ids))

    def advance(self, state: State, token_ids: Iterable[int]) -> State:
        """The state after reading tokens.

        Raises:
            ValueError: The tokens leave the language.
        """
        if state.done:
            return state
        tokens = list(token_ids)
        body = self._body(tokens)
        index = state.index
        for token in body:
            if not self.vocabulary.tokens[token]:
                raise ValueError(f"token {token} is no text and stands before the end")
            index = following(self.automaton, index, token)
            if index < 0:
                raise ValueError("the tokens leave the language")
        reached = self.state(index)
        if len(body) == len(tokens):
            return reached
        if not reached.accepting:
            raise ValueError("the tokens end the text where it may not end")
        return self.state(self.automaton.done)

    @cached_property
    def _recogniser(self) -> Recogniser | None:
        spec = self.spec.spec if isinstance(self.spec, Template) else self.spec
        if isinstance(spec, JsonSchema) and spec.open_objects:
            return recogniser(spec)
        return None

    def block(
        self,
        length: int = 256,
        start: State | None = None,
        pinned: Mapping[int, int] | None = None,
        tokens_after: int = 0,
        tail: Tail | None = None,
    ) -> Block:
        """The language on one canvas.

        Args:
            length: L, positions of the canvas, at least 1.
            start: Where the text stands; None, the start of the text.
            pinned: Position to the token id that must stand there.
            tokens_after: Tokens that may follow this block, end-of-text not counted; 0 on the last.
            tail: What follows the end: `any` token, or the `pad` token, scored; None, `pad` where
                the vocabulary has one.

        Raises:
            EmptyError: No member fits.
            ValueError: An argument is out of range.
        """
        begin = self.start if start is None else start
        pins = dict(pinned or {})
        try:
            return self._block(length, begin, pins, tokens_after, tail)
        except EmptyError:
            spelled = self._spelled(length, begin, pins)
            if spelled is None:
                raise
        return spelled._block(length, spelled.start, pins, tokens_after, tail)

    def _block(
        self,
        length: int,
        start: State,
        pinned: Mapping[int, int],
        tokens_after: int,
        tail: Tail | None,
    ) -> Block:
        return Block.of(
            self, length=length, start=start, pinned=pinned, tokens_after=tokens_after, tail=tail
        )

    @property
    def _narrows(self) -> bool:
        """Whether blocks leave out members that `accepts` takes."""
        return self._recogniser is not None

    def _spelled(self, length: int, start: State, pinned: Mapping[int, int]) -> Constraint | None:
        """The constraint to the one text that pins spell, if it is a member that is not generated.

        Where blocks are narrower than the language, a text that is pinned from the start of the
        canvas to its end is still a member.
        """
        if not self._narrows or start != self.start:
            return None
        count = next((i for i in range(length) if i not in pinned), length)
        text = self.text([pinned[i] for i in range(count)])
        if not text or not self.accepts(text):
            return None
        graph = single_lexer(Dfa.of_texts([text], BYTES))
        automaton = build_token_automaton(graph, self.vocabulary)
        return Constraint(self.spec, self.vocabulary, graph, automaton, self.diagnostics)

    def _body(self, token_ids: Iterable[int]) -> list[int]:
        ends = set(self.vocabulary.eos_ids)
        body: list[int] = []
        for token in token_ids:
            if not 0 <= int(token) < self.vocabulary.size:
                raise ValueError(f"token {token} is outside the vocabulary")
            if int(token) in ends:
                break
            body.append(int(token))
        return body

    def __getstate__(self) -> dict[str, object]:
        derived = ("longest_tokens", "_recogniser")
        return {key: value for key, value in self.__dict__.items() if key not in derived}


def _has_literals(template: Template, text: bytes) -> bool:
    try:
        return template.has_literals(text.decode())
    except UnicodeDecodeError:
        return False
