from __future__ import annotations

import io

import pytest
from rich.console import Console

from blockform import canvas_view
from blockform.cli.watch import show
from blockform.result import CanvasFrame, CommittedText, FinishReason, Result, Timings

FRAME = CanvasFrame(
    block=0,
    step=2,
    pieces=("{", '"a"', ":", "\n", "\x1b[31m", ""),
    entropy=(0.0, 0.05, 0.2, 1.0, 2.0, 0.0),
    accepted=(True, True, False, False, False, True),
    overridden=(False, True, False, False, False, False),
)
RESULT = Result(
    text='{"a":1}',
    value={"a": 1},
    tokens=5,
    steps=2,
    finish_reason=FinishReason.COMPLETE,
    timings=Timings(total_ms=12.3),
    diagnostics=None,
    token_ids=(1, 2, 3, 4, 5),
    num_blocks=1,
    log_z=0.0,
    seed=0,
    request_id="r",
    model="default",
)


def shown(terminal: bool, **options) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, **options)
    show([FRAME, CommittedText(block=0, text="{"), RESULT], console)
    return out.getvalue()


def test_a_plain_line_marks_what_the_constraint_overrode():
    line = canvas_view.plain_line(FRAME)
    assert line == (
        'canvas 1 step 2: 3/6 accepted, 1 overridden, mean entropy 0.542 | {▸"a":↵�[31m'
    )


def test_without_a_terminal_there_are_plain_lines_only():
    text = shown(terminal=False)
    assert text.splitlines() == [canvas_view.plain_line(FRAME)]
    assert "\x1b" not in text


def test_on_a_terminal_shades_and_signs_are_both_there():
    text = shown(terminal=True, color_system="truecolor")
    assert "▸" in text
    assert "48;2;8;48;107" in text  # settled
    assert "48;2;247;251;255" in text  # open


def test_without_colours_the_sign_remains():
    text = shown(terminal=True, no_color=True, color_system="truecolor")
    assert "▸" in text
    assert "48;2" not in text


def test_no_piece_reaches_the_terminal_as_an_escape_sequence():
    assert "\x1b[31m" not in shown(terminal=True, color_system="truecolor")


@pytest.mark.parametrize(
    ("piece", "expected"),
    [("a\nb", "a↵b"), ("\t", "⇥"), ("\x00\x9b", "��"), ("\u202e", "�"), ("é漢", "é漢")],
)
def test_visible(piece, expected):
    assert canvas_view.visible(piece) == expected
