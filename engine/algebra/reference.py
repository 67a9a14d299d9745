"""The block algebra in plain torch and float64: what each kernel must give, on any device.

Every operation is written from its definition over lists of edges, with scatter operations.
Symbols: B requests, L positions, V tokens, A atoms, S sets, N states.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.algebra.noise import gumbel
from engine.algebra.parts import (
    ATOM,
    FORBIDDEN,
    PATH,
    TOKEN,
    AtomStats,
    Chains,
    Rows,
    Weights,
)
from engine.algebra.program import Program
from engine.algebra.tables import Tables

NONE = -torch.inf


def atom_stats(program: Program, rows: Rows) -> AtomStats:
    """One pass over the vocabulary: each row by atoms."""
    shape = (program.capacity.requests, program.capacity.length)
    options = {"dtype": torch.float64, "device": program.device}
    stats = AtomStats(
        peak=torch.zeros(shape, **options),
        spread=torch.zeros(shape, **options),
        lse=torch.full((*shape, program.capacity.atoms), NONE, **options),
        mean=torch.zeros((*shape, program.capacity.atoms), **options),
        top=torch.full((*shape, program.capacity.atoms), NONE, **options),
        best=torch.full(
            (*shape, program.capacity.atoms), -1, dtype=torch.int32, device=program.device
        ),
    )
    for b, tables in enumerate(program.tables):
        z = scaled(rows, b, tables)
        at = (b, slice(tables.length), slice(tables.num_atoms))
        for mine, its in zip(
            (stats.lse, stats.mean, stats.top, stats.best),
            _by_atom(z, tables, stats.peak[b], stats.spread[b]),
            strict=True,
        ):
            mine[at] = its
    return stats


def set_scores(program: Program, stats: AtomStats) -> Tensor:
    """(B, L, S), log-probability that a position's token lies in each set."""
    scores = _full(program, program.capacity.sets)
    for b, tables in enumerate(program.tables):
        holder, atom = _entries(tables, program.device)
        values = stats.lse[b, : tables.length, atom].double()
        scores[b, : tables.length, : tables.num_sets] = _log_sums(values, holder, tables.num_sets)
    return scores


def forward_backward(program: Program, scores: Tensor) -> Chains:
    """Sums over all paths before and after each position, span by span."""
    states = torch.stack([_full(program, program.capacity.states) for _ in range(2)])
    for b, tables in enumerate(program.tables):
        source, edge_set, target = _edges(tables, program.device)
        num_states = len(tables.states)
        for first, last, start, end in tables.spans.tolist():
            states[0, b, first, start] = 0.0
            for i in range(first, last - 1):
                through = states[0, b, i, source] + scores[b, i, edge_set]
                states[0, b, i + 1, :num_states] = _log_sums(through[None], target, num_states)[0]
            states[1, b, last - 1, :num_states] = _terminal(tables, end, program.device)
            for i in range(last - 1, first, -1):
                through = states[1, b, i, target] + scores[b, i, edge_set]
                states[1, b, i - 1, :num_states] = _log_sums(through[None], source, num_states)[0]
    return Chains(states=states, offset=torch.zeros_like(states[..., 0]))


