"""What is drawn from random logits, and what becomes of it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import constraints
from constraints import Vocabulary, validate
from constraints.sql.compile import catalog_of, checked_names
from constraints.sql.guard import empty_database
from constraints.sql.narrow import MAX_ROUNDS, narrowed
from constraints.sql.words import PLAIN, RESERVED, dialect_words, lexicon
from tests.constraints.sql.queries import catalog, spec

LENGTH = 40


def vocabulary(dialect: str) -> Vocabulary:
    """All bytes, the dialect's words and the catalog's, and what stands between them."""
    asked = spec(dialect)
    names = checked_names(asked)
    known = dialect_words(names)
    words = {word.encode() for word, roles in known.items() if roles - {PLAIN, RESERVED}}
    words |= set(lexicon(names, catalog_of(asked)))
    marks = (
        b" (",
        b")",
        b", ",
        b" = ",
        b" < ",
        b" 'x'",
        b" 1",
        b" t1",
        b" t2",
        b".",
        b" *",
        b" t1.",
    )
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [*sorted(b" " + word.upper() for word in words), *marks]
    return Vocabulary.from_bytes([*dict.fromkeys(tokens), None], [len(dict.fromkeys(tokens))])


def logits(rng: np.random.Generator, tokens: Vocabulary) -> np.ndarray:
    """Random ones that favour words over bytes, and texts that do not end at once."""
    drawn = rng.normal(size=(LENGTH, tokens.size)) * rng.choice([1.0, 4.0])
    drawn[:, :256] -= 12.0
    drawn[: rng.integers(8, LENGTH), list(tokens.eos_ids)] -= 60.0
    return drawn.astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_whatever_is_drawn_holds_at_once_or_after_its_names_are_chosen_again(dialect):
    asked, tokens = spec(dialect), vocabulary(dialect)
    constraint = constraints.compile(asked, tokens)
    rng = np.random.default_rng(7)
    for _ in range(6):
        rows = logits(rng, tokens)
        text = constraint.text(constraint.block(length=LENGTH).condition(rows).best())
        assert constraint.accepts(text), text
        for attempt in range(MAX_ROUNDS + 1):
            if validate(asked, text) is None:
                break
            narrower = narrowed(constraint, text, attempt)
            block = narrower.block(length=2 * LENGTH)
            text = narrower.text(block.condition(np.vstack([rows, rows])).best())
        assert validate(asked, text) is None, text
        if dialect == "sqlite":
            runs(text)


def runs(text: bytes) -> None:
    database = empty_database(catalog())
    database.execute(
        f"SELECT * FROM ({text.decode().rstrip().removesuffix(';')}) LIMIT 3"
    ).fetchall()
    database.close()


def test_what_a_block_commits_can_be_finished_within_the_budget():
    tokens = vocabulary("sqlite")
    constraint = constraints.compile(spec(), tokens)
    rng = np.random.default_rng(3)
    for budget in (12, 20, 33):
        state, left, text = constraint.start, budget, b""
        while not state.done and left > 0:
            length = min(8, left)
            block = constraint.block(length=length, start=state, tokens_after=left - length)
            rows = logits(rng, tokens)[:length]
            rows[:, list(tokens.eos_ids)] -= 60.0
            best = block.condition(rows).best()
            state = block.advance(best)
            text, left = text + constraint.text(best), left - length
        assert state.done or state.accepting
        assert constraint.accepts(text), text


def test_a_member_is_encoded_and_its_tokens_pin_a_block():
    tokens = vocabulary("sqlite")
    constraint = constraints.compile(spec(), tokens)
    member = b"SELECT name FROM singer WHERE year = 1"
    ids = constraint.encode(member)
    assert ids is not None
    assert b"".join(tokens.tokens[i] or b"" for i in ids) == member
    pinned = {**dict(enumerate(ids)), len(ids): tokens.eos_ids[0]}
    posterior = constraint.block(length=len(ids) + 1, pinned=pinned).condition(
        np.zeros((len(ids) + 1, tokens.size), dtype=np.float32)
    )
    assert np.isfinite(posterior.log_z)
    assert constraint.encode(b"SELECT nosuch FROM singer") is None


def test_a_constraint_can_be_sent_and_says_how_it_was_taken():
    tokens = Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), None], [256])
    constraint = pickle.loads(pickle.dumps(constraints.compile(spec(), tokens)))
    assert constraint.accepts(b"SELECT name FROM singer")
    assert [entry.keyword for entry in constraint.diagnostics.narrowed] == ["sql"]
