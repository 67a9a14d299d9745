"""Lark grammars, read by Lark's own loader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from lark import Lark, Tree
from lark.exceptions import LarkError
from lark.grammar import Rule
from lark.lexer import PatternStr, TerminalDef
from lark.load_grammar import load_grammar, stdlib_loader

from constraints.errors import LimitError, MalformedError, SpecError, UnsupportedError
from constraints.lark.effort import check_effort
from constraints.pushdown.grammar import Grammar, LexerName, Terminal
from constraints.pushdown.lalr import Tables

Parser = Literal["lalr", "earley", "rules"]

MAX_CHARACTERS = 100_000
MAX_ALTERNATIVES = 20_000
MAX_SYMBOLS = 5_000
NAMED = r"'(\w+)'|\((\w+)\)|<(\w+)[ :]|:\s(\w+)$|\((\w+):|[Tt]erminals? (\w+)"
"""Where messages of Lark name a rule or a terminal."""
END_OF_TEXT = "$END"
RULE = r"(?m)^[?!]*(?:%(?:override|extend)\s+[?!]*)?([a-z_][a-z0-9_]*)(?=[.{\s]*[^:\n]*:)"
MAX_SHOWN = 12
"""Rules that a hint lists."""


def load(
    text: str,
    start: str = "start",
    *,
    parser: Parser = "lalr",
    lexer: LexerName = "contextual",
    imports: Mapping[str, str] | None = None,
) -> Grammar:
    """Loads a grammar.

    Args:
        text: The grammar.
        start: The rule that a whole text is.
        parser: `lalr`: Lark's tables define the language. `earley`, `rules`: the rules do; with
            `rules` terminals may be declared that only a lexicon yields.
        lexer: `contextual` or `basic` for `lalr`; `basic` for `rules`; `basic`, `dynamic` or
            `dynamic_complete` for `earley`.
        imports: Grammars to import from, by name (`a` for `%import a.NAME`, `a.b` for
            `%import a.b.NAME`); Lark's own `common` is always there, and no file is ever read.

    Raises:
        SpecError: Lark refuses the grammar, or it needs what cannot be supported.
    """
    lark = loaded(text, start, parser, lexer, imports or {})
    return grammar_of(lark, text, start, parser, lexer)


def grammar_of(lark: Lark, text: str, start: str, parser: Parser, lexer: LexerName) -> Grammar:
    """The grammar that Lark has loaded; the other arguments are those of `load`.

    Raises:
        UnsupportedError: It needs a postlexer.
    """
    used = {symbol.name for rule in lark.rules for symbol in rule.expansion}.union(
        lark.ignore_tokens
    )
    terminals = [_terminal(each) for each in lark.terminals if each.name in used]
    declared = _declared(lark.rules, {each.name for each in terminals})
    rules = _rules(lark.rules)
    if parser != "rules":
        reached = _reached_symbols(rules, start)
        _Source(text, {}).refuse_declared(name for name in declared if name in reached)
    terminals += [Terminal(name, None) for name in declared]
    return Grammar(
        start=start,
        rules=rules,
        terminals=tuple(terminals),
        ignored=frozenset(lark.ignore_tokens),
        lexer=lexer,
        tables=_tables(lark, terminals, start) if parser == "lalr" else None,
    )


def loaded(
    text: str, start: str, parser: Parser, lexer: LexerName, imports: Mapping[str, str]
) -> Lark:
    """Lark's own parser of a grammar.

    Raises:
        SpecError: Lark refuses the grammar, or would take too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitError(f"the grammar passes {MAX_CHARACTERS} characters")
    return _Source(text, imports).loaded(start, parser, lexer)


