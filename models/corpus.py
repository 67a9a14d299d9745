"""The stream of training and test cases, a pure function of seed, split and index."""

from __future__ import annotations

import random
from collections.abc import Iterator

from models.choices import choice_example
from models.example import Example
from models.pools import Pools, Split, load_pools
from models.questions import question_example
from models.records import record_example

JOBS = ("record", "choice", "sql")
JOB_WEIGHTS = (80, 7, 13)


def example_at(
    seed: int,
    split: Split,
    index: int,
    pools: Pools,
    size: float = 1.0,
    job: str | None = None,
    weights: tuple[int, int, int] = JOB_WEIGHTS,
) -> Example:
    """Returns the case with this index; the same arguments always give the same case."""
    rng = random.Random(f"{seed}/{split}/{index}")
    drawn = rng.choices(JOBS, weights=weights)[0]
    match job or drawn:
        case "record":
            return record_example(rng, pools, size)
        case "choice":
            return choice_example(rng, pools)
        case _:
            return question_example(rng, pools, split)


def examples(
    seed: int,
    split: Split,
    count: int,
    *,
    start: int = 0,
    size: float = 1.0,
    job: str | None = None,
) -> Iterator[Example]:
    """Yields cases `start` to `start + count` of one split.

    Args:
        seed: Names the stream.
        split: Which half of the pools of names and words is used.
        count: How many cases.
        start: Index of the first.
        size: In (0, 1], scales how many fields a record has.
        job: Only this job: record, choice or sql.
    """
    pools = load_pools(split)
    for index in range(start, start + count):
        yield example_at(seed, split, index, pools, size, job)
