"""The model's two passes on our kernels: the encoder writes what the decoder reads in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear
from transformers import DiffusionGemmaForBlockDiffusion

from engine.errors import EngineError
from engine.kernels.canvas_attention import canvas_attention
from engine.kernels.rows import softcapped
from engine.kernels.shares import shares
from engine.kv_cache import KVCache, Place, layer_shapes
from engine.layers import entered, finished, read_heads

CHUNK = 2048
"""Tokens that the encoder takes at once; bounds what a long prompt needs beside its cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvases:
    """What one call of the decoder reads.

    Attributes:
        token_ids: (B, L) int64.
        live: (B, L) bool; the rest is neither seen nor computed, and its logits mean nothing.
        places: (B,) int32, where each canvas's text is kept.
        told: (B, L, V) finite logits of the step before, or None at a first step.
        knows: (B,) bool, which rows of `told` mean something; None where it is.
    """

    token_ids: Tensor
    live: Tensor
    places: Tensor
    told: Tensor | None
    knows: Tensor | None

    def tensors(self) -> tuple[Tensor, ...]:
        """All that are there, in order."""
        parts = (self.token_ids, self.live, self.places, self.told, self.knows)
        return tuple(part for part in parts if part is not None)

    def recorded(self, told: Tensor | None) -> Canvases:
        """Returns the same in memory of its own, but for `told`, which is where it will be read."""
        return Canvases(
            token_ids=self.token_ids.clone(),
            live=self.live.clone(),
            places=self.places.clone(),
            told=told,
            knows=None if self.knows is None else self.knows.clone(),
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
        """V."""
        return self._config.vocab_size

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
            out: (B, L, V) float32 to write to; None is a new tensor.

        Returns:
            (B, L, V) float32, soft-capped.
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
        logits = linear(flow.normed, self._network.lm_head.weight)
        capped = softcapped(logits, self._network.final_logit_softcapping, out)
        return capped.view(*canvases.token_ids.shape, -1)

    def _embedded(self, canvases: Canvases) -> Tensor:
        """(B, L, H): what the canvas holds and what the step before said of it.

        Source: `DiffusionGemmaDecoderModel.forward` in Transformers.
        """
        table = self._decoder.embed_tokens
        embeddings = table(canvases.token_ids)
        soft = torch.zeros_like(embeddings)
        if canvases.told is not None and canvases.knows is not None:
            told = shares(canvases.told, canvases.knows, table.weight.dtype)
            soft = told @ table.weight * table.embed_scale.to(embeddings.dtype)
        return self._decoder.self_conditioning(embeddings, soft)

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
