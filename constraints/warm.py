"""Has all compiled code of constraints made or loaded, before anyone waits for it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from constraints.compile import compile
from constraints.constraint import Constraint
from constraints.errors import EmptyError
from constraints.spec import Choice, JsonSchema, Lark, Regex, Spec, Sql
from constraints.vocabulary import Vocabulary

SCHEMA = """{"type": "object", "required": ["a"], "additionalProperties": {"type": "boolean"},
"properties": {"a": {"type": "string", "maxLength": 9}, "b": {"type": "array", "items": {}}}}"""
NESTED = 'start: "(" start* ")" | WORD\nWORD: /[a-z]+/\n%ignore " "'
TABLES = "CREATE TABLE t (a INT, b TEXT)"
SPECS: tuple[Spec, ...] = (
    Choice(("yes", "no")),
    Regex("(ab)+c*"),
    JsonSchema(SCHEMA),
    Lark("arithmetic"),
    Lark(NESTED, lexer="basic"),
    Lark(NESTED, parser="earley"),
    Lark('start: "a"~1..3'),
    Sql("sqlite", catalog=TABLES),
)
"""One spec for every way through the compiled code."""
LENGTH = 32


@lru_cache(1)
def warm_up() -> None:
    """Compiles a spec of every kind, conditions a canvas on it and reads it.

    A first call in a fresh installation takes up to two minutes, in a fresh process seconds;
    another one nothing. Types are what compiled code depends on, so a small vocabulary does.
    """
    tokens = [bytes([byte]) for byte in range(0x100)]
    vocabulary = Vocabulary.from_bytes([*tokens, b"ab", b"((", None], [len(tokens) + 2])
    for spec in SPECS:
        _used(compile(spec, vocabulary))


def _used(constraint: Constraint) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(LENGTH, constraint.vocabulary.size)).astype(np.float32)
    block = constraint.block(length=LENGTH)
    try:
        posterior = block.condition(logits)
    except EmptyError as error:
        raise RuntimeError(f"a canvas of {LENGTH} tokens does not fit {constraint.spec}") from error
    posterior.marginals()
    posterior.sample(rng)
    canvas = posterior.best()
    constraint.accepts(constraint.text(canvas))
    block.mask()
    block.advance(canvas.tolist())
