"""Grammars that are there by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from string import ascii_lowercase

from constraints.errors import MalformedError
from constraints.pushdown.grammar import LexerName

LEXERS: dict[str, LexerName] = {
    "json": "contextual",
    "csv": "contextual",
    "arithmetic": "contextual",
    "python_expression": "basic",
    "xml": "contextual",
}
"""The lexer that each grammar is written for."""

_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

_XML = r"""
start: S? element S?
{choice}
content: (TEXT | REFERENCE | element)*
_attributes: {attributes}
TEXT: /[^<>&\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+/
REFERENCE: /&(?:amp|lt|gt|quot|apos);/
NAME: /[A-WYZa-wyz_][A-Za-z0-9_.-]*/
VALUE: /"(?:[^"<&\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&(?:amp|lt|gt|quot|apos);)*"/
S: /[ \t\r\n]+/
"""


@cache
def named_grammar(name: str) -> str | None:
    """The text of a grammar by name, or None where there is none of that name."""
    if name not in LEXERS:
        return None
    if name == "xml":
        return xml_grammar(ascii_lowercase)
    return resources.files("constraints.lark").joinpath(f"grammars/{name}.lark").read_text()


def xml_grammar(elements: Iterable[str], attributes: Iterable[str] | None = None) -> str:
    """The grammar of well-formed XML elements (W3C XML 1.0) of some names, nested at will.

    That an end tag repeats the name of its start tag is not context-free for names at large, so the
    names are listed.

    Args:
        elements: Names of elements.
        attributes: Names that an element may have, in this order; None: one of any name that does
            not begin with x.

    Raises:
        MalformedError: A name is not one, or there is none.
    """
    names = list(dict.fromkeys(elements))
    for name in (*names, *(attributes or ())):
        if not _XML_NAME.fullmatch(name):
            raise MalformedError(f"{name!r} is no name of XML")
    if not names:
        raise MalformedError("XML needs the name of at least one element")
    rules = [
        f'_e{i}: "<{name}" _attributes ("/>" | ">" content "</{name}" S? ">")'
        for i, name in enumerate(names)
    ]
    listed = " ".join(f'[S "{name}" "=" VALUE]' for name in attributes or ())
    free = 'S? | S NAME "=" VALUE S?' if attributes is None else f"{listed} S?"
    choice = "element: " + " | ".join(f"_e{i}" for i in range(len(names)))
    return _XML.replace("{choice}", "\n".join([choice, *rules])).replace("{attributes}", free)
