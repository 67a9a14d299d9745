"""What one schema states, and what restricts a form by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from constraints.errors import SpecError
from constraints.json_schema.documents import Subschema, child
from constraints.json_schema.forms import ANYTHING, Form
from constraints.json_schema.goals import Goal

if TYPE_CHECKING:
    from constraints.json_schema.normal.normaliser import Normaliser


@dataclass(frozen=True, slots=True)
class Statement:
    """The keywords of a schema that assert.

    Attributes:
        normaliser: Knows the forms of goals.
        schema: The schema.
        keywords: Its keywords that assert in its dialect, with their values.
        annotating: Whether some schema around it asks which members or elements were evaluated.
    """

    normaliser: Normaliser
    schema: Subschema
    keywords: Mapping[str, Any]
    annotating: bool

    def form(self, goal: Goal) -> Form:
        """The values that meet a goal."""
        return self.normaliser.form(goal)

    def child(self, *keys: str | int) -> Goal:
        """The goal of a schema inside, for members or elements of the value."""
        return self.normaliser.goal(self.normaliser.documents.child(self.schema, *keys))

    def in_place(self, *keys: str | int) -> Goal:
        """The goal of a schema inside, for the value itself."""
        inside = self.normaliser.documents.child(self.schema, *keys)
        return self.normaliser.goal(inside, annotating=self.annotating)

    def branches(self, keyword: str) -> list[Goal]:
        """The goals of the schemas that an applicator lists."""
        return [self.in_place(keyword, index) for index in range(len(self.keywords[keyword]))]

    @contextmanager
    def at(self, keyword: str, *keys: str) -> Iterator[None]:
        """Gives the errors of a part that knows no pointer the place of a keyword."""
        try:
            yield
        except SpecError as error:
            error.pointer, error.keyword = child(self.schema.pointer, keyword, *keys), keyword
            error.line = error.column = None
            raise


Restrict = Callable[[Statement, Form], Form]
"""(what a schema states, the form so far) → the form restricted."""


def typed(**restricted: Any) -> Form:
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


def count_of(value: int | Decimal | None) -> int | None:
    """An upper bound on a count, as an integer; None where there is none."""
    return None if value is None else int(value)
