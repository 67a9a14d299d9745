"""The normal form of schemas, keyword group by keyword group."""

from constraints.json_schema.normal.normaliser import Normaliser

__all__ = ["Normaliser"]
