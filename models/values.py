"""Values of every kind: what the record holds, and how a writer would put it in a text."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models.lexicon import (
    CURRENCIES,
    MAIL_HOSTS,
    MATERIALS,
    MONTHS,
    NUMBER_WORDS,
    THINGS,
    TROUBLES,
    WEEKDAYS,
)
from models.pools import Pools, made_up_word


@dataclass(frozen=True, slots=True)
class Value:
    """One fact: the answer in the record and its surfaces in a text.

    Attributes:
        answer: What the record holds; Decimal keeps digits as written.
        shown: What stands for it in a text, beside a label.
        clauses: Whole clauses that say it by themselves; None of them holds `{v}`.
    """

    answer: Any
    shown: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: a source of chance, names to use, and habits kept through one text."""

    rng: random.Random
    pools: Pools
    currency: str
    money: str
    date_style: int
    comma_decimals: bool
    grouped: bool


Maker = Callable[[Writer], Value]


def new_writer(rng: random.Random, pools: Pools) -> Writer:
    """Returns a writer with habits of their own."""
    currency = rng.choice(list(CURRENCIES))
    return Writer(
        rng=rng,
        pools=pools,
        currency=currency,
        money=rng.choice(CURRENCIES[currency]),
        date_style=rng.randrange(len(DATE_STYLES)),
        comma_decimals=rng.random() < 0.2,
        grouped=rng.random() < 0.6,
    )


def span(text: str) -> Value:
    """Returns a string value that stands in the text as it is."""
    return Value(text, text)


def person(w: Writer) -> Value:
    """Returns a name of one of several shapes."""
    first, last = _name_part(w, w.pools.firsts), _name_part(w, w.pools.lasts)
    roll = w.rng.random()
    if roll < 0.75:
        return span(f"{first} {last}")
    if roll < 0.85:
        return span(f"{w.rng.choice(('Dr.', 'Mr.', 'Ms.', 'Mrs.', 'Prof.'))} {last}")
    return span(first if roll < 0.93 else f"{first[0]}. {last}")


def _name_part(w: Writer, pool: tuple[str, ...]) -> str:
    return w.rng.choice(pool) if w.rng.random() < 0.6 else made_up_word(w.rng).capitalize()


def company(w: Writer) -> Value:
    """Returns a company's name."""
    if w.rng.random() < 0.5:
        return span(w.rng.choice(w.pools.companies))
    form = w.rng.choice(("Ltd", "GmbH", "Inc", "LLC", "& Sons", "Group", "Labs", "AG", "Logistics"))
    return span(f"{made_up_word(w.rng).capitalize()} {form}")


def city(w: Writer) -> Value:
    """Returns a town, real or not."""
    return span(_name_part(w, w.pools.cities))


def street(w: Writer) -> Value:
    """Returns a street with a house number."""
    if w.rng.random() < 0.5:
        return span(w.rng.choice(w.pools.streets))
    way = w.rng.choice(("Street", "Road", "Lane", "Avenue", "Square", "Way"))
    return span(f"{w.rng.randint(1, 250)} {made_up_word(w.rng).capitalize()} {way}")


def country(w: Writer) -> Value:
    """Returns a country's English name."""
    return span(w.rng.choice(w.pools.countries))


def email(w: Writer) -> Value:
    """Returns an address made of plain letters."""
    first = _ascii(_name_part(w, w.pools.firsts))
    last = _ascii(_name_part(w, w.pools.lasts))
    local = w.rng.choice((f"{first}.{last}", first, f"{first}{w.rng.randint(1, 99)}", last))
    host = w.rng.choice(MAIL_HOSTS) if w.rng.random() < 0.5 else f"{made_up_word(w.rng)}.com"
    return span(f"{local}@{_ascii(host)}")


def _ascii(text: str) -> str:
    kept = "".join(c for c in text.lower() if c.isascii() and (c.isalnum() or c == "."))
    return kept or "info"


def phone(w: Writer) -> Value:
    """Returns a telephone number in one of several layouts."""
    layout = w.rng.choice(
        ("+## ### #######", "0## ####-####", "(###) ###-####", "+## ## ### ## ##", "###-####")
    )
    return span(_filled(w.rng, layout))


def code(*layouts: str) -> Maker:
    """Returns a maker of codes; in a layout `#` is a digit, `@` a capital, `_` a lower letter."""

    def make(w: Writer) -> Value:
        return span(_filled(w.rng, w.rng.choice(layouts if w.rng.random() < 0.6 else CODES)))

    return make


CODES = (
    "@@-####", "####-##", "@@@-###", "#####", "@##-@@#", "@@@@####", "#@#@#@", "INV-####",
    "#######", "@@-##-####", "___-##", "_#_#", "@@@/##/###", "REF#####", "####/####", "@-######",
    "@@####@@",
)  # fmt: skip
any_code = code(*CODES)


def _filled(rng: random.Random, layout: str) -> str:
    draws = {
        "#": lambda: rng.choice("0123456789"),
        "@": lambda: rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ"),
        "_": lambda: rng.choice("abcdefghijklmnopqrstuvwxyz"),
    }
    return "".join(draws[c]() if c in draws else c for c in layout)


def word(w: Writer) -> Value:
    """Returns one word, known or made up."""
    return span(w.rng.choice(w.pools.words) if w.rng.random() < 0.6 else made_up_word(w.rng))


def title(w: Writer) -> Value:
    """Returns two to four words, the first with a capital."""
    words = [word(w).answer for _ in range(w.rng.randint(2, 4))]
    return span(" ".join(words).capitalize() if w.rng.random() < 0.7 else " ".join(words).title())


