"""The canvas as it settles, for a terminal or for plain lines.

Shading says how sure the model is of a position; `▸` before a piece says that the constraint chose
another token than the model would have. Neither needs colours to be told apart: the shades are one
hue from dark (settled) to pale (open), and the sign is a sign.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from blockform.result import CanvasFrame, Result

OVERRIDDEN = "▸"
AFTER_END = "·"
NEWLINE, TAB, UNPRINTABLE = "↵", "⇥", "�"

ENTROPY_STEPS = (0.01, 0.1, 0.5, 1.5)
SHADES = (
    "white on #08306b",
    "white on #2171b5",
    "black on #6baed6",
    "black on #c6dbef",
    "black on #f7fbff",
)
"""From certain to open, one more than steps (ColorBrewer's Blues, safe for the colour-blind)."""
SIGN_STYLE = "bold #e69f00"


def visible(piece: str) -> str:
    """Returns a piece that moves no cursor and sends no escape sequence."""
    return "".join(_visible(character) for character in piece)


def panel(frame: CanvasFrame, committed: str = "") -> Panel:
    """Returns the canvas for a terminal.

    Args:
        frame: The canvas after a step.
        committed: Text of the canvases before it.
    """
    body = Text(visible(committed))
    for piece, entropy, overridden in zip(
        frame.pieces, frame.entropy, frame.overridden, strict=True
    ):
        _append(body, piece, entropy, overridden)
    return Panel(Group(body, Text(), legend()), title=headline(frame), title_align="left")


def headline(frame: CanvasFrame) -> str:
    """Returns the figures of a frame in one line."""
    length = max(1, len(frame.pieces))
    return (
        f"canvas {frame.block + 1} step {frame.step}: {sum(frame.accepted)}/{len(frame.pieces)} "
        f"accepted, {sum(frame.overridden)} overridden, "
        f"mean entropy {sum(frame.entropy) / length:.3f}"
    )


def plain_line(frame: CanvasFrame) -> str:
    """Returns a frame as one line of plain text."""
    pieces = (
        f"{OVERRIDDEN if overridden else ''}{visible(piece)}"
        for piece, overridden in zip(frame.pieces, frame.overridden, strict=True)
    )
    return f"{headline(frame)} | {''.join(pieces)}"


def legend() -> Text:
    """Returns what the shades and the sign mean."""
    line = Text()
    for label, shade in zip(("settled", "", "", "", "open"), SHADES, strict=True):
        line.append(f" {label} ", shade)
    line.append(f"  {OVERRIDDEN}", SIGN_STYLE)
    line.append(" the constraint chose another token than the model")
    return line


def summary(result: Result) -> str:
    """Returns the figures of a result in one line."""
    return (
        f"{result.finish_reason}: {result.tokens} tokens, {result.steps} steps, "
        f"{result.timings.total_ms:.0f} ms"
    )


def about(result: Result) -> list[str]:
    """Returns what is said beside an answer, line by line: what was thought, and its figures."""
    thoughts = [f"thought: {visible(result.thinking)}"] if result.thinking else []
    return [*thoughts, summary(result)]


def _append(body: Text, piece: str, entropy: float, overridden: bool) -> None:
    shade = SHADES[bisect_right(ENTROPY_STEPS, entropy)]
    if overridden:
        body.append(OVERRIDDEN, SIGN_STYLE)
        shade = f"underline {shade}"
    body.append(visible(piece) or AFTER_END, shade)


def _visible(character: str) -> str:
    if character in SUBSTITUTES:
        return SUBSTITUTES[character]
    # Control, format (bidirectional marks reorder a line), surrogate and private characters.
    return UNPRINTABLE if unicodedata.category(character)[0] == "C" else character


SUBSTITUTES = {"\n": NEWLINE, "\t": TAB}
