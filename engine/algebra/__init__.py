"""The block algebra on a device: languages of a batch, and the posterior of its canvases."""

from engine.algebra.capacity import Capacity
from engine.algebra.posterior import Posterior
from engine.algebra.program import Program

__all__ = ["Capacity", "Posterior", "Program"]
