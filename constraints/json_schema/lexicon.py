"""The lexers of generation: what each place of a parser reads, and what each label means to it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from constraints.automata.dfa import Row
from constraints.automata.labelled import side_by_side, trimmed
from constraints.automata.spelling import Spelling, json_strings
from constraints.errors import LimitError
from constraints.json_schema import whitespace
from constraints.json_schema.forms import Form
from constraints.json_schema.keys import Keys, Pattern
from constraints.json_schema.parser import (
    ANY_INDEX,
    ARRAY,
    COLON,
    ELEMENT,
    KEY,
    MEMBER,
    OBJECT,
    VALUE,
    Class,
    Parser,
    Place,
    Plan,
)
from constraints.json_schema.tries import Tries, trie
from constraints.json_schema.values import ReadValue, ValueLexer, last_characters
from constraints.json_schema.whitespace import Gap, Layout
from constraints.lexer import NO_LABEL, Lexer

MOST_UNORDERED = 8
"""Most declared names of one object that come in any order."""
MOST_SHARED, OPEN_SHARED = 2, 1
"""Characters at the beginning of a declared name from which on it is that name; where no keyword
speaks of undeclared names."""
MOST_TAGS = 8
"""Most undeclared names of one object."""

Step = Callable[[Place], int | None]
"""What a label does at a place."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels in order, of which those behind one that is not optional do not come.

    Attributes:
        first: The first of them.
        optional: For each label, whether the next one may come in its place.
    """

    first: int
    optional: tuple[bool, ...]


class OverBudgetError(Exception):
    """What a policy lets be generated passes a budget."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a place is read.

    Attributes:
        lexer: Reads there.
        start: The lexer's state.
        steps: What each label does.
        home: The place that reads alike but for where the lexer starts, if it is another one.
        labels: With a home, or of one: the labels that come from this start.
    """

    lexer: Lexer
    start: int
    steps: tuple[Step, ...]
    home: int | None = None
    labels: Labels | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """Names, some of them allowed: a trie whose sets of allowed names share their endings."""

    lexer: Lexer
    starts: tuple[int, ...]
    steps: tuple[Step, ...]
    optional: tuple[bool, ...] = ()


Spelled = tuple[Lexer, tuple[int, ...]]
"""A lexer of names, and its state before each of several sets of them."""


@dataclass(frozen=True, slots=True)
class Known:
    """Lexers that do not depend on how much of a schema is generated.

    Attributes:
        values: Of values, by their scalars.
        words: Of names, by the names.
        classes: Of names with undeclared ones, before these are chosen from.
    """

    values: dict[Hashable, ReadValue] = field(default_factory=dict)
    words: dict[Hashable, Spelled] = field(default_factory=dict)
    classes: dict[Hashable, tuple[list[Row], list[int], dict[Class, int]]] = field(
        default_factory=dict
    )


class Lexicon:
    """Lexers for the places of one parser.

    Attributes:
        parser: The parser.
        layout: The whitespace between tokens.
        most_length: Most characters of strings that have an upper bound.
        tags: Undeclared names of one object, at most.
        known: Lexers of values and names, shared by the lexicons of one schema.
    """

    def __init__(
        self,
        parser: Parser,
        layout: Layout,
        *,
        most_length: int,
        tags: int,
        known: Known,
    ) -> None:
        self.parser = parser
        self.known = known
        self.layout = layout
        self.most_length = most_length
        self.tags = tags
        self._words: dict[Hashable, _Words] = {}
        self._read: dict[int, Callable[[Place], Reading]] = {
            VALUE: self._value,
            OBJECT: self._opened,
            ARRAY: self._opened,
            KEY: self._key,
            COLON: self._colon,
            MEMBER: self._between,
            ELEMENT: self._between,
        }

    def reading(self, number: int) -> Reading:
        """How a place is read."""
        place = self.parser.places[number]
        return self._read[place.kind](place)

    def around(self) -> Lexer | None:
        """Reads the whitespace before and after the text; None where there is none."""
        run = self.layout(Gap.ROOT, 0)
        return None if run == b"" else whitespace.around(run)

    def _opened(self, place: Place) -> Reading:
        bracket = 0x5D if place.kind == ARRAY else 0x7D
        first = self.layout(Gap.OPENED, place.depth)
        empty = self.layout(Gap.INSIDE_EMPTY, place.depth)
        lexer = whitespace.opened(first, empty, bracket)
        return Reading(lexer, 0, (self.parser.first, self.parser.closed))

    def _between(self, place: Place) -> Reading:
        lexer = whitespace.between(
            self.layout(Gap.BEFORE_COMMA, place.depth),
            self.layout(Gap.AFTER_COMMA, place.depth),
            self.layout(Gap.CLOSING, place.depth),
            0x5D if place.kind == ELEMENT else 0x7D,
        )
        return Reading(lexer, 0, (self.parser.first, self.parser.closed))

    def _colon(self, place: Place) -> Reading:
        lexer = whitespace.colon(
            self.layout(Gap.BEFORE_COLON, place.depth), self.layout(Gap.AFTER_COLON, place.depth)
        )
        return Reading(lexer, 0, (self.parser.colon,))

    def _key(self, place: Place) -> Reading:
        plan = self.parser.members.plan(place)
        words = self._known_words(place, plan)
        start = words.starts[place.index if 0 <= place.index < len(words.starts) else 0]
        if len(words.starts) > 1 and self.parser.members.is_simple(place):
            labels = Labels(place.index, words.optional)
            home = None if place.index == ANY_INDEX else self.parser.home(place)
            return Reading(words.lexer, start, words.steps, home, labels)
        return Reading(words.lexer, start, words.steps)

    def _known_words(self, place: Place, plan: Plan) -> _Words:
        alternatives = tuple(dict.fromkeys(number for _, number, _ in place.items))
        key = place.plan, alternatives, self._most_tags(place, plan)
        if key not in self._words:
            self._words[key] = self._new_words(place, plan)
        return self._words[key]

    def _new_words(self, place: Place, plan: Plan) -> _Words:
        if not self._is_ordered and len(plan.names) > MOST_UNORDERED:
            raise OverBudgetError
        if self.parser.members.is_closed(place):
            return self._ordered(place, plan) if self._is_ordered else self._listed(plan.names)
        listed = [name for keys in plan.keys for name in sorted(keys.names)]
        others = [
            name
            for name in dict.fromkeys(listed)
            if name not in plan.position and self.parser.members.admitted(place, name)
        ]
        names = (*plan.names, *others)
        try:
            mixed = self._mixed(place, plan, names)
        except LimitError:
            self._narrow(place, "undeclared properties are left out: their patterns are too many")
            mixed = None
        if mixed is not None:
            return mixed
        if others or not self._is_ordered:
            return self._listed(names)
        return self._ordered(place, plan)

    @property
    def _is_ordered(self) -> bool:
        return self.parser.policy.ordered

    def _narrow(self, place: Place, message: str) -> None:
        goals = self.parser.goals(self.parser.places[place.outer])
        self.parser.register.narrow(goals[0], "additionalProperties", message)

    def _ordered(self, place: Place, plan: Plan) -> _Words:
        """From each index on, the names up to the next one that every alternative requires."""
        required = self.parser.members.required(place)
        optional = tuple(name not in required for name in plan.names)
        key = (plan.names, optional)
        if key not in self.known.words:
            self.known.words[key] = _ordered_names(plan.names, optional)
        lexer, starts = self.known.words[key]
        return _Words(lexer, starts, self._named(plan.names), optional)

    def _listed(self, names: tuple[str, ...]) -> _Words:
        """All of some names, at any time."""
        if names not in self.known.words:
            tries, root = trie(names)
            self.known.words[names] = _string_lexer(*tries.rows(), [root], "plain")
        lexer, starts = self.known.words[names]
        return _Words(lexer, starts, self._named(names))

    def _mixed(self, place: Place, plan: Plan, names: tuple[str, ...]) -> _Words | None:
        """All of some names, and undeclared ones; None where no undeclared name may come."""
        patterns = tuple(dict.fromkeys(each for keys in plan.keys for each in keys.patterns))
        unlisted = {name for keys in plan.keys for name in keys.names} - {*names}
        words = (*names, *sorted(unlisted))
        tags = self._most_tags(place, plan)
        shared = OPEN_SHARED if self.parser.members.is_unspoken(place) else MOST_SHARED
        key = (words, plan.keys, tags, shared)
        if key not in self.known.classes:
            self.known.classes[key] = _with_classes(words, plan.keys, patterns, tags, shared)
        rows, labels, classes = self.known.classes[key]
        admitted = [each for each in classes if self.parser.members.admitted(place, each)]
        if not admitted:
            return None
        self._narrow(
            place,
            f"{tags} undeclared properties at most, after the others, whose names share less than "
            f"{shared} characters with the beginning of a declared one",
        )
        whole = (key, len(names), *(classes[each] for each in admitted))
        if whole not in self.known.words:
            known = {index: index for index in range(len(names))}
            number = {classes[each]: len(names) + i for i, each in enumerate(admitted)}
            kept = known | number
            labels = [kept.get(label, NO_LABEL) for label in labels]
            self.known.words[whole] = _string_lexer(trimmed(rows, labels), labels, [0], "plain")
        lexer, starts = self.known.words[whole]
        return _Words(lexer, starts, self._named((*names, *admitted)))

    def _named(self, names: Iterable[str | Class]) -> tuple[Step, ...]:
        return tuple(_Named(self.parser, name) for name in names)

    def _most_tags(self, place: Place, plan: Plan) -> int:
        """How many undeclared names one object has: more than one where they are the point.

        Half as many at each further level that nothing describes, for each set of names that
        came before is a place of its own for all that is inside.
        """
        if plan.names and plan.missing < 2:
            return 1
        tags = self.tags >> max(place.free - 1, 0)
        return max(tags, min(plan.missing, MOST_TAGS), 1)

    def _value(self, place: Place) -> Reading:
        forms = self.parser.forms(place)
        bounded = any(text.high is not None for form in forms for text in form.texts)
        most_length = self.most_length if bounded else None
        key = (tuple(map(_scalars, forms)), place.telling, most_length)
        values = self.known.values
        if key not in values:
            values[key] = ValueLexer(forms, self.most_length).built(telling=place.telling)
        found = values[key]
        goals = self.parser.goals(place)
        for note in found.notes:
            record = self.parser.register.respell if note.respelled else self.parser.register.narrow
            record(goals[note.goal], note.keyword, note.message)
        steps = tuple(
            _Opened(self.parser, meaning == "array")
            if isinstance(meaning, str)
            else _Scalar(self.parser, *meaning)
            for meaning in found.meanings
        )
        return Reading(found.lexer, 0, steps)


def _scalars(form: Form) -> Hashable:
    """What the lexer of a value depends on."""
    texts = tuple(
        (text.listed, tuple(map(id, text.values)), text.low, text.high, text.formats)
        for text in form.texts
    )
    brackets = bool(form.arrays), bool(form.objects)
    return form.null, form.booleans, form.numbers, texts, brackets


@dataclass(frozen=True, slots=True)
class _Named:
    """After a name."""

    parser: Parser
    name: str | Class

    def __call__(self, place: Place) -> int | None:
        return self.parser.key(place, self.name)


@dataclass(frozen=True, slots=True)
class _Scalar:
    """After a scalar."""

    parser: Parser
    met: int
    value: Hashable

    def __call__(self, place: Place) -> int | None:
        return self.parser.scalar(place, self.met, self.value)


@dataclass(frozen=True, slots=True)
class _Opened:
    """After an opening bracket."""

    parser: Parser
    array: bool

    def __call__(self, place: Place) -> int | None:
        return self.parser.opened(place, array=self.array)


def _ordered_names(names: tuple[str, ...], optional: tuple[bool, ...]) -> Spelled:
    """From each index on, the names up to the next one that is not optional."""
    tries = Tries()
    root = tries.leaf()
    roots = [root]
    for index in reversed(range(len(names))):
        root = tries.with_word(root if optional[index] else tries.leaf(), names[index], index)
        roots.append(root)
    return _string_lexer(*tries.rows(), roots[::-1], "plain")


def _string_lexer(
    rows: Sequence[Row], labels: Sequence[int], roots: Sequence[int], spelling: Spelling
) -> Spelled:
    spelled, ends, starts = json_strings(rows, labels, roots, spelling)
    return (
        Lexer.from_rows(spelled, [ends.get(state, NO_LABEL) for state in range(len(spelled))]),
        tuple(starts),
    )


def _with_classes(
    words: tuple[str, ...],
    keys: tuple[Keys, ...],
    patterns: tuple[Pattern, ...],
    tags: int,
    shared: int,
) -> tuple[list[Row], list[int], dict[Class, int]]:
    """Words with their labels, and other names with further labels, one for each class.

    A name that begins with `shared` characters of a word is that word: each state in which both
    may go on would read nearly the whole vocabulary in its own way.
    """
    tries, root = trie(words)
    word_rows, word_labels = tries.rows()
    depth = tries.depths(root)
    deep = [depth[node] >= shared if node in depth else False for node in range(len(word_rows))]
    shallow = [[] if below else row for row, below in zip(word_rows, deep, strict=True)]
    languages = [each.values for each in patterns]
    rows, states = side_by_side(
        [last_characters(tags), shallow, *(each.rows() for each in languages)],
        [0, root, *(-1 if each.is_empty else 0 for each in languages)],
    )
    number: dict[Class, int] = {}
    labels: list[int] = []
    for index, (tag, word, *rest) in enumerate(states):
        label = word_labels[word] if word >= 0 else NO_LABEL
        if word >= 0 and deep[word]:
            rows[index] = _moved(word_rows[word], len(states))
        elif label == NO_LABEL:
            matched = frozenset(
                pattern
                for pattern, state in zip(patterns, rest, strict=True)
                if state >= 0 and pattern.values.accepting[state]
            )
            each = Class(_inside(keys, matched), tag)
            label = number.setdefault(each, len(words) + len(number))
        labels.append(label)
    rows.extend(_moved(row, len(states)) for row in word_rows)
    return rows, [*labels, *word_labels], number


def _moved(row: Row, by: int) -> Row:
    return [(low, high, target + by) for low, high, target in row]


def _inside(keys: tuple[Keys, ...], matched: frozenset[Pattern]) -> frozenset[Keys]:
    """The sets that hold a name that is listed in none, and matches some patterns."""
    return frozenset(
        each for each in keys if each.inverted != (not matched.isdisjoint(each.patterns))
    )
