r"""Rewrites ECMA-262 patterns for Python's `regex` module, for the validator's use alone.

It shares nothing with our own parser. Literal characters become `\U` escapes, so that nothing of
`regex`'s own syntax can arise by accident; classes become nested sets (its version 1 behaviour).
"""

from __future__ import annotations

import re

SPACE = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
SETS = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[A-Za-z0-9_]",
    "W": "[^A-Za-z0-9_]",
    "s": f"[{SPACE}]",
    "S": f"[^{SPACE}]",
}
CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
VERSION = "(?V1)"
PLAIN = {"$": r"\Z", "^": r"\A", ".": r"[^\n\r\u2028\u2029]"}
CODE = re.compile(
    r"\\u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})"
    r"|\\u\{([0-9A-Fa-f]+)\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\c([A-Za-z])"
)
QUANTIFIER = re.compile(r"\{[0-9]+(,[0-9]*)?\}|[*+?]")
PROPERTY = re.compile(r"\\[pP]\{[A-Za-z0-9_=]+\}")
LOOK = re.compile(r"\(\?<?[=!]")
GROUP = re.compile(r"\((\?:|\?<[A-Za-z_$][\w$]*>)?")
WORD = "[A-Za-z0-9_]"
BOUNDARIES = {
    "b": f"(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))",
    "B": f"(?:(?<={WORD})(?={WORD})|(?<!{WORD})(?!{WORD}))",
}


def translated(pattern: str) -> str:
    """The same pattern in the dialect of the `regex` module, version 1."""
    result = [VERSION]
    at = 0
    while at < len(pattern):
        piece, at = _outside(pattern, at)
        result.append(piece)
    return "".join(result)


def _outside(pattern: str, at: int) -> tuple[str, int]:
    """One piece outside a class, and where the next one begins."""
    character = pattern[at]
    if character == "[":
        return _class(pattern, at + 1)
    if character == "\\":
        return _escape(pattern, at, in_class=False)
    if look := LOOK.match(pattern, at):
        return look[0], look.end()
    if character == "(" and (group := GROUP.match(pattern, at)):
        return "(?:", group.end()
    if quantifier := QUANTIFIER.match(pattern, at):
        return quantifier[0], quantifier.end()
    if character in "|)":
        return character, at + 1
    return PLAIN.get(character) or _literal(ord(character)), at + 1


def _class(pattern: str, at: int) -> tuple[str, int]:
    negated = pattern.startswith("^", at)
    at += negated
    members: list[str] = []
    while not pattern.startswith("]", at):
        low, at = _member(pattern, at)
        if pattern[at] == "-" and pattern[at + 1] != "]":
            high, at = _member(pattern, at + 1)
            between = low + "-" + high
            is_range = not (low + high).startswith("[") and "[" not in high and "\\p" not in between
            members.append(between if is_range else low + _literal(0x2D) + high)
        else:
            members.append(low)
    if not members:
        return ("[\\s\\S]" if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{''.join(members)}]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\":
        return _escape(pattern, at, in_class=True)
    return _literal(ord(pattern[at])), at + 1


def _escape(pattern: str, at: int, *, in_class: bool) -> tuple[str, int]:
    if code := CODE.match(pattern, at):
        return _literal(_code(code)), code.end()
    if named := PROPERTY.match(pattern, at):
        return named[0], named.end()
    letter = pattern[at + 1]
    if letter in SETS:
        return SETS[letter], at + 2
    if letter in BOUNDARIES and not in_class:
        return BOUNDARIES[letter], at + 2
    if in_class and letter == "b":
        return _literal(8), at + 2
    return _literal(CONTROLS.get(letter, ord(letter))), at + 2


def _code(match: re.Match[str]) -> int:
    high, low, braced, plain, short, control = match.groups()
    if high:
        return 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00
    return ord(control) % 32 if control else int(braced or plain or short, 16)


def _literal(code: int) -> str:
    return f"\\U{code:08x}"
