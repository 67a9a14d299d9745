"""The vocabulary a benchmark runs on: a tiktoken file, or a synthetic one of a given size."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from constraints import Vocabulary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--vocabulary` and `--vocabulary-size`."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--vocabulary", type=Path, help="tiktoken file of ranks")
    group.add_argument(
        "--vocabulary-size", type=int, default=32_768, help="size of a synthetic one"
    )


def chosen(arguments: argparse.Namespace) -> Vocabulary:
    """The vocabulary that the arguments name."""
    if arguments.vocabulary is not None:
        return Vocabulary.from_tiktoken(arguments.vocabulary)
    return synthetic(arguments.vocabulary_size)


def synthetic(size: int) -> Vocabulary:
    """All bytes, then distinct random strings of 2 to 8 letters, digits and punctuation."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(
        b'etaoinshrdlucmfwypvbgkjqxz ETAOIN0123456789":,.{}[]-_\n', dtype=np.uint8
    )
    tokens = {bytes([byte]): None for byte in range(256)}
    while len(tokens) < size - 1:
        tokens[rng.choice(letters, int(rng.integers(2, 9))).tobytes()] = None
    return Vocabulary.from_bytes([*tokens, None], [len(tokens)])
