"""What counts as a right answer in the benchmark of questions."""

from dataclasses import replace

import pytest

from benchmarks.sql_questions import (
    HANDWRITTEN,
    answered,
    generated,
    parser,
    read_handwritten,
    summary,
)
from engine import FinishReason, Result, Timings
from models.catalogs import shop_ddl

RESULT = Result(
    text="",
    token_ids=(),
    finish_reason=FinishReason.COMPLETE,
    steps=6,
    num_blocks=1,
    log_z=0.0,
    seed=0,
    timings=Timings(total_ms=4.0),
    diagnostics=None,
)


class Parrot:
    """An engine that says what it was told to say."""

    def __init__(self, text):
        self.text, self.asked = text, []

    def generate(self, request):
        self.asked.append(request)
        return replace(RESULT, text=self.text)


@pytest.fixture
def case():
    return next(iter(read_handwritten(HANDWRITTEN)))


@pytest.mark.parametrize(
    ("text", "right", "runs"),
    [
        ("SELECT name FROM customers WHERE country = 'Germany'", True, True),
        ("SELECT c.name FROM customers c WHERE 'Germany' = c.country", True, True),
        ("SELECT name FROM customers WHERE city = 'Berlin'", False, True),
        ("SELECT name FROM clients", False, False),
    ],
)
def test_an_answer_is_right_when_it_gives_the_same_rows(case, text, right, runs):
    tally = answered(Parrot(text), case, True, parser().parse_args([]))
    assert (tally.right, tally.runs) == (right, runs)


def test_the_prompt_carries_the_catalog_in_both_modes(case):
    engine, arguments = Parrot("SELECT 1"), parser().parse_args(["--seed", "3"])
    for constrained in (False, True):
        answered(engine, case, constrained, arguments)
    assert [request.constrained for request in engine.asked] == [False, True]
    assert {request.spec.catalog for request in engine.asked} == {shop_ddl()}
    assert {request.seed for request in engine.asked} == {3}


def test_generated_sets_are_the_same_every_time_and_of_their_kind():
    shop, other = (list(generated(12, shop_share=share)) for share in (1.0, 0.0))
    assert shop == list(generated(12, shop_share=1.0))
    assert {case.catalog for case in shop} == {shop_ddl()}
    assert shop_ddl() not in {case.catalog for case in other}


def test_a_summary_is_a_share_of_the_answers(case):
    arguments = parser().parse_args([])
    tallies = [
        answered(Parrot(text), case, True, arguments) for text in (case.answer, "SELECT 1", "no")
    ]
    assert summary(tallies) == {
        "cases": 3, "right": 0.3333, "runs": 0.6667, "steps": 6.0, "ms": 4.0,
    }  # fmt: skip
