"""A tokenizer's vocabulary as bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from constraints.errors import MalformedError
from constraints.shelf import Shelf
from constraints.trie import Trie, build_trie

MAX_SIZE = 10_000_000


class Vocabulary:
    """The bytes of every token id, and which ids end a text or pad a canvas.

    Immutable; build it once per tokenizer and share it between constraints.

    Attributes:
        tokens: Bytes of each id; None where the id is never text (special tokens).
        eos_ids: Ids that end a text.
        pad_id: The id that fills a canvas after the end, or None.
    """

    def __init__(
        self, tokens: Sequence[bytes | None], eos_ids: Iterable[int], pad_id: int | None
    ) -> None:
        self.eos_ids = tuple(sorted(set(eos_ids)))
        self.pad_id = pad_id
        never_text = {*self.eos_ids} | (set() if pad_id is None else {pad_id})
        for token in never_text:
            if not 0 <= token < len(tokens):
                raise ValueError(f"token id {token} is outside a vocabulary of {len(tokens)}")
        self.tokens = tuple(
            None if token in never_text else data for token, data in enumerate(tokens)
        )

    @classmethod
    def from_bytes(
        cls, tokens: Sequence[bytes | None], eos_ids: Iterable[int], pad_id: int | None = None
    ) -> Vocabulary:
        """Builds a vocabulary from the bytes of each token.

        Args:
            tokens: Bytes of each id; None = never text.
            eos_ids: Ids that end a text.
            pad_id: The id that fills a canvas after the end.

        Raises:
            ValueError: An id is out of range.
        """
        return cls(tokens, eos_ids, pad_id)

    @classmethod
    def from_tiktoken(cls, path: str | Path) -> Vocabulary:
        """Reads a tiktoken rank file and appends one end-of-text id after the last rank.

        Args:
            path: File of lines `base64-bytes rank`.

        Raises:
            MalformedError: A line is not of that form.
        """
        ranks: dict[int, bytes] = {}
        for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
            if not line.strip():
                continue
            try:
                encoded, rank = line.split()
                token, data = int(rank), base64.b64decode(encoded, validate=True)
            except ValueError as error:
                raise MalformedError(
                    f"not a tiktoken line: {line[:40]!r}", line=number, column=1
                ) from error
            if not 0 <= token < MAX_SIZE or token in ranks:
                raise MalformedError(
                    f"rank {token} is given twice or out of range", line=number, column=1
                )
            ranks[token] = data
        size = max(ranks, default=-1) + 1
        return cls([ranks.get(token) for token in range(size)] + [None], [size], None)

    @classmethod
    def from_tokenizer(
        cls, tokenizer: Any, *, size: int | None = None, eos_ids: Iterable[int] | None = None
    ) -> Vocabulary:
        """Reads the bytes of every token of a Hugging Face fast tokenizer.

        Bytes come from the pieces themselves and the decoder's declaration (byte-level BPE, or
        pieces with byte fallback), never through `decode()`: a token may be part of a character.

        Args:
            tokenizer: A `PreTrainedTokenizerFast`.
            size: Width of the model's logits, if larger than the tokenizer; the rest is never text.
            eos_ids: Ids that end a text; default, the tokenizer's own end-of-text id.

        Raises:
            MalformedError: The tokenizer's decoder is of a kind whose bytes cannot be read.
        """
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise MalformedError(
                f"{type(tokenizer).__name__} is not a fast tokenizer",
                hint="load it with AutoTokenizer, which makes a fast one",
            )
        description = json.loads(backend.to_str())
        piece_bytes = _piece_reader(description)
        pieces = backend.get_vocab(True)
        tokens: list[bytes | None] = [None] * max(size or 0, 1 + max(pieces.values(), default=-1))
        for piece, token in pieces.items():
            tokens[token] = piece_bytes(piece)
        for added in description["added_tokens"]:
            if added["special"]:
                tokens[added["id"]] = None
        ends = [tokenizer.eos_token_id] if eos_ids is None else eos_ids
        return cls(tokens, [end for end in ends if end is not None], tokenizer.pad_token_id)

    @property
    def size(self) -> int:
        """V, the number of token ids."""
        return len(self.tokens)

    @cached_property
    def trie(self) -> Trie:
        """The byte trie of all text tokens."""
        return build_trie(self.tokens)

    @cached_property
    def shelf(self) -> Shelf:
        """What compilations share, whatever the language."""
        return Shelf.of(self.trie, self.size, self.eos_ids, self.pad_id)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over bytes, ends and pad; equal iff the vocabularies are."""
        digest = hashlib.sha256(repr((self.eos_ids, self.pad_id, self.size)).encode())
        for data in self.tokens:
            digest.update(b"-" if data is None else b"+%d:" % len(data) + data)
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self is other or self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"Vocabulary(size={self.size}, eos_ids={self.eos_ids}, pad_id={self.pad_id})"

    def __getstate__(self) -> dict[str, object]:
        return {"tokens": self.tokens, "eos_ids": self.eos_ids, "pad_id": self.pad_id}


def _piece_reader(description: dict[str, Any]) -> Callable[[str], bytes]:
    steps = list(_decoder_steps(description.get("decoder")))
    kinds = {step["type"] for step in steps}
    if "ByteLevel" in kinds:
        return _byte_level
    if "ByteFallback" in kinds or "Metaspace" in kinds:
        return partial(
            _replaced, replacements=_replacements(steps), fallback="ByteFallback" in kinds
        )
    raise MalformedError(
        f"the bytes of this tokenizer's pieces cannot be read (decoder: {sorted(kinds) or 'none'})",
        hint="use a byte-level BPE or a tokenizer with byte fallback",
    )


def _decoder_steps(decoder: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    if decoder is not None:
        yield decoder
        for nested in decoder.get("decoders", []):
            yield from _decoder_steps(nested)


def _replacements(steps: list[dict[str, Any]]) -> dict[str, str]:
    """What the decoder writes for what pieces hold: a space for the visible one, mostly."""
    found = {step["replacement"]: " " for step in steps if step["type"] == "Metaspace"}
    for step in steps:
        if step["type"] == "Replace" and "String" in step["pattern"]:
            found[step["pattern"]["String"]] = step["content"]
    return found


def _byte_level(piece: str) -> bytes:
    table = _byte_level_alphabet()
    if all(character in table for character in piece):
        return bytes(table[character] for character in piece)
    return piece.encode()


@cache
def _byte_level_alphabet() -> dict[str, int]:
    """GPT-2's printable stand-in for each byte (openai/gpt-2, `encoder.py`)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in set(printable)]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(256 + index): byte for index, byte in enumerate(rest)})
    return table


def _replaced(piece: str, *, replacements: dict[str, str], fallback: bool) -> bytes:
    if fallback and (byte := _BYTE_PIECE.fullmatch(piece)):
        return bytes([int(byte[1], 16)])
    for written, meant in replacements.items():
        piece = piece.replace(written, meant)
    return piece.encode()


_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
