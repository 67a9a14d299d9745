"""Parses ECMA-262 regular expressions (flag `u`, with the leniency of its Annex B).

Source: ECMA-262 §22.2.1 and §B.1.2.
"""

from __future__ import annotations

from collections.abc import Callable

from constraints.errors import MalformedError
from constraints.regex.classes import (
    CATEGORY_ALIASES,
    CLASS_ESCAPES,
    DOT,
    LAST,
    complement,
    normalised,
    unicode_property,
)
from constraints.regex.tree import (
    Alternatives,
    Anchor,
    Boundary,
    Characters,
    Look,
    Node,
    Ranges,
    Reference,
    Repeat,
    Sequence,
)

MAX_REPEAT = 100_000
MAX_DEPTH = 100
CONTROL_ESCAPES = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
PROPERTY_KEYS = frozenset(("General_Category", "gc", "Script", "sc", "Script_Extensions", "scx"))
LOOKS = {"?=": (True, False), "?!": (True, True), "?<=": (False, False), "?<!": (False, True)}
"""What opens a lookaround: whether it looks ahead, and whether it is negative."""
UNREPEATABLE = ("^", "$", "\\b", "\\B", "(?<=", "(?<!")


def parse(pattern: str) -> Node:
    """Parses a pattern.

    Raises:
        MalformedError: It is no regular expression; `column` is the place (1-based).
    """
    return _Parser(pattern).whole()


