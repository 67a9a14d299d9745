"""JSON Schema, drafts 4 to 2020-12."""

from constraints.json_schema.compile import compile_json_schema, recogniser
from constraints.json_schema.recogniser import Recogniser

__all__ = ["Recogniser", "compile_json_schema", "recogniser"]
