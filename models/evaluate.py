"""How a checkpoint answers held-out cases, through the engine that will serve it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from transformers import DiffusionGemmaForBlockDiffusion, PreTrainedTokenizerBase

from constraints import Choice, JsonSchema, Sql
from constraints.errors import BlockformError
from constraints.spec import Whitespace
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
    """Returns the request whose prompt is the one the case is trained with."""
    return Request(
        text=case.text,
        spec=spec_of(case),
        constrained=constrained,
        max_tokens=MAX_TOKENS,
        max_steps=MAX_STEPS,
    )


def spec_of(case: Example, whitespace: Whitespace = "compact") -> JsonSchema | Choice | Sql:
    """Returns what the answer to a case must be."""
    if case.schema is not None:
        return JsonSchema(json.dumps(case.schema), whitespace=whitespace)
    if case.catalog:
        return Sql("sqlite", catalog=case.catalog)
    return Choice(case.outline.removeprefix("one of ").split("|"))


def _answer(engine: Engine, request: Request) -> Answer:
    try:
        result = engine.generate(request)
    except BlockformError as error:  # counts as an answer with no field right
        return Answer(f"{type(error).__name__}: {error}", 0)
    return Answer(result.text, result.steps)
