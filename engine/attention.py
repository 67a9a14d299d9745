"""What a position attends to: the rule of both passes, in torch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """Keys and values of the tokens that stand before, one layer's.

    A ring: token number p (from 0) is in slot p % R, so the last R tokens are there. Where R is
    never passed it is a plain list.

    Attributes:
        key: (S, H_kv, R, D).
        value: (S, H_kv, R, D).
        lengths: (B,) int32, tokens ever written; what lies behind them is not read.
        places: (B,) int32, which of the S belongs to each row of a batch; None is the first to
            the first and so on, S = B.
    """

    key: Tensor
    value: Tensor
    lengths: Tensor
    places: Tensor | None = None

    @classmethod
    def nothing(cls, like: Tensor) -> Cached:
        """Returns a prefix of no tokens.

        Args:
            like: (B, H_kv, L, D).
        """
        empty = like[:, :, :0]
        lengths = torch.zeros(like.shape[0], dtype=torch.int32, device=like.device)
        return cls(key=empty, value=empty, lengths=lengths)

    def ordered(self) -> tuple[Tensor, Tensor]:
        """Returns key and value as (B, H_kv, R, D), a row of the batch each; copies."""
        if self.places is None:
            return self.key, self.value
        rows = self.places.long()
        return self.key[rows], self.value[rows]

    def positions(self) -> Tensor:
        """Returns (B, R) int64: the number of the token in each slot; negative where none is."""
        size = self.key.shape[2]
        slot = torch.arange(size, device=self.key.device)
        last = self.lengths[:, None].long() - 1
        return last - (last - slot) % max(1, size)


def seen(
    prefix: Cached, length: int, *, live: Tensor | None, window: int | None, causal: bool
) -> Tensor:
    """Returns which keys each position sees; the definition that the kernel is held to.

    Position i of the canvas is token number n + i, where n tokens stand before.

    - Causal (the encoder, and what commits a canvas): the tokens p <= n + i, and with a window W
      only p > n + i - W.
    - Else (the decoder): every live position of the canvas, and of what stands before with a
      window W the last W - 1 tokens, whatever i is. That is what Transformers' `sdpa` and `eager`
      paths compute: their cache keeps W - 1 tokens and their decoder masks nothing. Its `flash`
      path and vLLM compute something else (a window around each position).

    Args:
        prefix: What stands before.
        length: L.
        live: (B, L) bool; None is all.
        window: Positions; None is no limit.
        causal: Which of the two.

    Returns:
        (B, L, R + L) bool. A position that is not live sees nothing.
    """
    batch, device = len(prefix.lengths), prefix.key.device
    before = prefix.positions()
    n = prefix.lengths[:, None].long()
    own = n + torch.arange(length, device=device)
    number = torch.cat([before, own], dim=1)
    there = torch.cat([before >= 0, torch.ones_like(own, dtype=torch.bool)], dim=1)
    query = own if causal else n.expand(batch, length)
    result = there[:, None, :].expand(batch, length, -1)
    if causal:
        result = result & (number[:, None, :] <= own[:, :, None])
    if window is not None:
        result = result & (number[:, None, :] > query[:, :, None] - window)
    if live is not None:
        result = result & live[:, :, None]
        result[:, :, -length:] &= live[:, None, :]
    return result


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    prefix: Cached | None = None,
    *,
    live: Tensor | None = None,
    allowed: Tensor | None = None,
    window: int | None = None,
    causal: bool = False,
    scaling: float = 1.0,
) -> Tensor:
    """Attends over what stands before and over the canvas itself.

    Args:
        query: (B, H, L, D).
        key: (B, H_kv, L, D); head h reads keys of head h // (H / H_kv).
        value: (B, H_kv, L, D).
        prefix: What stands before; None is nothing.
        live: (B, L) bool: positions that are computed and seen; None is all.
        allowed: (B, 1, L, P + L) bool: a mask beside the others, for a prefix of P tokens that
            is no ring.
        window: See `seen`.
        causal: See `seen`.
        scaling: Of the scores; 1 in DiffusionGemma, whose query norm carries it.

    Returns:
        (B, L, H, D), dtype of `query`; 0 at positions that are not live. Softmax in float32 (in
        float64 for float64).
    """
    prefix = prefix or Cached.nothing(key)
    num_heads, length = query.shape[1:3]
    visible = seen(prefix, length, live=live, window=window, causal=causal)[:, None]
    if allowed is not None:
        visible = visible & allowed
    # what is not there may be anything, and 0 times anything is not always 0
    there = (prefix.positions() >= 0)[:, None, :, None]
    before_key, before_value = prefix.ordered()
    keys = torch.cat([before_key.where(there, 0), key], dim=2)
    values = torch.cat([before_value.where(there, 0), value], dim=2)
    group = num_heads // key.shape[1]
    precise = torch.promote_types(query.dtype, torch.float32)
    scores = query.to(precise) @ keys.repeat_interleave(group, 1).to(precise).mT * scaling
    weights = scores.masked_fill(~visible, -torch.inf).softmax(-1).nan_to_num(0.0)
    mixed = weights @ values.repeat_interleave(group, 1).to(precise)
    return mixed.to(query.dtype).transpose(1, 2).contiguous()