def job(w: Writer) -> Value:
    """Returns a profession."""
    return span(w.rng.choice(w.pools.jobs))


def product(w: Writer) -> Value:
    """Returns something that can be bought."""
    thing = w.rng.choice(THINGS)
    roll = w.rng.random()
    if roll < 0.4:
        return span(f"{w.rng.choice(MATERIALS)} {thing}")
    if roll < 0.6:
        return span(thing)
    if roll < 0.8:
        return span(f"{thing} {_filled(w.rng, w.rng.choice(('@##', '@@-###', '###', '@#')))}")
    return span(f"{made_up_word(w.rng).capitalize()} {thing}")


def trouble(w: Writer) -> Value:
    """Returns a short description of something that went wrong."""
    what = w.rng.choice(TROUBLES).format(n=w.rng.randint(100, 599))
    return span(f"{w.rng.choice(('the ', '', 'my ', 'our '))}{product(w).answer} {what}")


def url(w: Writer) -> Value:
    """Returns a web address."""
    path = w.rng.choice(("", f"/{made_up_word(w.rng)}", f"/{w.rng.randint(1, 999)}"))
    return span(f"https://{_ascii(made_up_word(w.rng))}.{w.rng.choice(('com', 'io', 'org'))}{path}")


def integer(low: int, high: int) -> Maker:
    """Returns a maker of whole numbers, sometimes spelled out when small."""

    def make(w: Writer) -> Value:
        number = w.rng.randint(low, high)
        if number <= 20 and w.rng.random() < 0.3:
            return Value(number, NUMBER_WORDS[number])
        if number in {2, 12} and w.rng.random() < 0.4:
            return Value(number, "a dozen" if number == 12 else "a couple of")
        return Value(number, f"{number:,}" if w.grouped and number > 9999 else str(number))

    return make


quantity = integer(1, 24)


def decimal(w: Writer) -> Value:
    """Returns a number with up to two decimals and no unit."""
    number = Decimal(w.rng.randint(1, 99999)).scaleb(-w.rng.choice((1, 2)))
    return Value(number, _localised(w, number))


def percent(w: Writer) -> Value:
    """Returns a percentage; the record holds the bare number."""
    number = w.rng.choice((w.rng.randint(1, 99), Decimal(w.rng.randint(5, 399)).scaleb(-1)))
    return Value(number, f"{number}{w.rng.choice(('%', ' %', ' percent'))}")


def amount(w: Writer) -> Value:
    """Returns money; the record holds the bare number, with the digits as written."""
    size = 10 ** w.rng.choice((2, 3, 4, 5, 6))
    whole = w.rng.random() < 0.4
    number = Decimal(w.rng.randint(1, size // 10 if whole else size))
    number = number if whole else number.scaleb(-2)
    return Value(number if not whole else int(number), w.money.format(_localised(w, number)))


def _localised(w: Writer, number: Decimal) -> str:
    text = f"{number:,}" if w.grouped else str(number)
    return text.translate(str.maketrans(",.", ".,")) if w.comma_decimals else text


def currency(w: Writer) -> Value:
    """Returns the currency this writer uses for every amount."""
    return Value(w.currency, w.currency)


def day(w: Writer) -> Value:
    """Returns a date; the record holds it as ISO 8601."""
    when = date(2019, 1, 1) + timedelta(days=w.rng.randrange(3650))
    style = w.date_style if w.rng.random() < 0.7 else w.rng.randrange(len(DATE_STYLES))
    return Value(when.isoformat(), DATE_STYLES[style](when))


def _ordinal(n: int) -> str:
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


DATE_STYLES: tuple[Callable[[date], str], ...] = (
    lambda d: d.isoformat(),
    lambda d: d.isoformat(),
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{MONTHS[d.month - 1]} {_ordinal(d.day)}, {d.year}",
    lambda d: f"{_ordinal(d.day)} of {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{d.day:02d}.{d.month:02d}.{d.year}",
    lambda d: f"{d.day:02d}/{d.month:02d}/{d.year}",
    lambda d: f"{d.day} {MONTHS[d.month - 1][:3]} {d.year}",
    lambda d: f"{WEEKDAYS[d.weekday()][:3]} {d.day} {MONTHS[d.month - 1][:3]} {d.year}",
    lambda d: f"{WEEKDAYS[d.weekday()]}, {MONTHS[d.month - 1]} {d.day}, {d.year}",
)


def clock(w: Writer) -> Value:
    """Returns a time of day as HH:MM; the text may use the twelve-hour clock."""
    hour, minute = w.rng.randrange(24), w.rng.choice((0, 0, 15, 30, 45, w.rng.randrange(60)))
    iso = f"{hour:02d}:{minute:02d}"
    if w.rng.random() < 0.65:
        return Value(iso, iso)
    half = "am" if hour < 12 else "pm"
    shown = f"{(hour - 1) % 12 + 1}" + (f":{minute:02d}" if minute else "")
    return Value(iso, f"{shown}{w.rng.choice(('', ' '))}{half}")


def flag(yes: str, no: str) -> Maker:
    """Returns a maker of booleans from clauses that say yes and clauses that say no."""
    says = {True: tuple(yes.split("|")), False: tuple(no.split("|"))}

    def make(w: Writer) -> Value:
        holds = w.rng.random() < 0.5
        pair = w.rng.choice((("yes", "no"), ("Yes", "No"), ("true", "false"), ("Y", "N")))
        return Value(holds, pair[0] if holds else pair[1], says[holds])

    return make
