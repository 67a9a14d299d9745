"""An extraction job: JSONL in, validated JSONL out, and a dead-letter file for the rest.

    python examples/etl_extract.py IN.jsonl SCHEMA.json OUT.jsonl DEAD.jsonl

Each row in ends in exactly one row out; a dead letter holds the row as it was, and why.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

import jsonschema

from blockform.client import AsyncClient, BlockformClientError
from blockform.launch import launched

AT_ONCE = 8


async def extracted(client: AsyncClient, line: bytes, schema: dict) -> tuple[str, dict]:
    """Returns `ok` with the record, or `dead` with the row and the reason."""
    dead = {"row": line.decode(errors="backslashreplace").rstrip("\r\n")}
    try:
        row = json.loads(line.decode("utf-8-sig"))
        result = await client.generate(row["text"], schema=schema, timeout=300)
        jsonschema.validate(result.value, schema)
    except (ValueError, KeyError, TypeError, RecursionError, jsonschema.ValidationError) as error:
        return "dead", dead | {"error": type(error).__name__, "reason": str(error)}
    except BlockformClientError as error:
        return "dead", dead | {"error": error.code, "reason": error.message}
    return "ok", {"id": row.get("id"), "record": result.value}


async def run(options: argparse.Namespace, server: str) -> Counter[str]:
    """Works through the file, a few rows at a time, and returns the counts."""
    schema, counts = json.loads(options.schema.read_bytes()), Counter(rows=0, ok=0, dead=0)
    with options.rows.open("rb") as rows, options.out.open("w") as ok, options.dead.open("w") as no:
        async with AsyncClient(server) as client:
            while lines := list(islice(rows, AT_ONCE)):
                ends = await asyncio.gather(*(extracted(client, line, schema) for line in lines))
                for end, row in ends:
                    counts.update(("rows", end))
                    print(json.dumps(row), file=ok if end == "ok" else no, flush=True)
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("rows", "schema", "out", "dead"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--server", help="host:port; without it a server is started")
    options = parser.parse_args()
    paths = {path.resolve() for path in (options.rows, options.schema, options.out, options.dead)}
    if len(paths) < 4:
        parser.error("IN, SCHEMA, OUT and DEAD must be four files")
    try:
        with nullcontext(options.server) if options.server else launched() as target:
            print(json.dumps(asyncio.run(run(options, target))))
    except (OSError, ValueError, BlockformClientError) as error:
        parser.exit(2, f"etl_extract: {error}\n")
