"""A kernel to test the test ground with."""

import triton
import triton.language as tl


@triton.jit
def scaled_kernel(x, y, size, FACTOR: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < size).to(tl.float32) * FACTOR, mask=at < size)
