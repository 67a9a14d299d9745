"""One tiny engine for all tests of this folder; see `tests/engine/tiny.py`."""

import pytest
import torch
from transformers import DiffusionGemmaForBlockDiffusion, PreTrainedTokenizerFast

from engine import Engine, LoadedModel
from tests.engine.tiny import counted_calls, make_network, make_tokenizer


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tiny tensors gain nothing from threads, and lose much where the machine is busy."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def network() -> DiffusionGemmaForBlockDiffusion:
    return make_network(peaked=6.0)


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return make_tokenizer()


@pytest.fixture(scope="session")
def model(network, tokenizer) -> LoadedModel:
    return LoadedModel.assemble("tiny", network, tokenizer)


@pytest.fixture(scope="session")
def engine(model) -> Engine:
    return Engine(model)


@pytest.fixture
def calls(engine):
    with counted_calls(engine.model.network) as counts:
        yield counts
