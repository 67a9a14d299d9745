"""What a share of right fields is: answers against expected records, leaf by leaf."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.example import Example


@dataclass(frozen=True, slots=True)
class Answer:
    """A decoded canvas and the denoising steps it took."""

    text: str
    num_steps: int


@dataclass(frozen=True, slots=True)
class Score:
    """Shares over a set of cases; `fields` counts the leaves of the expected records."""

    fields: float
    exact: float
    valid: float
    steps: float

    def __str__(self) -> str:
        """Returns the four figures in one line."""
        return (
            f"fields {self.fields:.3f} exact {self.exact:.3f} "
            f"valid {self.valid:.3f} steps {self.steps:.1f}"
        )


def score(cases: Sequence[Example], found: Sequence[Answer]) -> Score:
    """Returns the figures for a set of answers; one that does not parse has no field right."""
    right = total = 0
    for case, answer in zip(cases, found, strict=True):
        hits, expected = field_hits(case, answer.text)
        right, total = right + hits, total + expected
    return Score(
        fields=right / max(total, 1),
        exact=_mean(_equal(case, answer.text) for case, answer in zip(cases, found, strict=True)),
        valid=_mean(
            case.schema is None or _parsed(answer.text) is not None
            for case, answer in zip(cases, found, strict=True)
        ),
        steps=_mean(answer.num_steps for answer in found),
    )


def field_hits(case: Example, text: str) -> tuple[int, int]:
    """Returns how many leaves are right and how many there are, wrong extra ones included."""
    if case.schema is None:
        return int(text == case.answer), 1
    wanted = dict(leaves(json.loads(case.answer)))
    got = dict(leaves(_parsed(text)))
    hits = sum(path in got and _same(got[path], value) for path, value in wanted.items())
    return hits, len(wanted.keys() | got.keys() if got else wanted)


def _equal(case: Example, text: str) -> bool:
    hits, total = field_hits(case, text)
    return hits == total


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yields every leaf of a JSON value with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}/{index}")
    elif path:
        yield path, value


def _mean(figures: Iterable[float]) -> float:
    listed = list(figures)
    return sum(listed) / max(len(listed), 1)
