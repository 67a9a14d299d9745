"""Voices: ways of putting a list of statements into one text."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from models.kinds import CLOSINGS, DISTRACTORS, GREETINGS, Kind


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing a text says: a label with its value, and clauses that say it in prose.

    Attributes:
        label: What a form calls it.
        shown: Its value.
        clauses: Ways to say it in prose.
        is_block: Whether it takes lines of its own.
        key: Of the fact in `models.facts`, which says where else it may stand; or nothing.
    """

    label: str
    shown: str
    clauses: tuple[str, ...]
    is_block: bool = False
    key: str = ""


Voice = Callable[[random.Random, Kind, list[Statement]], str]


def written(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    """Returns a text in a random voice that makes every statement once."""
    voice = rng.choices(VOICES, weights=VOICE_WEIGHTS)[0]
    return voice(rng, kind, statements)


def _form(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    between = rng.choice((": ", ": ", ": ", " - ", " = ", ":\n", ":  ", " | "))
    bullet = rng.choice(("", "", "", "- ", "* ", "• "))
    label_case = rng.choice((str, str, str.upper, str.lower, str.title))
    lines = [
        s.shown if _is_bare(rng, s) else f"{bullet}{label_case(s.label)}{between}{s.shown}"
        for s in statements
    ]
    head = [rng.choice(kind.openings)] if rng.random() < 0.5 else []
    tail = [rng.choice(DISTRACTORS)] if rng.random() < 0.15 else []
    return "\n".join(head + lines + tail)


def _terse(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    between, after = (
        rng.choice((", ", "; ", " / ", " | ", "\n", " - ")),
        rng.choice((" ", ": ", "=")),
    )
    parts = [
        s.shown
        if _is_bare(rng, s)
        else f"{s.label.lower() if rng.random() < 0.5 else s.label}{after}{s.shown}"
        for s in statements
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
    signer, rest = _apart(rng, statements, SIGNERS, 0.6)
    house, rest = _apart(rng, rest, HOUSES, 0.5)
    greeting, closing = rng.choice(GREETINGS), rng.choice(CLOSINGS)
    parts = [greeting, _prose(rng, kind, rest), closing, signer]
    parts.insert(rng.choice((0, 4)), house)
    return "\n".join(part for part in parts if part)


def _chat(rng: random.Random, kind: Kind, statements: list[Statement]) -> str:
    speaker, rest = _apart(rng, statements, SIGNERS, 1.0)
    minute, lines = rng.randint(480, 1100), [rng.choice(kind.openings), *_sentences(rng, rest)]
    layout = rng.choice(("[{t}] {s}: {l}", "{t} {s}: {l}", "{s}: {l}", "{s} ({t}): {l}"))
    said: list[str] = []
    for line in lines:
        minute += rng.randint(0, 3)
        when = f"{minute // 60:02d}:{minute % 60:02d}"
        said.append(layout.format(t=when, s=speaker or "me", l=line.strip()))
    return "\n".join(said)


def _apart(
    rng: random.Random, statements: list[Statement], keys: frozenset[str], share: float
) -> tuple[str, list[Statement]]:
    """Takes out the one statement with such a key, for a place where its value says enough."""
    found = [s for s in statements if s.key in keys]
    if len(found) != 1 or rng.random() >= share:
        return "", statements
    return found[0].shown, [s for s in statements if s is not found[0]]


def _is_bare(rng: random.Random, s: Statement) -> bool:
    return s.key in SPEAKING and rng.random() < 0.3


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


SIGNERS = frozenset({"sender", "customer", "patient", "contact"})
HOUSES = frozenset({"supplier", "employer"})
SPEAKING = frozenset({"email", "phone", "website"})
VOICES: tuple[Voice, ...] = (_form, _terse, _prose, _letter, _mixed, _email, _chat)
VOICE_WEIGHTS = (24, 11, 26, 14, 12, 8, 5)
