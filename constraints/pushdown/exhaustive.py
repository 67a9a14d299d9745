"""The whole of a language that has few configurations."""

from __future__ import annotations

import numpy as np

from constraints.pushdown.configurations import EDGES
from constraints.pushdown.rules import is_regular
from constraints.pushdown.snapshot import Snapshot, snapshot_of
from constraints.pushdown.union import Workshop
from constraints.token_automaton import NEVER

MAX_CONFIGURATIONS = 5_000
MAX_EDGES = 500_000
BATCH = 64


def exhausted(workshop: Workshop) -> Snapshot | None:
    """The whole language, where it is regular and has few configurations; else None."""
    machine = workshop.machine
    grammar = machine.language.grammar
    if not is_regular(grammar.rules, grammar.start):
        return None
    order = {workshop.start: None}
    queue = [workshop.start]
    at = 0
    while at < len(queue):
        batch = queue[at : at + BATCH]
        machine.expand(batch)
        for number in batch:
            for target in machine.edges(number)[1].tolist():
                if target not in order:
                    order[target] = None
                    queue.append(target)
        at += len(batch)
        if len(queue) > MAX_CONFIGURATIONS or machine.found.used[EDGES] > MAX_EDGES:
            return None
    numbers = np.array(queue, dtype=np.int64)
    alive = snapshot_of(workshop, numbers).automaton.fewest[:-1] < NEVER
    known = snapshot_of(workshop, numbers[alive])
    nothing = np.zeros(0, dtype=np.int32)
    return Snapshot(known.automaton, known.numbers, (nothing, nothing, nothing))
