"""What the places of one parser share."""

from __future__ import annotations

from collections.abc import Iterable

from constraints.json_schema.forms import Array, Object
from constraints.json_schema.goals import Goal
from constraints.json_schema.normal import Normaliser
from constraints.json_schema.parser.place import END, ROOT, Item, Place, Policy


class Register:
    """Numbers for places, goals and alternatives; what is known of goals; what was left out.

    Attributes:
        normaliser: Knows the forms of goals.
        policy: How the parser reads.
        places: Every place met, by number; `END` is the first.
        narrowed: Values that the policy left out: (pointer, keyword, message).
        respelled: Spellings that generation leaves out, alike.
    """

    def __init__(self, normaliser: Normaliser, policy: Policy) -> None:
        self.normaliser = normaliser
        self.policy = policy
        self.narrowed: dict[tuple[str, str, str], None] = {}
        self.respelled: dict[tuple[str, str, str], None] = {}
        self.places: list[Place] = [Place(ROOT)]
        self._place_numbers: dict[Place, int] = {self.places[END]: END}
        self._goals: list[Goal] = []
        self._goal_numbers: dict[Goal, int] = {}
        self._alternatives: list[Object | Array] = []
        self._alternative_numbers: dict[Object | Array, int] = {}

    def place_number(self, place: Place) -> int:
        """The number of a place."""
        number = self._place_numbers.setdefault(place, len(self.places))
        if number == len(self.places):
            self.places.append(place)
        return number

    def goal_number(self, goal: Goal) -> int:
        """The number of a goal."""
        number = self._goal_numbers.setdefault(goal, len(self._goals))
        if number == len(self._goals):
            self._goals.append(goal)
        return number

    def alternative_number(self, alternative: Object | Array) -> int:
        """The number of an alternative of some form."""
        number = self._alternative_numbers.setdefault(alternative, len(self._alternatives))
        if number == len(self._alternatives):
            self._alternatives.append(alternative)
        return number

    def goal(self, number: int) -> Goal:
        """The goal of a number."""
        return self._goals[number]

    def alternative(self, number: int) -> Object | Array:
        """The alternative of a number."""
        return self._alternatives[number]

    def object(self, number: int) -> Object:
        """The alternative of a number, of an object frame."""
        return self._alternatives[number]  # type: ignore[return-value]

    def array(self, number: int) -> Array:
        """The alternative of a number, of an array frame."""
        return self._alternatives[number]  # type: ignore[return-value]

    def is_beside(self, frame: Place, index: int) -> bool:
        """Whether the goal of an item is one that others are read beside, not of the value."""
        return index >= len(self.places[frame.outer].goals)

    def goes_on(self, frame: Place, items: Iterable[Item]) -> bool:
        """Whether some item is alive of the goals of the value itself."""
        return any(not self.is_beside(frame, index) for index, _, _ in items)

    def narrow(self, goal: Goal, keyword: str, message: str) -> None:
        """Records values that the policy leaves out."""
        self.narrowed[(*self.normaliser.place(goal, keyword), message)] = None

    def respell(self, goal: Goal, keyword: str, message: str) -> None:
        """Records spellings that generation leaves out."""
        self.respelled[(*self.normaliser.place(goal, keyword), message)] = None
