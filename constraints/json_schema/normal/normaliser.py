"""Normal forms of the goals that a schema poses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from constraints.diagnostics import Diagnostic
from constraints.errors import LimitError, MalformedError, SpecError
from constraints.json_schema import numbers
from constraints.json_schema.documents import Documents, Subschema, child
from constraints.json_schema.forms import (
    ANYTHING,
    Array,
    Form,
    Object,
    Text,
    absorbed,
    complement,
    identity,
    intersect,
    union,
)
from constraints.json_schema.goals import FALSE, TRUE, AnyOf, Atom, Equals, Goal, Holds, Posed
from constraints.json_schema.keys import Keys, Pattern
from constraints.json_schema.keywords import ANNOTATIONS, MEANINGLESS, VALIDATION
from constraints.json_schema.normal.groups import GROUPS, KNOWN, UNEVALUATED
from constraints.json_schema.normal.statement import Statement
from constraints.json_schema.numbers import Bound, Number
from constraints.regex import search

MAX_NESTED = 200
MAX_QUESTIONS = 3_000
"""Goals that are looked at for emptiness."""
MAX_EMPTINESS = 3
"""Levels down to which a goal is shown to be out of reach; deeper ones count as within it."""


class Normaliser:
    """Normal forms of the goals that a schema and the documents around it pose.

    Attributes:
        documents: The schema.
        assert_formats: Whether `format` constrains.
        diagnostics: How each keyword met so far was taken, by pointer.
    """

    def __init__(self, documents: Documents, *, assert_formats: bool) -> None:
        self.documents = documents
        self.assert_formats = assert_formats
        self.diagnostics: dict[str, Diagnostic] = {}
        self._schemas: list[Subschema] = []
        self._schema_numbers: dict[Any, int] = {}
        self._values: list[Any] = []
        self._value_numbers: dict[Any, int] = {}
        self._patterns: dict[str, Pattern] = {}
        self._posed: list[Form] = []
        self._questions = 0
        self._forms: dict[Goal, Form] = {}
        self._atoms: dict[Atom, Form] = {}
        self._open: list[Atom] = []
        self._empty: dict[Goal, bool] = {}
        self._shown: set[Goal] = set()

    @property
    def root(self) -> Goal:
        """The goal of the whole text."""
        return self.goal(self.documents.root)

    def goal(self, schema: Subschema, *, annotating: bool = False) -> Goal:
        """The goal that a schema holds."""
        if isinstance(schema.contents, bool):
            return TRUE if schema.contents else FALSE
        number = self._schema_numbers.setdefault(schema.identity, len(self._schemas))
        if number == len(self._schemas):
            self._schemas.append(schema)
        return (Holds(number, annotating=annotating),)

    def equals(self, value: Any) -> Goal:
        """The goal to equal a JSON value."""
        number = self._value_numbers.setdefault(identity(value), len(self._values))
        if number == len(self._values):
            self._values.append(value)
        return (Equals(number),)

    def posed(self, form: Form) -> Goal:
        """The goal that a form is."""
        self._posed.append(form)
        return (Posed(len(self._posed) - 1),)

    def pattern(self, source: str) -> Pattern:
        """The names in which a pattern occurs."""
        if source not in self._patterns:
            self._patterns[source] = Pattern(search(source))
        return self._patterns[source]

    def pointer(self, goal: Goal) -> str:
        """Where the first schema of a goal stands; empty where none does."""
        numbered = (atom.schema for atom in goal if isinstance(atom, Holds))
        return next((self._schemas[number].pointer for number in numbered), "")

    def place(self, goal: Goal, keyword: str) -> tuple[str, str]:
        """Where the first schema of a goal stands, and a keyword if that schema has it."""
        numbered = (atom.schema for atom in goal if isinstance(atom, Holds))
        schema = next((self._schemas[number] for number in numbered), None)
        if schema is None:
            return "", ""
        return schema.pointer, keyword if keyword in schema.contents else ""

    def form(self, goal: Goal) -> Form:
        """The values that meet a goal.

        Raises:
            SpecError: A keyword cannot be enforced, or references loop.
        """
        if goal not in self._forms:
            form = ANYTHING
            for atom in goal:
                form = intersect(form, self._atom(atom))
            self._forms[goal] = self.pruned(form) if len(goal) > 1 else form
        return self._forms[goal]

    def is_empty(self, goal: Goal) -> bool:
        """Whether a goal is shown to be out of reach; False also where it was not shown."""
        if goal in self._empty:
            return self._empty[goal]
        if goal in self._shown or len(self._shown) >= MAX_EMPTINESS:
            return False
        self._shown.add(goal)
        self._questions += 1
        if self._questions > MAX_QUESTIONS:
            self._shown.clear()
            raise LimitError(
                f"the schema has more than {MAX_QUESTIONS} parts to tell apart",
                hint="name fewer properties, nest fewer oneOf, or give branches a property with a "
                "const of their own",
            )
        try:
            empty = self.pruned(self.form(goal)).is_nothing
        except LimitError:
            empty = False
        self._shown.discard(goal)
        self._empty[goal] = empty
        return empty

    def note(self, pointer: str, keyword: str, narrowed: str = "") -> None:
        """Records that a keyword is enforced, exactly or narrowed."""
        place = child(pointer, keyword) if keyword else pointer
        if narrowed or place not in self.diagnostics:
            kind = "narrowed" if narrowed else "exact"
            self.diagnostics[place] = Diagnostic(place, keyword, kind, narrowed)

    def annotate(self, pointer: str, keyword: str) -> None:
        """Records that a keyword asserts nothing."""
        place = child(pointer, keyword)
        self.diagnostics.setdefault(place, Diagnostic(place, keyword, "annotation"))

    def pruned(self, form: Form) -> Form:
        """The same values without alternatives that are shown to be empty."""
        return Form(
            form.null,
            form.booleans,
            tuple(each for each in form.numbers if not numbers.is_empty(each)),
            form.texts,
            tuple(each for each in form.arrays if not self._array_is_empty(each)),
            absorbed(tuple(each for each in form.objects if not self._object_is_empty(each))),
        )

    def _array_is_empty(self, array: Array) -> bool:
        if any(self.is_empty(array.element(i)) for i in range(min(array.low, len(array.prefix)))):
            return True
        if array.low > len(array.prefix) and self.is_empty(array.rest):
            return True
        return any(each.low and self.is_empty(each.goal) for each in array.contains)

    def _object_is_empty(self, form: Object) -> bool:
        if form.high is not None and len(form.required) > form.high:
            return True
        if any(self.is_empty(form.value(name)) for name in form.required):
            return True
        return any(self.is_empty(goal) for _, goal in form.exists)

    def _atom(self, atom: Atom) -> Form:
        if atom not in self._atoms:
            if atom in self._open:
                raise MalformedError(
                    "references lead in a circle without any value in between",
                    pointer=self.pointer((atom,)),
                    keyword="$ref",
                    hint="put properties, items or a type between a schema and itself",
                )
            if len(self._open) >= MAX_NESTED:
                raise LimitError(
                    f"applicators and references nest deeper than {MAX_NESTED}",
                    pointer=self.pointer((atom,)),
                    hint="shorten the chain of references",
                )
            self._open.append(atom)
            try:
                self._atoms[atom] = _ATOMS[type(atom)](self, atom)
            except SpecError as error:
                if error.pointer is None:
                    error.pointer = self.pointer((atom,))
                raise
            finally:
                self._open.pop()
        return self._atoms[atom]

    def holds(self, atom: Holds) -> Form:
        """The values for which a schema holds, or does not."""
        if not atom.positive:
            goal = (Holds(atom.schema),)
            return self.pruned(complement(self.form(goal), goal))
        schema = self._schemas[atom.schema]
        contents = schema.contents
        if "$ref" in contents and not schema.dialect.ref_has_siblings:
            contents = {"$ref": contents["$ref"]}
        known = self._known(schema, contents)
        annotating = atom.annotating or not UNEVALUATED.isdisjoint(known)
        stated = Statement(self, schema, known, annotating)
        form = ANYTHING
        for keywords, restrict in GROUPS:
            present = [keyword for keyword in keywords if keyword in known]
            if present:
                form = restrict(stated, form)
                for keyword in present:
                    self.note(schema.pointer, keyword)
        return form

    def is_equal(self, atom: Equals) -> Form:
        """The one value, or all others."""
        form = self._literal(self._values[atom.value])
        return form if atom.positive else complement(form, (Equals(atom.value),))

    def is_posed(self, atom: Posed) -> Form:
        """The values of a form, or all others."""
        form = self._posed[atom.form]
        return form if atom.positive else complement(form, (Posed(atom.form),))

    def any_of(self, atom: AnyOf) -> Form:
        """The values that meet some goal."""
        return union(self.form(goal) for goal in atom.goals)

    def _literal(self, value: Any) -> Form:
        if value is None:
            return Form(null=True)
        if isinstance(value, bool):
            return Form(booleans=frozenset((value,)))
        if isinstance(value, str):
            return Form(texts=(Text(listed=(value,)),))
        if isinstance(value, list):
            items = tuple(map(self.equals, value))
            return Form(arrays=(Array(items, FALSE, True, len(items), len(items)),))
        if isinstance(value, dict):
            names = tuple((name, self.equals(each)) for name, each in value.items())
            others = ((Keys(frozenset(value), inverted=True), FALSE),)
            return Form(objects=(Object(names, others, frozenset(value)),))
        point = Bound(Decimal(value), exclusive=False)
        return Form(numbers=(Number(point, point),))

    def _known(self, schema: Subschema, contents: Mapping[str, Any]) -> Mapping[str, Any]:
        """The keywords that this dialect has and that assert; the others annotate."""
        known: dict[str, Any] = {}
        for keyword, value in contents.items():
            meaningless = keyword in MEANINGLESS[schema.dialect.draft] or (
                keyword in VALIDATION and not schema.dialect.asserting
            )
            idle = ANNOTATIONS.get(keyword, lambda *_: False)(value, contents)
            if meaningless or idle or keyword not in KNOWN:
                self.annotate(schema.pointer, keyword)
            else:
                known[keyword] = value
        return known


_ATOMS: dict[type, Callable[[Normaliser, Any], Form]] = {
    Holds: Normaliser.holds,
    Equals: Normaliser.is_equal,
    Posed: Normaliser.is_posed,
    AnyOf: Normaliser.any_of,
}
