"""Each bad input ends in one documented status with the field at fault; the server goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from blockform.v1 import constraint_pb2, generation_pb2
from blockform.v1.generation_pb2_grpc import GenerationServiceStub

INVALID, PRECONDITION = "INVALID_ARGUMENT", "FAILED_PRECONDITION"
SCHEMA_TEXT = "constraint.json_schema.text"
METHOD = "/blockform.v1.GenerationService/Generate"


@pytest.fixture(scope="module")
def channel(address) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(address) as channel:
        yield channel


@pytest.fixture(scope="module")
def stub(channel) -> GenerationServiceStub:
    return GenerationServiceStub(channel)


def constraint(kind: str, **fields) -> constraint_pb2.Constraint:
    return constraint_pb2.Constraint(**{kind: fields})


def schema(text: str, **fields) -> dict[str, object]:
    return {"constraint": constraint("json_schema", text=text, **fields)}


def failure(call: Any) -> tuple[str, str, str]:
    """Returns the status, the reason, and the field at fault."""
    trailers = dict(call.trailing_metadata())
    answer = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    return call.code().name, *reason_and_field(answer)


def reason_and_field(answer) -> tuple[str, str]:
    info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in answer.details:
        detail.Unpack(info)
        detail.Unpack(violations)
    assert info.metadata["request_id"]
    return info.reason, "".join(each.field for each in violations.field_violations)


BAD = {
    "malformed json": (schema('{"type":'), INVALID, "MALFORMED_SPEC", SCHEMA_TEXT),
    "empty schema text": (schema(""), INVALID, "MALFORMED_SPEC", SCHEMA_TEXT),
    "wrong type in the schema": (schema('{"type": 5}'), INVALID, "MALFORMED_SPEC", SCHEMA_TEXT),
    "unsupported keyword": (
        schema('{"impossible": 1}'),
        INVALID,
        "UNSUPPORTED_KEYWORD",
        SCHEMA_TEXT,
    ),
    "unsatisfiable": (schema("false"), INVALID, "UNSATISFIABLE_SPEC", SCHEMA_TEXT),
    "schema too big": (schema(" " * 1_100_000), INVALID, "SPEC_LIMIT_EXCEEDED", SCHEMA_TEXT),
    "unknown white space": (
        schema("{}", whitespace=99),
        INVALID,
        "INVALID_REQUEST",
        "constraint.json_schema.whitespace",
    ),
    "bad pattern": (
        {"constraint": constraint("regex", pattern="(")},
        INVALID,
        "MALFORMED_SPEC",
        "constraint.regex.pattern",
    ),
    "no option": (
        {"constraint": constraint("choice", options=[])},
        INVALID,
        "MALFORMED_SPEC",
        "constraint.choice.options",
    ),
    "no kind of constraint": (
        {"constraint": constraint_pb2.Constraint()},
        INVALID,
        "INVALID_REQUEST",
        "constraint",
    ),
    "lark": (
        {"constraint": constraint("lark", grammar='start: "a" other')},
        INVALID,
        "MALFORMED_SPEC",
        "constraint.lark.grammar",
    ),
    "sql": (
        {"constraint": constraint("sql", dialect="sqlite", catalog="CREATE TABLE (")},
        INVALID,
        "MALFORMED_SPEC",
        "constraint.sql",
    ),
    "empty text": ({"text": ""}, INVALID, "INVALID_REQUEST", "text"),
    "blank text": ({"text": " \n"}, INVALID, "INVALID_REQUEST", "text"),
    "text over the context": ({"text": "a " * 600}, INVALID, "TEXT_TOO_LONG", "text"),
    "text over the limit": ({"text": "a" * 1_100_000}, INVALID, "TEXT_TOO_LONG", "text"),
    "budget too small": (
        schema('{"type":"object"}') | {"max_tokens": 1},
        PRECONDITION,
        "BUDGET_TOO_SMALL",
        "max_tokens",
    ),
    "no budget": ({"max_tokens": 0}, INVALID, "INVALID_REQUEST", "max_tokens"),
    "huge budget": ({"max_tokens": 4_000_000_000}, INVALID, "INVALID_REQUEST", "max_tokens"),
    "no steps": ({"max_steps": 0}, INVALID, "INVALID_REQUEST", "max_steps"),
    "seed out of range": ({"seed": 2**64 - 1}, INVALID, "INVALID_REQUEST", "seed"),
    "a template of one text": (
        {"template": constraint_pb2.Template(literals=["a"])},
        INVALID,
        "INVALID_REQUEST",
        "template.literals",
    ),
    "a template with a prefix": (
        {"template": constraint_pb2.Template(literals=["a", "b"]), "prefix": "a"},
        INVALID,
        "INVALID_REQUEST",
        "template",
    ),
    "a suffix that is not enforced": (
        schema("{}") | {"suffix": "a", "unconstrained": True},
        INVALID,
        "INVALID_REQUEST",
        "suffix",
    ),
    "a prefix over the limit": (
        {"prefix": "a" * 1_100_000},
        INVALID,
        "INVALID_REQUEST",
        "prefix",
    ),
    "a prefix that no member has": (
        schema("{}") | {"prefix": "impossible"},
        INVALID,
        "UNSATISFIABLE_SPEC",
        "prefix",
    ),
    "a template that no member has": (
        schema("{}") | {"template": constraint_pb2.Template(literals=["", "impossible", ""])},
        INVALID,
        "UNSATISFIABLE_SPEC",
        "template",
    ),
    "a bad schema with a prefix": (
        schema('{"type": 5}') | {"prefix": "a"},
        INVALID,
        "MALFORMED_SPEC",
        SCHEMA_TEXT,
    ),
    "thinking without end": (
        {"max_thinking_tokens": 4_000_000_000},
        INVALID,
        "INVALID_REQUEST",
        "max_thinking_tokens",
    ),
    "thinking where the model does not": (
        {"max_thinking_tokens": 5},
        INVALID,
        "INVALID_REQUEST",
        "max_thinking_tokens",
    ),
    "unknown model": ({"model": "gpt"}, "NOT_FOUND", "MODEL_NOT_FOUND", "model"),
    "long request id": ({"request_id": "r" * 200}, INVALID, "INVALID_REQUEST", "request_id"),
    "control characters in the request id": (
        {"request_id": "a\nb"},
        INVALID,
        "INVALID_REQUEST",
        "request_id",
    ),
    "failure of the engine": ({"text": "fail=engine"}, "INTERNAL", "DEVICE_LOST", ""),
    "bug": ({"text": "fail=bug"}, "INTERNAL", "INTERNAL", ""),
    "error with enormous details": (
        schema("{}") | {"text": "fail=big"},
        INVALID,
        "MALFORMED_SPEC",
        SCHEMA_TEXT,
    ),
}


def request(fields) -> generation_pb2.GenerateRequest:
    return generation_pb2.GenerateRequest(**({"text": "hello"} | fields))


@pytest.mark.parametrize("name", BAD)
def test_generate_refuses(name, stub):
    fields, *expected = BAD[name]
    with pytest.raises(grpc.RpcError) as caught:
        stub.Generate(request(fields), timeout=20)
    assert failure(caught.value) == tuple(expected)
    assert stub.Generate(request({}), timeout=20).text == "free: hello"


@pytest.mark.parametrize(
    "name",
    ["empty text", "malformed json", "budget too small", "lark", "a template of one text"],
)
def test_stream_names_the_field_inside_its_request(name, stub):
    fields, status, reason, field = BAD[name]
    message = generation_pb2.StreamGenerateRequest(request=request(fields))
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.StreamGenerate(message, timeout=20))
    assert failure(caught.value) == (status, reason, f"request.{field}")


@pytest.mark.parametrize(
    "name",
    [
        "malformed json",
        "unsatisfiable",
        "sql",
        "unknown model",
        "a template of one text",
        "a template with a prefix",
        "a prefix over the limit",
        "a prefix that no member has",
        "a template that no member has",
    ],
)
def test_check_refuses_what_generate_refuses(name, stub):
    fields, *expected = BAD[name]
    with pytest.raises(grpc.RpcError) as caught:
        stub.CheckConstraint(generation_pb2.CheckConstraintRequest(**fields), timeout=20)
    assert failure(caught.value) == tuple(expected)


def test_check_without_a_constraint(stub):
    with pytest.raises(grpc.RpcError) as caught:
        stub.CheckConstraint(generation_pb2.CheckConstraintRequest(), timeout=20)
    assert failure(caught.value) == (INVALID, "INVALID_REQUEST", "constraint")


@pytest.mark.parametrize("count", [0, 65])
def test_a_batch_of_the_wrong_size_is_refused_as_a_whole(count, stub):
    message = generation_pb2.BatchGenerateRequest(requests=[request({})] * count)
    with pytest.raises(grpc.RpcError) as caught:
        stub.BatchGenerate(message, timeout=20)
    assert failure(caught.value) == (INVALID, "INVALID_REQUEST", "requests")


def test_a_bad_item_fails_alone(stub):
    fields = [{}, BAD["malformed json"][0], {"text": ""}, {"text": "fail=bug"}, {}]
    message = generation_pb2.BatchGenerateRequest(requests=[request(each) for each in fields])
    items = stub.BatchGenerate(message, timeout=20).items
    outcomes = [item.WhichOneof("outcome") for item in items]
    assert outcomes == ["response", "error", "error", "error", "response"]
    assert reason_and_field(items[1].error) == ("MALFORMED_SPEC", SCHEMA_TEXT)
    assert reason_and_field(items[2].error) == ("INVALID_REQUEST", "text")
    assert reason_and_field(items[3].error) == ("INTERNAL", "")
    assert [item.error.code for item in items[1:4]] == [3, 3, 13]


def raw_call(channel: grpc.Channel, data: bytes) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(METHOD)(data, timeout=20)
    return caught.value


# Field number and wire type share a byte: number << 3 | type; 2 is a text or message, 0 a number.
UNKNOWN = bytes([15 << 3 | 0, 1])
RAW = {
    "an unknown field": (request({}).SerializeToString() + UNKNOWN, "UNKNOWN_FIELD", "15"),
    "an unknown field far inside": (
        request(
            {
                "constraint": constraint_pb2.Constraint.FromString(
                    bytes([1 << 3 | 2, len(UNKNOWN)]) + UNKNOWN
                )
            }
        ).SerializeToString(),
        "UNKNOWN_FIELD",
        "constraint.json_schema.15",
    ),
    "a number for a text": (bytes([2 << 3 | 0, 7]), "UNKNOWN_FIELD", "2"),
    "a text that is not UTF-8": (bytes([2 << 3 | 2, 1, 0xFF]), "UNREADABLE_REQUEST", ""),
    "garbage": (b"\xff\xff\xff", "UNREADABLE_REQUEST", ""),
}


@pytest.mark.parametrize("name", RAW)
def test_bytes_that_are_not_a_request(name, channel, stub):
    data, reason, field = RAW[name]
    assert failure(raw_call(channel, data)) == (INVALID, reason, field)
    assert stub.Generate(request({}), timeout=20).text == "free: hello"


def test_a_message_over_the_limit_is_refused_by_grpc(channel, stub):
    assert raw_call(channel, b"\0" * (5 << 20)).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert stub.Generate(request({}), timeout=20).text == "free: hello"


def test_a_bug_is_logged_once_under_the_requests_id_and_tells_nothing(server, stub):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Generate(request({"text": "fail=bug", "request_id": "find-me-7"}), timeout=20)
    assert "secret" not in str(caught.value)
    assert server.log.count("find-me-7") == 1
    assert "KeyError: 'secret detail'" in server.log
