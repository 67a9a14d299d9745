"""Pools of names, places and words, drawn once from Faker and split into train and held-out."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from faker import Faker

Split = Literal["train", "held_out"]
HELD_OUT_EVERY = 10
LOCALES = (
    "en_US", "en_GB", "en_AU", "en_IN", "de_DE", "de_AT", "fr_FR", "fr_CA", "es_ES", "es_MX",
    "it_IT", "pt_BR", "pt_PT", "nl_NL", "pl_PL", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ",
    "hu_HU", "ro_RO", "tr_TR", "hr_HR", "sk_SK", "sl_SI", "en_NZ", "en_IE", "et_EE", "lt_LT",
)  # fmt: skip
CITY_LOCALES = tuple(each for each in LOCALES if each != "it_IT")  # Faker lists its towns in a set
WORD_LOCALES = (
    "en_US", "en_US", "en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "la",
)  # fmt: skip
ONSETS = (
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p",
    "pl", "pr", "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "x", "y", "z", "th", "sk", "gl",
)  # fmt: skip
VOWELS = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ou", "ee", "ia", "é", "ö", "y"]
CODAS = ["", "", "", "n", "r", "s", "l", "m", "x", "k", "nd", "rt", "ck", "th"]


@dataclass(frozen=True, slots=True)
class Pools:
    """Strings that texts are made of, each kind a tuple; the two splits share none."""

    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    companies: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    countries: tuple[str, ...]
    jobs: tuple[str, ...]
    words: tuple[str, ...]


@lru_cache(maxsize=4)
def load_pools(split: Split, per_locale: int = 120) -> Pools:
    """Returns the pools of one split; the same arguments always give the same pools."""
    fakers = {locale: _seeded(locale) for locale in LOCALES}
    everyone = list(fakers.values())
    towns = [fakers[locale] for locale in CITY_LOCALES]
    english = [_seeded(locale) for locale in ("en_US", "en_GB")]
    talkers = [_seeded(locale) for locale in WORD_LOCALES if locale != "la"]

    def pool(sources: list[Faker], method: str, count: int = per_locale) -> tuple[str, ...]:
        found = _distinct([getattr(source, method) for source in sources], count)
        return tuple(_part(found, split))

    return Pools(
        firsts=pool(everyone, "first_name"),
        lasts=pool(everyone, "last_name"),
        companies=pool(everyone, "company"),
        cities=pool(towns, "city"),
        streets=pool(everyone, "street_address"),
        countries=pool(english, "country", 400),
        jobs=pool(english, "job", 400),
        words=pool(talkers, "word", 400),
    )


def _seeded(locale: str) -> Faker:
    faker = Faker(locale)
    faker.seed_instance(sum(map(ord, locale)))
    return faker


def _distinct(draws: list[Callable[[], str]], count: int) -> list[str]:
    found = {" ".join(str(draw()).split()) for draw in draws for _ in range(count)}
    return sorted(value for value in found if len(value) <= 40)


def _part(found: list[str], split: Split) -> list[str]:
    chosen = random.Random(7)
    held = {value for value in found if chosen.randrange(HELD_OUT_EVERY) == 0}
    return [value for value in found if (value in held) == (split == "held_out")]


def made_up_word(rng: random.Random, syllables: int | None = None) -> str:
    """Returns a pronounceable word that no list holds."""
    count = syllables or rng.choice((1, 2, 2, 3))
    return "".join(
        rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(count)
    )
