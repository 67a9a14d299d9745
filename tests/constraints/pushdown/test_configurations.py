"""Edges over tokens beside reading their bytes, and what stands at the end of a way."""

import numpy as np
import pytest

from constraints import Lark, Vocabulary
from constraints.lark import compile_lark
from constraints.pushdown.completion import Completion
from constraints.pushdown.configurations import IGNORED
from constraints.pushdown.machine import Machine
from tests.constraints.lark.texts import SAMPLES

TOKENS = [
    *(bytes([byte]) for byte in range(256)),
    *(bytes([a, b]) for a in b'{[("<,: 1a' for b in b'}])">,: 1a/'),
    *(b"if a", b"then ", b" = b;", b'":1,"', b"))]", b"[[{", b"1+2*(", b"</a><b/>", b"\n,,"),
]


@pytest.fixture(scope="module")
def vocabulary():
    tokens = list(dict.fromkeys(TOKENS))
    return Vocabulary.from_bytes([*tokens, None], [len(tokens)])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_edges_are_what_reading_the_bytes_of_each_token_gives(sample, vocabulary):
    machine = Machine(compile_lark(sample.spec)[0], vocabulary.trie)
    rng = np.random.default_rng(0)
    number = machine.start()
    for step in range(25):
        machine.expand([number])
        sets, targets = machine.edges(number)
        by_token = {}
        for token_set, target in zip(sets.tolist(), targets.tolist(), strict=True):
            for leaf in machine.store.sets.sequence(token_set).tolist():
                token = int(vocabulary.trie.leaf_tokens[vocabulary.trie.leaf_ptr[leaf]])
                assert token not in by_token, "a token leads to two configurations"
                by_token[token] = target
        for token, data in enumerate(vocabulary.tokens[:-1]):
            reached = machine.read(machine.configuration(number), data)
            if token in by_token:
                assert reached == machine.configuration(by_token[token])
            elif reached is not None:
                assert not can_live(machine, reached)
        if not by_token or step % 8 == 7:
            number = machine.start()
        else:
            number = by_token[sorted(by_token)[int(rng.integers(len(by_token)))]]


def can_live(machine, configuration):
    """Whether the terminal under way can become one that the parser takes."""
    standing, state = configuration
    scan = machine.scan
    if scan.begins[state]:
        return True
    kind = scan.pending[state]
    if kind == IGNORED:
        return True
    becomes = scan.becomes[scan.becomes_ptr[kind] : scan.becomes_ptr[kind + 1]].tolist()
    return any(machine.feed(standing, t) >= 0 for t in becomes)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_completions_finish_texts_and_are_of_the_language(sample, vocabulary):
    language, _ = compile_lark(sample.spec)
    machine = Machine(language, vocabulary.trie)
    completion = Completion(machine, np.ones(256, dtype=np.bool_))
    for text in sample.texts:
        data = text.encode()
        for cut in range(len(data) + 1):
            reached = machine.read(machine.configuration(machine.start()), data[:cut])
            if reached is None:
                continue
            rest = completion.of(reached)
            if rest is not None:
                assert language.accepts(data[:cut] + rest)


def test_the_shortest_completion_closes_what_is_open():
    language, _ = compile_lark(Lark("json"))
    vocabulary = Vocabulary.from_bytes([*TOKENS[:256], None], [256])
    machine = Machine(language, vocabulary.trie)
    completion = Completion(machine, np.ones(256, dtype=np.bool_))
    start = machine.configuration(machine.start())
    cases = {b'[{"a": [1, ': b"0]}]", b'{"a': b'":0}', b"[[[": b"]]]", b"-": b"0", b"": b"0"}
    for text, rest in cases.items():
        reached = machine.read(start, text)
        assert reached is not None
        assert completion.of(reached) == rest


def test_standings_are_the_same_in_another_machine(vocabulary):
    language, _ = compile_lark(Lark("json"))
    first, second = (Machine(language, vocabulary.trie) for _ in range(2))
    second.expand(range(second.start(), second.start() + 1))
    reached = first.read(first.configuration(first.start()), b'[{"a":[')
    assert reached is not None
    standing, state = reached
    copied = second.standing(first.stacks(standing))
    assert second.stacks(copied) == first.stacks(standing)
    assert second.read((copied, state), b"1]}]") is not None


def test_ignored_text_is_bounded_together(vocabulary):
    spec = Lark('start: "a" "b"\n%ignore " "\n%ignore /#[^\\n]*/\n%ignore "\\n"')
    language, _ = compile_lark(spec)
    machine = Machine(language, vocabulary.trie)

    def written(text):
        reached = machine.read(machine.configuration(machine.start()), text)
        return reached is not None and machine.ends(reached)

    for between in (b"", b"  ", b" #c\n #d\n ", b" " * 16):
        assert written(b"a" + between + b"b")
    for between in (b" " * 17, b" #" + b"c" * 20 + b"\n"):
        assert not written(b"a" + between + b"b")
        assert language.accepts(b"a" + between + b"b")
    assert written(b"ab" + b" " * 16)
    assert not written(b"ab" + b" " * 17)
