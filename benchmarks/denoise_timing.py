"""Times a denoise step on a device: Transformers on torch's kernels, and ours."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DiffusionGemmaForBlockDiffusion, DynamicCache

from benchmarks import denoise_cost, report
from benchmarks.denoise_head import drawn_columns
from benchmarks.denoise_shapes import config_of
from engine.backend import install
from engine.graphs import Graphs
from engine.head.fused import FusedHead
from engine.quantise import quantise_
from engine.stack import Canvases, Stack

NAME = "denoise_step"
STEPS = (8, 16, 32)
COPIED = 4 << 30
FLOPS = 989e12
PIECES: Mapping[str, tuple[str, ...]] = {
    "attention": ("attention_kernel", "merge_kernel", "fmha", "flash", "softmax_warp"),
    "experts": ("gate_up_kernel", "down_kernel", "combine_kernel", "group_kernel", "grouped"),
    "rows between": ("after_attention", "after_experts", "heads_kernel", "norm_kernel"),
    "head": ("narrow_logits", "narrow_soft", "masses_kernel", "cap_kernel", "shares_kernel"),
    "products": ("gemm", "nvjet", "cutlass", "wgmma"),
}
"""Names of kernels by what they are part of; what matches none is `other`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is timed.

    Attributes:
        batch: B.
        canvas: L.
        prefix: Tokens before each canvas.
        columns: Of the vocabulary, on our kernels; None is all.
    """

    batch: int
    canvas: int
    prefix: int
    columns: int | None = None


def measured(
    arguments: argparse.Namespace,
    cases: Sequence[tuple[int, int]],
    *,
    aims: tuple[float, float],
    device: str = "cuda",
) -> int:
    """Times every case with every kind of kernels; returns the exit code.

    Args:
        arguments: Of the command line.
        cases: Batches and canvases.
        aims: Times of the floor at most, and of Transformers' time at least, for one canvas of 256.
        device: Where.
    """
    network = random_network(arguments.shape, device)
    speed = bandwidth(device)
    print(f"measured bandwidth: {speed / 1e12:.2f} TB/s")
    figures: dict[str, Any] = {}
    rows = []
    for kernels in sorted(arguments.kernels):  # torch before quantising takes its experts away
        if kernels == "triton" and arguments.format != "plain":
            quantise_(network, arguments.format, torch.device(device))
        for batch, canvas in cases:
            columns = arguments.columns if kernels == "triton" else None
            case = Case(batch=batch, canvas=canvas, prefix=arguments.prefix, columns=columns)
            step = STEP_OF[kernels](network, case, device)
            spent = shortest(step, arguments.repeat, device)
            floor = floor_of(network.config, case, arguments.format, speed)
            figures[f"{kernels} {batch}x{canvas}"] = {
                "step_ms": round(spent * 1e3, 3),
                "of_floor": round(spent / floor, 3),
                "tokens_per_s": {
                    steps: round(batch * canvas / (steps + 1) / spent) for steps in STEPS
                },
                "pieces_ms": by_piece(step, device),
            }
            rows.append([f"{kernels} {batch}x{canvas}", spent * 1e3, floor * 1e3, spent / floor])
    report.table("denoise step", ["case", "ms", "floor ms", "of floor"], rows)
    return report.finish(
        NAME,
        passed=device == "cuda" and passed(figures, *aims),
        figures={"measured": True, "device": device, "bandwidth": speed, "cases": figures},
    )


def passed(figures: Mapping[str, Any], of_floor: float, of_torch: float) -> bool:
    """Whether one canvas of 256 comes near enough to its floor and far enough from torch."""
    ours, theirs = figures.get("triton 1x256"), figures.get("torch 1x256")
    if ours is None or theirs is None:
        return False
    return ours["of_floor"] <= of_floor and theirs["step_ms"] >= of_torch * ours["step_ms"]


def random_network(shape: str, device: str) -> Any:
    """Returns a network of a shape with the weights of a fresh one; bfloat16 on a GPU."""
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    with torch.device(device):
        made: Any = DiffusionGemmaForBlockDiffusion._from_config(config_of(shape), dtype=dtype)
    install(made, "torch")
    return made.eval()


def bandwidth(device: str) -> float:
    """Returns the bytes a second that a large copy reads and writes."""
    size = COPIED if device == "cuda" else 1 << 26
    source = torch.empty(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / shortest(lambda: target.copy_(source), 5, device)


def floor_of(config: Any, case: Case, format_: Any, speed: float) -> float:
    """Returns the seconds that a step takes at least, at a measured bandwidth."""
    pieces = denoise_cost.pieces(
        config,
        batch=case.batch,
        canvas=case.canvas,
        prefix=case.prefix,
        format_=format_,
        columns=case.columns,
    )
    return sum(piece.floor(speed, FLOPS) for piece in pieces.values())


def shortest(step: Callable[[], object], repeat: int, device: str) -> float:
    """Returns the seconds of the fastest of some runs, two before them not counted."""
    for _ in range(2):
        step()
    return min(_seconds(step, device) for _ in range(repeat))


def _seconds(step: Callable[[], object], device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    step()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def by_piece(step: Callable[[], object], device: str) -> dict[str, float]:
    """Returns the milliseconds of one step's kernels, by what they are part of; GPU only."""
    if device != "cuda":
        return {}
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        step()
        torch.cuda.synchronize()
    spent = dict.fromkeys((*PIECES, "other"), 0.0)
    for event in profile.key_averages():
        name = event.key.lower()
        piece = next((p for p, marks in PIECES.items() if any(m in name for m in marks)), "other")
        spent[piece] += event.self_device_time_total / 1e3
    return {name: round(value, 4) for name, value in spent.items()}


