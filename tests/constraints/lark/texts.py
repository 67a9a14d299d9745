"""Grammars with texts of theirs, and texts near these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from constraints import Lark


@dataclass(frozen=True)
class Sample:
    """A grammar and some of its texts."""

    name: str
    spec: Lark
    texts: tuple[str, ...]


CALCULATOR = r"""
?start: sum
?sum: product | sum "+" product -> add
?product: atom | product "*" atom
?atom: NUMBER | "(" sum ")"
%import common.NUMBER
%import common.WS_INLINE
%ignore WS_INLINE
"""
KEYWORDS = r"""
start: statement+
statement: "if" NAME "then" statement | NAME "=" NAME ";" | "stop"i ";"
NAME: /[a-z]+/
%ignore /[ \n]+/
%ignore /#[^\n]*/
"""
TEMPLATES = r"""
start: list{pair}
list{item}: "[" item ("," item)* "]"
pair: NUMBER ":" NUMBER ~ 1..2 | NUMBER ":"
NUMBER.2: /[0-9]+/
HEX: /[0-9a-f]+/
%ignore " "
"""
PRIORITIES = r"""
start: (LONG | SHORT | ANY | STRING)+
LONG.3: "abc"
SHORT.2: /ab?/
ANY: /[a-c]+?/
STRING: /'.*?(?<!\\)(\\\\)*?'/
"""
LOOKAHEAD = r"""
start: (NAME | KEY | QUOTED)+
KEY: "let" | "in"
NAME.1: /(?!let|in)[a-z]+/
QUOTED: /"(?!"")[^"]*"/
%ignore " "
"""
EMPTY = r"""
start: a b a
a: ["x"]
b: "y"* | "(" start ")"
"""
UNICODE = r"""
start: WORD ("," WORD)*
WORD: /\w+/i
%ignore /\s+/
"""

SAMPLES = (
    Sample("calculator", Lark(CALCULATOR), ("1+2*(3+4)", "7", "( 1 )*2", "((((1))))")),
    Sample("keywords", Lark(KEYWORDS), ("if a then b=c;", "ifa=b; STOP;", "stop; #x\nx = y;")),
    Sample("keywords basic", Lark(KEYWORDS, lexer="basic"), ("if a then b=c;", "stop; a=b;")),
    Sample("templates", Lark(TEMPLATES), ("[1:2]", "[1: 2, 3:44 5]", "[12:,3:4]")),
    Sample("priorities", Lark(PRIORITIES), ("abcab", "'x\\'y'ab", "aaccbb", "''abc'\\\\'")),
    Sample("lookahead", Lark(LOOKAHEAD), ("let x in y", '"" "ab" q', 'inn "a"')),
    Sample("empty", Lark(EMPTY), ("", "x", "xyyx", "x((y)x)x", "(x)")),
    Sample("unicode", Lark(UNICODE), ("é,ß ,日本", "Straße", "a , b")),
    Sample("json", Lark("json"), ('{"a": [1, 2.5e3, true, "x\\"y"], "b": {}}', "[]", '"\\u00e9"')),
    Sample("csv", Lark("csv"), ("a,b\n1,2\n", '"x ""y""",\r\n', "\n")),
    Sample("arithmetic", Lark("arithmetic"), ("1 + f(x, 2)^-3", "(a%b)/.5e-3", "-f()")),
    Sample(
        "python",
        Lark("python_expression"),
        ("f(x, *y, k=1)[1:2, ::3].z", "[x for x in y if not x is None]", "1 if a<b else {'c': d}"),
    ),
    Sample("xml", Lark("xml"), ('<a id="&lt;">t<b/></a>', "<c>\n</c >", "<a><a></a></a>")),
)


def mutated(text: str, others: tuple[str, ...], rng: np.random.Generator) -> str:
    """A text near another: characters taken out, put in, exchanged, or a piece of another text."""
    characters = list(text)
    alphabet = sorted({*"".join(others), " ", "é", "\n"})
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(characters) + 1))
        action = int(rng.integers(4))
        if action == 0 and at < len(characters):
            del characters[at]
        elif action == 1:
            characters.insert(at, alphabet[int(rng.integers(len(alphabet)))])
        elif action == 2 and len(characters) > 1:
            other = int(rng.integers(len(characters)))
            at = min(at, len(characters) - 1)
            characters[at], characters[other] = characters[other], characters[at]
        else:
            piece = others[int(rng.integers(len(others)))]
            begin = int(rng.integers(len(piece) + 1))
            characters[at:at] = piece[begin : begin + int(rng.integers(1, 7))]
    return "".join(characters)
