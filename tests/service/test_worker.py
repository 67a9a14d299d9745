from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from constraints.spec import Choice
from engine import CanvasFrame, CommittedText, FinishReason, Request, Result
from engine.errors import EngineError
from service.errors import DeadlineError, OverloadedError, UnavailableError, UnexpectedError
from service.jobs import CompileJob, CompileReport, GenerateJob, Job, Started
from service.settings import EngineSource
from service.worker import Worker
from tests.servers import FAKE_ENGINE

SPEC = Choice(["yes", "no"])


def job(text: str = "hello", **options) -> GenerateJob:
    return GenerateJob(request=Request(text=text, spec=SPEC), **options)


async def happenings(worker: Worker, job: Job) -> list[object]:
    async with aclosing(worker.run(job)) as iterator:
        return [happening async for happening in iterator]


async def answer(worker: Worker, job: Job) -> object:
    return (await happenings(worker, job))[-1]


async def until(condition: Callable[[], bool], timeout: float = 20.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.01)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def the_ordinary(worker: Worker, tmp_path: Path) -> None:
    quiet = await happenings(worker, job())
    assert [type(each) for each in quiet] == [Started, Result]
    text_only = await happenings(worker, job(stream=True))
    assert [type(each) for each in text_only] == [Started, CommittedText, Result]
    watched = await happenings(worker, job(stream=True, include_canvas=True))
    assert [type(each) for each in watched] == [
        Started,
        *[CanvasFrame] * 3,
        CommittedText,
        Result,
    ]
    report = await answer(worker, CompileJob(spec=SPEC))
    assert isinstance(report, CompileReport)
    assert report.fewest_tokens == 3


async def jobs_are_served_in_order(worker: Worker, tmp_path: Path) -> None:
    order: list[str] = []

    async def one(name: str) -> None:
        await answer(worker, job("step_ms=5"))
        order.append(name)

    await asyncio.gather(*(one(name) for name in "abcde"))
    assert order == list("abcde")


async def failures_leave_the_engine_running(worker: Worker, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="the device failed"):
        await answer(worker, job("fail=engine"))
    with pytest.raises(UnexpectedError) as caught:
        await answer(worker, job("fail=bug"))
    assert "secret detail" in caught.value.report
    assert isinstance(await answer(worker, job()), Result)


async def a_full_queue_says_so(worker: Worker, tmp_path: Path) -> None:
    tasks = [asyncio.create_task(answer(worker, job("step_ms=20"))) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError) as caught:
        worker.ensure_room()
    assert caught.value.retry_after_s > 0
    await asyncio.gather(*tasks)
    worker.ensure_room()


async def an_abandoned_job_stops_within_a_step(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "abandoned"
    slow = asyncio.create_task(answer(worker, job(f"steps=500 step_ms=10 trace={trace}")))
    await until(lambda: lines(trace) == ["start"])
    slow.cancel()
    assert isinstance(await answer(worker, job()), Result)
    steps = int(lines(trace)[1].removeprefix("stop "))
    assert steps < 50


async def an_abandoned_job_in_the_queue_never_starts(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "queued"
    first = asyncio.create_task(answer(worker, job("step_ms=30")))
    queued = asyncio.create_task(answer(worker, job(f"trace={trace}")))
    await asyncio.sleep(0)
    queued.cancel()
    await first
    assert isinstance(await answer(worker, job()), Result)
    assert lines(trace) == []


async def a_job_stops_in_time_with_a_valid_text(worker: Worker, tmp_path: Path) -> None:
    until_then = time.monotonic() + 0.1
    result = await answer(worker, job("steps=500 step_ms=10", stop_at=until_then))
    assert isinstance(result, Result)
    assert (result.finish_reason, result.text) == (FinishReason.STOPPED, "yes")


async def a_job_that_is_late_before_it_starts_is_refused(worker: Worker, tmp_path: Path) -> None:
    with pytest.raises(DeadlineError):
        await answer(worker, job(stop_at=time.monotonic() - 1))


async def a_dead_engine_fails_its_jobs_and_is_started_again(worker: Worker, tmp_path: Path) -> None:
    running = asyncio.create_task(answer(worker, job("steps=500 step_ms=10")))
    waiting = asyncio.create_task(answer(worker, job()))
    await asyncio.sleep(0.05)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    for task in (running, waiting):
        with pytest.raises(UnavailableError):
            await task
    with pytest.raises(UnavailableError):
        worker.ensure_room()
    await until(lambda: is_ready(worker))
    assert isinstance(await answer(worker, job()), Result)


async def an_engine_that_ignores_a_cancellation_is_replaced(worker: Worker, tmp_path: Path) -> None:
    pid = worker.pid
    deaf = asyncio.create_task(answer(worker, job("steps=2 step_ms=60000")))
    await asyncio.sleep(0.05)
    deaf.cancel()
    await until(lambda: worker.pid != pid and is_ready(worker))
    assert isinstance(await answer(worker, job()), Result)


async def stopping_ends_the_running_job_with_a_valid_text(worker: Worker, tmp_path: Path) -> None:
    running = asyncio.create_task(answer(worker, job("steps=5000 step_ms=10")))
    waiting = asyncio.create_task(answer(worker, job()))
    await asyncio.sleep(0.05)
    await worker.stop()
    result = await running
    assert isinstance(result, Result)
    assert (result.finish_reason, result.text) == (FinishReason.STOPPED, "yes")
    with pytest.raises(UnavailableError):
        await waiting


def is_ready(worker: Worker) -> bool:
    try:
        worker.ensure_room()
    except UnavailableError:
        return False
    return True


SCENARIOS: list[Callable[[Worker, Path], Coroutine[None, None, None]]] = [
    the_ordinary,
    jobs_are_served_in_order,
    failures_leave_the_engine_running,
    a_full_queue_says_so,
    an_abandoned_job_stops_within_a_step,
    an_abandoned_job_in_the_queue_never_starts,
    a_job_stops_in_time_with_a_valid_text,
    a_job_that_is_late_before_it_starts_is_refused,
    a_dead_engine_fails_its_jobs_and_is_started_again,
    an_engine_that_ignores_a_cancellation_is_replaced,
    stopping_ends_the_running_job_with_a_valid_text,
]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def worker(runner) -> Iterator[Worker]:
    source = EngineSource(factory=FAKE_ENGINE)
    worker = Worker(source, queue_length=4, stuck_s=0.5, on_ready=lambda _: None)
    runner.run(worker.start())
    yield worker
    runner.run(worker.stop())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_worker(scenario, runner, worker, tmp_path):
    runner.run(scenario(worker, tmp_path))
