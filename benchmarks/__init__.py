"""Measurements, each `python -m benchmarks.NAME`; see `docs/structure.md`."""
