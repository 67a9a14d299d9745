"""Records: a schema of random make, the record that answers it, and what the text must state."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.prompt import outline
from models import values as v
from models.example import Example, compact
from models.fact import DATE, NUMBER, TEXT, TRUTH, WHOLE, Fact
from models.facts import FACTS, GENERIC_CLAUSES, LISTS
from models.kinds import KINDS, Kind
from models.pools import Pools, made_up_word
from models.values import Value, Writer
from models.voices import Statement, written

GROUPS = {
    "address": ("street", "city", "postcode", "country"),
    "contact": ("contact", "email", "phone", "website"),
    "customer": ("customer", "email", "phone", "account"),
    "period": ("start_date", "end_date"),
    "payment": ("total", "currency", "payment_method", "paid", "due_date"),
    "trip": ("origin", "destination", "start_date", "end_date"),
    "item": ("product", "sku", "quantity", "price", "size"),
}
LOOSE_GROUPS = ("details", "info", "data", "meta", "content", "summary", "entry")
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema, its answer, and the statement that gives it away."""

    name: str
    schema: dict[str, Any]
    answer: Any
    statements: tuple[Statement, ...]
    spans: tuple[str, ...]
    key: str = ""
    required: bool = True


def record_example(
    rng: random.Random, pools: Pools, size: float = 1.0, kind: Kind | None = None
) -> Example:
    """Returns one record case; `size` in (0, 1] scales how many fields it has."""
    w = v.new_writer(rng, pools)
    kind = kind or rng.choice(KINDS)
    fields, extra = _fields(w, kind, size)
    naming = rng.choices(NAMINGS, weights=(60, 28, 6, 6))[0]
    fields = _distinct(_grouped(rng, [replace(f, name=naming(f.name)) for f in fields]))
    statements = [s for f in fields + extra for s in f.statements]
    rng.shuffle(statements)
    schema = _object(fields)
    return Example(
        job="record",
        outline=outline(schema),
        text=written(rng, kind, statements),
        answer=compact({f.name: f.answer for f in fields if f.answer is not ABSENT}),
        schema=schema,
        spans=tuple(span for f in fields for span in f.spans),
    )


def _fields(w: Writer, kind: Kind, size: float) -> tuple[list[Field], list[Field]]:
    """Returns the fields asked for and others the text states all the same."""
    count = max(1, round(w.rng.triangular(1, 9, 5) * size))
    clear = _unmistakable(w.rng, kind)
    keys, others = clear[:count], clear[count:]
    used: set[str] = set()
    fields = [_weakened(w.rng, _field(w, FACTS[key], key, used)) for key in keys]
    while w.rng.random() < 0.22:
        fields.append(_field(w, _synthetic(w), "", used))
    if kind.lists and w.rng.random() < 0.18 * size:
        fields.append(_list(w, w.rng.choice(kind.lists), used))
    if w.rng.random() < (0.45 if kind.has_lines else 0.1) * size:
        fields.append(_lines(w, used, kind.has_lines))
    w.rng.shuffle(fields)
    num_extra = min(len(others), int(w.rng.random() * 3 * size))
    return fields, [_field(w, FACTS[key], key, used) for key in w.rng.sample(others, num_extra)]


def _unmistakable(rng: random.Random, kind: Kind) -> list[str]:
    """Returns facts of this kind in random order, of which no two could share a field name."""
    chosen: list[str] = []
    taken: set[str] = set()
    for key in rng.sample(kind.facts, len(kind.facts)):
        if taken.isdisjoint(FACTS[key].names):
            chosen.append(key)
            taken.update(FACTS[key].names)
    return chosen


def _field(w: Writer, fact: Fact, key: str, used: set[str]) -> Field:
    value = fact.make(w)
    schema, answer = dict(fact.schema), value.answer
    if fact.options:
        options, answer = _options(w.rng, fact.options, answer)
        schema["enum"] = options
    name = _unused(w.rng, fact.names, used)
    label = w.rng.choice(fact.labels)
    if w.rng.random() < 0.12:
        schema["description"] = w.rng.choice(("{}", "the {}", "{} of this text")).format(
            label.lower()
        )
    spans = (answer,) if _is_span(value) and not fact.options else ()
    return Field(name, schema, answer, (_statement(w, fact, value, label, name, key),), spans, key)


def _is_span(value: Value) -> bool:
    return isinstance(value.answer, str) and value.answer == value.shown and not value.clauses


def _statement(w: Writer, fact: Fact, value: Value, label: str, name: str, key: str) -> Statement:
    if w.rng.random() < 0.3:
        label = name.replace("_", " ")
    generic = [
        clause.format(l=label.lower(), v=value.shown) for clause in w.rng.sample(GENERIC_CLAUSES, 2)
    ]
    own = list(value.clauses) or [clause.format(v=value.shown) for clause in fact.clauses]
    said = own if own and w.rng.random() < 0.75 else generic
    return Statement(label, value.shown, tuple(said), key=key)


