"""Other engines as they come from their packages, behind the interface of `judging`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.judging import Case, Compiled, Engine, Refused
from constraints import Vocabulary
from constraints.segmentation import shortest_segmentation

NOTE = (
    "peers: their first mask is for one token, Blockform's for each of 256 positions; they are "
    "asked whether they take an instance token by token and end-of-text after it, keys in the "
    "order of the file; they treat objects as open, and formats in their own way"
)


def _pieces(vocabulary: Vocabulary, text: bytes) -> list[int]:
    tokens = shortest_segmentation(vocabulary, text)
    if tokens is None:
        raise ValueError("the vocabulary cannot spell an instance")
    return tokens


def _headline(message: str) -> str:
    """The first line of an error, without the place in the source that logged it."""
    return re.sub(r"^\[[\d:]+\] \S+: ", "", message).partition("\n")[0][:60]


def _spelled(vocabulary: Vocabulary) -> list[bytes]:
    """Bytes of each token; specials, which are never text, get names."""
    return [
        b"<|special %d|>" % index if data is None else data
        for index, data in enumerate(vocabulary.tokens)
    ]


class XGrammar:
    """xgrammar with `strict_mode=False`, the nearest it has to the specification.

    Source: https://xgrammar.mlc.ai/docs/, version as `report.machine` prints it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        import xgrammar

        self._vocabulary = vocabulary
        self._xgrammar = xgrammar
        tokenizer = xgrammar.TokenizerInfo(
            _spelled(vocabulary),
            xgrammar.VocabType.RAW,
            vocab_size=vocabulary.size,
            stop_token_ids=list(vocabulary.eos_ids),
        )
        self._compiler = xgrammar.GrammarCompiler(tokenizer)

    def compile(self, case: Case) -> Compiled:
        """Compiles the schema of a case.

        Raises:
            Refused: xgrammar raises.
        """
        try:
            grammar = self._compiler.compile_json_schema(case.schema, strict_mode=False)
        except (RuntimeError, ValueError) as error:
            empty = "cannot accept any value" in str(error)
            raise Refused(_headline(str(error)), str(error), empty=empty) from error
        return XGrammarCompiled(self._xgrammar, grammar, self._vocabulary)


@dataclass(frozen=True, slots=True)
class XGrammarCompiled:
    """A grammar of xgrammar."""

    xgrammar: Any
    grammar: Any
    vocabulary: Vocabulary

    def first_mask(self) -> bool:
        """The mask of the first token."""
        bits = self.xgrammar.allocate_token_bitmask(1, self.vocabulary.size)
        self.xgrammar.GrammarMatcher(self.grammar).fill_next_token_bitmask(bits)
        return True

    def accepts(self, text: bytes) -> bool:
        """Whether a matcher takes every token of a text and end-of-text after them."""
        matcher = self.xgrammar.GrammarMatcher(self.grammar)
        tokens = [*_pieces(self.vocabulary, text), self.vocabulary.eos_ids[0]]
        return all(matcher.accept_token(token) for token in tokens)

    def stages(self) -> Mapping[str, float]:
        """Nothing: xgrammar does not say."""
        return {}

    def sizes(self) -> Mapping[str, float]:
        """Megabytes of the compiled grammar, as xgrammar says."""
        return {"memory_mb": self.grammar.memory_size_bytes / 1e6}


class _Tokenizer:
    """What llguidance needs to know of a tokenizer; by the names that it looks for."""

    bos_token_id = None

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.eos_token_id = vocabulary.eos_ids[0]
        self.special_token_ids = [
            index for index, data in enumerate(vocabulary.tokens) if data is None
        ]
        self.tokens = _spelled(vocabulary)

    def __call__(self, text: bytes) -> list[int]:
        return _pieces(self._vocabulary, text)


class Llguidance:
    """llguidance with its own defaults and the slices it has for JSON.

    Source: https://github.com/guidance-ai/llguidance, version as `report.machine` prints it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        import llguidance

        self._vocabulary = vocabulary
        self._matcher = llguidance.LLMatcher
        self._tokenizer = llguidance.LLTokenizer(
            llguidance.TokenizerWrapper(_Tokenizer(vocabulary)),
            slices=llguidance.LLTokenizer.json_slices(),
        )

    def compile(self, case: Case) -> Compiled:
        """Compiles the schema of a case.

        Raises:
            Refused: llguidance says that the grammar is in error.
        """
        grammar = self._matcher.grammar_from_json_schema(case.schema)
        matcher = self._matcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            message = matcher.get_error()
            raise Refused(_headline(message), message, empty="Unsatisfiable schema" in message)
        return LlguidanceCompiled(matcher, self._vocabulary)


@dataclass(frozen=True, slots=True)
class LlguidanceCompiled:
    """A matcher of llguidance at the start of a text."""

    matcher: Any
    vocabulary: Vocabulary

    def first_mask(self) -> bool:
        """The mask of the first token."""
        self.matcher.deep_copy().compute_bitmask()
        return True

    def accepts(self, text: bytes) -> bool:
        """Whether a matcher takes every token of a text and may end there."""
        matcher = self.matcher.deep_copy()
        return matcher.consume_tokens(_pieces(self.vocabulary, text)) and matcher.is_accepting()

    def stages(self) -> Mapping[str, float]:
        """Nothing: llguidance does not say."""
        return {}

    def sizes(self) -> Mapping[str, float]:
        """Nothing: llguidance does not say."""
        return {}


PEERS: dict[str, Callable[[Vocabulary], Engine]] = {
    "xgrammar": XGrammar,
    "llguidance": Llguidance,
}
