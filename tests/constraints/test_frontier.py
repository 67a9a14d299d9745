"""Token automata of parser graphs, against reading every token byte by byte."""

import itertools
import pickle
import threading

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from constraints import UnsatisfiableError, Vocabulary
from constraints.errors import LimitError
from constraints.lexer import Counter, Lexer
from constraints.parser_graph import ParserGraph
from constraints.reading import is_accepting, read
from constraints.token_automaton import NEVER, TokenAutomaton, build_token_automaton, index_of

LETTERS = b"abc"
EMPTY_TERMINAL = Lexer.from_rows([[]], [0])


@st.composite
def lexers(draw):
    size = draw(st.integers(1, 4))
    target = st.integers(-1, size - 1)
    rows = [
        [(byte, byte, state) for byte in LETTERS if (state := draw(target)) >= 0]
        for _ in range(size)
    ]
    label = [draw(st.integers(-1, 1)) for _ in range(size)]
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
    goto = [draw(st.integers(-1, num_places)) for _ in range(sum(sizes))]
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


@settings(max_examples=400, deadline=None)
@given(graphs(), vocabularies())
def test_an_automaton_is_what_reading_token_by_token_gives(graph, vocabulary):
    expected, fewest = enumerated(graph, vocabulary)
    if fewest[(0, int(graph.start[0]))] == NEVER:
        event("unsatisfiable")
        with pytest.raises(UnsatisfiableError):
            build_token_automaton(graph, vocabulary)
        return
    automaton = build_token_automaton(graph, vocabulary)
    configurations = list(zip(automaton.place.tolist(), automaton.lexer_state.tolist(), strict=True))
    assert set(configurations) == set(expected)
    assert configurations[0] == (0, graph.start[0])
    for state, configuration in enumerate(configurations):
        assert index_of(automaton, *configuration) == state
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
            token: index_of(automaton, *target)
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
    for atom in automaton.set_atoms[automaton.set_ptr[token_set] : automaton.set_ptr[token_set + 1]]:
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


@settings(max_examples=100, deadline=None)
@given(st.lists(graphs(), min_size=1, max_size=3), graphs(), vocabularies())
def test_what_was_compiled_before_changes_nothing(earlier, graph, vocabulary):
    for before in earlier:
        built(before, vocabulary)
    fresh = Vocabulary.from_bytes(vocabulary.tokens, vocabulary.eos_ids, vocabulary.pad_id)
    assert fields(built(graph, vocabulary)) == fields(built(graph, fresh))
    assert fields(built(graph, vocabulary)) == fields(built(graph, pickle.loads(pickle.dumps(fresh))))


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
