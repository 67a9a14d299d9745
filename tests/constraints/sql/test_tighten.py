"""What becomes of queries that do not resolve."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import constraints
from constraints import Vocabulary, validate
from constraints.sql.compile import catalog_of, checked_names
from constraints.sql.narrow import MAX_ROUNDS, narrowed
from constraints.sql.tighten import tightened
from tests.constraints.sql.queries import accepts, spec

UNRESOLVED = [
    "SELECT s.venue FROM singer AS s",
    "SELECT held FROM singer",
    "SELECT x.* FROM singer",
    "SELECT id FROM singer, concert",
    "SELECT SUM(id) OVER w FROM singer",
    "SELECT name FROM singer ORDER BY 7",
    "SELECT name FROM singer UNION SELECT venue FROM concert ORDER BY nosuch",
    "SELECT s.name FROM singer AS s JOIN concert AS s ON s.year = 1",
    "SELECT s.name FROM singer AS s JOIN concert AS s USING (id) JOIN singer AS s ON s.id = 1",
    "SELECT name FROM singer JOIN concert USING (venue)",
    "WITH w AS (SELECT id AS k FROM singer) SELECT j FROM w",
    "WITH w AS (SELECT id AS k FROM singer) SELECT k FROM v",
    "SELECT t.m FROM (SELECT name, COUNT(*) AS n FROM singer GROUP BY name) AS t",
    "SELECT name FROM singer WHERE id IN (SELECT held FROM singer WHERE venue = name)",
    "SELECT name FROM singer WHERE EXISTS (SELECT * FROM concert WHERE singer_id = singer.held)",
    "SELECT COUNT(*) AS n FROM singer GROUP BY year ORDER BY venue",
]


@pytest.mark.parametrize("query", UNRESOLVED)
def test_every_choice_of_names_that_is_left_resolves(query):
    asked = spec()
    assert accepts(query), "only queries of the grammar are tightened"
    assert validate(asked, query.encode()) is not None
    pieces = tightened(query, checked_names(asked), catalog_of(asked))
    assert pieces is not None
    for choice in itertools.islice(itertools.product(*pieces), 500):
        assert validate(asked, "".join(choice).encode()) is None, "".join(choice)


def test_what_names_cannot_mend_is_left_to_a_single_table():
    asked = spec()
    assert (
        tightened("SELECT SUM(SUM(id)) FROM singer", checked_names(asked), catalog_of(asked))
        is None
    )


@pytest.mark.parametrize("attempt", [0, MAX_ROUNDS])
def test_a_narrower_constraint_gives_a_query_that_holds(attempt):
    vocabulary = Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), None], [256])
    constraint = constraints.compile(spec(), vocabulary)
    narrower = narrowed(constraint, b"SELECT s.venue FROM singer AS s", attempt)
    rng = np.random.default_rng(0)
    for _ in range(3):
        logits = rng.normal(size=(64, 257)).astype(np.float32)
        posterior = narrower.block(length=64).condition(logits)
        for ids in (posterior.best(), posterior.sample(rng)):
            assert validate(spec(), narrower.text(ids)) is None
