"""What a caller gives of the answer stands in it; what the model thinks first does not."""

import pytest
from transformers import PreTrainedTokenizerFast

from constraints import JsonSchema, Regex, Template, UnsatisfiableError, validate
from engine import BudgetError, CommittedText, Engine, LoadedModel, Request, RequestError
from engine.channel import CLOSES, OPENS
from engine.unconstrained import text_of
from tests.engine.tiny import CANVAS, WIDTH, make_network, make_tokenizer

RECORD = JsonSchema(
    """{"type": "object", "required": ["id", "paid"], "additionalProperties": false, "properties":
    {"id": {"type": "string", "minLength": 2, "maxLength": 12}, "paid": {"type": "boolean"}}}""",
    whitespace="compact",
)
GIVEN = [
    {"prefix": '{"id":"A-'},
    {"suffix": "true}"},
    {"prefix": '{"id":"', "suffix": 'z","paid":true}'},
    {"template": ('{"id":"x', "y", '7","paid":', "}")},
    {"template": ("", "qq", "")},
]


@pytest.mark.parametrize("given", GIVEN, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_the_answer_is_a_member_with_what_is_given(engine, given, seed):
    request = Request(text="fill in", spec=RECORD, max_tokens=60, seed=seed, **given)
    events = []
    result = engine.generate(request, on_event=events.append)
    assert validate(Template(RECORD, request.literals), result.text.encode()) is None
    committed = [event.text for event in events if isinstance(event, CommittedText)]
    assert "".join(committed) == result.text
    assert committed[0].startswith(given.get("prefix", ""))
    assert len(result.token_ids) <= 60


def test_without_a_spec_anything_fills_the_holes(engine):
    request = Request(text="free", template=("one ", " two ", " three"), max_tokens=40, seed=2)
    text = engine.generate(request).text
    assert text.startswith("one ")
    assert " two " in text
    assert text.endswith(" three")


def test_a_prefix_takes_no_position_of_a_canvas(engine):
    prefix = '{"id":"' + "x" * 10
    result = engine.generate(
        Request(text="a", spec=RECORD, prefix=prefix, suffix='","paid":true}', max_tokens=60)
    )
    assert result.text.startswith(prefix)
    assert result.num_blocks <= -(-(len(result.token_ids) - len(prefix) + 3) // CANVAS)


def test_a_prefix_that_is_the_whole_answer_needs_no_model(engine, calls):
    request = Request(text="a", spec=Regex("abc"), prefix="abc")
    assert engine.generate(request).text == "abc"
    assert calls["decoder"] == 0


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"prefix": "[1"}, UnsatisfiableError),
        ({"suffix": "nothing}"}, UnsatisfiableError),
        ({"prefix": '{"id":"', "max_tokens": 8}, BudgetError),
    ],
)
def test_what_no_answer_can_have_is_refused(engine, given, error):
    with pytest.raises(error):
        engine.generate(Request(text="a", spec=RECORD, **given))


@pytest.mark.parametrize(
    "given",
    [
        {"template": ("a",)},
        {"template": ("a", "b"), "prefix": "a"},
        {"prefix": "a", "constrained": False},
        {"max_thinking_tokens": -1},
    ],
    ids=str,
)
def test_contradictions_are_refused_at_once(given):
    with pytest.raises(ValueError, match=r"template|prefix|thinking"):
        Request(text="a", spec=RECORD, **given)


@pytest.fixture(scope="module")
def thinker():
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=make_tokenizer().backend_tokenizer,
        eos_token="<eos>",
        pad_token="<pad>",
        additional_special_tokens=[OPENS, CLOSES],
    )
    assert len(tokenizer) <= WIDTH
    return Engine(LoadedModel.assemble("thinker", make_network(peaked=6.0), tokenizer))


@pytest.mark.parametrize("budget", [1, CANVAS, 2 * CANVAS + 3])
def test_thoughts_come_before_the_answer_and_within_their_budget(thinker, budget):
    seen = []
    append = thinker.model.network.model.encoder.register_forward_pre_hook(
        lambda _module, _args, kwargs: seen.extend(kwargs["input_ids"][0].tolist()),
        with_kwargs=True,
    )
    try:
        result = thinker.generate(
            Request(text="a", spec=RECORD, max_tokens=60, max_thinking_tokens=budget)
        )
    finally:
        append.remove()
    channel = thinker.model.channel
    begun = seen.index(channel.opening[0])
    closed = seen.index(channel.closing)
    assert begun < closed
    assert closed - begun - len(channel.opening) <= budget
    assert validate(RECORD, result.text.encode()) is None
    thought = seen[begun + len(channel.opening) : closed]
    assert result.thinking == text_of(thinker.model, thought)
    alone = thinker.generate(Request(text="a", spec=RECORD, max_tokens=60))
    assert alone.thinking == ""


def test_the_channel_closes_where_the_model_closes_it(thinker, monkeypatch):
    decoder, channel = thinker.model.network.model, thinker.model.channel
    forward, logits = decoder.forward, thinker.model.head.logits
    fed = []

    def feeding(*args, **kwargs):
        fed.append(kwargs["past_key_values"].get_seq_length())
        return forward(*args, **kwargs)

    def closing(*given):
        made = logits(*given)
        if fed[-1] == fed[0]:
            made[3, channel.closing] = 1e3
        return made

    monkeypatch.setattr(decoder, "forward", feeding)
    monkeypatch.setattr(thinker.model.head, "logits", closing)
    result = thinker.generate(
        Request(text="a", spec=Regex("[ab]{3}"), max_thinking_tokens=5 * CANVAS)
    )
    assert fed[-1] - fed[0] == 3 + 1  # three thoughts and the closing mark
    assert validate(Regex("[ab]{3}"), result.text.encode()) is None


def test_a_model_without_marks_does_not_think(engine):
    with pytest.raises(RequestError, match="no marks"):
        engine.generate(Request(text="a", spec=RECORD, max_thinking_tokens=5))
