"""Where kernels run: on a GPU, or in Triton's interpreter."""

from __future__ import annotations

import torch
from triton import knobs

INTERPRETED: bool = knobs.runtime.interpret
"""Whether kernels are interpreted, which is decided when a module with kernels is imported.

The interpreter computes on the bit patterns of bfloat16, so there every kernel converts to float32
before it computes.
"""


def programs_wanted(device: torch.device) -> int:
    """Returns how many programs run at once; one where there is no GPU."""
    if device.type != "cuda":
        return 1
    return torch.cuda.get_device_properties(device).multi_processor_count
