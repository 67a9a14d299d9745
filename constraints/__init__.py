"""Constraints: from a spec to the mask and the posterior of a whole block.

Pure NumPy and numba; imports neither torch nor gRPC.
"""

from constraints import code_cache  # noqa: F401 - first: it says where the others are compiled to

# isort: split
from constraints.block import Block
from constraints.compile import compile
from constraints.constraint import Constraint, State
from constraints.diagnostics import Diagnostic, Diagnostics
from constraints.errors import (
    BlockformError,
    EmptyError,
    LimitError,
    MalformedError,
    SpecError,
    UnsatisfiableError,
    UnsupportedError,
)
from constraints.posterior import Posterior
from constraints.spec import Choice, JsonSchema, Lark, Regex, Spec, Sql, Template
from constraints.sql.catalog import Catalog
from constraints.validation import validate
from constraints.vocabulary import Vocabulary
from constraints.warm import warm_up

__all__ = [
    "Block",
    "BlockformError",
    "Catalog",
    "Choice",
    "Constraint",
    "Diagnostic",
    "Diagnostics",
    "EmptyError",
    "JsonSchema",
    "Lark",
    "LimitError",
    "MalformedError",
    "Posterior",
    "Regex",
    "Spec",
    "SpecError",
    "Sql",
    "State",
    "Template",
    "UnsatisfiableError",
    "UnsupportedError",
    "Vocabulary",
    "compile",
    "validate",
    "warm_up",
]
