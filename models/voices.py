"""Voices: ways of putting a list of statements into one text."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from models.kinds import CLOSINGS, DISTRACTORS, GREETINGS, Kind


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing a text says: a label with its value, and clauses that say it in prose."""

    label: str
    shown: str
    clauses: tuple[str, ...]
    is_block: bool = False


Voice = Callable[[random.Random, Kind, list[Statement]], str]


def written(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    """Returns a text in a random voice that makes every statement once."""
    voice = rng.choices(VOICES, weights=VOICE_WEIGHTS)[0]
    return voice(rng, kind, statements)


def _form(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    between = rng.choice((": ", ": ", ": ", " - ", " = ", ":\n", ":  ", " | "))
    bullet = rng.choice(("", "", "", "- ", "* ", "• "))
    label_case = rng.choice((str, str, str.upper, str.lower, str.title))
    lines = [f"{bullet}{label_case(s.label)}{between}{s.shown}" for s in statements]
    head = [rng.choice(kind.openings)] if rng.random() < 0.5 else []
    tail = [rng.choice(DISTRACTORS)] if rng.random() < 0.15 else []
    return "\n".join(head + lines + tail)


def _terse(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    between, after = (
        rng.choice((", ", "; ", " / ", " | ", "\n", " - ")),
        rng.choice((" ", ": ", "=")),
    )
    parts = [
        f"{s.label.lower() if rng.random() < 0.5 else s.label}{after}{s.shown}" for s in statements
    ]
    head = (
        f"{rng.choice(kind.openings)}{rng.choice((': ', ' - ', '. '))}"
        if rng.random() < 0.5
        else ""
    )
    return head + between.join(parts)


def _prose(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    sentences = [f"{rng.choice(kind.openings).rstrip('.?!')}."] if rng.random() < 0.6 else []
    sentences += _sentences(rng, statements)
    if rng.random() < 0.35:
        sentences.insert(rng.randint(0, len(sentences)), rng.choice(DISTRACTORS))
    return " ".join(sentences)


def _letter(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    greeting, closing = rng.choice(GREETINGS), rng.choice(CLOSINGS)
    body = _prose(rng, kind, statements)
    return "\n".join(part for part in (greeting, body, closing) if part)


def _mixed(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    cut = rng.randint(1, max(1, len(statements) - 1))
    parts = [_prose(rng, kind, statements[:cut])]
    if statements[cut:]:
        parts.append(_form(rng, kind, statements[cut:]))
    if rng.random() < 0.3:
        parts.reverse()
    return "\n".join(parts)


def _email(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    return f"Subject: {rng.choice(kind.openings)}\n\n{_letter(rng, kind, statements)}"


def _sentences(rng: random.Random, statements: list[Statement]) -> list[str]:
    sentences: list[str] = []
    rest = list(statements)
    while rest:
        count = 1 if rest[0].is_block else rng.choice((1, 1, 2, 2, 3))
        group, rest = rest[:count], rest[count:]
        clauses = [_clause(rng, s) for s in group]
        joined = rng.choice((", ", " and ", ", ", "; ", " - ")).join(clauses)
        sentences.append(_capitalised(joined, group[0]) + rng.choice((".", ".", ".", "!")))
    return sentences


def _clause(rng: random.Random, s: Statement) -> str:
    return rng.choice(s.clauses)


def _capitalised(sentence: str, first: Statement) -> str:
    if sentence.startswith(first.shown):
        return sentence
    return sentence[:1].upper() + sentence[1:]


VOICES: tuple[Voice, ...] = (_form, _terse, _prose, _letter, _mixed, _email)
VOICE_WEIGHTS = (25, 12, 28, 12, 15, 8)
