"""What an examination found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A disagreement: what we said of an instance, and what the oracle said."""

    kind: str
    schema: str
    instance: str
    ours: str
    oracle: str
    setting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case."""

    refused: str = ""
    compared: int = 0
    valid: int = 0
    unjudged: int = 0
    drawn: int = 0
    too_long: int = 0
    findings: tuple[Finding, ...] = ()