class _Parser:
    """Recursive descent over one pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0
        self.num_groups = 0
        self.names: set[str] = set()
        self.references: list[tuple[int, int | str]] = []

    def whole(self) -> Node:
        node = self.alternatives()
        if self.at < len(self.pattern):
            raise self.malformed("unmatched ')'")
        for place, group in self.references:
            self.at = place
            if not (group in self.names if isinstance(group, str) else group <= self.num_groups):
                raise self.malformed(f"no group {group} to refer to")
        return node

    def alternatives(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.malformed(f"groups nest deeper than {MAX_DEPTH}")
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Alternatives(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.peek() not in "|)":
            can_repeat = not self.pattern.startswith(UNREPEATABLE, self.at)
            parts.append(self.quantified(self.term(), can_repeat))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def term(self) -> Node:
        start = self.at
        if self.quantifier() is not None:
            self.at = start
            raise self.malformed(f"nothing to repeat before '{self.peek()}'")
        character = self.next()
        handler = _TERMS.get(character)
        if handler is not None:
            return handler(self)
        return Characters(((ord(character), ord(character)),))

    def quantified(self, node: Node, can_repeat: bool) -> Node:
        bounds = self.quantifier()
        if bounds is None:
            return node
        if not can_repeat:
            raise self.malformed("an assertion cannot be repeated")
        self.take("?")
        if self.quantifier() is not None:
            raise self.malformed("nothing to repeat between two quantifiers")
        return node if node == Sequence(()) else Repeat(node, *bounds)

    def quantifier(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.peek())
        if simple is not None:
            self.at += 1
            return simple
        return self.braces() if self.peek() == "{" else None

    def braces(self) -> tuple[int, int | None] | None:
        """Reads `{n}`, `{n,}` or `{n,m}`; anything else leaves the brace a plain character."""
        close = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : max(close, self.at)].partition(",")
        if close < 0 or not _is_count(low) or not (high == "" or _is_count(high)):
            return None
        if max(len(low), len(high)) > len(str(MAX_REPEAT)) + 3:
            raise self.malformed(f"a repeat bound passes {MAX_REPEAT}")
        least = int(low)
        most = least if not comma else int(high) if high else None
        if most is not None and most < least:
            raise self.malformed("repeat bounds are out of order")
        if max(least, most or 0) > MAX_REPEAT:
            raise self.malformed(f"a repeat bound passes {MAX_REPEAT}")
        self.at = close + 1
        return least, most

    def group(self) -> Node:
        look = next((kind for mark, kind in LOOKS.items() if self.take(mark)), None)
        if look is None:
            self.group_head()
        node = self.alternatives()
        if not self.take(")"):
            raise self.malformed("missing ')'")
        return node if look is None else Look(node, *look)

    def group_head(self) -> None:
        if self.take("?:"):
            return
        self.num_groups += 1
        if self.take("?<"):
            name = self.group_name()
            if name in self.names:
                raise self.malformed(f"two groups are named '{name}'")
            self.names.add(name)
        elif self.peek() == "?":
            raise self.malformed("unknown kind of group after '('")

    def group_name(self) -> str:
        close = self.pattern.find(">", self.at)
        name = self.pattern[self.at : max(close, self.at)]
        if not name.replace("$", "_").isidentifier():
            raise self.malformed("expected the name of a group and '>'")
        self.at = close + 1
        return name

    def escape(self) -> Node:
        character = self.peek()
        if character in ("b", "B"):
            self.at += 1
            return Boundary(negative=character == "B")
        if character == "k" or character in tuple("123456789"):
            return self.reference()
        ranges = self.class_escape()
        if ranges is None:
            code = self.character_escape()
            ranges = ((code, code),)
        return Characters(ranges)

    def reference(self) -> Node:
        start = self.at
        if self.take("k"):
            if not self.take("<"):
                raise self.malformed("expected '<' and the name of a group")
            group: int | str = self.group_name()
        else:
            while self.peek() in tuple("0123456789"):
                self.at += 1
            group = int(self.pattern[start : min(self.at, start + 9)])
        self.references.append((start, group))
        return Reference(column=start + 1)

    def class_escape(self) -> Ranges | None:
        r"""Reads `d D w W s S p{…} P{…}` after a backslash, or nothing."""
        character = self.peek()
        if character in CLASS_ESCAPES:
            self.at += 1
            return CLASS_ESCAPES[character]
        if character not in ("p", "P") or not self.pattern.startswith("{", self.at + 1):
            return None
        close = self.pattern.find("}", self.at)
        expression = self.pattern[self.at + 2 : close] if close > 0 else ""
        ranges = unicode_property(expression) if _is_property(expression) else None
        if ranges is None:
            raise self.malformed(f"unknown Unicode property '{expression}'")
        self.at = close + 1
        return ranges if character == "p" else complement(ranges)

    def character_escape(self) -> int:
        character = self.next()
        if character in CONTROL_ESCAPES:
            return CONTROL_ESCAPES[character]
        if character == "0":
            return 0
        if character == "c" and self.peek().isascii() and self.peek().isalpha():
            return ord(self.next()) % 32
        if character == "x":
            return self.hexadecimal(2)
        if character == "u":
            return self.unicode_escape()
        if character.isascii() and character.isalpha():
            raise self.malformed(f"unknown escape '\\{character}'", back=1)
        return ord(character)

    def unicode_escape(self) -> int:
        if self.take("{"):
            close = self.pattern.find("}", self.at)
            code = self.hexadecimal(close - self.at)
            self.at += 1
            if code > LAST:
                raise self.malformed("a code point passes 10FFFF")
            return code
        code = self.hexadecimal(4)
        if 0xD800 <= code < 0xDC00 and self.pattern.startswith("\\u", self.at):
            high_end = self.at
            self.at += 2
            low = self.hexadecimal(4)
            if 0xDC00 <= low < 0xE000:
                return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            self.at = high_end
        return code

    def hexadecimal(self, width: int) -> int:
        digits = self.pattern[self.at : self.at + max(width, 0)]
        if len(digits) != width or not digits or set(digits.lower()) - set("0123456789abcdef"):
            raise self.malformed("expected hexadecimal digits")
        self.at += width
        return int(digits, 16)

    def character_class(self) -> Node:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            low = self.class_atom()
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                ranges.extend(self.class_range(low))
            else:
                ranges.extend(low)
        merged = normalised(ranges)
        return Characters(complement(merged) if negated else merged)

    def class_range(self, low: Ranges) -> Ranges:
        self.at += 1
        high = self.class_atom()
        if len(low) == len(high) == 1 and low[0][0] == low[0][1] and high[0][0] == high[0][1]:
            if high[0][0] < low[0][0]:
                raise self.malformed("a character range is out of order")
            return ((low[0][0], high[0][0]),)
        return (*low, (0x2D, 0x2D), *high)

    def class_atom(self) -> Ranges:
        character = self.next(missing="missing ']'")
        if character != "\\":
            return ((ord(character), ord(character)),)
        if self.take("b"):
            return ((0x08, 0x08),)
        ranges = self.class_escape()
        if ranges is not None:
            return ranges
        code = self.character_escape()
        return ((code, code),)

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def next(self, missing: str = "the pattern ends too early") -> str:
        if self.at >= len(self.pattern):
            raise self.malformed(missing)
        self.at += 1
        return self.pattern[self.at - 1]

    def take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def malformed(self, message: str, back: int = 0) -> MalformedError:
        return MalformedError(
            f"pattern {self.pattern[:80]!r}: {message}",
            line=1,
            column=self.at - back + 1,
            hint="write it as ECMA-262 has it, flag u",
        )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_property(text: str) -> bool:
    key, equals, value = text.rpartition("=")
    if equals and key not in PROPERTY_KEYS:
        return False
    if value in CATEGORY_ALIASES:
        return True
    return value.isascii() and value[:1].isupper() and value.replace("_", "").isalnum()


_TERMS: dict[str, Callable[[_Parser], Node]] = {
    "(": _Parser.group,
    "[": _Parser.character_class,
    "\\": _Parser.escape,
    ".": lambda _: Characters(DOT),
    "^": lambda _: Anchor(at_start=True),
    "$": lambda _: Anchor(at_start=False),
}
