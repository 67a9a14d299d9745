"""The demo: three business texts become records, each beside what the model says unconstrained.

It starts a server (options go to `blockform serve`), asks it, and stops it; it fails where a record
is not valid under its schema.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema

from blockform.client import BlockformClientError, Client
from blockform.compact import compact
from blockform.launch import launched

DATA = Path(__file__).parent / "data"
NAMES = ("support", "shipment", "order")
SEED = 1


def validity(text: str, schema: dict[str, Any]) -> str:
    """Returns `valid`, or why the text is no record of the schema."""
    try:
        jsonschema.validate(json.loads(text), schema, format_checker=jsonschema.FormatChecker())
    except ValueError:
        return "not JSON"
    except jsonschema.ValidationError as error:
        return f"not valid: {error.message}"
    return "valid"


def show(client: Client, name: str, schema: dict[str, Any], constrained: bool) -> bool:
    """Asks once, prints the answer and its figures, and returns whether it is valid."""
    text = (DATA / f"{name}.txt").read_text()
    start = time.perf_counter()
    result = client.generate(text, schema, constrained=constrained, seed=SEED, timeout=300)
    elapsed = time.perf_counter() - start
    found = validity(result.text, schema)
    print("constrained" if constrained else "unconstrained: told the same, nothing enforced")
    print(compact(result.text) if constrained else repr(result.text))
    print(f"  {elapsed:.2f} s, {result.steps} steps, {result.tokens} tokens, {found}\n")
    return found == "valid"


def main(arguments: list[str]) -> int:
    """Runs the demo; returns 1 where a record is not valid."""
    valid = 0
    with launched(arguments) as target, Client(target) as client:
        for name in NAMES:
            schema = json.loads((DATA / f"{name}.schema.json").read_text())
            print(f"=== {name} ===\n{(DATA / f'{name}.txt').read_text()}")
            valid += show(client, name, schema, constrained=True)
            show(client, name, schema, constrained=False)
    print(f"{valid} of {len(NAMES)} records are valid")
    return 0 if valid == len(NAMES) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BlockformClientError as error:
        sys.exit(f"demo: {error.code}: {error.message}")
