"""Lark grammars."""

from constraints.lark.builtin import named_grammar, xml_grammar
from constraints.lark.compile import compile_lark, larks_own
from constraints.lark.load import load

__all__ = ["compile_lark", "larks_own", "load", "named_grammar", "xml_grammar"]
