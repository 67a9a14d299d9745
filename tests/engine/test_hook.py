"""Inside Transformers' own loop: whichever step is its last, what it commits is a whole member."""

import pytest
import torch
from transformers.models.diffusion_gemma.generation_diffusion_gemma import EntropyBoundSampler

import constraints
from constraints import Choice, EmptyError, JsonSchema, Regex
from engine import BudgetError, EngineError, LoadedModel
from engine.conditioned import Canvas, on_host
from engine.hook import LEAD, ConstrainedLogits
from engine.sampler import Noise
from engine.within import LOG_ZERO
from tests.engine.tiny import CANVAS, WIDTH, make_network, make_tokenizer

RECORD = JsonSchema(
    """{"type": "object", "required": ["id", "paid"], "additionalProperties": false, "properties":
    {"id": {"type": "string", "minLength": 2, "maxLength": 12}, "paid": {"type": "boolean"},
     "lines": {"type": "array", "maxItems": 3, "items": {"type": "integer"}}}}"""
)
SPECS = {
    "choice": Choice(["yes", "no", "perhaps true"]),
    "accents": Choice(["é" * 20, "ü" * 20]),
    "unbounded": Regex("[ab]*c"),
    "long": Regex("[ab]{20,}c"),
    "record": RECORD,
    "one": Choice(["forced"]),
}
MAX_NEW_TOKENS = 4 * CANVAS
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method`:DeprecationWarning")
PROMPT = torch.tensor([[70, 71, 72]])


@pytest.fixture(scope="module", params=[True, False], ids=["pad", "no-pad"])
def tiny(request):
    network = make_network(seed=5, peaked=20.0)
    return LoadedModel.assemble("tiny", network, make_tokenizer(pad=request.param))


def generated(model, hook, prompts=PROMPT, *, seed=0, **settings):
    torch.manual_seed(seed)
    settings = {"max_new_tokens": MAX_NEW_TOKENS, **settings}
    return model.network.generate(prompts, logits_processor=hook, **settings).sequences


def hook_for(model, *specs, max_new_tokens=MAX_NEW_TOKENS):
    compiled = [constraints.compile(spec, model.vocabulary) for spec in specs]
    return ConstrainedLogits(compiled if len(compiled) > 1 else compiled[0], max_new_tokens)


def assert_whole(spec, text):
    assert constraints.validate(spec, text.encode()) is None


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("steps", [1, 2, 6])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_committed_is_a_member(tiny, name, seed, steps):
    hook = hook_for(tiny, SPECS[name])
    sequences = generated(tiny, hook, seed=seed, max_denoising_steps=steps)
    (text,) = hook.texts(sequences)
    assert_whole(SPECS[name], text)


def test_without_it_nothing_of_the_kind_is_generated(tiny):
    sequences = tiny.network.generate(PROMPT, max_new_tokens=MAX_NEW_TOKENS).sequences
    compiled = constraints.compile(RECORD, tiny.vocabulary)
    assert not compiled.accepts(tiny.tokenizer.decode(sequences[0, PROMPT.shape[1] :]).encode())


def test_each_prompt_of_a_batch_has_its_own_language(tiny):
    prompts = torch.tensor([[0, 0, 70], [71, 72, 73], [0, 74, 75]])
    specs = [SPECS["choice"], SPECS["long"], SPECS["record"]]
    hook = hook_for(tiny, *specs)
    mask = (prompts > 0).long()
    for spec, text in zip(
        specs, hook.texts(generated(tiny, hook, prompts, attention_mask=mask)), strict=True
    ):
        assert_whole(spec, text)


def test_one_language_serves_every_prompt(tiny):
    hook = hook_for(tiny, RECORD)
    texts = hook.texts(generated(tiny, hook, PROMPT.repeat(3, 1), seed=4))
    assert len(texts) == 3
    for text in texts:
        assert_whole(RECORD, text)


def test_the_last_canvas_ends_the_text(tiny):
    spec = Regex("[cd]{13,}e")
    for max_new_tokens in (CANVAS + 1, 2 * CANVAS):
        hook = hook_for(tiny, spec, max_new_tokens=max_new_tokens)
        sequences = generated(tiny, hook, max_new_tokens=max_new_tokens)
        assert sequences.shape[1] == PROMPT.shape[1] + 2 * CANVAS
        assert_whole(spec, hook.texts(sequences)[0])


def test_other_processors_run_before_it(tiny):
    hook = hook_for(tiny, Regex("[ab]{3}"))
    letter = tiny.vocabulary.tokens.index(b"a")
    pair = tiny.vocabulary.tokens.index(b"ab")

    def without_a(input_ids, scores):
        scores[:, :, [letter, pair]] = -torch.inf
        return scores

    hook.append(without_a)
    assert hook.texts(generated(tiny, hook)) == ["bbb"]


class TestOneStep:
    """What one call returns, on logits of our own."""

    @pytest.fixture
    def compiled(self, model):
        return constraints.compile(Regex("[a-f]{2,4}x"), model.vocabulary)

    @pytest.mark.parametrize("seed", range(5))
    def test_it_is_the_marginals_led_by_the_best_member(self, compiled, seed):
        logits = 4 * torch.randn(1, 8, WIDTH, generator=torch.Generator().manual_seed(seed))
        hook = ConstrainedLogits(compiled, 8)
        got = hook(PROMPT, logits, cur_step=3)[0]
        noise = Noise(0, WIDTH, logits.device)
        expected = on_host(Canvas(compiled.block(length=8), logits, noise))
        assert not isinstance(expected, Exception)
        best = torch.from_numpy(expected.best())
        assert torch.equal(got.argmax(dim=1), best)
        marginals = expected.log_marginals(LOG_ZERO)
        elsewhere = torch.ones_like(got, dtype=torch.bool).scatter(1, best[:, None], False)
        live = torch.from_numpy(expected.ended < 1 - 1e-6)
        assert torch.equal(got[elsewhere & live[:, None]], marginals[elsewhere & live[:, None]])
        lead = got.amax(dim=1) - marginals.amax(dim=1)
        assert torch.allclose(lead[live], torch.full_like(lead[live], LEAD), atol=1e-5)

    def test_it_is_finite_whatever_the_logits_forbid(self, compiled):
        logits = torch.full((1, 6, WIDTH), -torch.inf)
        for position, byte in enumerate((b"a", b"b", b"x")):
            logits[0, position, compiled.vocabulary.tokens.index(byte)] = 0.0
        logits[0, 3:, list(compiled.vocabulary.eos_ids)] = 0.0
        logits[0, 4:, compiled.vocabulary.pad_id] = 0.0
        got = ConstrainedLogits(compiled, 6)(PROMPT, logits, cur_step=1)
        assert bool(torch.isfinite(got).all())
        assert got[0, 4:].argmax(dim=1).tolist() == [compiled.vocabulary.pad_id] * 2

    def test_no_member_left_names_row_and_position(self, compiled):
        logits = torch.zeros(2, 6, WIDTH)
        logits[1, 0, :] = -torch.inf
        logits[1, 0, 5] = 0.0
        with pytest.raises(EmptyError, match="row 1, position 0"):
            ConstrainedLogits(compiled, 6)(PROMPT.repeat(2, 1), logits, cur_step=1)

    @pytest.mark.parametrize("bad", [torch.nan, torch.inf])
    def test_logits_that_are_not_finite_are_refused(self, compiled, bad):
        logits = torch.zeros(1, 6, WIDTH)
        logits[0, 2, 3] = bad
        with pytest.raises(EngineError, match="NaN") as raised:
            ConstrainedLogits(compiled, 6)(PROMPT, logits, cur_step=1)
        assert raised.value.code == "LOGITS_NOT_FINITE"

    def test_logits_of_another_width_are_refused(self, compiled):
        with pytest.raises(EngineError, match="vocabulary") as raised:
            ConstrainedLogits(compiled, 6)(PROMPT, torch.zeros(1, 6, WIDTH - 1), cur_step=1)
        assert raised.value.code == "LOGITS_WIDTH"


def test_a_second_call_is_refused(tiny):
    hook = hook_for(tiny, RECORD)
    generated(tiny, hook)
    with pytest.raises(ValueError, match="one call"):
        generated(tiny, hook)


def test_a_budget_that_holds_no_member_is_refused_before_any_commit(tiny):
    with pytest.raises(BudgetError, match="21 tokens"):
        generated(
            tiny, hook_for(tiny, Regex("c{21}"), max_new_tokens=CANVAS), max_new_tokens=CANVAS
        )


def test_as_many_constraints_as_prompts(tiny):
    with pytest.raises(ValueError, match="2 constraints for 3 prompts"):
        generated(tiny, hook_for(tiny, RECORD, RECORD), PROMPT.repeat(3, 1))
    with pytest.raises(ValueError, match="no constraint"):
        ConstrainedLogits([])
    with pytest.raises(ValueError, match="at least 1"):
        hook_for(tiny, RECORD, max_new_tokens=0)


def test_a_call_that_was_given_fewer_tokens_is_found_out(tiny):
    hook = hook_for(tiny, Regex("[ab]{20,}c"))
    sequences = generated(tiny, hook, max_new_tokens=CANVAS)
    with pytest.raises(EngineError, match="no whole member") as raised:
        hook.texts(sequences)
    assert raised.value.code == "NOT_A_MEMBER"


@pytest.mark.parametrize("name", ["unbounded", "record", "accents"])
def test_drawing_jointly_feeds_back_members_and_commits_them(tiny, name, monkeypatch):
    drawn = []
    accept = EntropyBoundSampler.accept_canvas

    def watched(self, current, canvas, *rest):
        drawn.append(canvas[0].tolist())
        return accept(self, current, canvas, *rest)

    monkeypatch.setattr(EntropyBoundSampler, "accept_canvas", watched)
    hook = hook_for(tiny, SPECS[name])
    with hook.drawing_jointly(tiny.network, seed=3):
        sequences = generated(tiny, hook, max_denoising_steps=3)
    assert_whole(SPECS[name], hook.texts(sequences)[0])
    compiled = constraints.compile(SPECS[name], tiny.vocabulary)
    assert drawn
    first = compiled.block(length=CANVAS, tokens_after=MAX_NEW_TOKENS - CANVAS)
    for canvas in drawn[:2]:
        first.advance(canvas)


def test_a_batch_draws_jointly_and_the_model_is_left_as_it_was(tiny):
    specs = [SPECS["choice"], SPECS["long"]]
    hook = hook_for(tiny, *specs)
    with hook.drawing_jointly(tiny.network):
        texts = hook.texts(generated(tiny, hook, PROMPT.repeat(2, 1)))
    for spec, text in zip(specs, texts, strict=True):
        assert_whole(spec, text)
    assert "_prepare_sampler" not in vars(tiny.network)