def check_is_text(text: str) -> None:
    """Refuses a grammar with halves of surrogate pairs, which no text has.

    Raises:
        MalformedError: As said.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        shown = text.encode(errors="replace").decode()
        raise _Source(shown, {}).at_offset(
            f"{text[error.start]!r} is half of a surrogate pair and no character",
            MalformedError,
            error.start,
        ) from error


def located(error: SpecError, grammar: Grammar, text: str) -> SpecError:
    """An error about a rule or terminal (its `keyword`), with the place that describes it."""
    patterns = {terminal.name: terminal.text or terminal.pattern for terminal in grammar.terminals}
    source = _Source(text, {})
    name, pattern = error.keyword, patterns.get(error.keyword) or ""
    if not name:
        return error
    if re.search(rf"(?m)^[?!]*{name}\b", text):
        return source.at(error.message, type(error), name, error.hint)
    for needle in filter(None, (pattern, pattern.encode("unicode_escape").decode())):
        found = re.search(re.escape(needle), text, re.IGNORECASE)
        if found is not None:
            return source.at_offset(error.message, type(error), found.start(), error.hint)
    return error


class _CountedLark(Lark):
    """Lark, which counts what its analysis will take before it begins."""

    def _build_parser(self) -> Any:
        start, parser = self.options.start, self.options.parser
        check_effort(self.rules, str(start[0]), str(parser))
        return super()._build_parser()


@dataclass(frozen=True)
class _Source:
    """Grammar text and what it may import."""

    text: str
    imports: Mapping[str, str]

    def loaded(self, start: str, parser: Parser, lexer: LexerName) -> Lark:
        """The grammar as Lark has loaded it; errors say where they are."""
        options: dict[str, Any] = {"parser": None if parser == "rules" else parser}
        try:
            read, _ = load_grammar(self.text, "", [self._importer()], False)
            self._check_size(read)
            return _CountedLark(read, start=start, lexer=lexer, **options)  # type: ignore[arg-type]
        except SpecError:
            raise
        except (LarkError, OSError, re.error, AssertionError, KeyError, ValueError) as error:
            raise self._malformed(error, start) from error
        except OverflowError as error:
            raise LimitError(f"a pattern repeats too often: {error}") from error
        except RecursionError as error:
            raise LimitError(
                "the grammar nests too deep, or too many of its rules lead on to one another",
                hint="write long chains of rules as one rule",
            ) from error

    def _check_size(self, grammar: Any) -> None:
        """Refuses rules that come to too many alternatives or symbols once written out.

        Raises:
            LimitError: As said.
        """
        for name, _, tree, _ in grammar.rule_defs:
            if tree is not None and num_alternatives(tree) > MAX_ALTERNATIVES:
                raise self.at(
                    f"rule {name} comes to more than {MAX_ALTERNATIVES} alternatives",
                    LimitError,
                    name,
                    hint="every optional part doubles them; move some into rules of their own",
                )
            if tree is not None and num_symbols(tree) > MAX_SYMBOLS:
                raise self.at(
                    f"rule {name} comes to more than {MAX_SYMBOLS} symbols",
                    LimitError,
                    name,
                    hint="lower its repeat counts, or repeat with * or +",
                )

    def _importer(self) -> Callable[[Any, str], tuple[Any, str]]:
        def opened(_: Any, path: str) -> tuple[Any, str]:
            name = path.removesuffix(".lark").replace("/", ".")
            if name in self.imports:
                return path, self.imports[name]
            try:
                return stdlib_loader(None, path)
            except OSError:
                raise self.at(
                    f"no grammar {name!r} to import from",
                    MalformedError,
                    name,
                    hint="give its text in `imports`",
                ) from None

        return opened

    def _malformed(self, error: Exception, start: str) -> SpecError:
        message = str(error).strip() or type(error).__name__
        first, _, _ = message.partition("\n")
        place = re.search(r"line (\d+),? column (\d+)", message)
        if isinstance(error, KeyError) or "undefined rule: NonTerminal" in first:
            return self._without_start(start)
        if place is not None:
            return self.located(first, MalformedError, int(place[1]), int(place[2]))
        known = re.findall(r"\w+", self.text)
        named = next((n for found in re.findall(NAMED, message) for n in found if n in known), "")
        shown = " ".join(message.split())
        quoted = re.search(r"\((?:\w+: )?(['\"].*['\"])\)$", first)
        if (
            not named
            and quoted is not None
            and (at := self.text.find(quoted[1][1:-1] or '""')) >= 0
        ):
            return self.at_offset(shown, MalformedError, at)
        return self.at(shown, MalformedError, named)

    def _without_start(self, start: str) -> SpecError:
        """The error of a grammar that lacks the rule to start with."""
        rules = list(dict.fromkeys(re.findall(RULE, self.text)))
        shown = ", ".join(rules[:MAX_SHOWN]) + ", ..." * (len(rules) > MAX_SHOWN)
        hint = f"start with one of its rules: {shown}" if rules else "the grammar has no rules"
        first = re.search(RULE, self.text)
        offset = 0 if first is None else first.start()
        return self.at_offset(f"no rule {start!r}", MalformedError, offset, hint)

    def refuse_declared(self, declared: Iterable[str]) -> None:
        for name in declared:
            raise self.at(
                f"terminal {name} has no pattern: only a postlexer could yield it",
                UnsupportedError,
                name,
                hint="describe it by a pattern; indentation is not context-free",
            )

    def at(self, message: str, kind: type[SpecError], name: str, hint: str = "") -> SpecError:
        """An error where a name is described, or else first stands in the grammar."""
        for place in (rf"(?m)^[?!]*{name}(?=[.\s]*[\d\s]*:)", rf"(?<!\w){name}(?!\w)"):
            found = re.search(place, self.text) if name else None
            if found is not None:
                return self.at_offset(message, kind, found.start(), hint)
        return kind(message, hint=hint)

    def at_offset(
        self, message: str, kind: type[SpecError], offset: int, hint: str = ""
    ) -> SpecError:
        """An error at a character of the grammar."""
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        return self.located(message, kind, line, column, hint)

    def located(
        self, message: str, kind: type[SpecError], line: int, column: int, hint: str = ""
    ) -> SpecError:
        """An error with the line it is in and a caret below it."""
        lines = self.text.split("\n")
        shown = lines[line - 1] if line <= len(lines) else ""
        excerpt = f"\n{shown}\n{' ' * (column - 1)}^"
        return kind(message + excerpt, hint=hint, line=line, column=column)


def num_alternatives(tree: Any) -> int:
    """How many alternatives Lark makes of a rule: optional parts are left out or not.

    Args:
        tree: The rule as Lark's loader has read it.
    """
    if not isinstance(tree, Tree):
        return 1
    counts = [num_alternatives(child) for child in tree.children]
    match tree.data:
        case "expansions":
            return sum(counts)
        case "expansion":
            return prod(counts)
        case "maybe":
            return 1 + sum(counts)
        case "expr":
            operator = str(tree.children[1])
            return counts[0] + 1 if operator == "?" else 2 if operator == "*" else counts[0]
        case "alias":
            return counts[0]
        case _:
            return 1


def num_symbols(tree: Any) -> int:
    """How many symbols a rule has once its repeats are written out.

    Args:
        tree: The rule as Lark's loader has read it.
    """
    if not isinstance(tree, Tree):
        return 1
    if tree.data == "expr" and str(tree.children[1]) == "~":
        return num_symbols(tree.children[0]) * int(str(tree.children[-1]))
    return sum(map(num_symbols, tree.children))


def _terminal(definition: TerminalDef) -> Terminal:
    pattern = definition.pattern
    return Terminal(
        name=definition.name,
        pattern=pattern.to_regexp(),
        text=pattern.value if isinstance(pattern, PatternStr) else None,
        flags=frozenset(pattern.flags),
        priority=definition.priority,
        max_width=int(pattern.max_width),
        length=len(pattern.value),
    )


def _declared(rules: Iterable[Rule], named: set[str]) -> list[str]:
    """Terminals that rules use and nothing describes, in order."""
    used = (symbol.name for rule in rules for symbol in rule.expansion if symbol.is_term)
    return list(dict.fromkeys(name for name in used if name not in named))


def _rules(rules: Iterable[Rule]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for rule in rules:
        alternatives = found.setdefault(str(rule.origin.name), {})
        alternatives[tuple(str(symbol.name) for symbol in rule.expansion)] = None
    return {name: tuple(alternatives) for name, alternatives in found.items()}


def _reached_symbols(rules: Mapping[str, Sequence[Sequence[str]]], start: str) -> set[str]:
    """All symbols that a text from the start can be derived through."""
    reached, stack = {start}, [start]
    while stack:
        new = {s for alternative in rules.get(stack.pop(), ()) for s in alternative} - reached
        reached |= new
        stack += new
    return reached


def table_of(lark: Lark) -> Any:
    """The table of Lark's LALR parser, by number of states."""
    parser: Any = lark.parser.parser
    return parser._parse_table


