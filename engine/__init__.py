"""The engine: a diffusion model, the denoise loop, and the language that binds them.

The path of one request, by file: `engine.py` admits it and checks what comes out; `constrained.py`
and `unconstrained.py` go from canvas to canvas; `denoise.py` settles one canvas; `context.py` asks
the model; `sampler.py` and `schedule.py` hold the rules of a step.

Symbols in the docstrings:
    B: Batch; 1 in this version.
    L: Positions of a canvas; at most the model's `canvas_length`.
    V: Columns of the model's logits; at least the size of the vocabulary.
    W: Words of a packed mask, ceil(V / 32).

Importing this package imports no torch: the service's front process needs the dataclasses only.
`Engine` and `LoadedModel` are imported when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import BudgetError, ContextError, EngineError, ModelError, RequestError
from engine.info import DEFAULT_MODEL, ModelInfo
from engine.request import Request
from engine.result import CanvasFrame, CommittedText, Event, FinishReason, Result, Timings

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.model import LoadedModel

__all__ = [
    "DEFAULT_MODEL",
    "BudgetError",
    "CanvasFrame",
    "CommittedText",
    "ContextError",
    "Engine",
    "EngineError",
    "Event",
    "FinishReason",
    "LoadedModel",
    "ModelError",
    "ModelInfo",
    "Request",
    "RequestError",
    "Result",
    "Timings",
]


def __getattr__(name: str) -> object:
    if name == "Engine":
        from engine.engine import Engine

        return Engine
    if name == "LoadedModel":
        from engine.model import LoadedModel

        return LoadedModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
