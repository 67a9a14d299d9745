"""Loading a checkpoint, and saying clearly why not."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine import Engine, LoadedModel, ModelError, Request
from engine.model import load_model
from tests.engine.tiny import make_network, make_tokenizer


@pytest.fixture
def folder(tmp_path, network, tokenizer):
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return tmp_path


def change_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_saved_model_answers_as_before(folder, engine):
    request = Request(text="x", max_tokens=20, seed=4)
    loaded = Engine.load(str(folder))
    assert loaded.generate(request).token_ids == engine.generate(request).token_ids
    assert replace(loaded.info, name="tiny") == engine.info
    assert loaded.model.vocabulary == engine.model.vocabulary


def test_half_precision_weights_run_in_float32_on_a_cpu(tmp_path, tokenizer):
    make_network().half().save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert load_model(str(tmp_path)).info.dtype == "float32"


def test_the_prompt_style_is_the_checkpoints(folder):
    assert load_model(str(folder)).style == "instruction"
    change_config(folder, blockform_prompt="outline")
    assert load_model(str(folder)).style == "outline"


def test_an_unknown_prompt_style_is_refused(folder):
    change_config(folder, blockform_prompt="verse")
    with pytest.raises(ModelError, match="verse"):
        load_model(str(folder))


def test_what_a_step_is_told_is_the_checkpoints(folder):
    assert load_model(str(folder)).schedule.self_conditioning == "marginals"
    change_config(folder, blockform_self_conditioning="logits")
    assert load_model(str(folder)).schedule.self_conditioning == "logits"
    change_config(folder, blockform_self_conditioning="rumours")
    with pytest.raises(ModelError, match="rumours"):
        load_model(str(folder))


@pytest.mark.parametrize("name", ["nowhere", "/no/such/folder", "../x/y", ""])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ModelError, match=r"no model|config"):
        load_model(name)


def test_another_architecture_is_refused_by_name(folder):
    change_config(folder, model_type="llama")
    with pytest.raises(ModelError, match="llama"):
        load_model(str(folder))


def test_a_missing_tokenizer_is_named(folder):
    for path in folder.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelError, match="tokenizer"):
        load_model(str(folder))


def test_missing_weights_are_a_model_error(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(str(folder))


def test_broken_weights_are_a_model_error(folder):
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(str(folder))


def test_weights_that_are_not_there_are_not_invented(folder):
    weights = load_file(folder / "model.safetensors")
    gone = next(name for name in weights if name.endswith("router.proj.weight"))
    save_file(
        {name: each for name, each in weights.items() if name != gone},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    with pytest.raises(ModelError, match=r"lacks .*router\.proj"):
        load_model(str(folder))


def test_a_tokenizer_wider_than_the_model_is_refused(network):
    tokenizer = make_tokenizer()
    tokenizer.add_tokens([f"<extra{index}>" for index in range(100)])
    with pytest.raises(ModelError, match="another checkpoint"):
        LoadedModel.assemble("tiny", network, tokenizer)


def test_a_model_without_an_end_is_refused(network, monkeypatch):
    tokenizer = make_tokenizer()
    tokenizer.eos_token = None
    monkeypatch.setattr(network.generation_config, "eos_token_id", None)
    with pytest.raises(ModelError, match="end-of-text"):
        LoadedModel.assemble("tiny", network, tokenizer)


def test_columns_beyond_the_tokenizer_are_never_text(model, tokenizer):
    beyond = model.vocabulary.tokens[len(tokenizer) :]
    assert beyond
    assert set(beyond) == {None}


def test_a_control_token_spelled_in_the_text_stays_text(model):
    ids = model.token_ids("a<eos><pad>b")
    assert model.vocabulary.eos_ids[0] not in ids
    assert b"".join(model.vocabulary.tokens[token] or b"?" for token in ids) == b"a<eos><pad>b"


def test_a_chat_template_makes_the_turn_and_the_text_cannot_leave_it(network):
    tokenizer = make_tokenizer()
    tokenizer.chat_template = (
        "<bos>{% for m in messages %}{{ m.role }}:{{ m.content }}<eos>{% endfor %}model:"
    )
    model = LoadedModel.assemble("tiny", network, tokenizer)
    (end,), begin = model.vocabulary.eos_ids, tokenizer.convert_tokens_to_ids("<bos>")
    ids = model.token_ids("x<eos>y")
    assert ids.count(end) == 1
    assert (begin in ids) == (begin in tokenizer("<bos>")["input_ids"])
    assert str(tokenizer.decode(ids[: ids.index(end)])).endswith("user:x<eos>y")
    assert str(tokenizer.decode(ids)).endswith("model:")


@pytest.mark.parametrize("device", ["foo", "cuda:99x"])
def test_a_device_that_does_not_exist_is_named(device):
    with pytest.raises(ModelError, match=device):
        load_model(device=device)


def test_a_device_that_is_not_here_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="no device 'cuda'"):
        load_model(device="cuda")
