import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from constraints import MalformedError, Vocabulary
from constraints.trie import build_trie


def byte_level():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = {"<pad>": 0, "<eos>": 1} | {piece: i + 2 for i, piece in enumerate(alphabet)}
    pieces["Ġa"] = len(pieces)
    tokenizer = Tokenizer(models.BPE(pieces, [("Ġ", "a")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(["<tool>"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>")


def byte_fallback():
    pieces = [("<pad>", 0.0), ("<eos>", 0.0), ("▁a", -1.0), ("b", -1.0)]
    pieces += [(f"<0x{byte:02X}>", -5.0) for byte in range(256)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>")


@pytest.mark.parametrize("make", [byte_level, byte_fallback])
def test_tokens_spell_what_was_tokenised(make):
    tokenizer = make()
    vocabulary = Vocabulary.from_tokenizer(tokenizer)
    for text in (" a", "b€\x00", "zürich 😀"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert b"".join(vocabulary.tokens[token] for token in ids) == text.encode()


def test_specials_are_never_text_and_added_words_are():
    tokenizer = byte_level()
    vocabulary = Vocabulary.from_tokenizer(tokenizer, size=300)
    bytes_of = dict(
        zip(tokenizer.convert_ids_to_tokens(list(range(260))), vocabulary.tokens, strict=False)
    )
    assert bytes_of["<pad>"] is None
    assert bytes_of["<eos>"] is None
    assert bytes_of["<tool>"] == b"<tool>"
    assert vocabulary.size == 300
    assert vocabulary.tokens[299] is None


def test_added_words_of_a_sentencepiece_vocabulary_go_through_its_decoder():
    tokenizer = byte_fallback()
    tokenizer.add_tokens(["▁▁▁"])
    assert b"   " in Vocabulary.from_tokenizer(tokenizer).tokens


def test_a_slow_tokenizer_is_refused():
    with pytest.raises(MalformedError, match="fast"):
        Vocabulary.from_tokenizer(object())


def test_a_tokenizer_whose_bytes_are_unknown_is_refused():
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "<eos>": 1}, unk_token="a"))
    with pytest.raises(MalformedError, match="cannot be read"):
        Vocabulary.from_tokenizer(
            PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>")
        )


def test_tiktoken_appends_one_end_of_text(tmp_path):
    file = tmp_path / "ranks.tiktoken"
    lines = [base64.b64encode(data).decode() + f" {i}" for i, data in enumerate([b"a", b"\xff"])]
    file.write_text("\n".join(lines) + "\n")
    vocabulary = Vocabulary.from_tiktoken(file)
    assert vocabulary.tokens == (b"a", b"\xff", None)
    assert vocabulary.eos_ids == (2,)
    file.write_text("YQ== 99999999999\n")
    with pytest.raises(MalformedError, match="out of range"):
        Vocabulary.from_tiktoken(file)
    file.write_text("not a rank\n")
    with pytest.raises(MalformedError) as caught:
        Vocabulary.from_tiktoken(file)
    assert caught.value.line == 1


def test_the_fingerprint_tells_vocabularies_apart():
    base = Vocabulary.from_bytes([b"a", b"b", None], [2])
    assert base == Vocabulary.from_bytes([b"a", b"b", None], [2])
    for other in ([b"a", b"c", None], [b"ab", b"", None]):
        assert base.fingerprint != Vocabulary.from_bytes(other, [2]).fingerprint
    assert base.fingerprint != Vocabulary.from_bytes([b"a", b"b", None], [2], 1).fingerprint


def test_an_end_outside_the_vocabulary_is_refused():
    with pytest.raises(ValueError, match="outside"):
        Vocabulary.from_bytes([b"a"], [1])


@given(st.lists(st.one_of(st.none(), st.binary(max_size=4)), max_size=30))
def test_the_trie_holds_every_token_once(tokens):
    trie = build_trie(tokens)
    found = {}
    path = bytearray(8)
    for node in range(len(trie.byte)):
        path[trie.depth[node] - 1] = trie.byte[node]
        assert node < trie.end[node] <= len(trie.byte)
        if trie.leaf[node] >= 0:
            leaf = trie.leaf[node]
            for token in trie.leaf_tokens[trie.leaf_ptr[leaf] : trie.leaf_ptr[leaf + 1]]:
                found[int(token)] = bytes(path[: trie.depth[node]])
    assert found == {i: data for i, data in enumerate(tokens) if data}
