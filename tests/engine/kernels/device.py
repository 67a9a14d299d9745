"""Where kernels run in tests: natively where there is a CUDA device, else in the interpreter."""

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
