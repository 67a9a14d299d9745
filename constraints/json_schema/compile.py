"""A JSON Schema spec, compiled to a byte automaton with its diagnostics."""

from __future__ import annotations

from constraints.automata import Dfa
from constraints.diagnostics import Diagnostic
from constraints.errors import MalformedError, UnsatisfiableError
from constraints.json_schema.documents import read
from constraints.json_schema.lower import Lowering
from constraints.json_schema.normalise import Normaliser
from constraints.json_schema.whitespace import LAYOUTS
from constraints.spec import JsonSchema


def compile_json_schema(spec: JsonSchema) -> tuple[Dfa, tuple[Diagnostic, ...]]:
    """Compiles a schema.

    Returns:
        A DFA over the bytes of the admitted JSON texts, and how each keyword was taken.

    Raises:
        SpecError: The schema is malformed, unsupported, unsatisfiable or over a limit.
    """
    if not isinstance(spec.whitespace, str) or spec.whitespace not in LAYOUTS:
        raise MalformedError(
            f"unknown whitespace policy {spec.whitespace!r}", hint=f"one of {', '.join(LAYOUTS)}"
        )
    document = read(spec.text)
    normaliser = Normaliser(document, assert_formats=spec.assert_formats)
    lowering = Lowering(
        normaliser,
        LAYOUTS[spec.whitespace],
        spelling="full" if spec.open_objects else "plain",
        open_objects=spec.open_objects,
    )
    dfa = lowering.document("")
    if dfa.is_empty:
        raise UnsatisfiableError(
            "no JSON value satisfies the schema",
            pointer="",
            hint="look for bounds out of order, and required properties that nothing satisfies",
        )
    return dfa, tuple(normaliser.diagnostics.values())
