"""A backend service's call: one request over gRPC, one validated record or one clear error.

python examples/grpc_client.py --server localhost:50051
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from blockform.launch import launched
from blockform.v1 import constraint_pb2, generation_pb2
from blockform.v1.generation_pb2_grpc import GenerationServiceStub

DATA = Path(__file__).parent / "data"


def extract(stub: GenerationServiceStub, text: str, schema: str) -> dict[str, object]:
    """Returns the record that a text holds; the schema's order is the record's order."""
    constraint = constraint_pb2.Constraint(json_schema={"text": schema})
    request = generation_pb2.GenerateRequest(text=text, constraint=constraint, seed=1)
    # Near the deadline the server stops and sends the best valid record it has.
    return json.loads(stub.Generate(request, timeout=120).text)


def explained(error: Any) -> str:
    """Returns which field was wrong and why, from the status's details."""
    status = rpc_status.from_call(error)
    violations = error_details_pb2.BadRequest()
    for detail in status.details if status else ():
        detail.Unpack(violations)
    fields = ", ".join(each.field for each in violations.field_violations)
    return f"{error.code().name} {fields}: {error.details()}"


def main(server: str | None) -> None:
    """Extracts one ticket and prints it."""
    text = (DATA / "support.txt").read_text()
    schema = (DATA / "support.schema.json").read_text()
    with nullcontext(server) if server else launched() as target:
        try:
            stub = GenerationServiceStub(grpc.insecure_channel(target))
            print(json.dumps(extract(stub, text, schema)))
        except grpc.RpcError as error:
            sys.exit(explained(error))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", help="host:port; without it a server is started")
    main(parser.parse_args().server)
