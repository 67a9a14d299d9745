"""Conflicts that Lark resolves are listed, all of them and no others: its own log is the judge."""

import logging
from itertools import pairwise

import lark
import pytest

from constraints import Lark
from constraints.lark import compile_lark
from constraints.lark.conflicts import conflicts
from constraints.lark.load import table_of

DANGLING = 'start: s\ns: "if" "e" "then" s | "if" "e" "then" s "else" s | "x"\n'
GRAMMARS = {
    "dangling else": DANGLING,
    "ambiguous sums": 'start: e\ne: e "+" e | e "*" e | "x" | "-" e\n',
    "unary and ternary": """
start: stmt+
stmt: NAME "=" expr | call
call: NAME "(" ")"
expr: NAME | call | expr "+" expr | expr "?" expr ":" expr
NAME: /[a-z]+/
%ignore " "
""",
    "optional parts": 'start: a | "q" b\na: c? "x"\nc: "y"\nb: c? c? "z"\n',
    "lists that touch": 'start: a b\na: ("x" ","?)*\nb: "x" "y" | ","\n',
    "none": 'start: "(" start ")" | "x"\n',
}


def logged(text):
    """What Lark says of conflicts when it is asked to: (terminal, rule)."""
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    level = lark.logger.level
    lark.logger.addHandler(handler)
    lark.logger.setLevel(logging.DEBUG)
    try:
        parser = lark.Lark(text, parser="lalr")
    finally:
        lark.logger.removeHandler(handler)
        lark.logger.setLevel(level)
    found = {
        (first.split("terminal ")[1].split(":")[0], second.removeprefix(" * "))
        for first, second in pairwise(messages)
        if first.startswith("Shift/Reduce")
    }
    return parser, found


@pytest.mark.parametrize("name", GRAMMARS)
def test_every_resolved_conflict_is_found(name):
    parser, wanted = logged(GRAMMARS[name])
    found = conflicts(parser.rules, "start", table_of(parser))
    assert {(each.terminal, str(each.left)) for each in found} == wanted
    assert bool(wanted) == (name not in ("none", "optional parts"))


def test_a_rule_of_higher_priority_ends_before_another():
    text = 'start: a | b\na.2: "x" "y"\nb: "x" "y"\n'
    parser = lark.Lark(text, parser="lalr")
    (found,) = conflicts(parser.rules, "start", table_of(parser))
    assert str(found) == "before the end of the text, `a: X Y` ends rather than `b: X Y`"


def test_diagnostics_say_how_the_language_was_decided():
    _, diagnostics = compile_lark(Lark(DANGLING))
    (message,) = [each.message for each in diagnostics if each.keyword == "conflict"]
    assert message == "before ELSE the text goes on, though `s: IF E THEN s` could end there"
