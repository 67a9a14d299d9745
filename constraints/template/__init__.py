"""Templates: the members of a language that have given texts at given places."""

from constraints.template.infill import infilled
from constraints.template.scanner import Scanner, scanner_of

__all__ = ["Scanner", "infilled", "scanner_of"]
