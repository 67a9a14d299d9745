"""The lexer of a value: its scalars and the brackets that open arrays and objects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from constraints.automata import BYTES, Dfa
from constraints.automata.dfa import Row
from constraints.automata.labelled import side_by_side, trimmed
from constraints.automata.spelling import json_strings
from constraints.errors import LimitError
from constraints.json_schema import numbers
from constraints.json_schema.forms import Form, Text, identity, opposite_numbers, opposite_texts
from constraints.json_schema.keys import STRINGS
from constraints.json_schema.numbers import Bound, Number
from constraints.json_schema.parser import BY_END, EXACTLY
from constraints.json_schema.strings import language
from constraints.json_schema.tries import trie
from constraints.lexer import NO_LABEL, Counter, Lexer
from constraints.regex.classes import ANY

CACHED = 512
"""Languages of numbers that are kept."""
FEW = 200
"""Numbers that stand for all, where their automaton would be too large."""
TAGS = 4
"""Classes of the last character by which strings or numbers of one array are told apart."""
MAX_ESCAPED = 300
"""States of strings whose characters beyond ASCII may be written as escapes too."""

Scalar = tuple[int, Hashable]
"""The goals that a scalar meets, as a bit mask, and its identity if values are told apart."""
Meaning = str | Scalar
"""`object` and `array` for what opens them; else a scalar."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something left out.

    Attributes:
        goal: Index of the goal.
        keyword: The keyword, where one is concerned.
        message: What is left out.
        respelled: Whether only spellings are.
    """

    goal: int
    keyword: str
    message: str
    respelled: bool = False


@dataclass(frozen=True, slots=True)
class ReadValue:
    """How a value is read.

    Attributes:
        lexer: Its lexer.
        meanings: What each label means.
        notes: What is left out.
    """

    lexer: Lexer
    meanings: tuple[Meaning, ...]
    notes: tuple[Note, ...]


class ValueLexer:
    """Builds the lexer of a value that is read against several goals.

    A text is generated only where each goal is known to be met or missed by it.

    Args:
        forms: The forms of the goals.
        most_length: Most characters of strings that have an upper bound.
    """

    def __init__(self, forms: Sequence[Form], most_length: int) -> None:
        self.notes: list[Note] = []
        self.error: LimitError | None = None
        self.forms = forms
        self.most_length = most_length
        self.parts = _Parts()

    def built(self, *, telling: int) -> ReadValue:
        """The lexer, what its labels mean, and what is left out.

        Raises:
            LimitError: There are only strings, and their automata are too large.

        Args:
            telling: How values are told apart, as the parser counts it.
        """
        self._add_words(telling)
        self._add_strings(telling)
        self._add_numbers(telling)
        for word, bracket, some in (
            ("object", b"{", any(form.objects for form in self.forms)),
            ("array", b"[", any(form.arrays for form in self.forms)),
        ):
            if some:
                self.parts.add(*_single(bracket), {0: word})
        if self.error is not None and not self.parts.meanings:
            raise self.error
        return ReadValue(self.parts.lexer(), tuple(self.parts.meanings), tuple(self.notes))

    def _add_words(self, telling: int) -> None:
        for value, text in ((None, b"null"), (True, b"true"), (False, b"false")):
            met = sum(1 << i for i, form in enumerate(self.forms) if _admits_word(form, value))
            if met:
                told = identity(value) if telling else None
                self.parts.add(*_single(text), {0: (met, told)})

    def _add_strings(self, telling: int) -> None:
        texts = [form.texts for form in self.forms]
        listed = all(each.listed is not None for some in texts for each in some)
        if listed and telling != BY_END:
            self._add_listed(texts, telling)
        elif not telling and len({_bounds(some) for some in texts}) == 1 and _bounds(texts[0]):
            self._add_free(texts[0][0])
        elif len({_lengths(some) for some in texts}) == 1 and _lengths(texts[0]):
            bare = [tuple(replace(text, low=0, high=None) for text in some) for some in texts]
            self._add_automata(bare, telling, self._counted(texts[0][0]))
        else:
            self._add_automata(texts, telling, None)

    def _add_automata(
        self,
        texts: Sequence[Sequence[Text]],
        telling: int,
        bounds: tuple[int, int | None] | None,
    ) -> None:
        dfas = [self._strings(i, some) for i, some in enumerate(texts)]
        allowed = self._decided(
            [narrowed for _, narrowed in dfas],
            lambda i: dfas[i][0] | self._strings(None, opposite_texts(texts[i]))[0],
        )
        if bounds and not any(_has_length(dfa, *bounds) for dfa, _ in dfas):
            return
        tags = last_characters(TAGS) if telling else None
        rows, labels, meanings = _marked([dfa for dfa, _ in dfas], allowed, tags, "string")
        spelling = "plain" if len(rows) <= MAX_ESCAPED else "raw"
        spelled, ends, starts = json_strings(rows, labels, [0], spelling)
        self.parts.add_spelled(spelled, ends, starts[0], meanings, bounds, len(rows))

    def _add_listed(self, texts: Sequence[Sequence[Text]], telling: int) -> None:
        masks: dict[str, int] = {}
        for i, some in enumerate(texts):
            for value in (value for each in some for value in each.listed or ()):
                masks[value] = masks.get(value, 0) | 1 << i
        if not masks:
            return
        told = {
            value: (mask, identity(value) if telling else None) for value, mask in masks.items()
        }
        number = {meaning: i for i, meaning in enumerate(dict.fromkeys(told.values()))}
        tries, root = trie(masks)
        label_of = [number[meaning] for meaning in told.values()]
        rows, labels = tries.rows()
        labels = [label_of[label] if label != NO_LABEL else NO_LABEL for label in labels]
        spelled, ends, starts = json_strings(rows, labels, [root], "plain")
        meanings = {i: meaning for meaning, i in number.items()}
        self.parts.add_spelled(spelled, ends, starts[0], meanings)

    def _add_free(self, text: Text) -> None:
        """Any string within bounds of length: a counter beside one shared automaton."""
        spelled, ends, start = _free_strings()
        meaning = ((1 << len(self.forms)) - 1, None)
        self.parts.add_spelled(spelled, ends, start, {0: meaning}, self._counted(text), 1)

    def _counted(self, text: Text) -> tuple[int, int | None] | None:
        """The bounds of length that are kept, or None."""
        high = text.high
        if high is not None and high > max(self.most_length, text.low):
            high = max(self.most_length, text.low)
            self.notes.append(Note(0, "maxLength", f"strings have at most {high} characters"))
        return (text.low, high) if text.low or high is not None else None

    def _strings(self, goal: int | None, texts: Sequence[Text]) -> tuple[Dfa, bool]:
        """Some strings, and whether any are left out."""
        result = Dfa.empty(STRINGS.limit)
        left_out: list[tuple[str, str]] = []
        for text in texts:
            try:
                dfa, narrowed = language(text, self.most_length)
            except LimitError as error:
                self.error = error
                left_out.append(("pattern", "strings whose automaton is too large"))
                continue
            left_out.extend(narrowed)
            result = dfa if result.is_empty else result | dfa
        if goal is not None:
            self.notes.extend(Note(goal, *narrowed) for narrowed in left_out)
        return result, bool(left_out)

    def _add_numbers(self, telling: int) -> None:
        if telling == EXACTLY:
            self._add_listed_numbers()
            return
        languages = [_numbers(form.numbers) for form in self.forms]
        if all(dfa.is_empty for dfa, _ in languages):
            return
        for goal, (_, narrowed) in enumerate(languages):
            if narrowed:
                self.notes.append(Note(goal, "type", narrowed, respelled=True))
        allowed = self._decided(
            [bool(narrowed) for _, narrowed in languages],
            lambda i: languages[i][0] | _numbers(opposite_numbers(self.forms[i].numbers))[0],
        )
        tags = _last_digits(TAGS) if telling else None
        self.parts.add(*_marked([dfa for dfa, _ in languages], allowed, tags, "number"))

    def _add_listed_numbers(self) -> None:
        """Each single number with a label of its own."""
        points = dict.fromkeys(number for form in self.forms for number in form.numbers)
        if not points:
            return
        dfas = [numbers.language((point,))[0] for point in points]
        rows, labels, meanings = _marked(dfas, [], None, "")
        masks = [
            sum(1 << i for i, form in enumerate(self.forms) if point in form.numbers)
            for point in points
        ]
        values = [identity(point.low.value) for point in points if point.low]
        told: dict[int, Meaning] = {}
        for label, (met, _) in meanings.items():
            point = met.bit_length() - 1
            told[label] = (masks[point], values[point])
        self.parts.add(rows, labels, told)

    def _decided(self, narrowed: Sequence[bool], either: Any) -> list[Dfa]:
        """For each goal of which something is left out: the texts that meet or miss it for sure."""
        if len(self.forms) == 1:
            return []
        return [either(i) for i, some in enumerate(narrowed) if some]


def _marked(
    dfas: Sequence[Dfa], allowed: Sequence[Dfa], tags: list[Row] | None, kind: str
) -> tuple[list[Row], list[int], dict[int, Scalar]]:
    """Reads with several automata: edges, the label of each state, and what labels mean."""
    together = [*dfas, *allowed]
    tables = [*(dfa.rows() for dfa in together), *([tags] if tags else [])]
    starts = [*(-1 if dfa.is_empty else 0 for dfa in together), *([0] if tags else [])]
    rows, states = side_by_side(tables, starts, needed=len(dfas))
    number: dict[Scalar, int] = {}
    labels: list[int] = []
    for each in states:
        accepts = [
            q >= 0 and bool(dfa.accepting[q]) for q, dfa in zip(each, together, strict=False)
        ]
        met = sum(1 << i for i, accepted in enumerate(accepts[: len(dfas)]) if accepted)
        if not met or not all(accepts[len(dfas) :]):
            labels.append(NO_LABEL)
            continue
        meaning = (met, (kind, each[-1]) if tags else None)
        labels.append(number.setdefault(meaning, len(number)))
    return trimmed(rows, labels), labels, {label: meaning for meaning, label in number.items()}


@lru_cache(maxsize=CACHED)
def _numbers(alternatives: tuple[Number, ...]) -> tuple[Dfa, str]:
    """The texts of some numbers; where an automaton would be too large, of a few of them."""
    try:
        return numbers.language(alternatives)
    except LimitError:
        values = {value for each in alternatives for value in numbers.some_values(each, FEW)}
        points = [Bound(value, exclusive=False) for value in sorted(values)]
        few = tuple(Number(point, point) for point in points)
        return numbers.language(few)[0], f"{len(few)} of the possible numbers are generated"


def _admits_word(form: Form, value: bool | None) -> bool:
    return form.null if value is None else value in form.booleans


@cache
def last_characters(tags: int) -> list[Row]:
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


@cache
def _last_digits(tags: int) -> list[Row]:
    """All texts; the state tells classes of the last digit apart."""
    digits = [(digit, digit, digit % tags) for digit in range(0x30, 0x3A)]
    row = [(0, 0x2F, 0), *digits, (0x3A, BYTES - 1, 0)]
    return [list(row) for _ in range(tags)]


def _single(text: bytes) -> tuple[list[Row], list[int]]:
    rows: list[Row] = [[(byte, byte, i + 1)] for i, byte in enumerate(text)]
    return [*rows, []], [*([NO_LABEL] * len(text)), 0]


def _lengths(texts: Sequence[Text]) -> tuple[int, int | None] | None:
    """The bounds of length of strings that are bounded once, and restricted otherwise."""
    if len(texts) != 1 or texts[0].listed is not None:
        return None
    return texts[0].low, texts[0].high


def _has_length(values: Dfa, low: int, high: int | None) -> bool:
    """Whether an automaton accepts some string within bounds of length."""
    most = low + values.num_states if high is None else high
    states = set() if values.is_empty else {0}
    for length in range(most + 1):
        if not states:
            return False
        if length >= low and values.accepting[list(states)].any():
            return True
        following = values.delta[list(states)]
        states = set(following[following >= 0].tolist())
    return False


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
        bodies: int = 0,
    ) -> None:
        """Adds strings, with bounds on the characters that begin in the first `bodies` states."""
        labels = [ends.get(state, NO_LABEL) for state in range(len(rows))]
        base = self._add(rows, labels, start, meanings)
        if bounds is not None:
            self._counter = Counter(base, *bounds, bodies)

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
