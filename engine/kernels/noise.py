"""Gumbel noise by counter in Triton; `engine.algebra.noise` defines it."""

import triton
import triton.language as tl


@triton.jit
def gumbel(seed, number, row, stream):
    """Standard Gumbel noise for int32 counters.

    The logarithm of 1 - u is a series where u is small: there the noise is large, and it is the
    large ones that win.
    """
    bits, _, _, _ = tl.philox(seed, number, number * 0 + row, number * 0 + stream, number * 0)
    uniform = (bits.to(tl.float32) + 0.5) * 2.3283064365386963e-10
    uniform = tl.minimum(uniform, 0.99999994)
    series = uniform * (1 + uniform * (0.5 + uniform * (0.33333334 + uniform * 0.25)))
    return -tl.log(tl.where(uniform < 0.00390625, series, -tl.log(1 - uniform)))
