"""A constraint that was packed in one place means the same where it is unpacked."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest

from constraints import Choice, Lark, Vocabulary
from constraints.compiler import Compiler
from constraints.warm import EXAMPLES

VOCABULARY = Vocabulary.from_bytes([bytes([byte]) for byte in range(256)] + [b"yes", None], [257])
MEMBERS = {
    "choice": (b"yes", b"maybe"),
    "regex": (b"abc123", b"abc"),
    "json_schema": (b'{"name":"x","lines":[]}', b"{}"),
    "template": (b"axbyc", b"abx"),
    "lark": (b"1+2", b"1+"),
    "lark basic": (b"(a,b)", b"(a"),
    "lark earley": (b"(a,b)", b"(a"),
    "lark counted": (b"aa", b"aaaa"),
    "sql": (b"SELECT id FROM orders", b"SELECT ie FROM orders"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_means_the_same_after_the_journey(name):
    here = Compiler(VOCABULARY)
    there = pickle.loads(pickle.dumps(here))
    constraint = there.compile(EXAMPLES[name])
    received = here.unpacked(there.packed(constraint))
    member, other = MEMBERS[name]
    assert (received.accepts(member), received.accepts(other)) == (True, False)
    assert received.diagnostics == constraint.diagnostics
    assert received.start.fewest_tokens == constraint.start.fewest_tokens
    assert received.vocabulary is VOCABULARY
    logits = np.random.default_rng(0).normal(size=(40, VOCABULARY.size)).astype(np.float32)
    blocks = (each.block(40) for each in (constraint, received))
    sent, got = (block.condition(logits) for block in blocks)
    assert got.log_z == pytest.approx(sent.log_z)
    assert received.accepts(received.text(got.best()))


def test_the_vocabulary_does_not_travel_along():
    compiler = Compiler(VOCABULARY)
    words = Vocabulary.from_bytes([f"word{i}".encode() for i in range(50_000)] + [None], [50_000])
    data = Compiler(words).packed(Compiler(words).compile(Choice(["word1"])))
    assert b"word49999" not in data
    assert compiler.packed(compiler.compile(Lark('start: "a"')))


def test_what_was_not_packed_here_is_refused():
    class Other(pickle.Pickler):
        def persistent_id(self, obj: object) -> str | None:
            return "elsewhere" if obj is VOCABULARY else None

    file = io.BytesIO()
    Other(file).dump(VOCABULARY)
    with pytest.raises(pickle.UnpicklingError, match="elsewhere"):
        Compiler(VOCABULARY).unpacked(file.getvalue())
