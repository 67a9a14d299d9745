"""Compiles Triton kernels for GPUs that are not there, and reads what the compiler made of them.

The compiler runs in a process of its own, since `TRITON_INTERPRET` decides at import what
`@triton.jit` returns. Another Triton than the installed one is tested by putting it first on the
path: `pip install --no-deps --target DIR triton==3.6.0`, then `PYTHONPATH=DIR pytest …`.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SHARED_BYTES = 227 * 1024
"""Shared memory that one block of threads can have on sm_90 and sm_100; sm_80 has 163 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A kernel to compile.

    Attributes:
        kernel: "package.module:name" of a function under `@triton.jit`.
        signature: Type of each argument by name, in order: "*fp32", "i32", "constexpr",
            "tensordesc<bf16[128,64]>", …
        constexprs: Value of each "constexpr".
        aligned: Arguments that are multiples of 16 (pointers: 16-byte aligned), as at launch.
        arch: Compute capability: 80, 90, 100.
        num_warps: Warps of one program.
        num_stages: Stages of software pipelining.
        maxnreg: Registers that a thread may have; the compiler's choice where None.
    """

    kernel: str
    signature: Mapping[str, str]
    constexprs: Mapping[str, Any] = field(default_factory=dict)
    aligned: Sequence[str] = ()
    arch: int = 90
    num_warps: int = 4
    num_stages: int = 3
    maxnreg: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the compiler made of a kernel.

    Attributes:
        registers: For each thread.
        stack_bytes: Local memory for each thread, spills included.
        spill_bytes: Spill stores and loads together.
        shared_bytes: For each program.
        ptx: The PTX text.
        triton: Version of the compiler.
    """

    registers: int
    stack_bytes: int
    spill_bytes: int
    shared_bytes: int
    ptx: str
    triton: str


def compiled(jobs: Sequence[Job]) -> list[Report]:
    """Compiles kernels, all in one other process.

    Raises:
        RuntimeError: A kernel does not compile; the message holds the compiler's own.
    """
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
    process = subprocess.run(
        [sys.executable, "-m", "tests.engine.kernels.compiling"],
        input=json.dumps([asdict(job) for job in jobs]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(process.stderr[-4000:])
    return [Report(**report) for report in json.loads(process.stdout)]


def _reports(jobs: list[dict[str, Any]]) -> Iterator[Report]:
    for job in jobs:
        yield _report(Job(**job))


def _report(job: Job) -> Report:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    module, name = job.kernel.split(":")
    names = list(job.signature)
    kernel = triton.compile(
        ASTSource(
            fn=getattr(importlib.import_module(module), name),
            signature=dict(job.signature),
            constexprs=dict(job.constexprs),
            attrs={(names.index(each),): [["tt.divisibility", 16]] for each in job.aligned},
        ),
        target=GPUTarget("cuda", job.arch, 32),
        options={
            "num_warps": job.num_warps,
            "num_stages": job.num_stages,
            "maxnreg": job.maxnreg,
        },
    )
    binaries = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.TemporaryDirectory() as folder:
        cubin, ptx = Path(folder) / "kernel.cubin", Path(folder) / "kernel.ptx"
        cubin.write_bytes(kernel.asm["cubin"])
        ptx.write_text(kernel.asm["ptx"])
        usage = _said([binaries / "cuobjdump", "-res-usage", cubin])
        verbose = _assembled(binaries, ptx)
    return Report(
        registers=_number(r"REG:(\d+)", usage),
        stack_bytes=_number(r"STACK:(\d+)", usage),
        spill_bytes=_number(r"(\d+) bytes spill stores", verbose)
        + _number(r"(\d+) bytes spill loads", verbose),
        shared_bytes=kernel.metadata.shared,
        ptx=kernel.asm["ptx"],
        triton=triton.__version__,
    )


def _assembled(binaries: Path, ptx: Path) -> str:
    """What `ptxas -v` says; newer PTX than the plain one reads goes to the other."""
    target = re.search(r"^\.target (\w+)", ptx.read_text(), re.MULTILINE)
    if target is None:
        raise RuntimeError("the PTX names no target")
    command = ["-v", f"--gpu-name={target[1]}", ptx, "-o", ptx.with_suffix(".again")]
    try:
        return _said([binaries / "ptxas", *command])
    except RuntimeError:
        return _said([binaries / "ptxas-blackwell", *command])


def _said(command: Sequence[str | Path]) -> str:
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        raise RuntimeError(process.stdout + process.stderr)
    return process.stdout + process.stderr


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"no {pattern} in: {text}")
    return int(found[1])


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(each) for each in _reports(json.load(sys.stdin))]))
