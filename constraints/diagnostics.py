"""What a compile reports about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Enforcement = Literal["exact", "narrowed", "annotation"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """How one keyword of a spec was taken.

    Attributes:
        pointer: JSON pointer of the keyword, or empty where the spec is not JSON.
        keyword: The keyword.
        enforcement: `exact`; `narrowed`: a sound subset of what the spec admits; `annotation`:
            it asserts nothing.
        message: For `narrowed`, what is left out; else empty.
    """

    pointer: str
    keyword: str
    enforcement: Enforcement
    message: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """Everything a compile reports.

    Attributes:
        keywords: One entry for each keyword met, in document order.
        num_states: Token automaton states.
        num_edges: Token automaton edges.
        num_atoms: Classes of tokens that no edge tells apart.
        stage_ms: Milliseconds by stage, in order.
    """

    keywords: tuple[Diagnostic, ...] = ()
    num_states: int = 0
    num_edges: int = 0
    num_atoms: int = 0
    stage_ms: dict[str, float] = field(default_factory=dict)

    @property
    def narrowed(self) -> tuple[Diagnostic, ...]:
        """The keywords of which only a sound subset is generated."""
        return tuple(entry for entry in self.keywords if entry.enforcement == "narrowed")
