"""What is done to a logit before anything else: z = cap·tanh(x / cap) / T."""

import triton
import triton.language as tl


@triton.jit
def scaled(x, temperature, CAP: tl.constexpr):
    """(…) float32 z of floating x; -inf stays what it is, NaN becomes +inf.

    Infinities go round the cap, which would make ordinary logits of them.
    """
    x = x.to(tl.float32)
    x = tl.where(x != x, float("inf"), x)
    z = x
    if CAP > 0:
        z = CAP * (2 * tl.sigmoid(2 * x / CAP) - 1)
    return tl.where(tl.abs(x) == float("inf"), x, z / temperature)
