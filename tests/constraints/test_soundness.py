"""Blocks from random logits over real schemas: what we emit, jsonschema accepts."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.soundness import Settings, check, read_schemas
from benchmarks.vocabularies import synthetic

SCHEMAS = Path(__file__).parents[3] / "shared" / "conformance" / "jsonschemabench"
EVERY = 25


@pytest.mark.parametrize(("whitespace", "open_objects"), [("compact", False), ("spaced", True)])
def test_no_draw_from_a_real_schema_is_invalid(whitespace, open_objects):
    if not SCHEMAS.exists():
        pytest.skip("the conformance data is not here: ../shared/conformance/jsonschemabench")
    vocabulary = synthetic(1024)
    settings = Settings(
        per_schema=4, seed=1, length=160, open_objects=open_objects, whitespace=whitespace
    )
    noise = np.random.default_rng(1).standard_normal((160, 1024), dtype=np.float32)
    outcomes = [
        check(schema, index, settings=settings, vocabulary=vocabulary, noise=noise)
        for index, schema in enumerate(list(read_schemas(SCHEMAS))[::EVERY])
    ]
    assert [each for outcome in outcomes for each in outcome.invalid] == []
    assert sum(outcome.samples for outcome in outcomes) > len(outcomes)
