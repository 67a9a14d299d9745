"""One engine over many cases, each within a time limit, in warm worker processes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Console
from rich.progress import track

from benchmarks import isolation, vocabularies
from benchmarks.isolation import Failure
from benchmarks.judging import Case, Engine, Outcome, judge
from benchmarks.own_engine import OwnEngine
from benchmarks.peers import PEERS
from constraints.spec import FrozenDocuments, Whitespace

WARM_UP = Case(
    group="",
    name="",
    schema='{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}, '
    '"b": {"type": "array", "items": {"type": "string", "pattern": "^[a-c]+$"}}}}',
)
NO_DOCUMENTS: Mapping[str, str] = FrozenDocuments()
NOTE = (
    "each worker process loads the vocabulary and compiles and masks one small schema first; "
    "that time is not counted"
)


def add_arguments(parser: argparse.ArgumentParser, *, time_limit: float) -> None:
    """Adds `--vocabulary`, `--vocabulary-size`, `--peers`, `--jobs`, `--time-limit`."""
    vocabularies.add_arguments(parser)
    parser.add_argument("--peers", type=_peers, default=(), help=",".join(PEERS))
    parser.add_argument("--jobs", type=_positive, default=1, help="worker processes")
    parser.add_argument("--time-limit", type=float, default=time_limit, help="seconds a schema")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _peers(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    if unknown := [name for name in names if name not in PEERS]:
        raise argparse.ArgumentTypeError(f"no such peer: {', '.join(unknown)}")
    return names


def run(
    name: str,
    load: Callable[[], Engine],
    cases: Sequence[Case],
    arguments: argparse.Namespace,
    *,
    masks: bool,
) -> list[Outcome]:
    """The outcome of every case, in order.

    Args:
        name: What the progress bar says.
        load: Makes the engine in a worker; can be pickled.
        cases: What to judge.
        arguments: With `jobs` and `time_limit`, as `add_arguments` adds them.
        masks: Whether to make the first mask too.

    Raises:
        RuntimeError: A worker could not start.
    """
    answers = isolation.answers(
        partial(_warm, load, masks), cases, jobs=arguments.jobs, time_limit=arguments.time_limit
    )
    shown = track(answers, name, total=len(cases), console=Console(stderr=True))
    return [
        _failed(case, answer) if isinstance(answer, Failure) else answer
        for case, answer in zip(cases, shown, strict=True)
    ]


def _warm(load: Callable[[], Engine], masks: bool) -> Callable[[Case], Outcome]:
    engine = load()
    judge(engine, WARM_UP, masks=masks)
    return partial(judge, engine, masks=masks)


def _failed(case: Case, failure: Failure) -> Outcome:
    return Outcome(
        group=case.group,
        name=case.name,
        timed_out=failure.timed_out,
        crashed=failure.message,
    )


def own(
    arguments: argparse.Namespace,
    *,
    whitespace: Whitespace,
    open_objects: bool,
    documents: Mapping[str, str] = NO_DOCUMENTS,
) -> Engine:
    """Our engine on the vocabulary that the arguments name; the rest as of `OwnEngine`."""
    return OwnEngine(
        vocabulary=vocabularies.chosen(arguments),
        whitespace=whitespace,
        open_objects=open_objects,
        documents=documents,
    )


def peer(arguments: argparse.Namespace, name: str) -> Engine:
    """A peer on the vocabulary that the arguments name."""
    return PEERS[name](vocabularies.chosen(arguments))
