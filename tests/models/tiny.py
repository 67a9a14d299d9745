"""A tiny model of the default's architecture, and a batch of odd widths."""

from models.architecture import Shape, model_config, new_model
from models.batches import Batch, Encoded, padded

PAD, EOS, BOS = 0, 1, 2
WIDTH = 64
CANVAS = 4
SHAPE = Shape(
    hidden=32, layers=2, heads=2, kv_heads=1, head_dim=16, dense=32, experts=4, top_k=2,
    expert=16, window=64, canvas=CANVAS, positions=1024,
)  # fmt: skip
CASES = [
    Encoded((BOS, 11, 12, 13, 14, 15, 16), (21, 22, 23, EOS)),
    Encoded((BOS, 17, 18), (24, 25, 26, 27, 28, 29, 30, 31, 32, EOS)),
    Encoded((BOS, 19, 33, 34), (35, EOS)),
]


def make_model(vocab_size: int = WIDTH):
    return new_model(model_config(SHAPE, vocab_size, PAD, EOS, BOS), seed=3)


def make_batch() -> Batch:
    return padded(CASES, PAD)
