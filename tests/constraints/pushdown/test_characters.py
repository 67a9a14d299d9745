"""Sets of characters beside Python's own `re`."""

import re

import pytest

from constraints.pushdown.characters import category, complement, merged, with_case


def members(ranges):
    return {point for low, high in ranges for point in range(low, high + 1)}


@pytest.mark.parametrize("character", "kKsSiIaßµÅ1Σς")
@pytest.mark.parametrize("ascii_only", [False, True])
def test_case_is_ignored_as_re_does(character, ascii_only):
    flags = re.IGNORECASE | (re.ASCII if ascii_only else 0)
    pattern = re.compile(re.escape(character), flags)
    taken = {point for point in range(0x20000) if pattern.fullmatch(chr(point))}
    assert members(with_case(((ord(character), ord(character)),), ascii_only)) == taken


@pytest.mark.parametrize("letter", "dws")
def test_classes_are_those_of_re(letter):
    pattern = re.compile(f"\\{letter}")
    taken = {point for point in range(0x3000) if pattern.fullmatch(chr(point))}
    assert {p for p in members(category(letter, False)) if p < 0x3000} == taken
    assert not members(category(letter.upper(), True)) & members(category(letter, True))


def test_ranges_leave_surrogates_out():
    assert merged([(0xD000, 0xE000)]) == ((0xD000, 0xD7FF), (0xE000, 0xE000))
    assert complement(complement(((0x20, 0x7E),))) == ((0x20, 0x7E),)
