"""A kernel to test the test ground with."""

import triton
import triton.language as tl

from engine.kernels.noise import gumbel


@triton.jit
def scaled_kernel(x, y, size, FACTOR: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < size).to(tl.float32) * FACTOR, mask=at < size)


@triton.jit
def noise_kernel(seed, numbers, row, stream, out, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    noise = gumbel(tl.load(seed), tl.load(numbers + at), row, stream)
    tl.store(out + at, noise)
