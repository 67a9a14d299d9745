"""Every kernel of the block algebra, compiled at real shapes for GPUs that are not there.

256 positions of 262,144 tokens; automata of 4,096 states with 16-bit indices, and of 65,536 with
32-bit ones.
"""

import re

import pytest

from engine.kernels import chain
from tests.engine.kernels.compiling import SHARED_BYTES, Job, compiled

ARCHITECTURES = (80, 90, 100)
REGISTERS = 255
WIDTHS = {"W1": 4, "W2": 32, "W3": 256}
FLOATS = {
    "logits", "temperatures", "tops", "excesses", "means", "peaks", "spreads", "x", "y", "shifts",
    "out", "states", "scores", "totals", "ended", "of_set", "lse", "mean", "weights", "entropy",
    "after", "values",
}  # fmt: skip
INDEX = {"items", "first", "second", "atom_of", "edge_set", "target", "set_atoms"}
OTHER = {"offsets": "*fp64", "final": "*i8", "seeds": "*i64", "floor": "fp32"}
SCALARS = {
    "L", "V", "C", "A", "S", "N", "E", "k", "words", "num_heads", "num_slots", "num_elements",
    "num_tokens", "num_rows", "num_entries", "most_giants", "x_width", "y_width", "out_width",
    "in_width",
}  # fmt: skip
UNALIGNED = {"k", "num_slots", "num_heads", "words"}

ATOMS = "logits temperatures length counts heads items tokens tops excesses means bests L V C"
CHAIN = "spans num_spans counts heads items first second L N S num_rows num_heads num_slots"
KERNELS = {
    "atom_stats:atom_stats_kernel": (
        f"{ATOMS} num_heads num_slots num_tokens",
        {"CAP": 30.0, "T": 2048, **WIDTHS},
        8,
    ),
    "atom_stats:giant_atoms_kernel": (
        "giants num_giants length tops excesses means bests L A C most_giants",
        {"PIECES": 256},
        1,
    ),
    "atom_stats:atom_rows_kernel": (
        "logits temperatures length num_atoms pins atom_of peaks spreads tops excesses means bests"
        " L V C",
        {"CAP": 30.0, "FLOOR": 1e5, "BLOCK": 1024},
        8,
    ),
    "tile_sums:tile_sums_kernel": (
        "x y shifts out length counts heads items first second L x_width y_width out_width"
        " num_heads num_slots num_elements",
        {"PAIR": True, "SHIFTED": True, "T": 1024, **WIDTHS},
        4,
    ),
    "tile_sums:tile_maxima_kernel": (
        "tops bests peaks tokens length counts heads items first L in_width out_width"
        " num_heads num_slots num_elements",
        {"T": 1024, **WIDTHS},
        4,
    ),
    "chain:chain_start_kernel": (
        "states peaks spans num_spans num_states final L N num_rows",
        {"FIRST": 0, "BLOCK": 1024},
        4,
    ),
    "chain:chain_walk_kernel": (
        f"states scores offsets {CHAIN} num_elements",
        {"FIRST": 0, "BEST": False, "T": 4096, **WIDTHS},
        chain.WARPS,
    ),
    "chain:chain_step_kernel": (
        f"states scores offsets peaks k {CHAIN.replace('num_spans', 'active')} num_elements",
        {"FIRST": 0, "BEST": False, "T": 4096, **WIDTHS},
        chain.WARPS,
    ),
    "block_weights:row_totals_kernel": (
        "of_set scores length num_sets tail_set totals ended L S",
        {"BLOCK": 1024},
        4,
    ),
    "block_weights:entropy_kernel": (
        "lse mean weights length num_atoms entropy L A C",
        {"BLOCK": 1024},
        4,
    ),
    "paths:path_kernel": (
        "scores after seeds sets spans num_spans out_ptr edge_set target L N S E",
        {"DRAW": True, "STREAM": 0, "BLOCK": 128},
        1,
    ),
    "paths:token_kernel": (
        "logits temperatures seeds sets lse set_ptr set_atoms atom_ptr atom_tokens values tokens"
        " L V C S A num_entries",
        {"CAP": 30.0, "ATOMS": 1024, "BLOCK": 1024, "ATOM": 1, "TOKEN": 2},
        4,
    ),
    "log_marginals:log_marginals_kernel": (
        "logits temperatures length peaks spreads weights atom_of pins out floor L V A",
        {"CAP": 30.0, "FLOOR": 1e5, "BLOCK": 2048},
        4,
    ),
    "block_mask:block_mask_kernel": ("logits mask V words", {"BLOCK": 4096}, 8),
}


CAPPED = {
    "atom_stats:atom_stats_kernel",
    "chain:chain_walk_kernel",
    "chain:chain_step_kernel",
    "tile_sums:tile_sums_kernel",
    "tile_sums:tile_maxima_kernel",
}


def argument(name, index, logits):
    if name == "logits":
        return f"*{logits}"
    if name in SCALARS:
        return "i32"
    if name in FLOATS:
        return "*fp32"
    return OTHER.get(name, f"*{index}" if name in INDEX else "*i32")


def job(kernel, arch, index="i16", logits="fp32"):
    names, constexprs, num_warps = KERNELS[kernel]
    signature = {name: argument(name, index, logits) for name in names.split()}
    if kernel.startswith("atom_stats:atom_stats"):
        signature["items"] = "*i32"
    return Job(
        kernel=f"engine.kernels.{kernel}",
        signature=signature | dict.fromkeys(constexprs, "constexpr"),
        constexprs=constexprs,
        aligned=[name for name in signature if name not in UNALIGNED | {"floor"}],
        arch=arch,
        num_warps=num_warps,
        num_stages=1 if kernel.startswith("chain") else 3,
        maxnreg=chain.REGISTERS if kernel in CAPPED else None,
    )


@pytest.fixture(scope="module")
def reports():
    """Kernel and architecture to report."""
    shapes = [(arch, "i16", "fp32") for arch in ARCHITECTURES] + [(90, "i32", "bf16")]
    keys = [(kernel, *shape) for kernel in KERNELS for shape in shapes]
    return dict(zip(keys, compiled([job(*key) for key in keys]), strict=True))


def test_no_kernel_spills_or_takes_more_than_a_gpu_has(reports):
    for key, report in reports.items():
        assert report.registers <= REGISTERS, key
        assert report.spill_bytes == report.stack_bytes == 0, key
        assert report.shared_bytes <= SHARED_BYTES, key


def test_a_walk_has_a_barrier_between_a_position_and_the_next(reports):
    """All stores of a position come before that of its offset, the only one of 64 bits."""
    for (kernel, *_), report in reports.items():
        if kernel == "chain:chain_walk_kernel":
            offset_store = re.search(r"st\.global\.\w*64", report.ptx)
            assert offset_store
            following = re.search(r"\bbar\.sync\b|\bbra\b", report.ptx[offset_store.end() :])
            assert following
            assert following[0] == "bar.sync"
            assert "ld.global.nc" not in report.ptx
