"""What the benchmark of serving makes of its figures; no server is started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from benchmarks import cpu_time, serving

FINE = serving.Measured(
    requests_per_s=1.0, p50_ms=10.0, p95_ms=20.0, cpu_s=1.0, step_ms=5.0, invalid=0
)


def closing(best, capsys, free=None) -> tuple[int, dict]:
    arguments = serving.parser().parse_args(["--concurrency", "16", "--max-batch", "4"])
    code = serving._report(best, free or {}, arguments)
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_cheaper_requests_pass(capsys):
    ours = replace(FINE, requests_per_s=2.0, cpu_s=0.5)
    code, figures = closing({(16, 1): FINE, (16, 4): ours}, capsys)
    assert (code, figures["passed"], figures["missed"]) == (0, True, [])
    assert figures["ratios"]["16"] == {
        "requests_per_s": 2.0,
        "p50_ms": 1.0,
        "p95_ms": 1.0,
        "cpu_s": 0.5,
        "step_ms": 1.0,
    }


def test_a_step_within_a_schema_must_not_cost_more(capsys):
    ours, dear = replace(FINE, cpu_s=0.5), replace(FINE, cpu_s=0.5, step_ms=6.0)
    free = {(16, 4): FINE}
    code, figures = closing({(16, 1): FINE, (16, 4): ours}, capsys, free)
    assert (code, figures["constrained_in_free"]["16"]["step_ms"]) == (0, 1.0)
    code, figures = closing({(16, 1): FINE, (16, 4): dear}, capsys, free)
    assert (code, len(figures["missed"])) == (1, 1)


@pytest.mark.parametrize("fault", [{"cpu_s": 0.9}, {"cpu_s": 0.5, "invalid": 1}])
def test_a_dear_request_or_an_invalid_answer_misses(fault, capsys):
    code, figures = closing({(16, 1): FINE, (16, 4): replace(FINE, **fault)}, capsys)
    assert (code, figures["passed"], len(figures["missed"])) == (1, False, 1)


@pytest.mark.parametrize("call", [["--max-batch", "1"], ["--concurrency", "0"], ["--rounds", "x"]])
def test_a_wrong_call_ends_with_2(call):
    with pytest.raises(SystemExit) as ended:
        serving.main(call)
    assert ended.value.code == 2


@pytest.mark.skipif(not cpu_time.can_be_told(), reason="no /proc here")
def test_the_time_of_descendants_is_counted():
    before = cpu_time.of_descendants()
    command = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        time.sleep(0.05)
        assert cpu_time.of_descendants() - before > 0.2
        busy.communicate(b"\n")
