"""Which goals an object or array has met when it is closed."""

from __future__ import annotations

from constraints.json_schema.parser.elements import Elements
from constraints.json_schema.parser.members import Members
from constraints.json_schema.parser.place import ARRAY, ELEMENT, UNKNOWN, Place
from constraints.json_schema.parser.register import Register


class Verdicts:
    """Which goals an object or array has met when it is closed.

    A goal read beside is judged first, by the whole specification, whatever the policy leaves out
    of the goals of the value itself; so it is read once more where it is one of them. Where
    generation could not tell elements apart, what depends on it counts as missed, either way.
    """

    def __init__(self, register: Register, inside: Members | Elements, place: Place) -> None:
        self.register = register
        self.inside = inside
        self.place = place
        self.own = len(register.places[place.outer].goals)
        self._met: dict[int, bool] = {}

    def met(self, index: int) -> bool:
        """Whether some alternative of a goal is complete."""
        if index not in self._met:
            self._met[index] = any(
                self.inside.is_complete(self.place, number, progress) and self._beside(number)
                for goal, number, progress in self.place.items
                if goal == index
            )
        return self._met[index]

    def _beside(self, number: int) -> bool:
        for goal, wanted in self.register.alternative(number).beside:
            index = self.own + self.place.beside.index(self.register.goal_number(goal))
            if self._is_unknown(index) or self.met(index) is not wanted:
                return False
        return True

    def _is_unknown(self, index: int) -> bool:
        return self.place.kind in (ARRAY, ELEMENT) and any(
            goal == index and progress[-1] == UNKNOWN for goal, _, progress in self.place.items
        )
