"""A tiny DiffusionGemma with random weights and a byte-level tokenizer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
    Gemma4VisionConfig,
    PreTrainedTokenizerFast,
)

CANVAS = 12
WIDTH = 288
SPECIALS = ["<pad>", "<eos>", "<bos>"]
MERGES = [("a", "b"), ("1", "2"), ('"', ":"), ("t", "r"), ("tr", "u"), ("tru", "e")]


def make_tokenizer(*, pad: bool = True) -> PreTrainedTokenizerFast:
    """Returns all 256 bytes and a few merges: most texts have several segmentations."""
    pieces = SPECIALS + sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces += [left + right for left, right in MERGES]
    vocabulary = {piece: token for token, piece in enumerate(pieces)}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=MERGES))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    named = {"pad_token": "<pad>"} if pad else {}
    return PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="<eos>", **named)


def make_network(*, seed: int = 0, peaked: float = 1.0) -> DiffusionGemmaForBlockDiffusion:
    """Returns random weights; `peaked` scales the embeddings and with them the logits."""
    wide: dict[str, Any] = {"global_head_dim": 16, "num_global_key_value_heads": 1}
    text = DiffusionGemmaTextConfig(
        **wide,
        vocab_size=WIDTH,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=16,
        num_experts=4,
        top_k_experts=2,
        moe_intermediate_size=16,
        max_position_embeddings=512,
        layer_types=["sliding_attention", "full_attention"],
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    vision = Gemma4VisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=16,
        patch_size=4,
        position_embedding_size=16,
    )
    config = DiffusionGemmaConfig(
        text_config=text,
        vision_config=vision,
        canvas_length=CANVAS,
        image_token_id=WIDTH - 1,
        boi_token_id=WIDTH - 2,
        eoi_token_id=WIDTH - 3,
    )
    torch.manual_seed(seed)
    network = DiffusionGemmaForBlockDiffusion(config).eval()
    with torch.no_grad():
        network.model.decoder.embed_tokens.weight.mul_(peaked)
    settings: Any = network.generation_config
    settings.eos_token_id, settings.pad_token_id, settings.max_denoising_steps = 1, 0, 6
    return network


@contextmanager
def counted_calls(network: DiffusionGemmaForBlockDiffusion) -> Iterator[dict[str, int]]:
    """Counts the passes through the encoder and the decoder."""
    counts = {"encoder": 0, "decoder": 0}

    def counting(part: str):
        def hook(*_):
            counts[part] += 1

        return hook

    handles = [
        getattr(network.model, part).register_forward_pre_hook(counting(part)) for part in counts
    ]
    try:
        yield counts
    finally:
        for handle in handles:
            handle.remove()
