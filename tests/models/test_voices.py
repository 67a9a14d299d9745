"""Voices: where a value may stand without its label."""

import random

from models.kinds import KINDS
from models.voices import Statement, written

SENDER = Statement("Sender", "Ada Quill", ("sent by Ada Quill",), key="sender")
HOUSE = Statement("Supplier", "Vol Ltd", ("bought from Vol Ltd",), key="supplier")
MAIL = Statement("Email", "a@b.com", ("write to a@b.com",), key="email")
CODE = Statement("Code", "X-1", ("the code is X-1",))


def texts(*statements):
    return [written(random.Random(seed), KINDS[0], list(statements)) for seed in range(300)]


def test_every_voice_says_every_value_once():
    for text in texts(SENDER, HOUSE, MAIL, CODE):
        assert [text.count(s.shown) for s in (HOUSE, MAIL, CODE)] == [1, 1, 1]
        assert SENDER.shown in text


def test_a_letter_may_be_signed_and_carry_a_letterhead():
    found = texts(SENDER, HOUSE, CODE)
    assert any(text.endswith("\nAda Quill") for text in found)
    assert any(text.startswith("Vol Ltd\n") for text in found)


def test_nobody_signs_where_two_could():
    other = Statement("Customer", "Bo Lind", ("this is Bo Lind",), key="customer")
    endings = ("\nAda Quill", "\nBo Lind")
    assert not [text for text in texts(SENDER, other, CODE) if text.endswith(endings)]


def test_only_what_speaks_for_itself_stands_without_a_label():
    found = texts(MAIL, CODE)
    assert any("a@b.com" in text.split("\n") for text in found)
    assert all("code" in text.partition("X-1")[0].lower() for text in found)