def _options(rng: random.Random, options: tuple[str, ...], answer: str) -> tuple[list[str], str]:
    """Returns a subset of the options that holds the answer, in one random spelling."""
    spell = rng.choice(SPELLINGS)
    others = [option for option in options if option != answer]
    kept = rng.sample(others, rng.randint(min(1, len(others)), len(others)))
    chosen = [option for option in options if option == answer or option in kept]
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    return [spell(option) for option in chosen], spell(answer)


SPELLINGS: tuple[Callable[[str], str], ...] = (
    str, str, str.upper, lambda s: s.replace("_", " "), lambda s: s.replace("_", " ").capitalize(),
)  # fmt: skip


def _weakened(rng: random.Random, field: Field) -> Field:
    """Makes some fields optional or nullable, and leaves some of those out of the text."""
    roll = rng.random()
    if roll < 0.72:
        return field
    absent = rng.random() < 0.4
    statements, spans = ((), ()) if absent else (field.statements, field.spans)
    if roll < 0.88:
        answer = ABSENT if absent else field.answer
        return replace(field, required=False, answer=answer, statements=statements, spans=spans)
    answer = None if absent else field.answer
    described = {k: s for k, s in field.schema.items() if k == "description"}
    plain = {k: s for k, s in field.schema.items() if k != "description"}
    schema = {"anyOf": [plain, {"type": "null"}], **described}
    return replace(field, schema=schema, answer=answer, statements=statements, spans=spans)


def _unused(rng: random.Random, names: tuple[str, ...], used: set[str]) -> str:
    free = [name for name in names if name not in used]
    name = rng.choice(free) if free else f"{rng.choice(names)}_{len(used)}"
    used.add(name)
    return name


def _synthetic(w: Writer) -> Fact:
    """Returns a fact that nobody has heard of; only its name or description points at it."""
    words = [v.word(w).answer.lower() for _ in range(w.rng.choice((1, 1, 2)))]
    label, name = " ".join(words), "_".join(words)
    schema, make = w.rng.choice(SYNTHETIC)
    options: tuple[str, ...] = ()
    if make is None:
        options = tuple({made_up_word(w.rng) for _ in range(w.rng.randint(2, 5))})
        options = tuple(sorted(options))
        picked = w.rng.choice(options)
        return Fact((name,), schema, lambda _: Value(picked, picked), (label,), (), options)
    if w.rng.random() < 0.15:
        described = {**schema, "description": label}
        return Fact((w.rng.choice(("field", "value", "x", "col")),), described, make, (label,))
    return Fact((name,), schema, make, (label,))


SYNTHETIC: tuple[tuple[dict[str, Any], v.Maker | None], ...] = (
    (TEXT, v.any_code), (TEXT, v.any_code), (TEXT, v.word), (TEXT, v.title), (TEXT, v.person),
    (TEXT, v.company), (TEXT, v.product), (TEXT, v.email), (WHOLE, v.integer(0, 99999)),
    (WHOLE, v.integer(0, 99)), (NUMBER, v.decimal), (NUMBER, v.amount), (DATE, v.day),
    (TRUTH, lambda w: replace(v.flag("-", "-")(w), clauses=())), (TEXT, None), (TEXT, None),
)  # fmt: skip


def _list(w: Writer, key: str, used: set[str]) -> Field:
    names, make, labels, clauses = LISTS[key]
    items = [make(w).answer for _ in range(w.rng.choice((1, 2, 2, 3, 3, 4, 5)))]
    shown = _joined(w.rng, items)
    name = _unused(w.rng, tuple(names.split()), used)
    said = tuple(clause.format(v=shown) for clause in clauses.split("|"))
    statement = Statement(w.rng.choice(labels.split("|")), shown, said)
    schema = {"type": "array", "items": dict(TEXT)}
    return Field(name, schema, items, (statement,), tuple(items))


