"""The byte-level BPE: words alike in text and in JSON, digits apart, JSON punctuation together.

A piece never carries the space before a word, so that a name is the same pieces in the text and
inside a JSON string, which makes copying a matter of repeating tokens.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

PAD, EOS, BOS = "<pad>", "<eos>", "<bos>"
SPECIALS = (PAD, EOS, BOS, "<img>", "<boi>", "<eoi>")
PIECES = (
    r'[{}\[\]":,]*["{}\[\]][{}\[\]":,]*'
    r"|[.,;:!?]+ ?"
    r"|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{Lu}|[\p{L}\p{M}]+"
    r"|\p{N}|\n+| |[^\p{L}\p{M}\p{N}\s]|\s"
)


def train_tokenizer(texts: Iterable[str], vocab_size: int = 2048) -> PreTrainedTokenizerFast:
    """Returns a tokenizer trained on these texts; any bytes at all are representable."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        bos_token=BOS,
        additional_special_tokens=list(SPECIALS[3:]),
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )
