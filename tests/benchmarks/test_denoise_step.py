"""The denoise benchmark: its predictions, and that it times what it says, on a small shape."""

import json

import pytest
import torch

from benchmarks import denoise_cost, denoise_step, denoise_timing
from benchmarks.denoise_shapes import config_of
from engine.plan import plan


def last_line(capsys):
    return json.loads(capsys.readouterr().out.strip().split("\n")[-1])


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU would measure")
def test_without_a_gpu_it_predicts_says_so_and_fails(capsys):
    assert denoise_step.main(["--batch", "1", "--canvas", "256"]) == 1
    line = last_line(capsys)
    assert (line["benchmark"], line["measured"], line["passed"]) == ("denoise_step", False, False)
    floor = line["predicted_floors"]["1x256"]["H200"]["floor_ms"]
    assert floor == pytest.approx(11.5, rel=0.05)  # kernels.md section 4


@pytest.mark.parametrize("arguments", [["--batch", "0"], ["--kernels", "cuda"], ["--shape", "1b"]])
def test_a_wrong_call_ends_with_two(arguments):
    with pytest.raises(SystemExit) as ended:
        denoise_step.main(arguments)
    assert ended.value.code == 2


def test_every_weight_is_read_once_but_for_the_table_that_is_read_twice():
    config = config_of("26b-a4b")
    pieces = denoise_cost.pieces(config, batch=64, canvas=256, prefix=0, format_="plain")
    held = plan(config, "plain", context=16).pieces
    read = sum(pieces[name].moved for name in ("projections", "dense MLP", "router", "head"))
    assert read == held["attention"] + held["dense MLP"] + held["router"] + held["embeddings"]
    twice = held["embeddings"] + held["self-conditioning"]
    assert pieces["self-conditioning"].moved == twice


def test_it_times_both_kinds_of_kernels(capsys):
    arguments = denoise_step.parser().parse_args(
        ["--shape", "small", "--prefix", "20", "--repeat", "1"]
    )
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    denoise_timing.measured(arguments, [(1, 8)], aims=(1.3, 2.0), device=kind)
    cases = last_line(capsys)["cases"]
    assert set(cases) == {"torch 1x8", "triton 1x8"}
    assert all(case["step_ms"] > 0 and case["of_floor"] > 0 for case in cases.values())


def test_both_aims_must_be_reached():
    def figures(ours, of_floor, theirs):
        return {
            "triton 1x256": {"step_ms": ours, "of_floor": of_floor},
            "torch 1x256": {"step_ms": theirs},
        }

    assert denoise_timing.passed(figures(14, 1.2, 29), 1.3, 2.0)
    assert not denoise_timing.passed(figures(14, 1.2, 27), 1.3, 2.0)
    assert not denoise_timing.passed(figures(16, 1.4, 40), 1.3, 2.0)
    assert not denoise_timing.passed({"triton 1x256": {"step_ms": 1, "of_floor": 1}}, 1.3, 2.0)
