"""The goals that a member or an element may meet, and the items that go on from each."""

from __future__ import annotations

from constraints.errors import LimitError
from constraints.json_schema.goals import Goal
from constraints.json_schema.parser.place import Item

MAX_CHOICES = 1_000


class Choices:
    """Goals that a value may meet, and the items that go on if it does.

    Attributes:
        goals: The goals, each once.
        items: The items.
        needs: The index in `goals` that each item needs.
    """

    def __init__(self) -> None:
        self.goals: list[Goal] = []
        self.items: list[Item] = []
        self.needs: list[int] = []

    def add(self, goal: Goal, item: Item) -> None:
        """Lets an item go on if the value meets a goal.

        Raises:
            LimitError: There are more than `MAX_CHOICES` items.
        """
        if goal not in self.goals:
            self.goals.append(goal)
        self.items.append(item)
        self.needs.append(self.goals.index(goal))
        if len(self.items) > MAX_CHOICES:
            raise LimitError(
                f"a value is read against more than {MAX_CHOICES} alternatives at once",
                hint="make the branches of anyOf, oneOf and not tell apart sooner",
            )
