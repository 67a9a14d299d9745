"""CPU time of this process's descendants: what work costs, on a machine that others use too."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
PARENT, USER, SYSTEM = 1, 11, 12
"""Fields of /proc/PID/stat behind the name in brackets (proc_pid_stat(5): 4, 14 and 15)."""


def can_be_told() -> bool:
    """Whether this system has a /proc."""
    return PROC.joinpath("self", "stat").exists()


def of_descendants() -> float:
    """Seconds that all living descendants have run so far."""
    parents, ticks = {}, {}
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since
            continue
        pid = int(path.parent.name)
        parents[pid] = int(fields[PARENT])
        ticks[pid] = int(fields[USER]) + int(fields[SYSTEM])
    ours = {pid for pid in parents if _descends(pid, os.getpid(), parents)}
    return sum(ticks[pid] for pid in ours) / os.sysconf("SC_CLK_TCK")


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == ancestor:
            return True
    return False