def block_weights(program: Program, stats: AtomStats, scores: Tensor, chains: Chains) -> Weights:
    """The weight of each atom at each position, and what follows from them."""
    c, device = program.capacity, program.device
    through = torch.zeros((c.requests, c.length), dtype=torch.float64, device=device)
    ended, entropy = torch.ones_like(through), torch.zeros_like(through)
    weights = _full(program, c.atoms)
    for b, tables in enumerate(program.tables):
        rows = slice(tables.length)
        source, edge_set, target = _edges(tables, device)
        pairs = chains.states[0, b, rows, source] + chains.states[1, b, rows, target]
        of_set = _log_sums(pairs.double(), edge_set, tables.num_sets)
        mass = of_set + scores[b, rows, : tables.num_sets]
        total = torch.logsumexp(mass, dim=1)
        through[b, rows] = total + chains.offset[:, b, rows].sum(dim=0)
        ended[b, rows] = torch.exp(_less(mass[:, tables.tail_set], total)) * (tables.tail_set >= 0)
        holder, atom = _entries(tables, device)
        raw = _log_sums(_less(of_set, total[:, None])[:, holder], atom, tables.num_atoms)
        weights[b, rows, : tables.num_atoms] = raw
        log_mass = stats.lse[b, rows, : tables.num_atoms] + raw
        bits = stats.mean[b, rows, : tables.num_atoms] + raw
        terms = torch.where(log_mass > NONE, log_mass.exp() * bits, 0.0)
        entropy[b, rows] = (-terms.sum(dim=1)).clamp(min=0)
    opens = program.buffers.opens
    return Weights(
        log_z=torch.where(opens, through, 0.0).sum(dim=1),
        through=through,
        ended=ended,
        weights=weights,
        entropy=entropy,
    )


def sample_path(
    program: Program, rows: Rows, stats: AtomStats, scores: Tensor, chains: Chains, seeds: Tensor
) -> Tensor:
    """One canvas for each request, drawn from the posterior.

    Args:
        program: The languages.
        rows: The logits.
        stats: Of `atom_stats`.
        scores: Of `set_scores`.
        chains: Of `forward_backward`.
        seeds: (B,) int64; a path and the tokens on it take their noise from different streams.

    Returns:
        (B, L) int64, -1 past the canvas and where there is no path.
    """

    def edge(b: int, row: int, out: range, values: Tensor) -> int:
        noise = _noise(seeds[b], torch.arange(len(out), device=program.device), row, PATH)
        return int((values + noise).argmax())

    def value(b: int, row: int, edges: Tensor, tables: Tables) -> Tensor:
        target = torch.as_tensor(tables.target, device=program.device).long()
        edge_set = torch.as_tensor(tables.edge_set, device=program.device).long()
        return scores[b, row, edge_set[edges]] + chains.states[1, b, row, target[edges]]

    sets = _walk(program, value, edge)
    tokens = torch.full_like(sets, -1)
    for b, tables in enumerate(program.tables):
        z = scaled(rows, b, tables)
        for row in range(tables.length):
            if sets[b, row] >= 0:
                tokens[b, row] = _token(stats, tables, z, seeds[b], b, row, int(sets[b, row]))
    return tokens


def best_path(program: Program, stats: AtomStats) -> Tensor:
    """(B, L) int64, the most probable canvas of each request; -1 as in `sample_path`.

    Ties go to the first edge, then to the lowest token id.
    """
    c, device = program.capacity, program.device
    peaks, tokens = (
        _full(program, c.sets),
        torch.full((c.requests, c.length, c.sets), -1, device=device),
    )
    values = _full(program, c.states)
    for b, tables in enumerate(program.tables):
        holder, atom = _entries(tables, device)
        at = (b, slice(tables.length), slice(tables.num_sets))
        peaks[at], tokens[at] = _maxima(
            stats.top[b, : tables.length, atom].double(),
            stats.best[b, : tables.length, atom].long(),
            holder,
            tables.num_sets,
        )
        source, edge_set, target = _edges(tables, device)
        for first, last, _, end in tables.spans.tolist():
            values[b, last - 1, : len(tables.states)] = _terminal(tables, end, device)
            for i in range(last - 1, first, -1):
                through = values[b, i, target] + peaks[b, i, edge_set]
                values[b, i - 1].scatter_reduce_(0, source, through, "amax")

    def value(b: int, row: int, edges: Tensor, tables: Tables) -> Tensor:
        _, edge_set, target = _edges(tables, device)
        return peaks[b, row, edge_set[edges]] + values[b, row, target[edges]]

    sets = _walk(program, value, lambda _b, _row, _out, through: int(through.argmax()))
    chosen = tokens.gather(2, sets.clamp(min=0)[..., None])[..., 0]
    return torch.where(sets < 0, -1, chosen)


