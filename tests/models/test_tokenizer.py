"""The tokenizer: any bytes survive, and a word is the same pieces in a text and in JSON."""

import random

import pytest

from engine.prompt import with_outline
from models.corpus import examples
from models.tokenizer import SPECIALS, train_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    cases = examples(3, "train", 1500)
    texts = [part for c in cases for part in (with_outline(c.text, c.outline), c.answer)]
    return train_tokenizer(texts, vocab_size=1024)


def _pieces(tokenizer, text):
    return tokenizer.tokenize(text, add_special_tokens=False)


def _ids(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "  two  spaces ", "a\n\n\tb\r\n", "Zoë Łukasz çağr\u0131", "日本語 and 🎉",
        "\x00\x07", "\U0001f469\u200d\U0001f467", '{"a":[1,2,{"b":"c, d"}]}', "e\u0301", "١٢٣",
        "x" * 500, "O'Brien & Sons, Ltd.", "\u202e\ufeff",
    ],
)  # fmt: skip
def test_any_text_survives(tokenizer, text):
    assert tokenizer.decode(_ids(tokenizer, text)) == text


def test_random_unicode_survives(tokenizer):
    rng = random.Random(1)
    for _ in range(200):
        points = [
            rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, 0x110000))) for _ in "abcdef"
        ]
        text = "".join(map(chr, points))
        assert tokenizer.decode(_ids(tokenizer, text)) == text


def test_every_byte_is_a_piece(tokenizer):
    assert len(set(_ids(tokenizer, "".join(map(chr, range(256)))))) >= 128
    single = {piece for piece in tokenizer.get_vocab() if len(piece) == 1}
    assert len(single) >= 256


@pytest.mark.parametrize(
    "word", ["Skormbleth", "Anna", "ZX-4471", "O'Neill", "nørregård", "a@b.io"]
)
def test_a_word_is_the_same_pieces_in_text_and_in_json(tokenizer, word):
    alone = _pieces(tokenizer, word)
    for frame in ("from {} today", '{{"name":"{}"}}', '["{}","x"]', "name: {}\nnext", "({})"):
        assert _is_inside(alone, _pieces(tokenizer, frame.format(word)))


def _is_inside(part, whole):
    return any(whole[i : i + len(part)] == part for i in range(len(whole)))


def test_digits_stand_alone(tokenizer):
    assert _pieces(tokenizer, "2025") == ["2", "0", "2", "5"]


def test_no_piece_mixes_space_and_letters(tokenizer):
    decoded = [tokenizer.decode([i]) for i in range(len(SPECIALS), len(tokenizer))]
    assert not [d for d in decoded if " " in d and any(c.isalnum() for c in d)]


def test_special_tokens_are_set(tokenizer):
    assert tokenizer("x")["input_ids"][0] == tokenizer.bos_token_id
    assert len({tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id}) == 3
