"""The vocabulary's two products: a canvas's logits, and the embedding of what it is told."""

from engine.head.columns import Columns
from engine.head.head import WIDTHS, Head, Width

__all__ = ["WIDTHS", "Columns", "Head", "Width"]
