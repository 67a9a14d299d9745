"""What a loaded model says about itself."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MODEL = "default"
"""The name of the checkpoint that comes with the source, in `models/default`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """The figures of a model that a caller may want to know.

    Attributes:
        name: The name it was loaded by.
        canvas_length: Positions of its canvas.
        max_input_tokens: Tokens of a rendered prompt at most, where the answer takes one canvas.
        vocabulary_size: Tokens of its vocabulary.
        num_parameters: Distinct weights (tied ones count once).
        max_steps: Denoising steps for each canvas, where a request names none.
        device: Where it runs: `cpu`, `cuda:0`, …
        dtype: Number format of its weights: `float32`, `bfloat16`, …
    """

    name: str
    canvas_length: int
    max_input_tokens: int
    vocabulary_size: int
    num_parameters: int
    max_steps: int
    device: str
    dtype: str