def apply_block_mask(logits: Tensor, mask: Tensor) -> None:
    """Sets the logits of forbidden tokens to -inf, in place.

    Args:
        logits: (B, L, V) floating.
        mask: (B, L, ⌈V/32⌉) int32, bit v % 32 of word v // 32 set = token v may stand.
    """
    bits = (mask[..., None] >> torch.arange(32, device=mask.device)) & 1
    allowed = bits.flatten(start_dim=-2)[..., : logits.shape[-1]]
    logits.masked_fill_(allowed == 0, NONE)


def log_marginals(
    program: Program, rows: Rows, stats: AtomStats, weights: Weights, floor: float
) -> Tensor:
    """(B, L, V), log of the marginals, nothing below `floor`; `floor` itself past the canvas."""
    result = torch.full(rows.logits.shape, floor, dtype=stats.lse.dtype, device=program.device)
    for b, tables in enumerate(program.tables):
        length, device = tables.length, program.device
        atom_of = torch.as_tensor(tables.atom_of, device=device).long()
        below = scaled(rows, b, tables) - stats.peak[b, :length, None]
        log_p = torch.where(below < -FORBIDDEN, NONE, below - stats.spread[b, :length, None])
        told = log_p + weights.weights[b, :length, atom_of]
        pins = torch.as_tensor(tables.pins, device=device)[:, None]
        others = (pins >= 0) & (torch.arange(told.shape[1], device=device) != pins)
        result[b, :length, : tables.num_tokens] = told.masked_fill(others, NONE).clamp(min=floor)
    return result


def scaled(rows: Rows, b: int, tables: Tables) -> Tensor:
    """(length, V) float64, z of a request's own columns; NaN becomes +inf, one test finds both."""
    x = rows.logits[b, : tables.length, : tables.num_tokens].double()
    x = torch.where(x.isnan(), torch.inf, x)
    capped = x if rows.softcap is None else rows.softcap * torch.tanh(x / rows.softcap)
    return torch.where(x.isinf(), x, capped / rows.temperature[b].double())


