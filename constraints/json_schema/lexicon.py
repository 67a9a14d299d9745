"""The lexers of generation: what each place of a parser reads, and what each label means to it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from constraints.automata import Dfa
from constraints.automata.dfa import Row
from constraints.automata.labelled import side_by_side, together
from constraints.automata.spelling import Spelling, json_strings
from constraints.errors import LimitError
from constraints.json_schema import numbers, whitespace
from constraints.json_schema.forms import Form, Text, identity
from constraints.json_schema.goals import Goal
from constraints.json_schema.keys import STRINGS, Keys, Pattern
from constraints.json_schema.numbers import Bound, Number
from constraints.json_schema.parser import (
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
from constraints.json_schema.strings import language
from constraints.json_schema.whitespace import Gap, Layout
from constraints.lexer import NO_LABEL, Counter, Lexer
from constraints.regex.classes import ANY

MOST_UNORDERED = 8
"""Most declared names of one object that come in any order."""
MOST_TAGS = 8
"""Most undeclared names of one object."""
FEW = 200
"""Numbers that stand for all, where their automaton would be too large."""

Step = Callable[[Place], int | None]
"""What a label does at a place."""


class TooLarge(Exception):
    """What a policy lets be generated passes a budget."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a place is read.

    Attributes:
        lexer: Reads there.
        start: The lexer's state.
        steps: What each label does.
        home: The place that reads alike but for where the lexer starts, if it is another one.
    """

    lexer: Lexer
    start: int
    steps: tuple[Step, ...]
    home: int | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """Names, some of them allowed: a trie whose sets of allowed names share their endings."""

    lexer: Lexer
    starts: tuple[int, ...]
    steps: tuple[Step, ...]


class Lexicon:
    """Lexers for the places of one parser.

    Attributes:
        parser: The parser.
        layout: The whitespace between tokens.
        most_length: Most characters of strings that have an upper bound.
        tags: Undeclared names of one object, at most.
    """

    def __init__(self, parser: Parser, layout: Layout, *, most_length: int, tags: int) -> None:
        self.parser = parser
        self.layout = layout
        self.most_length = most_length
        self.tags = tags
        self._values: dict[Hashable, tuple[Lexer, tuple[Any, ...]]] = {}
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
        plan = self.parser.plan(place)
        words = self._known_words(place, plan)
        start = words.starts[place.index if 0 <= place.index < len(words.starts) else 0]
        if len(words.starts) > 1 and self.parser.is_simple(place):
            return Reading(words.lexer, start, words.steps, self.parser.home(place))
        return Reading(words.lexer, start, words.steps)

    def _known_words(self, place: Place, plan: Plan) -> _Words:
        key = (place.plan, tuple(dict.fromkeys(number for _, number, _ in place.items)))
        if key not in self._words:
            self._words[key] = self._new_words(place, plan)
        return self._words[key]

    def _new_words(self, place: Place, plan: Plan) -> _Words:
        if not self._is_ordered and len(plan.names) > MOST_UNORDERED:
            raise TooLarge
        if self.parser.is_closed(place):
            return self._ordered(place, plan) if self._is_ordered else self._listed(plan.names)
        listed = [name for keys in plan.keys for name in sorted(keys.names)]
        others = [
            name
            for name in dict.fromkeys(listed)
            if name not in plan.position and self.parser.admitted(place, name)
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
        self.parser.narrow(goals[0], "additionalProperties", message)

    def _ordered(self, place: Place, plan: Plan) -> _Words:
        """From each index on, the names up to the next one that every alternative requires."""
        required = self.parser.required(place)
        tries = _Tries()
        root = tries.leaf()
        roots = [root]
        for index in reversed(range(len(plan.names))):
            name = plan.names[index]
            root = tries.with_word(tries.leaf() if name in required else root, name, index)
            roots.append(root)
        rows, labels = tries.rows()
        lexer, starts = _string_lexer(rows, labels, roots[::-1], "plain")
        return _Words(lexer, starts, self._named(plan.names))

    def _listed(self, names: tuple[str, ...]) -> _Words:
        """All of some names, at any time."""
        tries, root = _trie(names)
        lexer, starts = _string_lexer(*tries.rows(), [root], "plain")
        return _Words(lexer, starts, self._named(names))

    def _mixed(self, place: Place, plan: Plan, names: tuple[str, ...]) -> _Words | None:
        """All of some names, and undeclared ones; None where no undeclared name may come."""
        patterns = tuple(dict.fromkeys(each for keys in plan.keys for each in keys.patterns))
        unlisted = {name for keys in plan.keys for name in keys.names} - {*names}
        tries, root = _trie((*names, *sorted(unlisted)))
        tags = self._most_tags(place, plan)
        rows, labels, classes = _with_classes(tries, root, plan.keys, patterns, tags)
        admitted = [each for each in classes if self.parser.admitted(place, each)]
        if not admitted:
            return None
        self._narrow(place, f"{tags} undeclared properties at most, after the others")
        known = {index: index for index in range(len(names))}
        number = {classes[each]: len(names) + i for i, each in enumerate(admitted)}
        labels = [(known | number).get(label, NO_LABEL) for label in labels]
        lexer, starts = _string_lexer(rows, labels, [0], "plain")
        return _Words(lexer, starts, self._named((*names, *admitted)))

    def _named(self, names: Iterable[str | Class]) -> tuple[Step, ...]:
        return tuple(_Named(self.parser, name) for name in names)

    def _most_tags(self, place: Place, plan: Plan) -> int:
        """How many undeclared names one object has: more than one where they are the point."""
        missing = self.parser.fewest_members(place) - len(plan.names)
        if plan.names and missing < 2:
            return 1
        return max(self.tags, min(missing, MOST_TAGS))

    def _value(self, place: Place) -> Reading:
        forms = self.parser.forms(place)
        key = (tuple(map(id, forms)), place.telling)
        if key not in self._values:
            self._values[key] = self._value_lexer(self.parser.goals(place), forms, place.telling)
        lexer, meanings = self._values[key]
        steps = tuple(
            _Opened(self.parser, meaning == "array")
            if isinstance(meaning, str)
            else _Scalar(self.parser, *meaning)
            for meaning in meanings
        )
        return Reading(lexer, 0, steps)

    def _value_lexer(
        self, goals: Sequence[Goal], forms: Sequence[Form], telling: bool
    ) -> tuple[Lexer, tuple[Any, ...]]:
        parts = _Parts()
        for value, text in ((None, b"null"), (True, b"true"), (False, b"false")):
            met = sum(1 << i for i, form in enumerate(forms) if _admits_word(form, value))
            if met:
                rows, labels = _single(text)
                parts.add(rows, labels, {0: (met, identity(value) if telling else None)})
        self._add_strings(parts, goals, forms, telling)
        self._add_numbers(parts, goals, forms)
        for word, bracket, some in (
            ("object", b"{", any(form.objects for form in forms)),
            ("array", b"[", any(form.arrays for form in forms)),
        ):
            if some:
                rows, labels = _single(bracket)
                parts.add(rows, labels, {0: word})
        return parts.lexer(), tuple(parts.meanings)

    def _add_numbers(
        self, parts: _Parts, goals: Sequence[Goal], forms: Sequence[Form]
    ) -> None:
        languages: list[Dfa] = []
        for goal, form in zip(goals, forms, strict=True):
            dfa, narrowed = _numbers(form.numbers)
            if narrowed:
                self.parser.narrow(goal, "", narrowed)
            languages.append(dfa)
        if any(not dfa.is_empty for dfa in languages):
            rows, masks = together(languages)
            parts.add(rows, [mask or NO_LABEL for mask in masks], _masks(masks))

    def _add_strings(
        self, parts: _Parts, goals: Sequence[Goal], forms: Sequence[Form], telling: bool
    ) -> None:
        texts = [form.texts for form in forms]
        if not any(texts):
            return
        if telling and all(each.listed is not None for some in texts for each in some):
            self._add_told(parts, texts)
            return
        if len({_bounds(some) for some in texts}) == 1 and _bounds(texts[0]) is not None:
            self._add_free(parts, goals[0], texts[0][0], (1 << len(forms)) - 1)
            return
        dfas = [
            self._strings(goal, some) for goal, some in zip(goals, texts, strict=True)
        ]
        rows, masks = together(dfas)
        labels = [mask or NO_LABEL for mask in masks]
        spelled, ends, starts = json_strings(rows, labels, [0], "plain")
        parts.add_spelled(spelled, ends, starts[0], _masks(masks))

    def _add_told(self, parts: _Parts, texts: Sequence[Sequence[Text]]) -> None:
        """Each listed string with a label of its own."""
        masks: dict[str, int] = {}
        for i, some in enumerate(texts):
            for value in (value for each in some for value in each.listed or ()):
                masks[value] = masks.get(value, 0) | 1 << i
        tries = _Tries()
        root = tries.leaf()
        for index, value in enumerate(masks):
            root = tries.with_word(root, value, index)
        spelled, ends, starts = json_strings(*tries.rows(), [root], "plain")
        meanings = {i: (mask, identity(value)) for i, (value, mask) in enumerate(masks.items())}
        parts.add_spelled(spelled, ends, starts[0], meanings)

    def _add_free(self, parts: _Parts, goal: Goal, text: Text, met: int) -> None:
        """Any string within bounds of length: a counter beside one shared automaton."""
        high = text.high
        if high is not None and high > max(self.most_length, text.low):
            high = max(self.most_length, text.low)
            self.parser.narrow(goal, "maxLength", f"strings have at most {high} characters")
        spelled, ends, start = _free_strings()
        counter = (text.low, high) if text.low or high is not None else None
        parts.add_spelled(spelled, ends, start, {0: (met, None)}, counter)

    def _strings(self, goal: Goal, texts: Sequence[Text]) -> Dfa:
        result: Dfa | None = None
        for text in texts:
            dfa, narrowed = language(text, self.most_length)
            if narrowed:
                self.parser.narrow(goal, "", narrowed)
            result = dfa if result is None else result | dfa
        return Dfa.empty(STRINGS.limit) if result is None else result


def _numbers(alternatives: tuple[Number, ...]) -> tuple[Dfa, str]:
    """The texts of some numbers; where an automaton would be too large, of a few of them."""
    try:
        return numbers.language(alternatives)
    except LimitError:
        values = {value for each in alternatives for value in numbers.some_values(each, FEW)}
        points = [Bound(value, exclusive=False) for value in sorted(values)]
        few = tuple(Number(point, point) for point in points)
        return numbers.language(few)[0], f"{len(few)} of the possible numbers are generated"


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


class _Parts:
    """A lexer of values, put together from parts that begin with different bytes."""

    def __init__(self) -> None:
        self.meanings: list[Any] = []
        self._rows: list[Row] = [[]]
        self._labels: list[int] = [NO_LABEL]
        self._counter: Counter | None = None

    def add(self, rows: Sequence[Row], labels: Sequence[int], meanings: dict[int, Any]) -> None:
        """Adds an automaton that starts in its state 0; each label means something."""
        self._add(rows, labels, 0, meanings)

    def add_spelled(
        self,
        rows: Sequence[Row],
        ends: dict[int, int],
        start: int,
        meanings: dict[int, Any],
        bounds: tuple[int, int | None] | None = None,
    ) -> None:
        """Adds strings, with bounds on their characters."""
        labels = [ends.get(state, NO_LABEL) for state in range(len(rows))]
        base = self._add(rows, labels, start, meanings)
        if bounds is not None:
            self._counter = Counter(rows[start][0][2] + base, *bounds)

    def lexer(self) -> Lexer:
        self._rows[0].sort()
        return Lexer.from_rows(self._rows, self._labels, self._counter)

    def _add(
        self, rows: Sequence[Row], labels: Sequence[int], start: int, meanings: dict[int, Any]
    ) -> int:
        base = len(self._rows)
        number = {label: len(self.meanings) + i for i, label in enumerate(meanings)}
        self.meanings.extend(meanings.values())
        moved = [[(low, high, target + base) for low, high, target in row] for row in rows]
        self._rows.extend(moved)
        self._labels.extend(number.get(label, NO_LABEL) for label in labels)
        self._rows[0].extend(moved[start])
        return base


class _Tries:
    """Tries over code points that share what they have in common; a word may be added to any."""

    def __init__(self) -> None:
        self._children: list[dict[int, int]] = []
        self._labels: list[int] = []

    def leaf(self) -> int:
        """A new, empty trie."""
        self._children.append({})
        self._labels.append(NO_LABEL)
        return len(self._children) - 1

    def with_word(self, root: int, word: str, label: int) -> int:
        """A trie with one word more; `root` stays as it was."""
        path = [root]
        for symbol in map(ord, word):
            path.append(self._children[path[-1]].get(symbol, -1) if path[-1] >= 0 else -1)
        node = self._copy(path[-1])
        self._labels[node] = label
        for symbol, before in zip(map(ord, reversed(word)), reversed(path[:-1]), strict=True):
            parent = self._copy(before)
            self._children[parent][symbol] = node
            node = parent
        return node

    def rows(self) -> tuple[list[Row], list[int]]:
        """Edges and labels of all nodes."""
        rows: list[Row] = [
            [(symbol, symbol, children[symbol]) for symbol in sorted(children)]
            for children in self._children
        ]
        return rows, self._labels

    def _copy(self, node: int) -> int:
        copy = self.leaf()
        if node >= 0:
            self._children[copy] = dict(self._children[node])
            self._labels[copy] = self._labels[node]
        return copy


def _string_lexer(
    rows: Sequence[Row], labels: Sequence[int], roots: Sequence[int], spelling: Spelling
) -> tuple[Lexer, tuple[int, ...]]:
    spelled, ends, starts = json_strings(rows, labels, roots, spelling)
    return (
        Lexer.from_rows(spelled, [ends.get(state, NO_LABEL) for state in range(len(spelled))]),
        tuple(starts),
    )


def _trie(words: Iterable[str]) -> tuple[_Tries, int]:
    tries = _Tries()
    root = tries.leaf()
    for index, word in enumerate(words):
        root = tries.with_word(root, word, index)
    return tries, root


def _with_classes(
    tries: _Tries, root: int, keys: tuple[Keys, ...], patterns: tuple[Pattern, ...], tags: int
) -> tuple[list[Row], list[int], dict[Class, int]]:
    """Words with their labels, and all other names with further labels, one for each class."""
    word_rows, word_labels = tries.rows()
    languages = [each.values for each in patterns]
    rows, states = side_by_side(
        [_last_characters(tags), word_rows, *(each.rows() for each in languages)],
        [0, root, *(-1 if each.is_empty else 0 for each in languages)],
    )
    first = max(word_labels, default=NO_LABEL) + 1
    number: dict[Class, int] = {}
    labels: list[int] = []
    for tag, word, *rest in states:
        label = word_labels[word] if word >= 0 else NO_LABEL
        if label != NO_LABEL:
            labels.append(label)
            continue
        matched = frozenset(
            pattern
            for pattern, state in zip(patterns, rest, strict=True)
            if state >= 0 and pattern.values.accepting[state]
        )
        each = Class(_inside(keys, matched), tag)
        labels.append(number.setdefault(each, first + len(number)))
    return rows, labels, number


@cache
def _last_characters(tags: int) -> list[Row]:
    """All strings; the state tells classes of the last character apart."""
    row: Row = []
    for low, high in ANY:
        cuts = sorted({low, *(c for c in range(0x30, 0x7C) if low < c <= high)})
        for a, b in zip(cuts, [*(c - 1 for c in cuts[1:]), high], strict=True):
            tag = a % tags if 0x30 <= a <= 0x7A else 0
            if row and row[-1][2] == tag and row[-1][1] + 1 == a:
                row[-1] = (row[-1][0], b, tag)
            else:
                row.append((a, b, tag))
    return [list(row) for _ in range(tags)]


def _inside(keys: tuple[Keys, ...], matched: frozenset[Pattern]) -> frozenset[Keys]:
    """The sets that hold a name that is listed in none, and matches some patterns."""
    return frozenset(
        each for each in keys if each.inverted != (not matched.isdisjoint(each.patterns))
    )


def _admits_word(form: Form, value: bool | None) -> bool:
    return form.null if value is None else value in form.booleans


def _single(text: bytes) -> tuple[list[Row], list[int]]:
    rows: list[Row] = [[(byte, byte, i + 1)] for i, byte in enumerate(text)]
    return [*rows, []], [*([NO_LABEL] * len(text)), 0]


def _masks(masks: Iterable[int]) -> dict[int, tuple[int, None]]:
    return {mask: (mask, None) for mask in sorted(set(masks)) if mask}


def _bounds(texts: Sequence[Text]) -> tuple[int, int | None] | None:
    """The bounds of length, where nothing else restricts some strings."""
    if len(texts) != 1:
        return None
    text = texts[0]
    if text.listed is not None or text.values or text.formats:
        return None
    return text.low, text.high


@cache
def _free_strings() -> tuple[list[Row], dict[int, int], int]:
    rows, ends, starts = json_strings(STRINGS.rows(), [0], [0], "full")
    return rows, ends, starts[0]
