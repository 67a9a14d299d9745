"""JSON Schema, compiled to the automaton of the JSON texts it admits."""

from constraints.json_schema.compile import compile_json_schema

__all__ = ["compile_json_schema"]