def _by_atom(
    z: Tensor, tables: Tables, peak: Tensor, spread: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four statistics of (L, V) rows; writes the first L values of `peak` and `spread`."""
    (length, width), num_atoms = z.shape, tables.num_atoms
    peak[:length] = row_peak = z.amax(dim=1)
    below = torch.where(row_peak.isinf()[:, None], NONE, z - row_peak[:, None])
    below = below.masked_fill(below < -FORBIDDEN, NONE)
    spread[:length] = total = torch.where(row_peak.isinf(), 0.0, torch.logsumexp(below, dim=1))
    atom_of = torch.as_tensor(tables.atom_of, device=z.device).long()
    tokens = torch.arange(width, device=z.device).expand_as(z)
    pins = torch.as_tensor(tables.pins, device=z.device)[:, None]
    below = below.masked_fill((pins >= 0) & (tokens != pins), NONE)
    top, best = _maxima(below, tokens, atom_of, num_atoms)
    lse = _log_sums(below, atom_of, num_atoms) - total[:, None]
    log_p = below - total[:, None]
    share = torch.exp(_less(log_p, lse[:, atom_of]))
    terms = torch.where(share > 0, share * log_p, 0.0)
    mean = torch.zeros_like(lse).index_add_(1, atom_of, terms)
    return lse, mean, top, best.int()


def _log_sums(values: Tensor, groups: Tensor, num_groups: int) -> Tensor:
    """(n, num_groups), log Σ exp over the columns of (n, m) values that each group has."""
    index = groups.expand_as(values)
    peak = torch.full((len(values), num_groups), NONE, dtype=values.dtype, device=values.device)
    peak.scatter_reduce_(1, index, values, "amax")
    total = torch.zeros_like(peak)
    total.index_add_(1, groups, torch.exp(_less(values, peak[:, groups])))
    return peak + torch.where(total > 0, total, 1.0).log()


def _maxima(
    values: Tensor, tokens: Tensor, groups: Tensor, num_groups: int
) -> tuple[Tensor, Tensor]:
    """Largest value of each group, and the lowest of the tokens that have it."""
    index = groups.expand_as(values)
    peak = torch.full((len(values), num_groups), NONE, dtype=values.dtype, device=values.device)
    peak.scatter_reduce_(1, index, values, "amax")
    never = torch.iinfo(torch.int64).max
    ties = torch.where(values == peak[:, groups], tokens, never)
    lowest = torch.full_like(peak, never, dtype=torch.int64)
    lowest.scatter_reduce_(1, index, ties, "amin")
    return peak, torch.where(lowest == never, -1, lowest)


def _less(values: Tensor, base: Tensor) -> Tensor:
    """Values less their base; -inf where a value is."""
    return torch.where(values > NONE, values - torch.where(base > NONE, base, 0.0), NONE)


def _walk(
    program: Program,
    value: Callable[[int, int, Tensor, Tables], Tensor],
    choose: Callable[[int, int, range, Tensor], int],
) -> Tensor:
    """(B, L) int64, the set of the edge that is chosen at each position, or -1 for none."""
    c, device = program.capacity, program.device
    sets = torch.full((c.requests, c.length), -1, device=device)
    for b, tables in enumerate(program.tables):
        for first, last, start, _ in tables.spans.tolist():
            state = start
            for row in range(first, last):
                out = range(tables.out_ptr[state], tables.out_ptr[state + 1])
                through = value(b, row, torch.tensor(list(out), device=device), tables)
                if not len(out) or through.max() == NONE:
                    break
                edge = out[choose(b, row, out, through)]
                sets[b, row], state = int(tables.edge_set[edge]), int(tables.target[edge])
    return sets


def _token(
    stats: AtomStats, tables: Tables, z: Tensor, seed: Tensor, b: int, row: int, held: int
) -> int:
    """Draws a token of a set: its atom, then a token of that."""
    if tables.pins[row] >= 0:
        return int(tables.pins[row])
    atoms = torch.as_tensor(
        tables.set_atoms[tables.set_ptr[held] : tables.set_ptr[held + 1]], device=z.device
    ).long()
    noise = _noise(seed, torch.arange(len(atoms), device=z.device), row, ATOM)
    atom = int(atoms[int((stats.lse[b, row, atoms] + noise).argmax())])
    tokens = torch.as_tensor(
        tables.atom_tokens[tables.atom_ptr[atom] : tables.atom_ptr[atom + 1]], device=z.device
    ).long()
    noise = _noise(seed, torch.arange(len(tokens), device=z.device), row, TOKEN)
    return int(tokens[int((z[row, tokens] + noise).argmax())])


def _noise(seed: Tensor, numbers: Tensor, row: int, stream: int) -> Tensor:
    numbers = numbers.long()
    return gumbel(seed, (numbers, torch.full_like(numbers, row), torch.full_like(numbers, stream)))


def _terminal(tables: Tables, end: int, device: torch.device) -> Tensor:
    """(N,) float64, 0 in the states in which a span may end."""
    ends = torch.as_tensor(tables.final, device=device).clone()
    if end >= 0:
        ends[:] = False
        ends[end] = True
    return torch.where(ends, 0.0, NONE).double()


def _edges(tables: Tables, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    columns = (tables.source, tables.edge_set, tables.target)
    source, edge_set, target = (torch.as_tensor(each, device=device).long() for each in columns)
    return source, edge_set, target


def _entries(tables: Tables, device: torch.device) -> tuple[Tensor, Tensor]:
    """Set and atom of each entry."""
    sizes = torch.as_tensor(tables.set_ptr, device=device).diff()
    sets = torch.arange(tables.num_sets, device=device)
    return sets.repeat_interleave(sizes), torch.as_tensor(tables.set_atoms, device=device).long()


def _full(program: Program, width: int) -> Tensor:
    """(B, L, width) float64 of -inf."""
    shape = (program.capacity.requests, program.capacity.length, width)
    return torch.full(shape, NONE, dtype=torch.float64, device=program.device)
