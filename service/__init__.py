"""The gRPC service: what crosses the wire, and the process that the engine lives in.

The path of one request, by file: `boundary.py` reads bytes and answers errors; `servicer.py` has a
method for each RPC; `convert.py` turns a message into a request and `reply.py` a result into a
message; `worker.py` queues it; `process.py` carries it to the engine's own process, where
`child.py` hears of it and `loop.py` denoises it together with others. `status.py` is the only table
from exception to status; `server.py` starts and stops it all.
"""
