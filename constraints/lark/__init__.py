"""Lark grammars."""

from constraints.lark.load import load

__all__ = ["load"]
