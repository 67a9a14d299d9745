"""Position shift: a header that the language forces and the model did not plan for."""

from __future__ import annotations

import json
from unittest.mock import patch

import numpy as np

import constraints
from benchmarks.batched import answered_together
from benchmarks.failures.lab import ENGINE, Figures, Lab
from benchmarks.failures.on_model import AT_ONCE, Answers, scored
from benchmarks.failures.planner import Planner, filled, settled
from constraints import JsonSchema, Regex
from engine import Request
from engine.prompt import Style, render
from models.example import Example

LENGTH = 32
NUM_CELLS = 16
HEADER = "<answer>"
NUM_CANDIDATES = 8
BEST_OF = 4
OPENNESS = (1e-2, 1e-6, 1e-12)
LANGUAGES = {
    "forced inside": f"{HEADER}[1-4]{{{NUM_CELLS}}}",
    "optional inside": f"({HEADER})?[1-4]{{{NUM_CELLS}}}",
    "before the canvas": f"[1-4]{{{NUM_CELLS}}}",
}


def planned(lab: Lab) -> Figures:
    """A model that knows sixteen digits by heart and would write them without a header.

    `openness` is the probability that it gives to texts with the header, before it sees one. Where
    the header is committed before the canvas (`Request.prefix`), the canvas holds the digits alone.
    `right` is the share of trials that commit the likeliest digits; `log_z` is that of the commit.
    """
    figures: Figures = {}
    for openness in OPENNESS:
        for name, pattern in LANGUAGES.items():
            figures[f"openness {openness:g}, {name}"] = _figures(lab, pattern, openness, 1)
        figures[f"openness {openness:g}, forced inside, best of {BEST_OF} by log Z"] = _figures(
            lab, LANGUAGES["forced inside"], openness, BEST_OF
        )
    return figures


WRAPPER = '{"status":"ok","result":'


def on_model(lab: Lab) -> Figures:
    """A record that must stand in a wrapper that the prompt does not mention.

    Inside, the wrapper takes up positions of the first canvases; as a prefix it is committed
    before the first one.
    """
    inside, before = (_wrapped(lab, prefix) for prefix in ("", WRAPPER))
    return {
        ENGINE.name: lab.reference.figures(),
        "forced inside": {**inside.figures(), **inside.against(lab.reference)},
        "before the canvas": {**before.figures(), **before.against(lab.reference)},
    }


def _wrapped(lab: Lab, prefix: str) -> Answers:
    requests = [
        Request(text=case.text, spec=_wrapping(case), prefix=prefix, max_tokens=272)
        for case in lab.cases
    ]
    with patch("engine.engine.render", _prompt_of_what_is_wrapped):
        results = answered_together(lab.engine, requests, AT_ONCE)
    texts = [json.dumps(json.loads(each.text)["result"]) for each in results]
    return scored(lab.cases, results, texts)


def _wrapping(case: Example) -> JsonSchema:
    properties = {"status": {"const": "ok"}, "result": case.schema}
    return JsonSchema(
        json.dumps(
            {"type": "object", "required": [*properties], "properties": properties},
            ensure_ascii=False,
        ),
        whitespace="compact",
    )


def _prompt_of_what_is_wrapped(text: str, spec: JsonSchema, style: Style) -> str:
    inner = json.loads(spec.text)["properties"]["result"]
    return render(text, JsonSchema(json.dumps(inner)), style)


def _figures(lab: Lab, pattern: str, openness: float, num_draws: int) -> dict[str, float]:
    constraint = constraints.compile(Regex(pattern), lab.vocabulary)
    block = constraint.block(length=LENGTH)
    right, log_z, steps = 0, [], 0
    for seed in range(lab.trials):
        planner, answer = _planner(lab, seed, openness)
        ends = [
            settled(planner, block, lab.schedule, seed=seed * BEST_OF + draw)
            for draw in range(num_draws)
        ]
        best = max(ends, key=lambda end: end.draft.log_z)
        text = constraint.text(best.draft.best[0].tolist()).decode()
        right += text.removeprefix(HEADER) == answer
        log_z.append(best.draft.log_z)
        steps += sum(end.steps for end in ends)
    return {
        "right": right / lab.trials,
        "log_z": round(float(np.median(log_z)), 2),
        "steps": steps / lab.trials,
    }


def _planner(lab: Lab, seed: int, openness: float) -> tuple[Planner, str]:
    """Eight candidates, the first far likelier, that differ from it in four cells each."""
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 5, NUM_CELLS)
    plans, log_prior, texts = [], [], []
    for nth in range(NUM_CANDIDATES):
        cells = first.copy()
        if nth:
            changed = rng.choice(NUM_CELLS, 4, replace=False)
            cells[changed] = rng.integers(1, 5, 4)
        share = 0.7 if nth == 0 else 0.3 / (NUM_CANDIDATES - 1)
        texts.append("".join(map(str, cells)))
        for header, known in (("", 1 - openness), (HEADER, openness)):
            plans.append(filled(lab.token_ids(header + texts[-1]), LENGTH, lab.ends))
            log_prior.append(np.log(share * known))
    planner = Planner(
        plans=np.array(plans), log_prior=np.array(log_prior), width=lab.vocabulary.size
    )
    return planner, texts[0]