def _joined(rng: random.Random, items: list[str]) -> str:
    between = rng.choice((", ", ", ", "; ", " / "))
    last = rng.choice((between, " and ", between))
    return between.join(items[:-1]) + last + items[-1] if len(items) > 1 else items[0]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the objects in a list: names it may have, its type, and what makes it."""

    names: str
    schema: dict[str, Any]
    make: v.Maker


GOODS = {
    "p": Column("item product name article description", TEXT, v.product),
    "q": Column("quantity qty count pieces units", WHOLE, v.integer(1, 40)),
    "m": Column("price unit_price amount cost", NUMBER, v.amount),
    "s": Column("sku code article_number id", TEXT, v.any_code),
}
PEOPLE = {
    "p": Column("name person full_name member", TEXT, v.person),
    "q": Column("email mail contact", TEXT, v.email),
    "m": Column("role position job", TEXT, v.job),
    "s": Column("id code badge", TEXT, v.any_code),
}
LINE_SHAPES: dict[str, tuple[str, ...]] = {
    "pq": ("{q} x {p}", "{q} {p}", "{p}, {q} pcs", "{p} ({q})", "{p}: {q}", "{q}x {p}", "{p} x{q}"),
    "pqm": ("{q} x {p} at {m}", "{p}, {q} pcs, {m}", "{q} {p} for {m} each", "{p} | {q} | {m}",
            "{p} - {q} - {m}", "{q}x {p} @ {m}"),
    "pm": ("{p} for {m}", "{p}: {m}", "{p} ({m})", "{p} - {m}"),
    "sqm": ("{s}, {q} pcs, {m}", "{q} x {s} at {m}"),
    "spq": ("{s} {p}, {q} pcs", "{q} x {p} ({s})", "{p} [{s}] x {q}"),
    "spqm": ("{s} | {p} | {q} | {m}", "{q} x {p} ({s}) at {m}"),
}  # fmt: skip
PEOPLE_SHAPES: dict[str, tuple[str, ...]] = {
    "pq": ("{p} <{q}>", "{p} ({q})", "{p}, {q}", "{p}: {q}"),
    "pm": ("{p} ({m})", "{p}, {m}", "{p} as {m}", "{m}: {p}"),
    "ps": ("{p} ({s})", "{p}: {s}", "{s} {p}"),
}


def _lines(w: Writer, used: set[str], goods: bool) -> Field:
    columns, shapes = (GOODS, LINE_SHAPES) if goods else (PEOPLE, PEOPLE_SHAPES)
    shape = w.rng.choice(list(shapes))
    wording = w.rng.choice(shapes[shape])
    inner: set[str] = set()
    names = {c: _unused(w.rng, tuple(columns[c].names.split()), inner) for c in shape}
    order = w.rng.sample(shape, len(shape)) if w.rng.random() < 0.4 else list(shape)
    rows = [{c: columns[c].make(w) for c in shape} for _ in range(w.rng.choice((1, 2, 2, 3, 3, 4)))]
    said = [wording.format(**{c: value.shown for c, value in row.items()}) for row in rows]
    item = _object([Field(names[c], dict(columns[c].schema), None, (), ()) for c in order])
    words = "items lines positions line_items products articles" if goods else "people team members"
    return Field(
        _unused(w.rng, tuple(words.split()), used),
        {"type": "array", "items": item},
        [{names[c]: row[c].answer for c in order} for row in rows],
        (_line_statement(w.rng, said, goods),),
        tuple(row[c].answer for row in rows for c in order if _is_span(row[c])),
    )


def _line_statement(rng: random.Random, said: list[str], goods: bool) -> Statement:
    label = rng.choice(("Items", "Positions", "Order", "Goods") if goods else ("Team", "People"))
    if rng.random() < 0.5:
        bullet = rng.choice(("- ", "* ", "", "• "))
        block = "".join(f"\n{bullet}{line}" for line in said)
        return Statement(
            label, block, (f"{label}:{block}\n", f"please note:{block}\n"), is_block=True
        )
    inline = rng.choice(("; ", ", ", " and ")).join(said)
    verbs = (
        ("we order {v}", "please send {v}", "that is {v}") if goods else ("with {v}", "meet {v}")
    )
    return Statement(label, inline, tuple(verb.format(v=inline) for verb in verbs))


def _grouped(rng: random.Random, fields: list[Field]) -> list[Field]:
    """Moves some fields into a nested object: those that belong together, or any."""
    if len(fields) < 3 or rng.random() > 0.3:
        return fields
    for group, keys in rng.sample(list(GROUPS.items()), len(GROUPS)):
        members = [f for f in fields if f.key in keys]
        if len(members) >= 2:
            return _nested(rng, fields, members, group)
    return _nested(rng, fields, rng.sample(fields, 2), rng.choice(LOOSE_GROUPS))


def _nested(
    rng: random.Random, fields: list[Field], members: list[Field], group: str
) -> list[Field]:
    inside = {f.name: f.answer for f in members if f.answer is not ABSENT}
    parent = Field(
        group,
        _object(members),
        inside,
        tuple(s for f in members for s in f.statements),
        tuple(span for f in members for span in f.spans),
    )
    outside = [f for f in fields if f not in members]
    outside.insert(rng.randint(0, len(outside)), parent)
    return outside


def _distinct(fields: list[Field]) -> list[Field]:
    """Drops fields whose name was taken, by a group for instance."""
    kept: dict[str, Field] = {}
    for field in fields:
        kept.setdefault(field.name, field)
    return list(kept.values())


def _object(fields: list[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {f.name: f.schema for f in fields},
        "required": [f.name for f in fields if f.required],
        "additionalProperties": False,
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


NAMINGS: tuple[Callable[[str], str], ...] = (str, _camel, _pascal, _spaced)
