"""Grammars that are wide, deep or long compile, or end in one clear error."""

import random
from contextlib import suppress

import pytest

import constraints
from constraints import Lark, LimitError, MalformedError, SpecError, UnsatisfiableError, Vocabulary
from constraints.lark import compile_lark
from constraints.spec import LarkParser

WIDE = 3_000


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), None], [256])


def chain(body):
    return "start: r0\n" + "".join(body(i) for i in range(WIDE)) + f'r{WIDE}: "z"\n'


TOO_LARGE = {
    "a chain of units": chain(lambda i: f'r{i}: r{i + 1} | "a{i}"\n'),
    "a chain of rules": chain(lambda i: f'r{i}: "a{i}" r{i + 1}\n'),
    "a ring of left recursion": chain(lambda i: f'r{i}: r{(i + 1) % WIDE} "a{i}" | "b{i}"\n'),
    "as many rules as one can stand": "start: "
    + " | ".join(f"r{i}" for i in range(WIDE))
    + "\n"
    + "".join(f'r{i}: "a{i}" "b"\n' for i in range(WIDE)),
    "a count of a million": "start: /b{1000000}/",
    "a count past all bounds": "start: /b{5000000000}/",
    "counts of counts": "start: /((((a{50}){50}){50}){50}){50}/",
    "counts of nothing": "start: /((((x?){900}){900}){900}){900}y/",
    "rules of counts": 'start: a~50\na: b~50\nb: c~50\nc: d~50\nd: "x"~50\n',
    "a subset construction": "start: /(a|b)*a(a|b){24}/",
    "lookaheads": "start: /" + "".join(f"(?=.*a{{{i}}})" for i in range(1, 12)) + "[ab]+/",
    "nesting": "start: " + "(" * 3_000 + '"a"' + ")" * 3_000,
    "options": "start: " + " ".join(f'["a{i}"]' for i in range(30)),
    "a long text": f'start: "{"ab" * 40_000}"',
    "templates": 'start: a{a{a{a{a{"x"}}}}}\na{x}: x x x x x x x x\n',
}


@pytest.mark.parametrize(
    ("name", "parser"),
    [
        *((name, "lalr") for name in TOO_LARGE),
        *((name, "earley") for name in TOO_LARGE if "rule" in name or "chain" in name),
    ],
)
def test_what_is_too_large_ends_in_a_limit(name, parser, vocabulary):
    with pytest.raises(LimitError) as caught:
        constraints.compile(Lark(TOO_LARGE[name], parser=parser), vocabulary)
    assert caught.value.message


@pytest.mark.parametrize("parser", ["lalr", "earley"])
def test_thousands_of_fixed_texts_in_one_terminal_are_no_burden(parser, vocabulary):
    text = "start: T\nT: " + " | ".join(f'"a{i}"' for i in range(WIDE))
    constraint = constraints.compile(Lark(text, parser=parser), vocabulary)
    assert constraint.accepts(b"a2999")
    assert not constraint.accepts(b"a3000")


@pytest.mark.parametrize("seed", range(12))
def test_grammars_by_chance_compile_or_are_refused(seed, vocabulary):
    draw = random.Random(seed)
    size = draw.choice([5, 40, 150])
    symbols = [*(f"r{i}" for i in range(size)), *(f'"t{i}"' for i in range(size)), "T"]

    def alternative():
        return " ".join(draw.choices(symbols, k=draw.randint(0, 4)))

    rules = [
        f"r{i}: " + " | ".join(alternative() for _ in range(draw.randint(1, 4))) + f' | "e{i}"'
        for i in range(size)
    ]
    text = "\n".join(["start: r0", *rules, "T: /[a-z]+/"])
    parser: LarkParser = draw.choice(["lalr", "earley"])
    with suppress(SpecError):
        constraint = constraints.compile(Lark(text, parser=parser), vocabulary)
        assert constraint.start.fewest_tokens >= 0


@pytest.mark.parametrize(
    ("text", "kind", "line", "column", "says"),
    [
        ("", MalformedError, 1, 1, "no rule 'start'"),
        ("// nothing\n", MalformedError, 1, 1, "no rule 'start'"),
        ('\nfoo: "a"\nbar: "b"\n', MalformedError, 2, 1, "start with one of its rules: foo, bar"),
        ('start: "\\ud800"', MalformedError, 1, 9, "half of a surrogate pair"),
        ('start: "\ud800"', MalformedError, 1, 9, "half of a surrogate pair"),
        ('start: A\nA: ""\n', MalformedError, 2, 4, "Empty terminals"),
        ("start: A\nA: /a*/\n", MalformedError, 2, 1, "zero-width"),
        ("start: /(?!)/\n", MalformedError, 1, 9, "zero-width"),
        ('start: "a" start\n', UnsatisfiableError, 1, 1, "no text of finite length"),
        ('?start: x\nx: "a" x\n', UnsatisfiableError, 1, 1, "no text of finite length"),
        ("start: A\nA: /b{1000000}/", LimitError, 2, 1, "200000 states"),
    ],
)
@pytest.mark.parametrize("lexer", ["contextual", "basic"])
def test_what_is_wrong_is_said_with_its_place(text, kind, line, column, says, lexer):
    with pytest.raises(kind) as caught:
        compile_lark(Lark(text, lexer=lexer))
    assert (caught.value.line, caught.value.column) == (line, column)
    assert says in str(caught.value)
    shown = caught.value.message.split("\n")
    assert shown[-1] == " " * (column - 1) + "^"


def test_terminals_that_read_alike_are_taken_in_larks_order(vocabulary):
    text = "start: A | B A\nA: /a+/\nB: /a+/"
    constraint = constraints.compile(Lark(text, lexer="basic"), vocabulary)
    assert constraint.accepts(b"aa")
    assert not constraint.accepts(b"aaa b")
