"""How long a member can be, in tokens."""

from __future__ import annotations

import numpy as np
from numba import njit

from constraints.token_automaton import TokenAutomaton


def longest_path(automaton: TokenAutomaton) -> int | None:
    """Most tokens of any member, end-of-text not counted; None where there is no bound."""
    inside = automaton.target < automaton.done
    indegree = np.bincount(automaton.target[inside], minlength=automaton.done).astype(np.int64)
    longest = _longest(
        indegree, automaton.out_ptr, automaton.target, automaton.accepting, automaton.done
    )
    return None if longest < 0 else int(longest)


@njit(cache=True)
def _longest(indegree, out_ptr, target, accepting, done):
    """Longest path from state 0 to acceptance in topological order (Kahn 1962), -1 on a cycle."""
    distance = np.zeros(done, dtype=np.int64)
    queue = np.empty(done, dtype=np.int64)
    head, tail = 0, 0
    for state in range(done):
        if indegree[state] == 0:
            queue[tail] = state
            tail += 1
    longest = 0
    while head < tail:
        state = queue[head]
        head += 1
        if accepting[state]:
            longest = max(longest, distance[state])
        for edge in range(out_ptr[state], out_ptr[state + 1]):
            following = target[edge]
            if following == done:
                continue
            distance[following] = max(distance[following], distance[state] + 1)
            indegree[following] -= 1
            if indegree[following] == 0:
                queue[tail] = following
                tail += 1
    return longest if tail == done else -1
