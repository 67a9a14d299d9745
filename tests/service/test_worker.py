from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing
from multiprocessing import active_children
from pathlib import Path

import pytest

from constraints.errors import LimitError
from constraints.spec import Choice
from engine import CanvasFrame, CommittedText, FinishReason, Request, Result
from engine.errors import EngineError
from service.errors import DeadlineError, OverloadedError, UnavailableError, UnexpectedError
from service.jobs import CompileJob, CompileReport, GenerateJob, Job, Started
from service.kept import MOST
from service.settings import MIB, CompileLimits, EngineSource
from service.worker import Worker
from tests.servers import FAKE_ENGINE

SPEC = Choice(["yes", "no"])
UNLIKE = itertools.count()


def job(text: str = "hello", **options) -> GenerateJob:
    return GenerateJob(request=Request(text=text, spec=SPEC), **options)


async def happenings(worker: Worker, job: Job) -> list[object]:
    async with aclosing(worker.run(job)) as iterator:
        return [happening async for happening in iterator]


async def answer(worker: Worker, job: Job) -> object:
    return (await happenings(worker, job))[-1]


async def until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
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


async def jobs_are_denoised_together(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "together"
    texts = (f"steps=20 step_ms=10 name={name} trace={trace}" for name in "ab")
    quiet, watched = await asyncio.gather(
        happenings(worker, job(next(texts))),
        happenings(worker, job(next(texts), stream=True, include_canvas=True)),
    )
    assert lines(trace)[:2] == ["a start", "b start"]
    assert [type(each) for each in quiet] == [Started, Result]
    frames = [each for each in watched if isinstance(each, CanvasFrame)]
    assert [frame.step for frame in frames] == list(range(1, 21))
    assert [type(each) for each in watched[-2:]] == [CommittedText, Result]


async def free_slots_go_to_who_came_first(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "fair"
    lengths = dict(zip("abcdef", (40, 5, 5, 5, 5, 5), strict=True))
    await asyncio.gather(
        *(
            answer(worker, job(f"steps={length} step_ms=5 name={name} trace={trace}"))
            for name, length in lengths.items()
        )
    )
    happened = [line.split() for line in lines(trace)]
    assert [name for name, what, *_ in happened if what == "start"] == list("abcdef")
    under_way = 0
    for _, what, *_ in happened:
        under_way += 1 if what == "start" else -1
        assert under_way <= 2
    ended = [name for name, what, *_ in happened if what == "stop"]
    assert ended.index("a") > ended.index("c")


async def cancelling_one_frees_its_slot_and_leaves_the_other(
    worker: Worker, tmp_path: Path
) -> None:
    trace = tmp_path / "cancelled"
    kept = asyncio.create_task(answer(worker, job(f"steps=150 step_ms=10 name=a trace={trace}")))
    left = asyncio.create_task(answer(worker, job(f"steps=900 step_ms=10 name=b trace={trace}")))
    await until(lambda: "b start" in lines(trace))
    left.cancel()
    third = await answer(worker, job(f"name=c trace={trace}"))
    assert isinstance(third, Result)
    assert not kept.done()
    result = await kept
    assert isinstance(result, Result)
    assert (result.finish_reason, result.steps) == (FinishReason.COMPLETE, 150)
    stopped = next(line for line in lines(trace) if line.startswith("b stop"))
    assert int(stopped.removeprefix("b stop ")) < 50


async def a_deadline_ends_its_own_job_alone(worker: Worker, tmp_path: Path) -> None:
    soon = time.monotonic() + 0.1
    late, other = await asyncio.gather(
        answer(worker, job("steps=900 step_ms=10", stop_at=soon)),
        answer(worker, job("steps=40 step_ms=10")),
    )
    assert isinstance(late, Result)
    assert isinstance(other, Result)
    assert (late.finish_reason, late.text) == (FinishReason.STOPPED, "yes")
    assert (other.finish_reason, other.steps) == (FinishReason.COMPLETE, 40)


async def a_failing_step_ends_its_own_job_alone(worker: Worker, tmp_path: Path) -> None:
    other = asyncio.create_task(answer(worker, job("steps=100 step_ms=10")))
    with pytest.raises(EngineError, match="the step failed"):
        await answer(worker, job("break=step"))
    assert not other.done()
    result = await other
    assert isinstance(result, Result)
    assert result.steps == 100


async def a_broken_batch_ends_who_is_in_it_and_nobody_else(worker: Worker, tmp_path: Path) -> None:
    trace, pid = tmp_path / "broken", worker.pid
    victim = asyncio.create_task(answer(worker, job(f"steps=900 step_ms=10 trace={trace}")))
    await until(lambda: lines(trace) == ["start"])
    outcomes = await asyncio.gather(
        victim, answer(worker, job("break=batch")), answer(worker, job()), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [UnexpectedError, UnexpectedError, Result]
    assert worker.pid == pid


async def an_admission_stops_nobody(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "compiling"
    compiling = asyncio.create_task(answer(worker, job("admit_ms=1500")))
    await asyncio.sleep(0.05)
    first = asyncio.create_task(answer(worker, job(f"steps=10 step_ms=5 trace={trace}")))
    await compiling
    assert isinstance(await first, Result)
    under_way = asyncio.create_task(answer(worker, job("steps=10 step_ms=20")))
    await asyncio.sleep(0.05)
    compiling = asyncio.create_task(answer(worker, job("admit_ms=1500")))
    assert isinstance(await under_way, Result)
    assert not compiling.done()
    assert isinstance(await compiling, Result)


def compile_of(*directives: str, **options) -> GenerateJob:
    """A job with a constraint of its own."""
    option = " ".join((*directives, f"unlike={next(UNLIKE)}"))
    return GenerateJob(request=Request(text="hello", spec=Choice([option])), **options)


async def spent_s(awaited: Awaitable[object]) -> tuple[float, object]:
    """How long something took, and what came of it or went wrong."""
    began = time.monotonic()
    (outcome,) = await asyncio.gather(awaited, return_exceptions=True)
    return time.monotonic() - began, outcome


async def what_is_kept_does_not_wait_for_compiles(worker: Worker, tmp_path: Path) -> None:
    hostile = [asyncio.create_task(answer(worker, compile_of("compile_s=60"))) for _ in range(3)]
    await asyncio.sleep(0.05)
    for _ in range(3):
        assert isinstance(await answer(worker, job()), Result)
    assert isinstance(await answer(worker, CompileJob(spec=SPEC)), CompileReport)
    assert not any(task.done() for task in hostile)
    for task in hostile:
        task.cancel()


async def a_compile_that_takes_too_long_is_ended(worker: Worker, tmp_path: Path) -> None:
    pid = worker.pid
    other = asyncio.create_task(answer(worker, job("steps=300 step_ms=10")))
    spent, error = await spent_s(answer(worker, compile_of("compile_s=60")))
    assert isinstance(error, LimitError)
    assert "longer than 2 s" in str(error)
    assert 2 <= spent < 4
    result = await other
    assert isinstance(result, Result)
    assert (result.steps, worker.pid) == (300, pid)


async def a_compile_ends_with_its_callers_deadline(worker: Worker, tmp_path: Path) -> None:
    soon = time.monotonic() + 0.3
    spent, error = await spent_s(answer(worker, compile_of("compile_s=60", stop_at=soon)))
    assert isinstance(error, DeadlineError)
    assert spent < 1.5


async def a_cancelled_compile_leaves_its_place(worker: Worker, tmp_path: Path) -> None:
    tasks = [asyncio.create_task(answer(worker, compile_of("compile_s=60"))) for _ in range(2)]
    await asyncio.sleep(0.2)
    waiting = asyncio.create_task(answer(worker, compile_of()))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    tasks[0].cancel()
    spent, result = await spent_s(waiting)
    assert isinstance(result, Result)
    assert spent < 1.5
    tasks[1].cancel()


async def who_asks_for_the_same_waits_for_the_same_compile(worker: Worker, tmp_path: Path) -> None:
    same = compile_of("compile_s=0.5")
    impatient = asyncio.create_task(answer(worker, same))
    others = [asyncio.create_task(answer(worker, same)) for _ in range(2)]
    await asyncio.sleep(0.1)
    impatient.cancel()
    spent, results = await spent_s(asyncio.gather(*others))
    assert isinstance(results, list)
    assert all(isinstance(result, Result) for result in results)
    assert spent < 1.0
    assert results[0].timings.compile_ms >= 500
    assert results[0].timings.total_ms >= 500
    again = await answer(worker, same)
    assert isinstance(again, Result)
    assert again.timings.compile_ms < 500


async def a_compile_without_memory_is_refused(worker: Worker, tmp_path: Path) -> None:
    _, error = await spent_s(answer(worker, compile_of("compile_mib=2000")))
    assert isinstance(error, LimitError)
    assert "more than 256 MiB" in str(error)
    assert isinstance(await answer(worker, compile_of("compile_mib=20")), Result)


async def a_compiler_that_dies_takes_nobody_along(worker: Worker, tmp_path: Path) -> None:
    pid = worker.pid
    _, error = await spent_s(answer(worker, compile_of("compile=exit")))
    assert isinstance(error, EngineError)
    assert error.code == "COMPILER_LOST"
    _, error = await spent_s(answer(worker, compile_of("compile=bug")))
    assert isinstance(error, UnexpectedError)
    assert "secret detail" in error.report
    assert isinstance(await answer(worker, compile_of()), Result)
    assert worker.pid == pid


async def dead_compilers_are_started_again(worker: Worker, tmp_path: Path) -> None:
    (server,) = [each for each in active_children() if each.name == "blockform-compilers"]
    under_way = asyncio.create_task(answer(worker, compile_of("compile_s=60")))
    await asyncio.sleep(0.1)
    server.kill()
    _, error = await spent_s(under_way)
    assert isinstance(error, UnavailableError)
    assert isinstance(await answer(worker, job()), Result)
    assert isinstance(await answer(worker, compile_of()), Result)


async def compilers_that_die_while_they_start_are_started_again(
    worker: Worker, tmp_path: Path
) -> None:
    dead: set[int] = set()
    for _ in range(3):
        there = await _other_compilers(dead)
        dead |= there
        for pid in there:
            os.kill(pid, signal.SIGKILL)
    await _other_compilers(dead)
    assert isinstance(await answer(worker, compile_of()), Result)
    assert isinstance(await answer(worker, job()), Result)


async def _other_compilers(dead: set[int]) -> set[int]:
    async with asyncio.timeout(30):
        while not (there := _compilers() - dead):
            await asyncio.sleep(0.01)
    return there


def _compilers() -> set[int]:
    children = [each for each in active_children() if each.name == "blockform-compilers"]
    return {each.pid for each in children if each.pid is not None}


async def more_constraints_than_are_kept(worker: Worker, tmp_path: Path) -> None:
    specs = [compile_of() for _ in range(MOST + 5)]
    for each in (*specs, *specs[:10]):
        assert isinstance(await answer(worker, each), Result)


async def a_cancelled_admission_leaves_the_engine_alone(worker: Worker, tmp_path: Path) -> None:
    trace, pid = tmp_path / "lively", worker.pid
    other = asyncio.create_task(answer(worker, job("steps=150 step_ms=10")))
    compiling = asyncio.create_task(
        answer(worker, job(f"admit_ms=1200 steps=900 step_ms=10 trace={trace}"))
    )
    await asyncio.sleep(0.1)
    compiling.cancel()
    result = await other
    assert isinstance(result, Result)
    assert result.steps == 150
    assert isinstance(await answer(worker, job()), Result)
    assert worker.pid == pid
    assert lines(trace) == ["start", "stop 0"]


async def a_dead_engine_fails_everything_under_way(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "dead"
    others = [
        asyncio.create_task(answer(worker, job(f"steps=900 step_ms=10 trace={trace}"))),
        asyncio.create_task(answer(worker, job("admit_ms=100 fail=exit"))),
        asyncio.create_task(answer(worker, job())),
    ]
    outcomes = await asyncio.gather(*others, return_exceptions=True)
    assert [type(each) for each in outcomes] == [UnavailableError] * 3
    assert lines(trace) == ["start"]
    await until(lambda: is_ready(worker))
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
    trace = tmp_path / "killed"
    texts = [f"steps=5000 step_ms=10 trace={trace}"] * 2 + ["waits for its turn"]
    tasks = [asyncio.create_task(answer(worker, job(text))) for text in texts]
    await until(lambda: lines(trace) == ["start"] * 2)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    for task in tasks:
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


async def stopping_ends_the_running_jobs_with_valid_texts(worker: Worker, tmp_path: Path) -> None:
    trace = tmp_path / "stopping"
    texts = [f"steps=5000 step_ms=10 trace={trace}"] * 2
    running = [asyncio.create_task(answer(worker, job(text))) for text in texts]
    waiting = asyncio.create_task(answer(worker, job()))
    await until(lambda: lines(trace) == ["start"] * 2)
    await worker.stop()
    for task in running:
        result = await task
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
    jobs_are_denoised_together,
    free_slots_go_to_who_came_first,
    cancelling_one_frees_its_slot_and_leaves_the_other,
    a_deadline_ends_its_own_job_alone,
    a_failing_step_ends_its_own_job_alone,
    a_broken_batch_ends_who_is_in_it_and_nobody_else,
    an_admission_stops_nobody,
    a_cancelled_admission_leaves_the_engine_alone,
    what_is_kept_does_not_wait_for_compiles,
    a_compile_that_takes_too_long_is_ended,
    a_compile_ends_with_its_callers_deadline,
    a_cancelled_compile_leaves_its_place,
    who_asks_for_the_same_waits_for_the_same_compile,
    a_compile_without_memory_is_refused,
    a_compiler_that_dies_takes_nobody_along,
    dead_compilers_are_started_again,
    compilers_that_die_while_they_start_are_started_again,
    more_constraints_than_are_kept,
    a_dead_engine_fails_everything_under_way,
    a_full_queue_says_so,
    an_abandoned_job_stops_within_a_step,
    an_abandoned_job_in_the_queue_never_starts,
    a_job_stops_in_time_with_a_valid_text,
    a_job_that_is_late_before_it_starts_is_refused,
    a_dead_engine_fails_its_jobs_and_is_started_again,
    an_engine_that_ignores_a_cancellation_is_replaced,
    stopping_ends_the_running_jobs_with_valid_texts,
]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def worker(runner) -> Iterator[Worker]:
    source = EngineSource(factory=FAKE_ENGINE)
    worker = Worker(
        source,
        compiling=CompileLimits(seconds=2, memory_bytes=256 * MIB),
        queue_length=4,
        batch_size=2,
        stuck_s=0.5,
        on_ready=lambda _: None,
    )
    runner.run(worker.start())
    yield worker
    runner.run(worker.stop())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_worker(scenario, runner, worker, tmp_path):
    runner.run(scenario(worker, tmp_path))
