"""What grammars are refused, and where the fault is said to be."""

import os
import subprocess
import sys
from typing import Any, cast

import numpy as np
import pytest

import constraints
from constraints import (
    Lark,
    LimitError,
    MalformedError,
    SpecError,
    UnsatisfiableError,
    UnsupportedError,
    Vocabulary,
)
from constraints.lark import compile_lark, xml_grammar


@pytest.mark.parametrize(
    ("spec", "kind", "line", "part"),
    [
        (Lark('start: "a"\nb: ('), MalformedError, 2, ""),
        (Lark('start: "a" other\n'), MalformedError, 1, "other"),
        (Lark('start: "a"', start="top"), MalformedError, None, "top"),
        (Lark("start: A\n%declare A\n"), UnsupportedError, 1, "A"),
        (Lark("start: A\nA: /a*/\n"), MalformedError, 2, "A"),
        (Lark("start: A\nA: /(a)\\1/\n"), UnsupportedError, 2, "reference to a group"),
        (Lark("start: A\nA: /^a/\n"), UnsupportedError, 2, "anchor"),
        (Lark("start: A\nA: /(?<=ab)c/\n"), UnsupportedError, 2, "lookbehind"),
        (Lark("start: A\nA: /a{1,900000}/\n"), LimitError, 2, "states"),
        (Lark("%import nowhere.A\nstart: A"), MalformedError, 1, "nowhere"),
        (Lark("%import .nowhere.A\nstart: A"), MalformedError, 1, "nowhere"),
        (Lark('start: a a\na: b | c\nb: "x"\nc: "x"'), MalformedError, None, "collision"),
        (
            Lark("start: " + " ".join(f'["{c}"]' for c in "abcdefghijklmnop")),
            LimitError,
            1,
            "start",
        ),
        (Lark('start: "a" start'), UnsatisfiableError, None, "start"),
        (Lark("start: A | B\nA: /[a/\nB: /b/"), MalformedError, None, "A"),
        (Lark('start: "a"', parser=cast(Any, "glr")), MalformedError, None, "glr"),
        (Lark('start: "a"', lexer="dynamic"), MalformedError, None, "dynamic"),
        (Lark("start: " + "(" * 100_001), LimitError, None, ""),
    ],
)
def test_a_refused_grammar_says_what_and_where(spec, kind, line, part):
    with pytest.raises(SpecError) as caught:
        compile_lark(spec)
    assert type(caught.value) is kind, caught.value
    assert part in str(caught.value)
    if line is not None:
        assert caught.value.line == line
        assert caught.value.message.endswith("^")


def test_an_error_shows_the_place_with_a_caret():
    with pytest.raises(MalformedError) as caught:
        compile_lark(Lark('start: "a"\n  | missing "c"\n'))
    shown = caught.value.message.split("\n")
    assert shown[-2] == '  | missing "c"'
    column = shown[-2].index("missing")
    assert (shown[-1].index("^"), caught.value.column) == (column, column + 1)


def test_imports_are_given_and_no_file_is_read(tmp_path, monkeypatch):
    (tmp_path / "lib.lark").write_text('word: "no"')
    monkeypatch.chdir(tmp_path)
    text = "%import lib.word\nstart: word"
    with pytest.raises(MalformedError):
        compile_lark(Lark(text))
    language, _ = compile_lark(Lark(text, imports={"lib": 'word: "yes"'}))
    assert language.accepts(b"yes")
    assert not language.accepts(b"no")


def test_an_unreachable_rule_is_harmless():
    language, _ = compile_lark(Lark('start: "a"\nother: "b" other'))
    assert language.accepts(b"a")
    assert not language.accepts(b"b")


def test_a_vocabulary_that_lacks_bytes_is_said_to():
    with pytest.raises(UnsatisfiableError):
        constraints.compile(Lark('start: "ab"'), Vocabulary.from_bytes([b"a", None], [1]))


def test_a_vocabulary_without_single_bytes_spells_what_it_can():
    vocabulary = Vocabulary.from_bytes([b"ab", b"(", b"b)", b"a", None], [4])
    constraint = constraints.compile(Lark('start: "(" start ")" | "a"'), vocabulary)
    with_pairs = constraints.compile(Lark('start: "(" start "b)" | "a"'), vocabulary)
    assert constraint.start.fewest_tokens == 1
    text = with_pairs.text(with_pairs.block(4).condition(np.zeros((4, 5), np.float32)).best())
    assert with_pairs.accepts(text)


def test_xml_by_a_list_of_names():
    spec = Lark(xml_grammar(["book", "b", "title"], attributes=["id", "lang"]))
    language, _ = compile_lark(spec)
    assert language.accepts(b'<book id="1" lang="de"><title>x</title><b/></book>')
    assert not language.accepts(b'<book lang="de" id="1"></book>')
    assert not language.accepts(b"<book></b>")
    assert not language.accepts(b"<chapter/>")
    with pytest.raises(MalformedError):
        xml_grammar(["a b"])
    with pytest.raises(MalformedError):
        xml_grammar([])


def test_a_long_word_beside_a_shape_is_no_burden():
    language, _ = compile_lark(Lark(f'start: "{"a" * 3000}" "!" | N\nN: /a+/'))
    assert language.accepts(b"a" * 3000 + b"!")
    assert language.accepts(b"a" * 2999)
    assert not language.accepts(b"a" * 2999 + b"!")


@pytest.mark.parametrize(
    "rule", ['("a"~1000)~1000', '"a"~3000 "b"~3000', '("a"~2 | "b"~5..2600)~3']
)
def test_repeats_that_come_to_too_much_are_refused_at_once(rule):
    with pytest.raises(LimitError, match="more than 5000 symbols"):
        compile_lark(Lark(f"start: {rule}"))


DIGEST = """
import hashlib, pickle
from constraints.lark.builtin import named_grammar
from constraints.lark.load import load
grammar = load(named_grammar("python_expression"), lexer="basic")
tables = grammar.tables
print(hashlib.sha256(pickle.dumps([
    tables.action.tobytes(), tables.goto.tobytes(), tables.rule_length.tobytes(),
    tables.rule_head.tobytes(), tables.rule_symbols, tables.start, tables.end,
    [each.name for each in grammar.terminals],
])).hexdigest())
"""


def test_the_tables_do_not_depend_on_the_hash_seed():
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1
