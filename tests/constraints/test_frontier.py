"""Token automata of parser graphs, against reading every token byte by byte."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from constraints import UnsatisfiableError, Vocabulary, atoms, expansion, shelf, token_automaton
from constraints.errors import LimitError
from constraints.lexer import Counter, Lexer
from constraints.parser_graph import ParserGraph
from constraints.reading import is_accepting, read
from constraints.token_automaton import NEVER, TokenAutomaton, build_token_automaton

LETTERS = b"abc"
ALL_STRINGS = [
    bytes(letters) for size in range(1, 8) for letters in itertools.product(LETTERS, repeat=size)
]


@st.composite
def lexers(draw):
    size = draw(st.integers(1, 4))
    target = st.sampled_from([-1, *range(size), *range(size)])
    rows = [
        [(byte, byte, state) for byte in LETTERS if (state := draw(target)) >= 0]
        for _ in range(size)
    ]
    label = [draw(st.sampled_from([0, -1, 1])) for _ in range(size)]
    return Lexer.from_rows(rows, label, draw(st.none() | counters(size)))


@st.composite
def counters(draw, size):
    low = draw(st.integers(0, 3))
    high = draw(st.none() | st.integers(low, low + 3))
    return Counter(draw(st.integers(0, size - 1)), low, high)


@st.composite
def graphs(draw):
    kinds = tuple(draw(st.lists(lexers(), min_size=1, max_size=3)))
    num_places = draw(st.integers(1, 4))
    lexer = [draw(st.integers(0, len(kinds) - 1)) for _ in range(num_places)]
    start = [draw(st.integers(0, kinds[k].num_states - 1)) for k in lexer]
    sizes = [kinds[k].num_labels for k in lexer]
    following = st.sampled_from([num_places, *range(num_places), num_places, -1])
    goto = [draw(following) for _ in range(sum(sizes))]
    return ParserGraph(
        kinds,
        np.array(lexer, dtype=np.int32),
        np.array(start, dtype=np.int32),
        np.array([0, *itertools.accumulate(sizes)], dtype=np.int32),
        np.array(goto, dtype=np.int32),
    )


@st.composite
def vocabularies(draw):
    text = st.text("abc", min_size=1, max_size=5).map(str.encode)
    tokens = [*draw(st.lists(text, min_size=1, max_size=12)), None, None, None]
    ends = draw(st.sampled_from([[], [len(tokens) - 1], [len(tokens) - 1, len(tokens) - 2]]))
    pad = draw(st.sampled_from([None, len(tokens) - 2]))
    return Vocabulary.from_bytes(tokens, ends, pad)


@settings(max_examples=800, deadline=None)
@given(graphs(), vocabularies(), st.sampled_from([1, 3, atoms.LARGE]))
def test_an_automaton_is_what_reading_token_by_token_gives(graph, vocabulary, large):
    with patch.object(atoms, "LARGE", large):
        check_against_reading(graph, vocabulary)


def configurations_of(automaton) -> list[tuple[int, int]]:
    return list(zip(automaton.place.tolist(), automaton.lexer_state.tolist(), strict=True))


def check_against_reading(graph, vocabulary):
    expected, fewest = enumerated(graph, vocabulary)
    if fewest[(0, int(graph.start[0]))] == NEVER:
        event("unsatisfiable")
        with pytest.raises(UnsatisfiableError):
            build_token_automaton(graph, vocabulary)
        return
    automaton = build_token_automaton(graph, vocabulary)
    configurations = configurations_of(automaton)
    numbers = {configuration: state for state, configuration in enumerate(configurations)}
    assert numbers.keys() == set(expected)
    assert len(numbers) == len(configurations)
    assert configurations[0] == (0, graph.start[0])
    for state, configuration in enumerate(configurations):
        assert automaton.accepting[state] == is_accepting(graph, *configuration)
        assert automaton.fewest[state] == fewest[configuration]
        edges = range(automaton.out_ptr[state], automaton.out_ptr[state + 1])
        found = {}
        for edge in edges:
            assert automaton.source[edge] == state
            for token in tokens_of(automaton, automaton.edge_set[edge]):
                assert token not in found
                found[token] = int(automaton.target[edge])
        ends = vocabulary.eos_ids if automaton.accepting[state] else ()
        moves = {
            token: numbers.get(target, -1)
            for token, target in expected[configuration].items()
            if fewest[target] != NEVER
        }
        assert found == moves | dict.fromkeys(ends, automaton.done)
    check_shape(automaton, vocabulary)
    check_atoms(automaton)


def enumerated(graph, vocabulary):
    """Moves of every configuration reached, and the fewest tokens from each to the end."""
    first = (0, int(graph.start[0]))
    moves, queue = {}, [first]
    for current in queue:
        if current in moves:
            continue
        reached = {
            token: read(graph, *current, data)
            for token, data in enumerate(vocabulary.tokens)
            if data
        }
        moves[current] = {token: to for token, to in reached.items() if to is not None}
        queue.extend(moves[current].values())
    fewest = {state: 0 if is_accepting(graph, *state) else NEVER for state in moves}
    for _ in moves:
        for state, targets in moves.items():
            nearest = min((fewest[target] for target in targets.values()), default=NEVER)
            fewest[state] = min(fewest[state], NEVER if nearest == NEVER else nearest + 1)
    return moves, fewest


def tokens_of(automaton, token_set):
    for atom in automaton.set_atoms[
        automaton.set_ptr[token_set] : automaton.set_ptr[token_set + 1]
    ]:
        yield from automaton.atom_tokens[automaton.atom_ptr[atom] : automaton.atom_ptr[atom + 1]]


def check_shape(automaton, vocabulary):
    assert automaton.source[-1] == automaton.target[-1] == automaton.done
    assert automaton.edge_set[-1] == automaton.any_set
    assert (np.diff(automaton.source) >= 0).all()
    assert sorted(tokens_of(automaton, automaton.any_set)) == list(range(vocabulary.size))
    if vocabulary.pad_id is None:
        assert automaton.pad_set == -1
    else:
        assert list(tokens_of(automaton, automaton.pad_set)) == [vocabulary.pad_id]
    for state in range(automaton.done + 1):
        incoming = automaton.in_edges[automaton.in_ptr[state] : automaton.in_ptr[state + 1]]
        assert incoming.tolist() == np.flatnonzero(automaton.target == state).tolist()


def check_atoms(automaton):
    """Tokens share an atom iff they are in the same sets."""
    sets = [frozenset(tokens_of(automaton, s)) for s in range(automaton.num_sets)]
    signature = [
        tuple(token in members for members in sets) for token in range(len(automaton.atom_of))
    ]
    assert len(set(signature)) == automaton.num_atoms
    assert len(set(zip(signature, automaton.atom_of.tolist(), strict=True))) == automaton.num_atoms
    assert sorted(automaton.atom_tokens.tolist()) == list(range(len(automaton.atom_of)))


@settings(max_examples=20, deadline=None)
@given(graphs(), st.integers(0, 2**32 - 1))
def test_many_tokens_that_cross_many_terminals(graph, seed):
    vocabulary = Vocabulary.from_bytes([*ALL_STRINGS, None], [len(ALL_STRINGS)])
    automaton = built(graph, vocabulary)
    if automaton is None:
        return
    configurations = configurations_of(automaton)
    numbers = {configuration: state for state, configuration in enumerate(configurations)}
    rng = np.random.default_rng(seed)
    tokens = rng.integers(0, len(ALL_STRINGS), size=100)
    for state in rng.integers(0, automaton.done, size=10).tolist():
        moves = {}
        for edge in range(automaton.out_ptr[state], automaton.out_ptr[state + 1]):
            members = list(tokens_of(automaton, automaton.edge_set[edge]))
            assert moves.keys().isdisjoint(members)
            moves |= dict.fromkeys(members, int(automaton.target[edge]))
        place, lexer_state = configurations[state]
        for token in tokens.tolist():
            reached = read(graph, place, lexer_state, ALL_STRINGS[token])
            index = -1 if reached is None else numbers.get(reached, -1)
            dead = reached is None or automaton.fewest[index] == NEVER
            assert moves.get(token, -1) == (-1 if dead else index)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(graphs(), min_size=1, max_size=3),
    graphs(),
    vocabularies(),
    st.sampled_from([1, atoms.LARGE]),
    st.sampled_from([0, shelf.MAX_KEPT]),
)
def test_what_was_compiled_before_changes_nothing(earlier, graph, vocabulary, large, kept):
    with patch.object(atoms, "LARGE", large), patch.object(shelf, "MAX_KEPT", kept):
        for before in earlier:
            built(before, vocabulary)
        warm = fields(built(graph, vocabulary))
    fresh = Vocabulary.from_bytes(vocabulary.tokens, vocabulary.eos_ids, vocabulary.pad_id)
    copy = pickle.loads(pickle.dumps(vocabulary))
    assert warm == fields(built(graph, fresh)) == fields(built(graph, copy))


def counted_list(low, high) -> ParserGraph:
    """`[`, strings of a counted number of letters with commas between them, `]`."""
    opening = Lexer.from_rows([[(0x5B, 0x5B, 1)], []], [-1, 0])
    string = Lexer.from_rows(
        [[(0x22, 0x22, 1)], [(0x22, 0x22, 2), (0x61, 0x63, 1)], []],
        [-1, -1, 0],
        Counter(1, low, high),
    )
    comma_or_end = Lexer.from_rows([[(0x2C, 0x2C, 1), (0x5D, 0x5D, 2)], [], []], [-1, 0, 1])
    return ParserGraph(
        (opening, string, comma_or_end),
        np.array([0, 1, 2], dtype=np.int32),
        np.array([0, 0, 0], dtype=np.int32),
        np.array([0, 1, 2, 4], dtype=np.int32),
        np.array([1, 2, 1, 3], dtype=np.int32),
    )


def list_vocabulary() -> Vocabulary:
    tokens = [*ALL_STRINGS[:100], b"[", b'["', b'"', b'","', b'"]', b"]", b'a","bb', b","]
    return Vocabulary.from_bytes([*tokens, None], [len(tokens)])


@pytest.mark.parametrize(("low", "high"), [(0, 4), (2, 9), (3, None), (0, None), (5, 5)])
def test_counted_strings_are_read_exactly(low, high):
    check_against_reading(counted_list(low, high), list_vocabulary())


def test_counts_are_kept_without_a_walk_for_each():
    vocabulary = list_vocabulary()
    assert build_token_automaton(counted_list(3, 3000), vocabulary).done > 3000
    tables = vocabulary.shelf.store.num_tables
    assert tables < 50
    build_token_automaton(counted_list(0, 2000), vocabulary)
    build_token_automaton(counted_list(2, None), vocabulary)
    assert vocabulary.shelf.store.num_tables < tables + 20


@pytest.mark.parametrize(
    ("what", "limit"), [("states", 20), ("edges", 50), ("tokens in its sets", 90)]
)
def test_past_a_limit_nothing_is_built_and_nothing_is_broken(what, limit):
    vocabulary = list_vocabulary()
    expected = fields(build_token_automaton(counted_list(1, 2), list_vocabulary()))
    with patch.dict(expansion.LIMITS, {what: limit}), pytest.raises(LimitError, match=what):
        build_token_automaton(counted_list(3, 60), vocabulary)
    assert fields(build_token_automaton(counted_list(1, 2), vocabulary)) == expected


def test_what_breaks_off_leaves_nothing_behind():
    vocabulary = list_vocabulary()
    expected = fields(build_token_automaton(counted_list(1, 2), list_vocabulary()))
    broken = patch.object(token_automaton, "atoms_of", side_effect=MemoryError)
    with broken, pytest.raises(MemoryError):
        build_token_automaton(counted_list(3, 60), vocabulary)
    assert vocabulary.shelf.store.num_tables == 0
    assert fields(build_token_automaton(counted_list(1, 2), vocabulary)) == expected


def test_threads_share_a_vocabulary():
    vocabulary = list_vocabulary()
    expected = [fields(built(counted_list(low, low + 9), list_vocabulary())) for low in range(6)]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(
            lambda n: fields(built(counted_list(n % 6, n % 6 + 9), vocabulary)), range(24)
        )
        assert list(found) == expected * 4


def built(graph, vocabulary) -> TokenAutomaton | None:
    try:
        return build_token_automaton(graph, vocabulary)
    except UnsatisfiableError:
        return None


def fields(automaton):
    if automaton is None:
        return None
    values = (getattr(automaton, name) for name in TokenAutomaton.__slots__)
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
