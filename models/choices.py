"""Choices: a text and a few options, of which exactly one fits."""

from __future__ import annotations

import random

from models import values as v
from models.example import Example
from models.facts import FACTS
from models.kinds import DISTRACTORS, KINDS
from models.pools import Pools
from models.records import record_example


def choice_example(rng: random.Random, pools: Pools) -> Example:
    """Returns a case whose answer is one of its options."""
    return rng.choice((_inferred, _inferred, _kind_of_text))(rng, pools)


def _inferred(rng: random.Random, pools: Pools) -> Example:
    fact = FACTS[rng.choice([key for key, fact in FACTS.items() if fact.options])]
    value = fact.make(v.new_writer(rng, pools))
    sentences = [rng.choice(value.clauses), *rng.sample(DISTRACTORS, rng.randint(0, 2))]
    if rng.random() < 0.6:
        sentences.append(v.trouble(v.new_writer(rng, pools)).answer)
    rng.shuffle(sentences)
    text = " ".join(f"{s[:1].upper()}{s[1:].rstrip('.')}." for s in sentences)
    return _example(rng, text, list(fact.options), value.answer)


def _kind_of_text(rng: random.Random, pools: Pools) -> Example:
    right = rng.choice(KINDS)
    text = f"{rng.choice(right.openings)}. {record_example(rng, pools, 0.4, right).text}"
    others = rng.sample([kind.name for kind in KINDS if kind is not right], rng.randint(1, 4))
    return _example(rng, text, [right.name, *others], right.name)


def _example(rng: random.Random, text: str, options: list[str], answer: str) -> Example:
    rng.shuffle(options)
    spell = rng.choice((str, str, str.upper, lambda s: s.replace("_", " ")))
    return Example("choice", "one of " + "|".join(map(spell, options)), text, spell(answer))
