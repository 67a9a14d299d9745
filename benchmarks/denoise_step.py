"""How long a denoise step takes by piece, and how near it comes to the memory's bandwidth.

    python -m benchmarks.denoise_step --shape 26b-a4b --weights random --batch 1,4,16 \
        --canvas 256,64 --kernels torch,triton

Without a CUDA device nothing is measured: it prints what the step moves and its floor on an H100
and an H200, says that it is predicted, and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import denoise_cost, report
from benchmarks.denoise_shapes import SHAPES, config_of

NAME = "denoise_step"
AIM_OF_FLOOR = 1.3
AIM_OF_EAGER = 2.0
STEPS = (8, 16, 32)
KERNELS = ("torch", "triton")
BANDWIDTH = {"H100": 3.35e12, "H200": 4.8e12}
"""Bytes a second, of the data sheets."""
FLOPS = 989e12
"""Multiply-adds counted twice, a second, dense bfloat16, of the data sheets."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    print(report.machine())
    cases = [(batch, canvas) for canvas in arguments.canvas for batch in arguments.batch]
    if not _has_gpu():
        return predicted(arguments, cases)
    from benchmarks.denoise_timing import measured

    return measured(arguments, cases, aims=(AIM_OF_FLOOR, AIM_OF_EAGER))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog=f"benchmarks.{NAME}", description=__doc__)
    result.add_argument("--shape", choices=list(SHAPES), default="26b-a4b")
    result.add_argument("--weights", choices=["random"], default="random")
    result.add_argument(
        "--format",
        dest="format",
        choices=["plain", "fp8", "int4"],
        default="plain",
        help="of the layers' matrices",
    )
    result.add_argument("--batch", type=_numbers, default=(1, 4, 16))
    result.add_argument("--canvas", type=_numbers, default=(256, 64))
    result.add_argument("--prefix", type=int, default=1024, help="tokens before the canvas")
    result.add_argument("--columns", type=int, help="of the vocabulary; left out, all of them")
    result.add_argument("--kernels", type=_kernels, default=KERNELS)
    result.add_argument("--repeat", type=int, default=20)
    return result


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if any(number < 1 for number in numbers):
        raise argparse.ArgumentTypeError("numbers from 1")
    return numbers


def _kernels(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in KERNELS]:
        raise argparse.ArgumentTypeError(f"no such kernels: {', '.join(unknown)}")
    return names


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def predicted(arguments: argparse.Namespace, cases: Sequence[tuple[int, int]]) -> int:
    """Prints the floor of every case; returns the exit code of a benchmark without figures."""
    config = config_of(arguments.shape)
    floors = {}
    for batch, canvas in cases:
        pieces = denoise_cost.pieces(
            config,
            batch=batch,
            canvas=canvas,
            prefix=arguments.prefix,
            format_=arguments.format,
            columns=arguments.columns,
        )
        rows = [
            [
                name,
                piece.flops / 1e9,
                piece.moved / 1e6,
                *(1e3 * piece.floor(speed, FLOPS) for speed in BANDWIDTH.values()),
            ]
            for name, piece in pieces.items()
        ]
        totals = [sum(row[index] for row in rows) for index in range(1, 5)]
        title = f"predicted, not measured: batch {batch}, canvas {canvas}, {arguments.format}"
        if arguments.columns is not None:
            title += f", {arguments.columns} columns"
        columns = ["piece", "GFLOP", "MB", *(f"{name} ms" for name in BANDWIDTH)]
        report.table(title, columns, [*rows, ["floor", *totals]])
        floors[f"{batch}x{canvas}"] = {
            name: {
                "floor_ms": round(total, 3),
                "tokens_per_s": {
                    steps: round(batch * canvas / (steps + 1) / total * 1e3) for steps in STEPS
                },
            }
            for name, total in zip(BANDWIDTH, totals[2:], strict=True)
        }
    print("no CUDA device: nothing was measured; the same command on a GPU measures")
    return report.finish(
        NAME, passed=False, figures={"measured": False, "predicted_floors": floors}
    )


if __name__ == "__main__":
    sys.exit(main())