def _tables(lark: Lark, terminals: list[Terminal], start: str) -> Tables:
    """The tables of Lark's LALR parser."""
    table = table_of(lark)
    columns = {each.name: index for index, each in enumerate(terminals)}
    columns[END_OF_TEXT] = len(terminals)
    number = _numbers(table, start)
    rules: dict[Rule, int] = {}
    nonterminals: dict[str, int] = {}
    for state in number:
        for name, (action, argument) in sorted(table.states[state].items()):
            if action.name == "Reduce":
                rules.setdefault(argument, len(rules))
                nonterminals.setdefault(str(argument.origin.name), len(nonterminals))
            elif name not in columns:
                nonterminals.setdefault(str(name), len(nonterminals))
    action_of = np.full((len(number), len(columns)), 0, dtype=np.int32)
    goto = np.full((len(number), max(len(nonterminals), 1)), -1, dtype=np.int32)
    for old, state in number.items():
        for name, (action, argument) in table.states[old].items():
            if action.name == "Reduce":
                action_of[state, columns[name]] = -1 - rules[argument]
            elif name in columns:
                action_of[state, columns[name]] = 1 + number[argument]
            else:
                goto[state, nonterminals[str(name)]] = number[argument]
    return Tables(
        action=action_of,
        goto=goto,
        rule_length=np.array([len(rule.expansion) for rule in rules], dtype=np.int32),
        rule_head=np.array([nonterminals[str(r.origin.name)] for r in rules], dtype=np.int32),
        rule_symbols=tuple(
            tuple(
                columns[s.name] if s.is_term else -1 - nonterminals[str(s.name)]
                for s in rule.expansion
            )
            for rule in rules
        ),
        start=number[table.start_states[start]],
        end=number[table.end_states[start]],
    )


def _numbers(table: Any, start: str) -> dict[int, int]:
    """Numbers of the states in the order of a walk along names; Lark's depend on the hash seed."""
    first = table.start_states[start]
    number = {first: 0}
    queue = [first]
    for state in queue:
        for _, (action, argument) in sorted(table.states[state].items(), key=lambda each: each[0]):
            if action.name != "Reduce" and argument not in number:
                number[argument] = len(number)
                queue.append(argument)
    return number
