"""The hard mask of a block, applied in place."""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

from engine.errors import EngineError

BLOCK = 4096
WARPS = 8


@triton.jit
def block_mask_kernel(logits, mask, V, words, BLOCK: tl.constexpr):
    """Reads the bits and writes what they forbid, nothing else. Grid (blocks of V, rows)."""
    row = tl.program_id(1).to(tl.int64)
    token = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    word = tl.load(mask + row * words + token // 32, mask=token < V, other=-1)
    banned = ((word >> (token % 32)) & 1) == 0
    forbidden = tl.full((BLOCK,), -float("inf"), tl.float32).to(logits.dtype.element_ty)
    tl.store(logits + row * V + token, forbidden, mask=banned)


def apply_block_mask(logits: Tensor, mask: Tensor) -> None:
    """See `engine.algebra.reference.apply_block_mask`.

    Raises:
        EngineError: The shapes disagree, or the logits are not contiguous.
    """
    width = logits.shape[-1]
    if mask.shape != (*logits.shape[:-1], -(-width // 32)) or not logits.is_contiguous():
        raise EngineError(f"a mask of shape {tuple(mask.shape)} for logits {tuple(logits.shape)}")
    num_rows = logits.numel() // width
    kernel: Any = block_mask_kernel
    kernel[(triton.cdiv(width, BLOCK), num_rows)](
        logits, mask.contiguous(), width, mask.shape[-1], BLOCK=BLOCK, num_warps=WARPS
    )
