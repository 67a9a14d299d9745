"""A real server in a process of its own, over the fake engine."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from blockform.v1 import constraint_pb2, generation_pb2
from blockform.v1.generation_pb2_grpc import GenerationServiceStub
from tests.servers import fake_server

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE = "blockform.v1.GenerationService"
CHOICE = constraint_pb2.Constraint(choice={"options": ["yes", "no"]})


@pytest.fixture
def channel(server) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.address) as channel:
        yield channel


@pytest.fixture
def stub(channel) -> GenerationServiceStub:
    return GenerationServiceStub(channel)


def request(text: str = "hello", **fields) -> generation_pb2.GenerateRequest:
    return generation_pb2.GenerateRequest(text=text, constraint=CHOICE, **fields)


def until(condition: Callable[[], bool], timeout: float = 30.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def health(channel: grpc.Channel, service: str = "") -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5).status


def test_generate_answers_with_everything(stub):
    response = stub.Generate(request(seed=7, request_id="mine"), timeout=20)
    assert (response.text, bytes(response.token_ids)) == ("yes", b"yes")
    assert response.finish_reason == generation_pb2.FINISH_REASON_COMPLETE
    assert (response.seed, response.request_id, response.model) == (7, "mine", "default")
    assert (response.steps, response.num_blocks, response.log_z) == (3, 1, -1.5)
    assert response.diagnostics.num_states == 4
    assert [stage.name for stage in response.diagnostics.stages] == ["parse", "lower"]
    assert response.timings.compile_ms > 0
    assert response.timings.queue_ms > 0


def test_a_request_without_an_id_gets_one(stub):
    first, second = (stub.Generate(request(), timeout=20).request_id for _ in range(2))
    assert first
    assert first != second


def test_generation_without_a_constraint_may_be_cut_and_says_so(stub):
    free = generation_pb2.GenerateRequest(text="hello", max_tokens=4)
    response = stub.Generate(free, timeout=20)
    assert response.text == "free"
    assert response.finish_reason == generation_pb2.FINISH_REASON_LENGTH
    assert not response.HasField("diagnostics")


@pytest.mark.parametrize("canvas", [False, True])
def test_a_stream_starts_and_ends_as_documented(canvas, stub):
    asked = generation_pb2.StreamGenerateRequest(request=request(), include_canvas=canvas)
    events = [each.WhichOneof("event") for each in stub.StreamGenerate(asked, timeout=20)]
    assert events == ["started", *["canvas"] * (3 * canvas), "committed", "completed"]


def test_a_frame_has_an_entry_for_each_position(stub):
    asked = generation_pb2.StreamGenerateRequest(request=request(), include_canvas=True)
    frames = [each.canvas for each in stub.StreamGenerate(asked, timeout=20) if each.canvas.step]
    assert {len(frame.pieces) for frame in frames} == {16}
    assert {len(frame.entropy) for frame in frames} == {16}
    assert frames[0].overridden[0]


def test_a_batch_answers_in_order(stub):
    texts = ["one", "two", "three"]
    requests = [generation_pb2.GenerateRequest(text=text) for text in texts]
    items = stub.BatchGenerate(
        generation_pb2.BatchGenerateRequest(requests=requests), timeout=20
    ).items
    assert [item.response.text for item in items] == [f"free: {text}" for text in texts]
    assert len({item.response.request_id for item in items}) == 3


def test_a_batch_is_denoised_together_and_takes_no_more_places_than_there_are(stub, tmp_path):
    trace = tmp_path / "trace"
    requests = [request(f"steps=10 step_ms=5 name={i} trace={trace}") for i in range(12)]
    message = generation_pb2.BatchGenerateRequest(requests=requests)
    under_way = stub.BatchGenerate.future(message, timeout=30)
    until(lambda: len(lines(trace)) > 1)
    between = stub.Generate(request(f"name=other trace={trace}"), timeout=20)
    assert between.text == "yes"
    assert not under_way.done()
    assert [item.response.text for item in under_way.result().items] == ["yes"] * 12
    happened = lines(trace)
    assert {happened[0], happened[1]} == {"0 start", "1 start"}
    running = [1 if line.endswith("start") else -1 for line in happened]
    assert max(sum(running[:i]) for i in range(len(running))) == 2


def test_leaving_a_batch_frees_all_its_slots(stub, tmp_path):
    trace = tmp_path / "trace"
    requests = [request(f"steps=1000 step_ms=10 name={i} trace={trace}") for i in range(5)]
    call = stub.BatchGenerate.future(
        generation_pb2.BatchGenerateRequest(requests=requests), timeout=30
    )
    until(lambda: len(lines(trace)) == 2)
    call.cancel()
    assert stub.Generate(request(), timeout=20).text == "yes"
    until(lambda: len(lines(trace)) == 4)
    assert {line.split()[0] for line in lines(trace)} == {"0", "1"}
    assert all(int(line.split()[2]) < 100 for line in lines(trace)[2:])


def test_a_stream_and_a_call_run_together(stub):
    asked = generation_pb2.StreamGenerateRequest(
        request=request("steps=200 step_ms=10"), include_canvas=True
    )
    stream = stub.StreamGenerate(asked, timeout=30)
    seen = [next(stream), next(stream)]
    assert stub.Generate(request(), timeout=20).text == "yes"
    rest = list(stream)
    events = [each.WhichOneof("event") for each in [*seen, *rest]]
    assert events[0] == "started"
    assert events[-2:] == ["committed", "completed"]
    assert len(rest) > 2
    assert rest[-1].completed.steps == 200


def test_a_deadline_in_a_batch_of_several_ends_its_own_request_alone(stub):
    other = stub.Generate.future(request("steps=100 step_ms=10"), timeout=30)
    late = stub.Generate(request("steps=1000 step_ms=10"), timeout=0.5)
    assert late.finish_reason == generation_pb2.FINISH_REASON_STOPPED
    assert (other.result().finish_reason, other.result().steps) == (
        generation_pb2.FINISH_REASON_COMPLETE,
        100,
    )


GIVEN = {
    "prefix": ({"prefix": "oh "}, "oh yes"),
    "suffix": ({"suffix": " sir"}, "yes sir"),
    "both": ({"prefix": "oh ", "suffix": " sir"}, "oh yes sir"),
    "template": ({"template": constraint_pb2.Template(literals=["a", "b", ""])}, "ayesbyes"),
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_given_of_an_answer_stands_in_it(name, stub):
    fields, text = GIVEN[name]
    response = stub.Generate(request(**fields), timeout=20)
    assert response.text == text
    assert response.HasField("diagnostics")
    asked = generation_pb2.CheckConstraintRequest(constraint=CHOICE, text=text, **fields)
    report = stub.CheckConstraint(asked, timeout=20)
    assert (report.accepted, report.fewest_tokens) == (True, len(text))


def test_what_is_given_needs_no_constraint(stub):
    free = generation_pb2.GenerateRequest(text="hello", prefix="a", suffix="b")
    assert stub.Generate(free, timeout=20).text == "ab"
    asked = generation_pb2.CheckConstraintRequest(prefix="a", suffix="b")
    assert stub.CheckConstraint(asked, timeout=20).fewest_tokens == 2


def test_thoughts_come_beside_the_text(stub):
    response = stub.Generate(request("think=hmm", max_thinking_tokens=9), timeout=20)
    assert (response.text, response.thinking) == ("yes", "hmm")
    assert stub.Generate(request("think=hmm"), timeout=20).thinking == ""


def test_check_reports_sizes_and_times(stub):
    asked = generation_pb2.CheckConstraintRequest(constraint=CHOICE, request_id="c")
    report = stub.CheckConstraint(asked, timeout=20)
    found = report.diagnostics
    assert (found.num_states, found.num_edges, found.num_atoms) == (4, 3, 3)
    assert (report.fewest_tokens, report.request_id) == (3, "c")
    assert found.keywords[0].enforcement == constraint_pb2.ENFORCEMENT_EXACT


def test_model_info_publishes_the_limits(stub):
    info = stub.GetModelInfo(generation_pb2.GetModelInfoRequest(), timeout=20)
    assert (info.model, info.canvas_length, info.max_input_tokens) == ("default", 16, 1000)
    assert (info.limits.queue_length, info.limits.batch_items) == (8, 64)
    assert info.limits.batch_size == 2
    assert list(info.constraint_kinds) == ["json_schema", "regex", "choice", "lark", "sql"]


def test_health_and_reflection_are_on(channel):
    assert health(channel) == health(channel, SERVICE) == SERVING
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    answer = next(iter(stub.ServerReflectionInfo(iter([asked]), timeout=5)))
    names = {each.name for each in answer.list_services_response.service}
    assert {SERVICE, "grpc.health.v1.Health"} <= names


def test_a_deadline_yields_a_valid_text_in_time(stub):
    start = time.monotonic()
    response = stub.Generate(request("steps=1000 step_ms=10"), timeout=0.6)
    assert time.monotonic() - start < 0.6
    assert response.finish_reason == generation_pb2.FINISH_REASON_STOPPED
    assert response.text == "yes"


def test_a_step_longer_than_the_deadline_is_deadline_exceeded(stub):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Generate(request("steps=2 step_ms=400"), timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert stub.Generate(request(), timeout=20).text == "yes"


def test_a_batch_that_runs_out_of_time_keeps_what_it_has(stub):
    slow = "steps=1000 step_ms=10"
    requests = [request(), request(slow), request(slow), request()]
    items = stub.BatchGenerate(
        generation_pb2.BatchGenerateRequest(requests=requests), timeout=0.8
    ).items
    assert items[0].response.finish_reason == generation_pb2.FINISH_REASON_COMPLETE
    assert items[1].response.finish_reason == generation_pb2.FINISH_REASON_STOPPED
    assert items[2].response.finish_reason == generation_pb2.FINISH_REASON_STOPPED
    assert items[3].error.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]


def test_a_full_queue_is_resource_exhausted(stub):
    slow = [stub.Generate.future(request("steps=1000 step_ms=10"), timeout=30) for _ in range(10)]
    try:
        time.sleep(0.1)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Generate(request(), timeout=20)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    finally:
        for call in slow:
            call.cancel()
    until(lambda: answers(stub))


def answers(stub: GenerationServiceStub) -> bool:
    try:
        return stub.Generate(request(), timeout=20).text == "yes"
    except grpc.RpcError:
        return False


@pytest.mark.parametrize("method", ["Generate", "StreamGenerate"])
def test_a_client_that_goes_away_frees_the_engine_within_a_step(method, server, stub, tmp_path):
    trace = tmp_path / "trace"
    slow = request(f"steps=1000 step_ms=10 trace={trace}")
    with grpc.insecure_channel(server.address) as leaving:
        other = GenerationServiceStub(leaving)
        if method == "Generate":
            call = other.Generate.future(slow, timeout=30)
        else:
            asked = generation_pb2.StreamGenerateRequest(request=slow, include_canvas=True)
            call = other.StreamGenerate(asked, timeout=30)
        until(lambda: lines(trace) == ["start"])
    assert call.code() is grpc.StatusCode.CANCELLED
    assert stub.Generate(request(), timeout=20).text == "yes"
    assert int(lines(trace)[1].removeprefix("stop ")) < 100


def engine_pid(server) -> int:
    loaded = [line for line in server.log.splitlines() if "in process" in line]
    return int(loaded[-1].split()[-1])


def test_a_killed_engine_is_unavailable_not_serving_and_then_back(server, channel, stub):
    running = stub.Generate.future(request("steps=1000 step_ms=10"), timeout=30)
    time.sleep(0.1)
    subprocess.run(["kill", "-9", str(engine_pid(server))], check=True)
    assert running.code() is grpc.StatusCode.UNAVAILABLE
    assert health(channel) == health(channel, SERVICE) == NOT_SERVING
    with pytest.raises(grpc.RpcError) as caught:
        stub.Generate(request(), timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    until(lambda: health(channel) == SERVING)
    assert stub.Generate(request(), timeout=20).text == "yes"


def test_sigterm_lets_running_requests_end_and_takes_no_more():
    with fake_server(["--grace", "3"]) as server, grpc.insecure_channel(server.address) as channel:
        stub = GenerationServiceStub(channel)
        health_stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = health_stub.Watch(health_pb2.HealthCheckRequest())
        assert next(watch).status == SERVING
        engine = engine_pid(server)
        short = stub.Generate.future(request("steps=100 step_ms=10"), timeout=30)
        endless = stub.Generate.future(request("steps=100000 step_ms=10"), timeout=30)
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        assert next(watch).status == NOT_SERVING
        watch.cancel()
        assert short.result().finish_reason == generation_pb2.FINISH_REASON_COMPLETE
        assert endless.result().finish_reason == generation_pb2.FINISH_REASON_STOPPED
        assert endless.result().text == "yes"
        assert server.process.wait(20) == 0
        assert not Path(f"/proc/{engine}").exists()
        assert not re.search("Error|Traceback|Warning", server.log), server.log


def test_a_compile_ends_in_its_time_and_with_its_server():
    arguments = ["--max-compile-seconds", "1", "--grace", "1"]
    with fake_server(arguments) as server, grpc.insecure_channel(server.address) as channel:
        stub = GenerationServiceStub(channel)
        endless = constraint_pb2.Constraint(choice={"options": ["compile_s=60"]})
        check = generation_pb2.CheckConstraintRequest(constraint=endless)
        refused = stub.CheckConstraint.future(check, timeout=30)
        assert stub.Generate(request(), timeout=20).text == "yes"
        assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "longer than 1 s" in refused.details()
        assert health(channel) == SERVING
        hasty = stub.CheckConstraint.future(check, timeout=0.3)
        assert hasty.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        last = stub.CheckConstraint.future(check, timeout=30)
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert last.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INVALID_ARGUMENT)
        assert server.process.wait(30) == 0
        assert not re.search("Error|Traceback|Warning", server.log), server.log
