"""Transformers' own `generate` held to a JSON Schema, with no engine and no server.

python examples/transformers_hook.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

import constraints
from constraints import JsonSchema
from engine.hook import ConstrainedLogits
from engine.model import LoadedModel, load_model
from engine.prompt import render

DATA = Path(__file__).parent / "data"
MAX_NEW_TOKENS = 128


def extract(model: LoadedModel, text: str, schema: str) -> dict[str, object]:
    """Returns the record that a text holds."""
    spec = JsonSchema(schema)
    constraint = constraints.compile(spec, model.vocabulary)
    hook = ConstrainedLogits(constraint, max_new_tokens=MAX_NEW_TOKENS)
    prompt = model.token_ids(render(text, spec, model.style))
    network: Any = model.network
    output = network.generate(
        torch.tensor([prompt], device=model.device),
        max_new_tokens=MAX_NEW_TOKENS,
        logits_processor=hook,
    )
    (answer,) = hook.texts(output.sequences)
    return json.loads(answer)


def main() -> None:
    """Extracts one ticket and prints it."""
    text = (DATA / "support.txt").read_text()
    schema = (DATA / "support.schema.json").read_text()
    torch.manual_seed(1)
    print(json.dumps(extract(load_model(), text, schema)))


if __name__ == "__main__":
    main()
