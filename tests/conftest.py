"""Settings of all tests: in CI, hypothesis draws the same cases every time.

Without a CUDA device Triton's kernels are interpreted, on tensors of the CPU. Triton looks at this
once, when it is first imported, so it is said here before any test module is.
"""

import os

import torch
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"
