"""The corpus: every generated case is right by construction, and this checks the construction."""

import json
import os
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from models.corpus import examples
from models.pools import load_pools
from models.scoring import leaves

CASES = list(examples(5, "train", 800))
RECORDS = [case for case in CASES if case.job == "record"]
CHOICES = [case for case in CASES if case.job == "choice"]


def schema_of(case) -> dict[str, Any]:
    return dict(case.schema)


def test_every_record_satisfies_its_schema():
    for case in RECORDS:
        jsonschema.validate(json.loads(case.answer), schema_of(case))


def test_answers_follow_the_declared_order_of_fields():
    for case in RECORDS:
        declared = list(schema_of(case)["properties"])
        assert [name for name in declared if name in json.loads(case.answer)] == list(
            json.loads(case.answer)
        )


def test_every_span_stands_in_the_text():
    for case in RECORDS:
        missing = [span for span in case.spans if span not in case.text]
        assert not missing, (missing, case.text)


def test_most_string_values_are_spans():
    strings = [v for c in RECORDS for _, v in leaves(json.loads(c.answer)) if isinstance(v, str)]
    assert sum(len(case.spans) for case in RECORDS) > 0.6 * len(strings)


def test_answers_are_compact():
    for case in RECORDS:
        assert json.loads(case.answer) is not None
        assert "\n" not in case.answer


def test_every_chosen_option_is_offered():
    for case in CHOICES:
        assert case.answer in case.outline.removeprefix("one of ").split("|")


def test_the_corpus_does_not_depend_on_the_hash_seed():
    print_it = "from models.corpus import examples; print(list(examples(5, 'train', 150)))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", print_it],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_the_same_seed_gives_the_same_cases():
    assert list(examples(5, "train", 60)) == CASES[:60]


def test_another_seed_gives_other_cases():
    assert list(examples(6, "train", 60)) != CASES[:60]


def test_a_stream_can_be_taken_up_in_the_middle():
    assert list(examples(5, "train", 20, start=40)) == CASES[40:60]


@pytest.mark.parametrize("kind", ["firsts", "lasts", "companies", "cities", "words", "streets"])
def test_the_splits_share_no_names(kind):
    train, held_out = (set(getattr(load_pools(split), kind)) for split in ("train", "held_out"))
    assert not train & held_out
    assert len(train) > 4 * len(held_out) > 0


def test_smaller_sizes_have_fewer_fields():
    small = list(examples(5, "train", 300, size=0.2, job="record"))
    count = sum(len(schema_of(case)["properties"]) for case in small) / len(small)
    full = sum(len(schema_of(case)["properties"]) for case in RECORDS) / len(RECORDS)
    assert count < 0.6 * full


def test_absent_facts_are_left_out_or_null():
    left_out = sum(len(json.loads(c.answer)) < len(schema_of(c)["properties"]) for c in RECORDS)
    nulls = sum(value is None for c in RECORDS for _, value in leaves(json.loads(c.answer)))
    assert left_out > len(RECORDS) * 0.05
    assert nulls > len(RECORDS) * 0.05
