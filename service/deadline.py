"""When the engine has to stop, so that its answer arrives before the caller's deadline."""

from __future__ import annotations

SHARE = 0.1
MIN_MARGIN_S = 0.05
MAX_MARGIN_S = 1.0


def stop_at(now: float, remaining: float | None) -> float | None:
    """Returns the moment at which to stop with the best text there is.

    Args:
        now: `time.monotonic()`; the engine's process reads the same clock.
        remaining: Seconds until the caller's deadline; None where there is none.
    """
    if remaining is None:
        return None
    return now + remaining - min(max(SHARE * remaining, MIN_MARGIN_S), MAX_MARGIN_S)
