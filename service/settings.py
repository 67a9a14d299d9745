"""What can be set about a server."""

from __future__ import annotations

from dataclasses import dataclass, field

ENGINE = "engine:Engine.load"
MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server takes at most; published by GetModelInfo.

    Attributes:
        constraint_bytes: One constraint on the wire.
        text_bytes: One text, as UTF-8.
        batch_items: Requests of one batch.
        queue_length: Requests waiting for their turn, beyond those that are denoised.
        max_tokens: The largest budget.
        max_steps: The largest number of denoising steps.
        message_bytes: One message on the wire.
        batch_size: Requests denoised together.
    """

    constraint_bytes: int = MIB
    text_bytes: int = MIB
    batch_items: int = 64
    queue_length: int = 64
    max_tokens: int = 65_536
    max_steps: int = 1_024
    message_bytes: int = 4 * MIB
    batch_size: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileLimits:
    """What a compile may take.

    Attributes:
        seconds: Of wall-clock time, from when a compiler begins with it.
        memory_bytes: Of address space beyond what a compiler begins with; kept on Linux only.
        processes: Compilers at most; as many specs are compiled at a time.
    """

    seconds: float = 60.0
    memory_bytes: int = 4 * GIB
    processes: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSource:
    """Where an engine comes from; travels to the engine's own process.

    Attributes:
        factory: `module:attribute` of a callable taking a name and, by name, all below but `model`.
        model: A name that the factory knows, or a path.
        device: `cpu`, `cuda`, …
        threads: CPU threads; None takes one for the built-in model and the library's default for
            others. The built-in model is too small to gain by a second thread, and threads that
            wait for each other on a busy machine made a request 15 to 30 times slower (measured).
        kernels: `triton`, `torch`, or `auto`: `triton` on a GPU that runs it.
        weights: Number format of the layers' matrices: `plain`, `fp8` or `int4`.
        context: Tokens of a text at most, prompt and answer, where `triton` runs.
    """

    factory: str = ENGINE
    model: str = "default"
    device: str = "cpu"
    threads: int | None = None
    kernels: str = "auto"
    weights: str = "plain"
    context: int = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything about one server.

    Attributes:
        host: Address to listen on; loopback unless the caller knows the network.
        port: Port to listen on; 0 picks a free one.
        source: Where the engine comes from.
        limits: What is taken at most.
        compiling: What a compile may take.
        grace_s: Seconds that running requests may still take once the server is told to stop.
        stuck_s: Seconds of silence after which an engine that has not heeded a cancellation is
            replaced.
    """

    host: str = "127.0.0.1"
    port: int = 50051
    source: EngineSource = field(default_factory=EngineSource)
    limits: Limits = field(default_factory=Limits)
    compiling: CompileLimits = field(default_factory=CompileLimits)
    grace_s: float = 30.0
    stuck_s: float = 30.0