def _drawn(network: Any, *shape: int) -> torch.Tensor:
    return torch.randint(0, network.config.text_config.vocab_size, shape, device=network.device)


def _told(network: Any, case: Case) -> torch.Tensor:
    width = case.columns or network.config.text_config.vocab_size
    made = torch.randn(case.batch, case.canvas, width, device=network.device)
    return made.log_softmax(dim=-1)


@torch.inference_mode()
def torch_step(network: Any, case: Case, device: str) -> Callable[[], object]:  # noqa: ARG001
    """Returns a step of Transformers' decoder, as its own loop takes it."""
    cache = DynamicCache(config=network.config.text_config)
    prompt = _drawn(network, case.batch, case.prefix)
    network.model.encoder(input_ids=prompt, past_key_values=cache)
    canvas, told = _drawn(network, case.batch, case.canvas), _told(network, case)

    @torch.inference_mode()
    def step() -> object:
        return network(
            decoder_input_ids=canvas, past_key_values=cache, self_conditioning_logits=told
        ).logits

    return step


@torch.inference_mode()
def triton_step(network: Any, case: Case, device: str) -> Callable[[], object]:
    """Returns a step on our layers, recorded on a GPU, between the vocabulary's two products."""
    stack = Stack(network, case.prefix + case.canvas)
    places = [stack.cache.open() for _ in range(case.batch)]
    for place in places:
        stack.encode(place, _drawn(network, case.prefix).tolist())
    shape = (case.batch, case.canvas)
    token_ids, told = _drawn(network, *shape), _told(network, case).flatten(0, 1)
    live = torch.ones(shape, dtype=torch.bool, device=network.device)
    indices = torch.tensor(
        [place.index for place in places], dtype=torch.int32, device=network.device
    )
    temperature = torch.ones(len(told), device=network.device)
    head, columns = FusedHead(network), None
    if case.columns is not None:
        columns = drawn_columns(case.columns, network.config.text_config.vocab_size)
    predict = Graphs(stack).predict if device == "cuda" else stack.predict

    @torch.inference_mode()
    def step() -> object:
        assert places
        soft = head.soft([told], columns).view(*shape, -1)
        canvases = Canvases(token_ids=token_ids, live=live, places=indices, soft=soft)
        return head.logits(predict(canvases).flatten(0, 1), temperature, columns)

    return step


STEP_OF = {"torch": torch_step, "triton": triton_step}
