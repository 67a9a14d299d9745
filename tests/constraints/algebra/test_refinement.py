"""Statistics taken from those of coarser atoms beside statistics taken from the logits."""

from types import SimpleNamespace

import numpy as np
import pytest

from constraints.algebra.refinement import refined
from constraints.algebra.statistics import atom_statistics

LENGTH, SIZE = 5, 400


def atoms(class_of):
    """A partition of tokens, numbered by lowest token as an automaton's atoms are."""
    _, first, inverse = np.unique(class_of, return_index=True, return_inverse=True)
    atom_of = np.argsort(np.argsort(first))[inverse].astype(np.int32)
    sizes = np.bincount(atom_of)
    return SimpleNamespace(
        atom_of=atom_of,
        atom_ptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        atom_tokens=np.argsort(atom_of, kind="stable").astype(np.int32),
        num_atoms=len(sizes),
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("scale", [0.0, 1.0, 60.0])
@pytest.mark.parametrize("forbidden", [0.0, 0.5])
def test_finer_statistics_are_those_of_the_logits(seed, scale, forbidden):
    rng = np.random.default_rng(seed)
    coarse_class = rng.integers(0, rng.integers(1, 20), SIZE)
    split = rng.integers(0, 4, SIZE) * (rng.random(SIZE) < rng.choice([0.02, 0.5]))
    coarse, fine = atoms(coarse_class), atoms(coarse_class * 4 + split)
    logits = scale * rng.normal(size=(LENGTH, SIZE)) + 3.0
    logits[rng.random(logits.shape) < forbidden] = -np.inf
    logits[:, 0] = 3.0
    before = atom_statistics(logits, coarse.atom_of, coarse.num_atoms)
    found = refined(before, logits, coarse, fine)  # type: ignore[arg-type]
    wanted = atom_statistics(logits, fine.atom_of, fine.num_atoms)
    np.testing.assert_allclose(found.lse, wanted.lse, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.top, wanted.top, rtol=1e-12, atol=1e-10)
    np.testing.assert_array_equal(found.best, wanted.best)
    np.testing.assert_allclose(found.normaliser, wanted.normaliser)
