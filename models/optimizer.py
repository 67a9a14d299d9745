"""Muon for the matrices, AdamW for the rest: fewer steps until a small model copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal; stacks of matrices (experts) count one by one.

    The update is scaled as in arXiv:2502.16982, so that its root mean square is AdamW's.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float, weight_decay: float
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Updates every parameter that has a gradient; `closure` is not used."""
        del closure
        for group in self.param_groups:
            for same_shape in _by_shape(group["params"]).values():
                self._step_together(same_shape, group)

    def _step_together(self, parameters: list[nn.Parameter], group: dict[str, float]) -> None:
        updates = [self._nesterov(p, group["momentum"]) for p in parameters]
        rows, columns = parameters[0].shape[-2:]
        stacked = orthogonal(torch.cat([u.reshape(-1, rows, columns) for u in updates]))
        counts = [u[..., 0, 0].numel() for u in updates]
        scale = 0.2 * max(rows, columns) ** 0.5
        for p, update in zip(parameters, stacked.split(counts), strict=True):
            p.mul_(1 - group["lr"] * group["weight_decay"])
            p.add_(update.reshape(p.shape).to(p.dtype), alpha=-group["lr"] * scale)

    def _nesterov(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        gradient = parameter.grad
        if gradient is None:
            raise ValueError("a parameter has no gradient")
        state = self.state[parameter]
        buffer = state.setdefault("momentum", torch.zeros_like(gradient))
        buffer.lerp_(gradient, 1 - momentum)
        return gradient.lerp(buffer, momentum)


def _by_shape(parameters: list[nn.Parameter]) -> dict[torch.Size, list[nn.Parameter]]:
    groups: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
    for parameter in parameters:
        if parameter.grad is not None:
            groups[parameter.shape[-2:]].append(parameter)
    return groups


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Returns the nearest orthogonal matrices, roughly, by Newton-Schulz in bfloat16.

    Args:
        matrices: (N, R, C) float32.
        steps: Iterations of the quintic.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


def build_optimizers(model: nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """Returns Muon for matrices inside layers and AdamW for embeddings, norms and routers."""
    matrices, others = [], []
    for name, parameter in model.named_parameters():
        if "vision" in name or "embed_vision" in name:
            continue
        is_matrix = parameter.ndim >= 2 and not name.endswith(("embed_tokens.weight",))
        (matrices if is_matrix and "router" not in name else others).append(parameter)
    return [
        Muon(matrices, lr=3 * lr, momentum=0.95, weight_decay=0.02),
        torch.optim.AdamW(others, lr=lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]
