"""Questions: each query runs, is admitted by its catalog, and tells itself from its neighbours."""

import json
from pathlib import Path

import pytest

from constraints import Sql
from constraints.sql.compile import fault_of
from engine.prompt import render
from models.catalogs import shop_ddl
from models.corpus import examples
from models.databases import database_for, result_of, same_result
from models.evaluate import spec_of
from models.shop import shop

HANDWRITTEN = Path(__file__).parents[1] / "fixtures" / "handwritten_questions.jsonl"
CASES = list(examples(5, "train", 300, job="sql"))
HELD_OUT = list(examples(5, "held_out", 300, job="sql"))
WRITTEN = [json.loads(line) for line in HANDWRITTEN.read_text(encoding="utf-8").splitlines()]
SHOP = shop_ddl()


def test_every_query_runs_on_its_database():
    for case in CASES + HELD_OUT:
        assert result_of(database_for(case.catalog, case.answer), case.answer) is not None, case


def test_every_query_is_a_member_of_its_language():
    for case in CASES[:40]:
        assert fault_of(Sql("sqlite", catalog=case.catalog), case.answer) is None, case.answer


def test_the_outline_is_what_the_engine_makes_of_the_ddl():
    for case in CASES[:40]:
        assert render(case.text, spec_of(case), "outline").startswith(
            f"{case.outline}\n{case.text}"
        )


def test_the_shop_as_people_talk_about_it_is_the_shop_of_the_file():
    with database_for(SHOP, "") as database:
        for table, columns in {t.name: t.types() for t in shop().tables}.items():
            found = database.execute(f"PRAGMA table_info({table})").fetchall()
            assert {row[1]: row[2].lower() for row in found} == columns


def test_no_query_over_the_shop_is_in_both_splits():
    train, held_out = (
        {case.answer for case in cases if case.catalog == SHOP} for cases in (CASES, HELD_OUT)
    )
    assert train
    assert held_out
    assert not train & held_out


def test_no_handwritten_question_was_generated():
    asked = {case.text.rstrip("?. ").lower() for case in examples(1, "train", 3000, job="sql")}
    assert not [w["id"] for w in WRITTEN if w["question"].rstrip("?. ").lower() in asked]


def test_every_handwritten_query_has_rows_to_show():
    database = database_for(SHOP, "")
    assert len({w["id"] for w in WRITTEN}) == len(WRITTEN) == 40
    for written in WRITTEN:
        assert result_of(database, written["sql"]), written["id"]


def test_no_two_handwritten_questions_have_one_result():
    database = database_for(SHOP, "")
    pairs = [(a, b) for a in WRITTEN for b in WRITTEN if a["id"] < b["id"]]
    alike = [(a["id"], b["id"]) for a, b in pairs if same_result(database, a["sql"], b["sql"])]
    assert not alike


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("SELECT id FROM t WHERE n > 7", "SELECT id FROM t WHERE n >= 7"),
        ("SELECT id FROM t WHERE n < 7", "SELECT id FROM t WHERE n > 7"),
        ("SELECT id FROM t WHERE s = 'Ann O''Hara'", "SELECT id FROM t WHERE s <> 'Ann O''Hara'"),
        ("SELECT id FROM t WHERE d < '2024-02-03'", "SELECT id FROM t WHERE d <= '2024-02-03'"),
        ("SELECT AVG(n) FROM t", "SELECT MAX(n) FROM t"),
        ("SELECT id FROM t ORDER BY n DESC LIMIT 3", "SELECT id FROM t ORDER BY n ASC LIMIT 3"),
        ("SELECT COUNT(DISTINCT s) FROM t", "SELECT COUNT(s) FROM t"),
        ("SELECT s FROM t", "SELECT DISTINCT s FROM t"),
    ],
)
def test_made_up_rows_tell_a_query_from_its_neighbour(wanted, near):
    database = database_for("CREATE TABLE t (id integer, s text, n real, d date);", wanted)
    assert same_result(database, wanted, wanted)
    assert not same_result(database, wanted, near)


def test_order_counts_where_it_is_asked_for():
    database = database_for("CREATE TABLE t (id integer, n real);", "")
    plain, turned = "SELECT id FROM t", "SELECT id FROM t ORDER BY id DESC"
    assert same_result(database, plain, turned)
    assert not same_result(database, "SELECT id FROM t ORDER BY id", turned)


def test_what_does_not_run_or_never_ends_is_no_result():
    database = database_for("CREATE TABLE t (id integer);", "")
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r"
    assert result_of(database, "SELECT nothing FROM t") is None
    assert result_of(database, endless) is None
    assert not same_result(database, "SELECT nothing FROM t", "SELECT nothing FROM t")
