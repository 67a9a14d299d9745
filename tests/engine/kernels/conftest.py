"""Arithmetic in the interpreter is a GPU's: what a kernel masks may overflow without a warning."""

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(scope="package", autouse=True)
def quiet_floats() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield
