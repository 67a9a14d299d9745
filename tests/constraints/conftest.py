import pytest

from constraints import Vocabulary


@pytest.fixture
def small_vocabulary():
    return Vocabulary.from_bytes([bytes([byte]) for byte in range(256)] + [None], [256])
