"""The posterior of each canvas of a step: on the host for a CPU, on the device for any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from constraints.errors import BlockformError, EmptyError
from engine.algebra import Posterior as DevicePosterior
from engine.algebra import Program

if TYPE_CHECKING:
    from constraints import Block, Posterior
    from engine.head import Columns
    from engine.sampler import Noise


class RowPosterior(Protocol):
    """What a step needs of one canvas's posterior; arrays are on the host."""

    @property
    def log_z(self) -> float:
        """Log P(the canvas is a member | its tokens are among the columns), in nats."""
        ...

    @property
    def certificate(self) -> float:
        """A bound on the total variation to the true posterior; 0 is exact."""
        ...

    @property
    def entropy(self) -> np.ndarray:
        """(L,) float, nats, of each constrained marginal."""
        ...

    @property
    def ended(self) -> np.ndarray:
        """(L,) float, probability that a position lies after the end."""
        ...

    def sample(self) -> np.ndarray:
        """(L,) int64 token ids, one member drawn."""
        ...

    def best(self) -> np.ndarray:
        """(L,) int64 token ids, the most probable member."""
        ...

    def log_marginals(self, floor: float) -> Tensor:
        """(L, C) float32 on the model's device, not below a floor."""
        ...


@dataclass(frozen=True, slots=True)
class Canvas:
    """A canvas to condition.

    Attributes:
        block: Its language, over the columns.
        logits: (1, L, C) float32, divided by the temperature.
        noise: The draws of its request.
        columns: Which columns of the vocabulary; None is all.
    """

    block: Block
    logits: Tensor
    noise: Noise
    columns: Columns | None = None


class Conditioner:
    """Conditions the canvases of a batch; keeps their programs until one begins another block."""

    def __init__(self) -> None:
        self._programs: dict[bool, Program] = {}

    def posteriors(self, canvases: Sequence[Canvas]) -> list[RowPosterior | BlockformError]:
        """The posterior of each canvas, or why it has none.

        Blocks that grow with what they are told are conditioned on the host, and with them all
        canvases of their step.

        Args:
            canvases: All on one device.
        """
        on_cpu = not canvases or canvases[0].logits.device.type == "cpu"
        if on_cpu or any(canvas.block.grows for canvas in canvases):
            return [on_host(canvas) for canvas in canvases]
        return self.on_device(canvases)

    def on_device(self, canvases: Sequence[Canvas]) -> list[RowPosterior | BlockformError]:
        """The same by the device's operations, canvases over all columns and over some apart."""
        found: dict[int, RowPosterior | BlockformError] = {}
        for narrow in (False, True):
            own = [at for at, each in enumerate(canvases) if (each.columns is not None) is narrow]
            if own:
                rows = self._together([canvases[at] for at in own], narrow=narrow)
                found |= dict(zip(own, rows, strict=True))
        return [found[at] for at in range(len(canvases))]

    def _together(
        self, canvases: Sequence[Canvas], *, narrow: bool
    ) -> list[RowPosterior | BlockformError]:
        blocks = [canvas.block for canvas in canvases]
        device = canvases[0].logits.device
        program = self._programs.get(narrow)
        if program is None or not _same(program.blocks, blocks):
            program = self._programs[narrow] = Program.of(blocks, device=device)
        posterior = DevicePosterior.of(program, _joined([each.logits for each in canvases]))
        seeds = torch.cat([canvas.noise.seed() for canvas in canvases]).to(device)
        shared = _Shared(posterior, seeds)
        return [
            DeviceRow(shared, row, canvas) if error is None else error
            for row, (canvas, error) in enumerate(zip(canvases, posterior.errors, strict=True))
        ]


def on_host(canvas: Canvas) -> RowPosterior | BlockformError:
    """The posterior of one canvas by `constraints`, or why it has none."""
    try:
        posterior = canvas.block.condition(canvas.logits[0].float().cpu().numpy())
    except EmptyError as error:
        return error
    return HostRow(posterior, canvas.noise, canvas.logits.device, canvas.columns)


