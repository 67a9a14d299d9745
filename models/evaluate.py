"""How a checkpoint answers held-out cases, through the engine that will serve it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from transformers import DiffusionGemmaForBlockDiffusion, PreTrainedTokenizerBase

from constraints import JsonSchema
from constraints.errors import BlockformError
from engine import Engine, LoadedModel, Request
from models.architecture import PROMPT_STYLE
from models.example import Example
from models.scoring import Answer

MAX_STEPS = 20
MAX_TOKENS = 200


def answers(
    model: DiffusionGemmaForBlockDiffusion,
    tokenizer: PreTrainedTokenizerBase,
    cases: Iterable[Example],
    *,
    constrained: bool,
) -> list[Answer]:
    """Returns what the model answers, canvas after canvas; sets the model to evaluation mode."""
    engine = Engine(LoadedModel.assemble("run", model, tokenizer, PROMPT_STYLE))
    return [_answer(engine, request_for(case, constrained)) for case in cases]


def request_for(case: Example, constrained: bool) -> Request:
    """Returns the request whose prompt is the one the case is trained with.

    Only a record has a schema. The outline of another case is put before its text by hand, and
    nothing binds its answer.
    """
    if case.schema is None:
        text, spec = f"{case.outline}\n{case.text}", None
    else:
        text, spec = case.text, JsonSchema(json.dumps(case.schema), whitespace="compact")
    return Request(
        text=text, spec=spec, constrained=constrained, max_tokens=MAX_TOKENS, max_steps=MAX_STEPS
    )


def _answer(engine: Engine, request: Request) -> Answer:
    try:
        result = engine.generate(request)
    except BlockformError as error:  # counts as an answer with no field right
        return Answer(f"{type(error).__name__}: {error}", 0)
    return Answer(result.text, result.steps)
