"""A training run: it learns, can be taken up again, and can be exported."""

import json

import pytest
import torch

from engine import Engine
from engine.prompt import render, with_outline
from models.corpus import examples
from models.evaluate import answers, request_for
from models.export import export
from models.losses import losses_of
from models.settings import Settings
from models.tokenizer import train_tokenizer
from models.train import CHECKPOINT, TOKENIZER, Progress, Run, averaged, case_size, parser, rate
from tests.models.tiny import SHAPE, make_batch, make_model

SETTINGS = Settings(minutes=10.0, warmup=1, tokens=400, size=(0.1, 0.1), job_weights=(1, 0, 0))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path):
    texts = [part for case in examples(3, "train", 60) for part in (case.text, case.answer)]
    train_tokenizer(texts, vocab_size=300).save_pretrained(tmp_path / "a" / TOKENIZER)
    return tmp_path / "a"


@pytest.fixture
def run(folder):
    result = Run(folder, SETTINGS, SHAPE)
    result.step(make_batch())
    result.batches.index = 7
    result.save()
    return result


def same_weights(one, other):
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_loss_falls_on_one_batch():
    torch.manual_seed(0)
    model, batch = make_model(), make_batch()
    settings = Settings(full_noise=0.0, settled=1.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    totals = []
    for _ in range(25):
        losses = losses_of(model, batch, settings, causal_only=False)
        losses.total.backward()
        optimizer.step()
        optimizer.zero_grad()
        totals.append(losses.total.item())
    assert totals[-1] < 0.5 * totals[0]


def test_a_causal_step_has_no_denoising_figure():
    losses = losses_of(make_model(), make_batch(), SETTINGS, causal_only=True)
    assert losses.denoising.isnan()
    assert losses.total.item() == pytest.approx(losses.causal.item())


def test_a_causal_step_leaves_self_conditioning_alone():
    model = make_model()
    losses_of(model, make_batch(), SETTINGS, causal_only=True).total.backward()
    grads = {name: p.grad for name, p in model.named_parameters() if "self_conditioning" in name}
    assert grads
    assert all(grad is None for grad in grads.values())


def test_a_resumed_run_stands_where_it_stood(run, folder):
    resumed = Run(folder, SETTINGS, SHAPE, resume=True)
    assert same_weights(run, resumed)
    assert (resumed.progress.step, resumed.batches.index) == (1, 7)


def test_a_checkpoint_of_weights_and_optimizers_alone_can_be_resumed(run, folder):
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    torch.save({name: state[name] for name in ("model", "optimizers")}, folder / CHECKPOINT)
    resumed = Run(folder, SETTINGS, SHAPE, resume=True)
    assert same_weights(run, resumed)
    assert resumed.progress == Progress()


def test_a_phase_starts_from_another_runs_weights_with_its_own_schedule(run, folder, tmp_path):
    started = Run(tmp_path / "b", SETTINGS, SHAPE, start=folder)
    assert same_weights(run, started)
    assert started.progress == Progress(index=7)
    assert started.base_rates == run.base_rates


def test_weights_without_their_tokenizer_are_refused(run, folder, tmp_path):
    (folder / TOKENIZER).rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match="no tokenizer"):
        Run(folder, SETTINGS, SHAPE, resume=True)


@pytest.mark.parametrize("has_config", [True, False])
def test_an_exported_run_answers(run, folder, tmp_path, has_config, monkeypatch):
    if not has_config:
        monkeypatch.setattr("models.export.Shape", lambda: SHAPE)
        state = torch.load(folder / CHECKPOINT, weights_only=True)
        torch.save({"model": state["model"]}, folder / CHECKPOINT)
    export(folder, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["canvas_length"] == SHAPE.canvas
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "model").iterdir()} == {0o644}
    engine = Engine.load(str(tmp_path / "model"))
    assert engine.info.max_steps == 20
    assert engine.model.style == "outline"
    assert engine.model.schedule.self_conditioning == "logits"


def test_held_out_cases_are_answered_by_the_engine(run):
    cases = list(examples(9, "held_out", 2, job="record", size=0.1))
    found = answers(run.model, run.tokenizer, cases, constrained=True)
    assert [isinstance(json.loads(answer.text), dict) for answer in found] == [True, True]


@pytest.mark.parametrize("job", ["record", "choice", "sql"])
def test_the_engine_makes_the_prompt_that_the_case_was_trained_with(job):
    for case in examples(9, "held_out", 20, job=job):
        request = request_for(case, constrained=True)
        made = render(request.text, request.spec, "outline")
        assert made == with_outline(case.text, case.outline)


def test_the_rate_rises_stays_and_falls():
    settings = Settings(minutes=10.0, warmup=4, steady=0.5)
    at = [(0, 0.0), (100, 2.0), (100, 5.0), (100, 7.5), (100, 10.0)]
    rates = [rate(Progress(step=step, minutes=minutes), settings) for step, minutes in at]
    assert rates == pytest.approx([0.25, 1.0, 1.0, 0.5, 0.05])


def test_cases_grow_up_to_their_full_size():
    settings = Settings(minutes=10.0, size=(0.3, 1.2))
    sizes = [case_size(Progress(minutes=minutes), settings) for minutes in (0.0, 5.0, 9.0)]
    assert sizes == pytest.approx([0.3, 0.75, 1.0])


def test_averages_pass_over_what_is_no_number():
    none = torch.full((2,), torch.nan)
    first = averaged(none, torch.tensor([1.0, torch.nan]))
    second = averaged(first, torch.tensor([torch.nan, 4.0]))
    assert second.tolist() == [1.0, 4.0]


def test_every_setting_is_an_option():
    parsed = parser().parse_args(["--out", "x", "--job-weights", "93", "3", "4", "--canvas", "16"])
    assert parsed.job_weights == [93, 3, 4]
    assert parsed.canvas == 16
    assert parsed.causal_share == 0.0


def test_settings_that_cannot_train_are_refused():
    with pytest.raises(ValueError, match="cuts"):
        Settings(cuts=0)
