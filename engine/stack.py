"""The model's two passes on our kernels: the encoder writes what the decoder reads in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DiffusionGemmaForBlockDiffusion

from engine.errors import EngineError
from engine.kernels.canvas_attention import canvas_attention
from engine.kv_cache import KVCache, Place, layer_shapes
from engine.layers import entered, finished, read_heads

CHUNK = 2048
"""Tokens that the encoder takes at once; bounds what a long prompt needs beside its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvases:
    """What one call of the decoder reads.

    Attributes:
        token_ids: (B, L) int64.
        live: (B, L) bool; the rest is neither seen nor computed; what is made of it means nothing.
        places: (B,) int32, where each canvas's text is kept.
        soft: (B, L, H), the mean embedding of what the step before said; 0 at a first step.
    """

    token_ids: Tensor
    live: Tensor
    places: Tensor
    soft: Tensor

    def tensors(self) -> tuple[Tensor, ...]:
        """All of them, in order."""
        return (self.token_ids, self.live, self.places, self.soft)

    def copied(self) -> Canvases:
        """Returns the same in memory of its own."""
        return Canvases(
            token_ids=self.token_ids.clone(),
            live=self.live.clone(),
            places=self.places.clone(),
            soft=self.soft.clone(),
        )


class Stack:
    """A network's weights, and the texts under way on them.

    Attributes:
        positions: Tokens of a text at most, its last canvas not counted.
        cache: What the decoder reads of them.
    """

    def __init__(self, network: DiffusionGemmaForBlockDiffusion, positions: int) -> None:
        """Reserves the buffers of one text.

        Args:
            network: In evaluation mode, on its device.
            positions: Tokens of a text at most.
        """
        self._network: Any = network
        self._config: Any = network.config.text_config
        self._decoder: Any = network.model.decoder
        self._encoder: Any = network.model.encoder.language_model
        self.positions = positions
        weight = self._decoder.embed_tokens.weight
        self.cache = KVCache(layer_shapes(self._config, positions), weight)

    @property
    def width(self) -> int:
        """H."""
        return self._config.hidden_size

    @property
    def dtype(self) -> torch.dtype:
        """Number format of what goes from layer to layer."""
        return self._decoder.embed_tokens.weight.dtype

    @torch.inference_mode()
    def encode(self, place: Place, token_ids: Sequence[int]) -> None:
        """Writes tokens behind those of a place.

        Raises:
            EngineError: There is no room for them, which a request's admission rules out.
        """
        if place.length + len(token_ids) > self.positions:
            raise EngineError(
                f"the text is longer than {self.positions} tokens", code="CONTEXT_FULL"
            )
        for first in range(0, len(token_ids), CHUNK):
            self._encode_chunk(place, token_ids[first : first + CHUNK])

    def _encode_chunk(self, place: Place, token_ids: Sequence[int]) -> None:
        device = self.cache.lengths.device
        ids = torch.tensor([token_ids], device=device)
        lengths = torch.tensor([place.length], dtype=torch.int32, device=device)
        places = torch.tensor([place.index], dtype=torch.int32, device=device)
        hidden = self._encoder.embed_tokens(ids)
        turns = self._turns(hidden, lengths)
        layers = self._encoder.layers
        flow = entered(layers, hidden[0])
        for index, layer in enumerate(layers):
            heads = read_heads(layer.self_attn, flow.normed, *turns[self._kind(index)])
            if index + 1 < len(layers):  # of the last layer only keys and values are ever read
                attended = canvas_attention(
                    *heads.batched(1),
                    self.cache.read(index, places, lengths),
                    window=layer.self_attn.sliding_window,
                    causal=True,
                )
                flow = finished(layer, attended, flow, _next_weight(layers, index), None)
            self.cache.write(index, place, heads.key.transpose(0, 1), heads.value.transpose(0, 1))
        self.cache.advance(place, len(token_ids))

    @torch.inference_mode()
    def predict(self, canvases: Canvases, out: Tensor | None = None) -> Tensor:
        """Runs the decoder once; nothing of it waits for the host.

        Args:
            canvases: What it reads.
            out: (B, L, H) to write to; None is a new tensor.

        Returns:
            (B, L, H), normed: what the vocabulary's table is multiplied with.
        """
        batch = len(canvases.token_ids)
        lengths = self.cache.lengths[canvases.places.long()]
        hidden = self._embedded(canvases)
        turns = self._turns(hidden, lengths)
        live = canvases.live.view(-1)
        layers = self._decoder.layers
        flow = entered(layers, hidden.reshape(-1, hidden.shape[-1]))
        for index, layer in enumerate(layers):
            heads = read_heads(layer.self_attn, flow.normed, *turns[self._kind(index)])
            attended = canvas_attention(
                *heads.batched(batch),
                self.cache.read(index, canvases.places, lengths),
                live=canvases.live,
                window=layer.self_attn.sliding_window,
            )
            next_weight = _next_weight(layers, index, last=self._decoder.norm.weight)
            flow = finished(layer, attended, flow, next_weight, live)
        made = flow.normed.view_as(hidden)
        return made if out is None else out.copy_(made)

    def _embedded(self, canvases: Canvases) -> Tensor:
        """(B, L, H): what the canvas holds and what the step before said of it.

        Source: `DiffusionGemmaDecoderModel.forward` in Transformers.
        """
        embeddings = self._decoder.embed_tokens(canvases.token_ids)
        return self._decoder.self_conditioning(embeddings, canvases.soft)

    def _turns(self, hidden: Tensor, lengths: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Cosines and sines, (T, D) each, by layer type, of positions behind what is written."""
        number = torch.arange(hidden.shape[1], device=hidden.device)
        positions = lengths[:, None].long() + number
        rotary = self._decoder.rotary_emb
        return {
            kind: _flat(*rotary(hidden, positions, kind)) for kind in set(self._config.layer_types)
        }

    def _kind(self, index: int) -> str:
        return self._config.layer_types[index]


def _flat(cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    return cos.flatten(0, 1).contiguous(), sin.flatten(0, 1).contiguous()


def _next_weight(layers: Any, index: int, last: Tensor | None = None) -> Tensor:
    if index + 1 == len(layers):
        assert last is not None
        return last
    return layers[index + 1].input_layernorm.weight
