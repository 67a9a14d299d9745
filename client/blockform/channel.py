"""How a client's channel is set up."""

from __future__ import annotations

import json

TIMEOUT_S = 60.0
"""Of a call, where the caller gives none."""

SERVICE = "blockform.v1.GenerationService"
MAX_MESSAGE_BYTES = 64 << 20
"""Of an answer: a stream's frames and a batch's results can be long, and the server is ours."""

SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": SERVICE}],
            # Only what never reached an engine, or was lost with one, is worth asking again.
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 3,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}

OPTIONS: list[tuple[str, str | int]] = [
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
]
