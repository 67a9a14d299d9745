"""Sets of property names: names, patterns, and everything else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from constraints.automata import CODE_POINTS, Dfa
from constraints.regex.classes import ANY

STRINGS = Dfa.from_rows([[(low, high, 0) for low, high in ANY]], [True], CODE_POINTS)
"""All strings of Unicode scalar values."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """A language of names; compared by identity, so make one for each language.

    Attributes:
        values: DFA over code points.
    """

    values: Dfa


@dataclass(frozen=True)
class Keys:
    """A set of property names.

    Attributes:
        names: Names in it.
        patterns: Languages of names in it.
        inverted: Whether the set is all names but these.
    """

    names: frozenset[str] = frozenset()
    patterns: tuple[Pattern, ...] = ()
    inverted: bool = False

    def __contains__(self, name: str) -> bool:
        if name not in self._known:
            listed = name in self.names
            self._known[name] = self.inverted != (
                listed or any(each.values.accepts(map(ord, name)) for each in self.patterns)
            )
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, bool]:
        """Names that were looked up."""
        return {}

    @property
    def is_finite(self) -> bool:
        """Whether only names are listed."""
        return not self.inverted and not self.patterns

    @cached_property
    def language(self) -> Dfa:
        """The names as a DFA over code points."""
        listed = Dfa.of_strings(sorted(self.names))
        for pattern in self.patterns:
            listed = listed | pattern.values
        return STRINGS - listed if self.inverted else listed

    def __or__(self, other: Keys) -> Keys:
        """Names of either set."""
        if self.inverted or other.inverted:
            if self == ALL_KEYS or other == ALL_KEYS:
                return ALL_KEYS
            return Keys(patterns=(Pattern(self.language | other.language),))
        patterns = tuple(dict.fromkeys((*self.patterns, *other.patterns)))
        return Keys(self.names | other.names, patterns)

    def inverse(self) -> Keys:
        """All other names."""
        return Keys(self.names, self.patterns, not self.inverted)


NO_KEYS = Keys()
ALL_KEYS = Keys(inverted=True)
