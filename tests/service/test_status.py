from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from constraints.errors import BlockformError, EmptyError, MalformedError, UnsupportedError
from engine.errors import BudgetError, RequestError
from service import status
from service.errors import ListenError, OverloadedError, UnexpectedError
from service.jobs import Failure

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
ROW = re.compile(r"^\| (.+?) \| (\w+) \| ([A-Z_]+) \| ([A-Z_]+) \| (.*?) ?\|$", re.MULTILINE)
NEVER_ON_THE_WIRE = {ListenError}


def subclasses(kind: type[BlockformError]) -> set[type[BlockformError]]:
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


def ours() -> set[type[BlockformError]]:
    packages = ("constraints", "engine", "service")
    return {
        kind for kind in subclasses(BlockformError) if kind.__module__.split(".")[0] in packages
    }


def details(answer, kind):
    found = kind()
    assert any(detail.Unpack(found) for detail in answer.details)
    return found


@pytest.mark.parametrize("kind", sorted(ours(), key=str))
def test_every_class_has_a_status_of_its_own_branch(kind):
    assert kind is BlockformError or any(
        base in status.CODES for base in kind.__mro__[: kind.__mro__.index(BlockformError)]
    )


def test_the_document_lists_exactly_the_classes_and_their_statuses():
    documented = {
        (kind, code, reason) for _, kind, code, reason, _ in ROW.findall(DOCUMENT.read_text())
    }
    actual = {
        (kind.__name__, status.code(kind).name, kind.code) for kind in ours() - NEVER_ON_THE_WIRE
    }
    assert documented == actual


def test_a_spec_error_says_where():
    error = UnsupportedError("no", pointer="/properties/a", keyword="a", hint="leave it out")
    answer = status.to_status(error, field="constraint.json_schema.text", request_id="r")
    info = details(answer, error_details_pb2.ErrorInfo)
    violation = details(answer, error_details_pb2.BadRequest).field_violations[0]
    assert (info.reason, info.domain) == ("UNSUPPORTED_KEYWORD", "blockform")
    assert dict(info.metadata) == {
        "kind": "UnsupportedError",
        "request_id": "r",
        "pointer": "/properties/a",
        "keyword": "a",
        "hint": "leave it out",
    }
    assert violation.field == "constraint.json_schema.text"
    assert "/properties/a" in violation.description


def test_a_full_queue_says_when_to_come_back():
    answer = status.to_status(OverloadedError("full", retry_after_s=1.25))
    delay = details(answer, error_details_pb2.RetryInfo).retry_delay
    assert (delay.seconds, delay.nanos) == (1, 250_000_000)


def test_details_fit_into_trailers_however_long_the_error():
    long = MalformedError("é" * 9999, pointer="ü" * 9999, keyword="k" * 9999, hint="h" * 9999)
    answer = status.to_status(long, field="constraint.json_schema.text", request_id="r" * 128)
    percent_encoded = 3 * len(answer.message.encode())
    assert len(answer.SerializeToString()) * 4 / 3 + percent_encoded < 8000


def test_a_short_text_is_left_alone_and_a_long_one_cut_at_a_character():
    assert status.shortened("short") == "short"
    cut = status.shortened("é" * 300)
    assert cut == "é" * 250 + "…"


@pytest.mark.parametrize(
    "error",
    [
        RequestError("m", field="f", hint="h"),
        BudgetError("m"),
        EmptyError("m", position=3),
        MalformedError("m", line=2, column=3),
        OverloadedError("m", retry_after_s=2.0),
    ],
)
def test_an_error_survives_the_way_from_the_engines_process(error):
    restored = Failure.of(error).restored()
    assert type(restored) is type(error)
    assert restored.__dict__ == error.__dict__
    assert str(restored) == str(error)


def test_a_foreign_exception_travels_as_a_report_and_shows_no_detail():
    restored = Failure.of(KeyError("secret")).restored()
    assert isinstance(restored, UnexpectedError)
    assert "secret" in restored.report
    assert "secret" not in str(restored)
    assert status.code(type(restored)) is grpc.StatusCode.INTERNAL