@dataclass(frozen=True, slots=True)
class HostRow:
    """A posterior computed by `constraints`; see `RowPosterior`.

    Attributes:
        posterior: It.
        noise: The draws of its request.
        device: Where the model is.
        columns: Which columns of the vocabulary; None is all.
    """

    posterior: Posterior
    noise: Noise
    device: torch.device
    columns: Columns | None = None

    @property
    def log_z(self) -> float:
        """See `RowPosterior`."""
        return self.posterior.log_z

    @property
    def certificate(self) -> float:
        """See `RowPosterior`."""
        return self.posterior.certificate

    @property
    def entropy(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self.posterior.entropy

    @property
    def ended(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self.posterior.ended

    def sample(self) -> np.ndarray:
        """See `RowPosterior`."""
        return _tokens(self.posterior.sample(self.noise.numpy), self.columns)

    def best(self) -> np.ndarray:
        """See `RowPosterior`."""
        return _tokens(self.posterior.best(), self.columns)

    def log_marginals(self, floor: float) -> Tensor:
        """See `RowPosterior`."""
        return torch.from_numpy(self.posterior.finite_log_marginals(floor)).to(self.device)


class _Shared:
    """What the rows of one device posterior have in common, fetched once for all of them.

    All of a step's work is queued before the first of it is waited for: a device that has to be
    told what comes next each time it is done stands still in between.
    """

    def __init__(self, posterior: DevicePosterior, seeds: Tensor) -> None:
        self._posterior = posterior
        self._told: dict[float, Tensor] = {}
        rows = (posterior.entropy, posterior.ended, posterior.drawn(seeds), posterior.best())
        # float64 holds every token id
        self._queued = torch.stack([each.double() for each in rows]), posterior.log_z

    @cached_property
    def _fetched(self) -> list[np.ndarray]:
        return [each.cpu().numpy() for each in self._queued]

    @property
    def log_z(self) -> np.ndarray:
        return self._fetched[1]

    @property
    def entropy(self) -> np.ndarray:
        return self._fetched[0][0]

    @property
    def ended(self) -> np.ndarray:
        return self._fetched[0][1]

    @property
    def drawn(self) -> np.ndarray:
        return self._fetched[0][2].astype(np.int64)

    @property
    def best(self) -> np.ndarray:
        return self._fetched[0][3].astype(np.int64)

    def log_marginals(self, floor: float) -> Tensor:
        if floor not in self._told:
            self._told[floor] = self._posterior.log_marginals(floor)
        return self._told[floor]


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One canvas of a device posterior; see `RowPosterior`.

    Attributes:
        shared: The posterior of all.
        row: Which of them.
        canvas: It.
    """

    shared: _Shared
    row: int
    canvas: Canvas

    @property
    def log_z(self) -> float:
        """See `RowPosterior`."""
        return float(self.shared.log_z[self.row])

    @property
    def certificate(self) -> float:
        """See `RowPosterior`; languages that grow are not conditioned here."""
        return 0.0

    @property
    def entropy(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self._own(self.shared.entropy)

    @property
    def ended(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self._own(self.shared.ended)

    def sample(self) -> np.ndarray:
        """See `RowPosterior`."""
        return _tokens(self._own(self.shared.drawn), self.canvas.columns)

    def best(self) -> np.ndarray:
        """See `RowPosterior`."""
        return _tokens(self._own(self.shared.best), self.canvas.columns)

    def log_marginals(self, floor: float) -> Tensor:
        """See `RowPosterior`."""
        length, width = self.canvas.logits.shape[1:]
        return self.shared.log_marginals(floor)[self.row, :length, :width].float()

    def _own(self, rows: np.ndarray) -> np.ndarray:
        return rows[self.row, : self.canvas.block.length]


def _same(blocks: Sequence[Block], others: Sequence[Block]) -> bool:
    return len(blocks) == len(others) and all(a is b for a, b in zip(blocks, others, strict=True))


def _tokens(canvas: np.ndarray, columns: Columns | None) -> np.ndarray:
    return canvas if columns is None else columns.tokens(canvas)


def _joined(rows: Sequence[Tensor]) -> Tensor:
    """(B, L, C), shorter and narrower canvases filled up with -inf, which no program counts."""
    if len(rows) == 1:
        return rows[0]
    length, width = (max(row.shape[axis] for row in rows) for axis in (1, 2))
    return torch.cat(
        [
            torch.nn.functional.pad(
                row, (0, width - row.shape[2], 0, length - row.shape[1]), value=-torch.inf
            )
            for row in rows
        ]
    )
