"""Brings schemas to the normal form, keyword group by keyword group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from constraints.automata import Dfa
from constraints.diagnostics import Diagnostic
from constraints.errors import LimitError, MalformedError, SpecError
from constraints.json_schema import formats, numbers
from constraints.json_schema.documents import Documents, Subschema, child
from constraints.json_schema.forms import (
    ANYTHING,
    Array,
    Contains,
    Form,
    Object,
    Text,
    absorbed,
    complement,
    identity,
    intersect,
    union,
)
from constraints.json_schema.goals import (
    FALSE,
    TRUE,
    AnyOf,
    Atom,
    Equals,
    Goal,
    Holds,
    Posed,
    both,
    either,
    negated,
)
from constraints.json_schema.keys import ALL_KEYS, NO_KEYS, Keys, Pattern
from constraints.json_schema.keywords import ANNOTATIONS, MEANINGLESS, VALIDATION
from constraints.json_schema.numbers import Bound, Number
from constraints.json_schema.strings import language
from constraints.regex import search

MAX_NESTED = 200
MAX_QUESTIONS = 3_000
"""Goals that are looked at for emptiness."""
MAX_DEPENDENT = 3
"""Most dependencies of one schema that are expanded into alternatives."""
MAX_EMPTINESS = 3
"""Levels down to which a goal is shown to be out of reach; deeper ones count as within it."""

TYPES: dict[str, Form] = {
    "null": Form(null=True),
    "boolean": Form(booleans=ANYTHING.booleans),
    "integer": Form(numbers=(Number(steps=(Decimal(1),)),)),
    "number": Form(numbers=(Number(),)),
    "string": Form(texts=(Text(),)),
    "array": Form(arrays=(Array(),)),
    "object": Form(objects=(Object(),)),
}
SPELLED_INTEGER = Form(numbers=(Number(steps=(Decimal(1),), spelled="integer"),))
"""Draft 4 §3.5: a number written with a fraction is no integer."""


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

    def child(self, schema: Subschema, *keys: str | int) -> Goal:
        """The goal that a schema inside another holds."""
        return self.goal(self.documents.child(schema, *keys))

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
        form = ANYTHING
        for keywords, restrict in GROUPS:
            present = [keyword for keyword in keywords if keyword in known]
            if present:
                form = restrict(self, schema, known, form, annotating)
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

Restrict = Callable[[Normaliser, Subschema, Mapping[str, Any], Form, bool], Form]
"""(normaliser, schema, its keywords, form so far, whether annotating) → the form restricted."""


def _typed(**restricted: Any) -> Form:
    """Values of other types pass; those of one type are restricted."""
    parts = {
        "null": True,
        "booleans": ANYTHING.booleans,
        "numbers": ANYTHING.numbers,
        "texts": ANYTHING.texts,
        "arrays": ANYTHING.arrays,
        "objects": ANYTHING.objects,
    }
    return Form(**(parts | restricted))


def _type(_: Normaliser, schema: Subschema, known: Mapping[str, Any], form: Form, __: bool) -> Form:
    names = known["type"] if isinstance(known["type"], list) else [known["type"]]
    options = [TYPES[name] for name in names if name != "integer" or "number" not in names]
    if schema.dialect.draft == "draft-04":
        options = [SPELLED_INTEGER if each is TYPES["integer"] else each for each in options]
    return intersect(form, union(options))


def _enum(
    normaliser: Normaliser, _: Subschema, known: Mapping[str, Any], form: Form, __: bool
) -> Form:
    atoms = [normaliser.equals(value) for value in known["enum"]]
    return intersect(form, union(normaliser.form(atom) for atom in atoms))


def _const(
    normaliser: Normaliser, _: Subschema, known: Mapping[str, Any], form: Form, __: bool
) -> Form:
    return intersect(form, normaliser.form(normaliser.equals(known["const"])))


def _reference(keyword: str) -> Restrict:
    def restrict(
        normaliser: Normaliser,
        schema: Subschema,
        _: Mapping[str, Any],
        form: Form,
        annotating: bool,
    ) -> Form:
        target = normaliser.documents.resolved(schema, keyword)
        return intersect(form, normaliser.form(normaliser.goal(target, annotating=annotating)))

    return restrict


def _in_place(
    normaliser: Normaliser, schema: Subschema, annotating: bool, *keys: str | int
) -> Goal:
    return normaliser.goal(normaliser.documents.child(schema, *keys), annotating=annotating)


def _branches(
    normaliser: Normaliser,
    schema: Subschema,
    known: Mapping[str, Any],
    keyword: str,
    annotating: bool,
) -> list[Goal]:
    """The goals of the schemas that an applicator lists."""
    indices = range(len(known[keyword]))
    return [_in_place(normaliser, schema, annotating, keyword, index) for index in indices]


def _all_of(
    normaliser: Normaliser,
    schema: Subschema,
    known: Mapping[str, Any],
    form: Form,
    annotating: bool,
) -> Form:
    for goal in _branches(normaliser, schema, known, "allOf", annotating):
        form = intersect(form, normaliser.form(goal))
    return form


def _any_of(
    normaliser: Normaliser,
    schema: Subschema,
    known: Mapping[str, Any],
    form: Form,
    annotating: bool,
) -> Form:
    goals = _branches(normaliser, schema, known, "anyOf", annotating)
    if not annotating:
        return intersect(form, union(normaliser.form(goal) for goal in goals))
    return intersect(form, union(normaliser.form(goal) for goal in _cases(goals)))


def _cases(goals: list[Goal]) -> list[Goal]:
    """Disjoint goals whose union is that of some: each says of every one whether it is met."""
    cases: list[tuple[Goal, bool]] = [(TRUE, False)]
    for goal in goals:
        met = [(both(case, goal), True) for case, _ in cases]
        missed = [(both(case, negated(goal)), some) for case, some in cases]
        cases = [*met, *missed]
        if len(cases) > 1 << 10:
            raise LimitError(
                "anyOf has too many branches beside unevaluatedProperties or unevaluatedItems",
                keyword="anyOf",
                hint="use oneOf, or name the properties outside of anyOf",
            )
    return [case for case, some in cases if some]


def _one_of(
    normaliser: Normaliser,
    schema: Subschema,
    known: Mapping[str, Any],
    form: Form,
    annotating: bool,
) -> Form:
    """Each branch without the branches that can hold beside it."""
    goals = _branches(normaliser, schema, known, "oneOf", annotating)
    options: list[Form] = []
    for index, goal in enumerate(goals):
        own = intersect(form, normaliser.form(goal))
        for other in goals[:index] + goals[index + 1 :]:
            if not _apart(normaliser, goal, other):
                own = normaliser.pruned(intersect(own, normaliser.form(negated(other))))
        options.append(own)
    return union(options)


def _apart(normaliser: Normaliser, a: Goal, b: Goal) -> bool:
    return normaliser.is_empty(both(*sorted((a, b), key=repr)))


def _not(
    normaliser: Normaliser, schema: Subschema, _: Mapping[str, Any], form: Form, __: bool
) -> Form:
    goal = negated(normaliser.child(schema, "not"))
    return normaliser.pruned(intersect(form, normaliser.form(goal)))


def _if(
    normaliser: Normaliser,
    schema: Subschema,
    known: Mapping[str, Any],
    form: Form,
    annotating: bool,
) -> Form:
    if "if" not in known or not (annotating or "then" in known or "else" in known):
        return form
    condition = _in_place(normaliser, schema, annotating, "if")
    met, missed = condition, negated(condition)
    if "then" in known:
        met = both(met, _in_place(normaliser, schema, annotating, "then"))
    if "else" in known:
        missed = both(missed, _in_place(normaliser, schema, annotating, "else"))
    branches = union((normaliser.form(met), normaliser.form(missed)))
    return normaliser.pruned(intersect(form, branches))


def _object(
    normaliser: Normaliser, schema: Subschema, known: Mapping[str, Any], form: Form, _: bool
) -> Form:
    declared = known.get("properties", {})
    required = known.get("required", ())
    names = tuple((name, normaliser.child(schema, "properties", name)) for name in declared)
    patterns = _patterns(normaliser, schema, known)
    evaluated = Keys(frozenset(declared), tuple(patterns))
    spoken = Keys(patterns=tuple(patterns))
    rules = [
        (Keys(patterns=(pattern,)), normaliser.child(schema, "patternProperties", source))
        for pattern, source in patterns.items()
    ]
    if "additionalProperties" in known:
        rules.append((evaluated.inverse(), normaliser.child(schema, "additionalProperties")))
        evaluated = spoken = ALL_KEYS
    undeclared = tuple((name, TRUE) for name in required if name not in declared)
    own = Object(
        (*names, *undeclared),
        tuple(rules),
        frozenset(required),
        low=int(known.get("minProperties", 0)),
        high=_count(known.get("maxProperties")),
        spoken=spoken,
        evaluated=evaluated,
    )
    low, high = own.low, own.high
    return intersect(form, _typed(objects=() if high is not None and low > high else (own,)))


def _patterns(
    normaliser: Normaliser, schema: Subschema, known: Mapping[str, Any]
) -> dict[Pattern, str]:
    result: dict[Pattern, str] = {}
    for source in known.get("patternProperties", {}):
        with _Located(child(schema.pointer, "patternProperties", source), "patternProperties"):
            result[normaliser.pattern(source)] = source
    return result


def _property_names(
    normaliser: Normaliser, schema: Subschema, _: Mapping[str, Any], form: Form, __: bool
) -> Form:
    texts = normaliser.form(normaliser.child(schema, "propertyNames")).texts
    allowed = NO_KEYS
    for text in texts:
        if text.listed is not None:
            allowed = allowed | Keys(frozenset(text.listed))
        elif text.is_everything:
            allowed = ALL_KEYS
        else:
            with _Located(child(schema.pointer, "propertyNames"), "propertyNames"):
                values, left_out = language(text)
            for narrowed in left_out:
                normaliser.note(schema.pointer, "propertyNames", narrowed[1])
            allowed = allowed | Keys(patterns=(Pattern(values),))
    rule = Object(rules=((allowed.inverse(), FALSE),))
    return intersect(form, _typed(objects=(rule,)))


def _dependent(keyword: str) -> Restrict:
    """dependentRequired, dependentSchemas and dependencies: absent, or present with the rest."""

    def restrict(
        normaliser: Normaliser,
        schema: Subschema,
        known: Mapping[str, Any],
        form: Form,
        annotating: bool,
    ) -> Form:
        for name, dependent in known[keyword].items():
            absent = _typed(objects=(Object(((name, FALSE),)),))
            if isinstance(dependent, list):
                names = tuple(dict.fromkeys((name, *dependent)))
                there = Object(tuple((each, TRUE) for each in names), required=frozenset(names))
                present = Form(objects=(there,))
            else:
                goal = _in_place(normaliser, schema, annotating, keyword, name)
                there = Object(((name, TRUE),), required=frozenset((name,)))
                present = intersect(normaliser.form(goal), Form(objects=(there,)))
            either_way = union((absent, present))
            if len(known[keyword]) > MAX_DEPENDENT:
                beside = ((normaliser.posed(either_way), True),)
                either_way = _typed(objects=(Object(free=True, beside=beside),))
            form = normaliser.pruned(intersect(form, either_way))
        return form

    return restrict


def _unevaluated_properties(
    normaliser: Normaliser, schema: Subschema, _: Mapping[str, Any], form: Form, __: bool
) -> Form:
    goal = normaliser.child(schema, "unevaluatedProperties")
    rest = [
        Form(
            objects=(
                Object(rules=((each.evaluated.inverse(), goal),), spoken=ALL_KEYS, free=each.free),
            )
        )
        for each in form.objects
    ]
    objects = [
        intersect(Form(objects=(each,)), other).objects
        for each, other in zip(form.objects, rest, strict=True)
    ]
    return replace(
        form, objects=tuple(replace(each, evaluated=ALL_KEYS) for some in objects for each in some)
    )


def _array(
    normaliser: Normaliser, schema: Subschema, known: Mapping[str, Any], form: Form, _: bool
) -> Form:
    items = known.get("items")
    listed = "items" if isinstance(items, list) else "prefixItems"
    following = "additionalItems" if isinstance(items, list) else "items"
    prefix = tuple(normaliser.child(schema, listed, i) for i in range(len(known.get(listed, ()))))
    declared = following in known
    rest = normaliser.child(schema, following) if declared else TRUE
    low, high = int(known.get("minItems", 0)), _count(known.get("maxItems"))
    if high is not None and low > high:
        return intersect(form, _typed(arrays=()))
    own = Array(
        prefix,
        rest,
        declared,
        low,
        high,
        unique=known.get("uniqueItems", False),
        evaluated=None if declared else len(prefix),
    )
    return intersect(form, _typed(arrays=(own,)))


def _contains(
    normaliser: Normaliser, schema: Subschema, known: Mapping[str, Any], form: Form, _: bool
) -> Form:
    goal = normaliser.child(schema, "contains")
    low, high = int(known.get("minContains", 1)), _count(known.get("maxContains"))
    if high is not None and low > high:
        return intersect(form, _typed(arrays=()))
    counted = (Contains(goal, low, high),) if low or high is not None else ()
    evaluates = schema.dialect.draft == "2020-12"
    own = Array(contains=counted, evaluated_if=(goal,) if evaluates else ())
    return intersect(form, _typed(arrays=(own,)))


def _unevaluated_items(
    normaliser: Normaliser, schema: Subschema, _: Mapping[str, Any], form: Form, __: bool
) -> Form:
    goal = normaliser.child(schema, "unevaluatedItems")
    arrays = tuple(_with_evaluated_rest(each, goal) for each in form.arrays)
    return replace(form, arrays=arrays)


def _with_evaluated_rest(array: Array, goal: Goal) -> Array:
    if array.evaluated is None:
        return array
    unevaluated = either((goal, *array.evaluated_if))
    length = max(len(array.prefix), array.evaluated)
    prefix = tuple(
        array.element(i) if i < array.evaluated else both(array.element(i), unevaluated)
        for i in range(length)
    )
    rest = both(array.rest, unevaluated)
    return replace(array, prefix=prefix, rest=rest, rest_declared=True, evaluated=None)


def _number(_: Normaliser, __: Subschema, known: Mapping[str, Any], form: Form, ___: bool) -> Form:
    limits = [
        *_bounds(known, "minimum", "exclusiveMinimum", low=True),
        *_bounds(known, "maximum", "exclusiveMaximum", low=False),
    ]
    if "multipleOf" in known:
        limits.append(Number(steps=(Decimal(known["multipleOf"]),)))
    for limit in limits:
        form = intersect(form, _typed(numbers=(limit,)))
    return form


def _bounds(
    known: Mapping[str, Any], keyword: str, exclusive_keyword: str, *, low: bool
) -> list[Number]:
    exclusive = known.get(exclusive_keyword)
    bounds = [Bound(_exact(known[keyword]), exclusive is True)] if keyword in known else []
    if exclusive is not None and not isinstance(exclusive, bool):
        bounds.append(Bound(_exact(exclusive), exclusive=True))
    return [Number(low=bound) if low else Number(high=bound) for bound in bounds]


def _exact(value: int | Decimal) -> Decimal:
    """The value of a bound; minus zero is zero."""
    return Decimal(value) if value else Decimal(0)


def _count(value: int | Decimal | None) -> int | None:
    return None if value is None else int(value)


def _string(
    normaliser: Normaliser, schema: Subschema, known: Mapping[str, Any], form: Form, _: bool
) -> Form:
    for keyword, restrict in STRINGS.items():
        if keyword in known:
            with _Located(child(schema.pointer, keyword), keyword):
                text = restrict(normaliser, schema, known[keyword])
            if text is None:
                normaliser.annotate(schema.pointer, keyword)
            else:
                form = intersect(form, _typed(texts=text))
    return form


def _pattern(normaliser: Normaliser, _: Subschema, source: str) -> tuple[Text, ...]:
    values: Dfa = normaliser.pattern(source).values
    return () if values.is_empty else (Text(values=(values,)),)


def _format(normaliser: Normaliser, schema: Subschema, name: str) -> tuple[Text, ...] | None:
    asserting = normaliser.assert_formats or schema.dialect.formats
    if not asserting or formats.language(name) is None:
        return None
    return (Text(formats=((name, True),)),)


class _Located:
    """Adds the pointer and keyword to the errors of a part that knows neither."""

    def __init__(self, pointer: str, keyword: str) -> None:
        self.pointer = pointer
        self.keyword = keyword

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, SpecError):
            error.pointer, error.keyword = self.pointer, self.keyword
            error.line = error.column = None


STRINGS: dict[str, Callable[[Normaliser, Subschema, Any], tuple[Text, ...] | None]] = {
    "minLength": lambda _, __, least: (Text(low=int(least)),),
    "maxLength": lambda _, __, most: (Text(high=int(most)),),
    "pattern": _pattern,
    "format": _format,
}

UNEVALUATED = frozenset(("unevaluatedProperties", "unevaluatedItems"))

GROUPS: tuple[tuple[tuple[str, ...], Restrict], ...] = (
    (("type",), _type),
    (("enum",), _enum),
    (("const",), _const),
    (
        (
            *("properties", "required", "patternProperties", "additionalProperties"),
            *("minProperties", "maxProperties"),
        ),
        _object,
    ),
    (("propertyNames",), _property_names),
    (
        ("prefixItems", "items", "additionalItems", "minItems", "maxItems", "uniqueItems"),
        _array,
    ),
    (("contains", "minContains", "maxContains"), _contains),
    (
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        _number,
    ),
    (tuple(STRINGS), _string),
    (("$ref",), _reference("$ref")),
    (("$dynamicRef",), _reference("$dynamicRef")),
    (("$recursiveRef",), _reference("$recursiveRef")),
    (("allOf",), _all_of),
    (("anyOf",), _any_of),
    (("oneOf",), _one_of),
    (("if", "then", "else"), _if),
    (("not",), _not),
    (("dependentRequired",), _dependent("dependentRequired")),
    (("dependentSchemas",), _dependent("dependentSchemas")),
    (("dependencies",), _dependent("dependencies")),
    (("unevaluatedProperties",), _unevaluated_properties),
    (("unevaluatedItems",), _unevaluated_items),
)
"""Keywords that are taken together, in order: those that see the annotations of others last."""

KNOWN = frozenset(keyword for keywords, _ in GROUPS for keyword in keywords)
