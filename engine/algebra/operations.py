"""The one table from a kind of device to the operations of the block algebra on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib import import_module

import torch
from torch import Tensor

from engine.algebra.parts import AtomStats, Chains, Rows, Weights
from engine.algebra.program import Program

MODULES = {"cpu": "engine.algebra.reference", "cuda": "engine.algebra.kernels"}
"""By type of device; the second needs Triton, so it is imported where it is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """One constrained step, in order; `engine.algebra.reference` defines each."""

    atom_stats: Callable[[Program, Rows], AtomStats]
    set_scores: Callable[[Program, AtomStats], Tensor]
    forward_backward: Callable[[Program, Tensor], Chains]
    block_weights: Callable[[Program, AtomStats, Tensor, Chains], Weights]
    sample_path: Callable[[Program, Rows, AtomStats, Tensor, Chains, Tensor], Tensor]
    best_path: Callable[[Program, AtomStats], Tensor]
    log_marginals: Callable[[Program, Rows, AtomStats, Weights, float], Tensor]
    apply_block_mask: Callable[[Tensor, Tensor], None]


def operations(device_type: str | torch.device) -> Operations:
    """Returns the operations for a kind of device.

    Args:
        device_type: "cpu", "cuda", or a device.
    """
    kind = device_type.type if isinstance(device_type, torch.device) else device_type
    module = import_module(MODULES[kind])
    return Operations(**{each.name: getattr(module, each.name) for each in fields(Operations)})
