"""Fuzzing of JSON Schema against jsonschema."""
