"""The weights of a layer's experts: plain, or quantised in layouts of compressed-tensors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

Format = Literal["plain", "fp8", "int4"]

GROUP = 64
"""Columns that share a scale where we round to int4; divides 2816 and 704, as 128 does not."""

FP8_LARGEST = torch.finfo(torch.float8_e4m3fn).max
INT4_ZERO = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertMatrix:
    """One matrix for each expert.

    Formats, by what compressed-tensors calls them:
        plain: `values` are the weights, (E, R, C) float.
        fp8: "float-quantized", strategy "channel": `values` (E, R, C) float8_e4m3fn, times `scale`
            (E, R, 1).
        int4: "pack-quantized", symmetric, strategy "group": two weights in a byte, the even column
            in the low half (its int32 of eight columns, seen as bytes), each 8 more than it means;
            `values` (E, R, C / 2) uint8, `scale` (E, R, C / G) for groups of G columns.

    Attributes:
        format: Which of these.
        values: See above.
        scale: See above; None where plain.
    """

    format: Format
    values: Tensor
    scale: Tensor | None = None

    @property
    def num_columns(self) -> int:
        """C, the size of what it is multiplied with."""
        return self.values.shape[-1] * (2 if self.format == "int4" else 1)

    @property
    def group(self) -> int:
        """G, columns that share a scale; all of them but in int4."""
        if self.format != "int4" or self.scale is None:
            return self.num_columns
        return self.num_columns // self.scale.shape[-1]

    @property
    def num_bytes(self) -> int:
        """What it takes."""
        parts = (self.values, self.scale)
        return sum(part.numel() * part.element_size() for part in parts if part is not None)

    @property
    def num_weights(self) -> int:
        """E * R * C."""
        return self.values.numel() * (2 if self.format == "int4" else 1)

    def to(self, device: torch.device) -> ExpertMatrix:
        """Returns the same on a device."""
        scale = None if self.scale is None else self.scale.to(device)
        return replace(self, values=self.values.to(device), scale=scale)

    def dequantised(self) -> Tensor:
        """Returns (E, R, C), the weights that it stands for, in the scale's number format."""
        return DEQUANTISERS[self.format](self)


def plain(weights: Tensor) -> ExpertMatrix:
    """Wraps (E, R, C) weights."""
    return ExpertMatrix(format="plain", values=weights)


def to_fp8(weights: Tensor) -> ExpertMatrix:
    """Rounds weights to float8, with a scale for each row that makes its largest the largest.

    Args:
        weights: (E, R, C) float.
    """
    largest = weights.abs().amax(dim=-1, keepdim=True).float()
    scale = (largest / FP8_LARGEST).clamp(min=torch.finfo(torch.float32).tiny)
    scale = scale.to(weights.dtype)
    rounded = (weights.float() / scale.float()).clamp(-FP8_LARGEST, FP8_LARGEST)
    return ExpertMatrix(format="fp8", values=rounded.to(torch.float8_e4m3fn), scale=scale)


def to_int4(weights: Tensor) -> ExpertMatrix:
    """Rounds weights to 4 bits, symmetric, with a scale for each 64 columns of a row.

    Args:
        weights: (E, R, C) float; C a multiple of 64.

    Raises:
        ValueError: C is not.
    """
    experts, rows, columns = weights.shape
    if columns % GROUP:
        raise ValueError(f"int4 weights need a multiple of {GROUP} columns, not {columns}")
    groups = weights.float().view(experts, rows, columns // GROUP, GROUP)
    scale = (groups.abs().amax(dim=-1) / 7.5).clamp(min=torch.finfo(torch.float32).tiny)
    scale = scale.to(weights.dtype)
    rounded = (groups / scale.float()[..., None]).round().clamp(-8, 7)
    codes = (rounded + INT4_ZERO).to(torch.uint8).view(experts, rows, columns)
    packed = codes[..., ::2] | (codes[..., 1::2] << 4)
    return ExpertMatrix(format="int4", values=packed.contiguous(), scale=scale)


def _from_fp8(matrix: ExpertMatrix) -> Tensor:
    assert matrix.scale is not None
    return matrix.values.to(matrix.scale.dtype) * matrix.scale


def _from_int4(matrix: ExpertMatrix) -> Tensor:
    assert matrix.scale is not None
    codes = torch.stack([matrix.values & 15, matrix.values >> 4], dim=-1).flatten(-2)
    signed = codes.to(matrix.scale.dtype) - INT4_ZERO
    return signed * matrix.scale.repeat_interleave(matrix.group, dim=-1)


DEQUANTISERS = {"plain": lambda matrix: matrix.values, "fp8": _from_fp8, "int4": _from_int4}
QUANTISERS = {"plain": plain, "fp8": to_fp8, "int4": to_int4}


def matrices_of(module: Any) -> tuple[ExpertMatrix, ExpertMatrix]:
    """Returns the two matrices of an experts module of Transformers, quantised or not.

    Args:
        module: Holds `quantised`, as `quantise_` leaves it, or else the parameters `gate_up_proj`
            (E, 2N, H) and `down_proj` (E, H, N).
    """
    quantised = getattr(module, "quantised", None)
    return quantised or (plain(module.gate_up_proj), plain(module.down_proj))
