"""Queries drawn from random logits: whether they resolve and run; and how long a compile takes."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import constraints
from constraints import Catalog, Constraint, EmptyError, Sql, Vocabulary, validate
from constraints.sql.catalog import Column, Table
from constraints.sql.compile import catalog_of, checked_names
from constraints.sql.dialects import functions_of
from constraints.sql.guard import empty_database
from constraints.sql.narrow import MAX_ROUNDS, narrowed
from constraints.sql.words import PLAIN, RESERVED, dialect_words, lexicon

LENGTH = 48
CANVAS = 256
TEMPERATURES = (1.0, 4.0, 20.0)
MAX_STEPS = 2_000_000
"""Steps of SQLite's virtual machine: recursion need not end."""
MARKS = (b" (", b")", b", ", b" = ", b" < ", b" 'x'", b" 1", b" 20", b" t1", b" t2", b".", b" *")
WORDS_FAVOURED = 14.0
"""Nats by which whole words are favoured over single bytes."""


@dataclass(slots=True)
class Drawn:
    """What became of queries drawn from random logits.

    Attributes:
        rounds: How many queries hold after how often their names were chosen again.
        invalid: Those that do not hold in the end, and why.
        not_run: Those that hold and that SQLite does not run, and why.
        condition_s: Seconds of each `condition`.
    """

    rounds: Counter[int] = field(default_factory=Counter)
    invalid: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    condition_s: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many were drawn."""
        return self.rounds.total() + len(self.invalid)


def drawn(dialect: str, catalogs: Iterable[Catalog], each: int, rng: np.random.Generator) -> Drawn:
    """Draws queries over some catalogs, best ones and samples in turn."""
    result = Drawn()
    for catalog in catalogs:
        spec = Sql(dialect, catalog=catalog)
        constraint = constraints.compile(spec, words_and_bytes(spec))
        for number in range(each):
            _draw(constraint, number, rng, result)
    return result


def words_and_bytes(spec: Sql) -> Vocabulary:
    """All bytes, each word of the dialect and the catalog behind a space, and what joins them."""
    names = checked_names(spec)
    known = dialect_words(names)
    words = {word.encode() for word, roles in known.items() if roles - {PLAIN, RESERVED}}
    words |= set(lexicon(names, catalog_of(spec)))
    tokens = [bytes([byte]) for byte in range(256)]
    tokens = list(dict.fromkeys([*tokens, *sorted(b" " + word for word in words), *MARKS]))
    return Vocabulary.from_bytes([*tokens, None], [len(tokens)])


def _draw(constraint: Constraint, number: int, rng: np.random.Generator, result: Drawn) -> None:
    rows = _logits(constraint.vocabulary, number, rng)
    started = time.perf_counter()
    posterior = constraint.block(length=LENGTH).condition(rows)
    result.condition_s.append(time.perf_counter() - started)
    text = constraint.text(posterior.sample(rng) if number % 2 else posterior.best())
    *rounds, text = _mended(constraint, text, rows)
    fault = validate(constraint.spec, text)
    if fault is not None:
        result.invalid.append(f"{text.decode(errors='replace')}: {fault}")
        return
    result.rounds[len(rounds)] += 1
    refusal = _refusal(text, constraint)
    if refusal is not None:
        result.not_run.append(f"{text.decode(errors='replace')}: {refusal}")


def _mended(constraint: Constraint, text: bytes, rows: NDArray[np.float32]) -> Iterator[bytes]:
    """The text, and what it becomes each time that it does not hold."""
    yield text
    for attempt in range(MAX_ROUNDS + 1):
        if validate(constraint.spec, text) is None:
            return
        narrower = narrowed(constraint, text, attempt)
        try:
            block = narrower.block(length=2 * LENGTH)
            text = narrower.text(block.condition(np.vstack([rows, rows])).best())
        except EmptyError:
            continue
        yield text


def _logits(vocabulary: Vocabulary, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
    scale = TEMPERATURES[number % len(TEMPERATURES)]
    rows = rng.standard_normal((LENGTH, vocabulary.size), dtype=np.float32) * np.float32(scale)
    rows[:, :256] -= WORDS_FAVOURED * scale
    rows[: int(rng.integers(6, LENGTH)), list(vocabulary.eos_ids)] -= 100.0
    return rows


def _refusal(text: bytes, constraint: Constraint) -> str | None:
    """What SQLite says when it runs a query of its dialect on an empty database."""
    spec = constraint.spec
    if not isinstance(spec, Sql) or spec.dialect != "sqlite":
        return None
    database = empty_database(catalog_of(spec))
    database.set_progress_handler(lambda: 1, MAX_STEPS)
    try:
        database.execute(text.decode()).fetchmany(100)
    except sqlite3.Error as error:
        return None if str(error) == "interrupted" else str(error)
    finally:
        database.close()
    return None


def made_up(num_tables: int, num_columns: int, seed: int) -> Catalog:
    """A catalog with made-up names, some of them in several tables."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("aeioubcdfglmnprst"))

    def name() -> str:
        return "".join(rng.choice(letters, int(rng.integers(4, 11)))) + "_" + str(rng.integers(99))

    shared = [name() for _ in range(num_columns)]
    return Catalog(
        tuple(
            Table(
                f"{name()}{number}",
                tuple(
                    Column(f"{name()}{n}" if n % 2 else shared[(number + n) % len(shared)])
                    for n in range(num_columns)
                ),
            )
            for number in range(num_tables)
        )
    )


def compile_s(dialect: str, vocabulary: Vocabulary, times: int) -> list[float]:
    """CPU seconds of compiles, each of a new catalog (100 tables, 2,000 columns); first a cold one.

    A compile ends with the first mask. Compiled code is loaded before; the functions are not all
    of the dialect's, so that its grammar is made anew.
    """
    constraints.warm_up()
    _ = vocabulary.shelf
    functions = functions_of(dialect)[1:]
    found = []
    for seed in range(times + 1):
        spec = Sql(dialect, catalog=made_up(100, 20, seed), functions=functions)
        started = time.process_time()
        constraints.compile(spec, vocabulary).block(length=CANVAS).mask()
        found.append(time.process_time() - started)
    return found
