import random

import idna
import pytest
from jsonschema import Draft202012Validator

from constraints.json_schema import format_grammars
from constraints.json_schema.formats import LANGUAGES, language, recognised
from constraints.regex import full_match

LONGEST_LABEL = "a" * 63
CASES = {
    "date": (
        ["1963-06-19", "2020-02-29", "0400-02-29", "0000-02-29"],
        ["2021-02-29", "0100-02-29", "2020-04-31", "1998-1-20", "2020-01-01Z", "1963-06-1\u09ea"],
    ),
    "time": (
        ["08:30:06Z", "23:59:60Z", "01:29:60+01:30", "15:59:60.5-08:00", "23:20:50.52z"],
        ["22:59:60Z", "23:59:60+01:00", "24:00:00Z", "00:00:61Z", "12:00:00", "1:00:00Z", ""],
    ),
    "date-time": (
        ["1963-06-19T08:30:06.283185Z", "1998-12-31T15:59:60.123-08:00", "1963-06-19t08:30:06z"],
        ["1998-12-31T22:59:60Z", "1990-02-31T15:59:59Z", "1990-12-31 15:59:59Z", "1990-12-31"],
    ),
    "duration": (
        ["P4DT12H30M5S", "P2W", "PT36H", "P1Y2M", "P01D"],
        ["P", "PT", "P1YT", "P2D1Y", "P1Y2W", "P1Y2D", "PT1H2S", "PT0.5S", "-P1D"],
    ),
    "email": (
        ["joe.b@example.com", '"joe b"@example.com', '"a\\"b"@c', "j@[127.0.0.1]", "j@[IPv6:::1]"],
        [
            *(".a@b.c", "a..b@c", "a@b=c.d", "a@[127.0.0.300]", "a b@c", "@b", "a@", "\u00e9@b.c"),
            *("a" * 65 + "@b.c", "a@" + "b" * 64, "a@b.c\n"),
        ],
    ),
    "idn-email": (["δοκιμή@παράδειγμα.gr", '"δ"@example.com', "a@b"], ["2962", "δ\uff20b.c"]),
    "hostname": (
        ["www.example.com", "1host", "a--b.com", "xn--ll-0ea", LONGEST_LABEL],
        [
            *("", ".", "a.", ".a", "-a", "a-", "a_b", LONGEST_LABEL + "a", "a\n", "\u212a.com"),
            *("xn--X", "xn--a-xx", "xn--l-fda", ".".join([LONGEST_LABEL] * 4)),
        ],
    ),
    "idn-hostname": (
        ["실례.테스트", "l·l", "example.com", "a\u3002b", "क्‌ष", "אב"],
        ["l·a", "a.", "〮실례", "0a.א", "aא", "ab--c", "", "a..b", "é" * 60, "e\u0301"],
    ),
    "ipv4": (["192.168.0.1", "0.0.0.0"], ["256.0.0.1", "127.1", "01.2.3.4", "1.2.3.4/8"]),
    "ipv6": (
        ["::", "::1", "d6::", "1:2:3:4:5:6:7:8", "::ffff:192.168.0.1", "1::d6:192.168.0.1"],
        ["1:2:3:4:5:6:7", ":2::", "1::2::3", "12345::", "fe80::a%eth1", "::1.2.3.04", "[::1]"],
    ),
    "uri": (
        ["http://a.b/?c=d#e", "ldap://[2001:db8::7]/c=GB?one", "urn:a:b", "http://[v1.fe]/", "a:"],
        ["//a.b", "abc", "http://a b", "http://[::1", "http:/[::1]", "a:%6G", "a://b:c", "1a:b"],
    ),
    "uri-reference": (
        ["", "//", "abc", "#a", "./this:that", "/a/b"],
        ["\\a", "1:b", "#\\", "/%zz"],
    ),
    "iri": (["http://ƒøø.ßår/?∂#π", "http://[2001:db8::1]", "http://a/𐌀"], ["/abc", "a\\é", "é:a"]),
    "iri-reference": (["âππ", "#ƒräg", "//ƒ"], ["\\é", "é:a", "é b"]),
    "uuid": (["2EB8AA08-AA98-11ea-b4aa-73B441D16380"], ["2eb8aa08aa9811eab4aa73b441d16380", ""]),
    "uri-template": (
        ["a/{b:1}/{c*}", "", "{+a,b.c}", "{%41}", "{=a}", "{a:1000}", "a'b"],
        ["{", "a}", "{}", "{a,}", "{a..b}", "{a:0}", "{a:10000}", "{a=b}", "a b", "%4"],
    ),
    "json-pointer": (["", "/", "/a~0b/~1", "/ ", "/\u0000é"], ["a", "#", "/~", "/~2", "/~0~"]),
    "relative-json-pointer": (["0", "100", "0#", "2/0/~1"], ["/a", "01", "-1", "1#/a", "0##", ""]),
    "regex": (
        [r"([abc])+\s+$", r"(?<n>a)\k<n>", r"(a)\1", "(?<=a+)b", "(?!a)", "[^]", r"\cA", r"\bx\B"],
        ["^(abc]", r"\a", "(?P<n>x)", "(?i)a", "(?#a)", r"(a)\2", "a**", "[b-a]", r"\k<n>"],
    ),
}
SLOW = ("iri", "iri-reference")


def drawn(dfa, randomness):
    """A random text of a language, usually short."""
    rows = dfa.rows()
    state, codes = 0, []
    stop = randomness.choice((0.03, 0.1, 0.4))
    while rows[state] and not (dfa.accepting[state] and randomness.random() < stop):
        low, high, state = randomness.choice(rows[state])
        codes.append(randomness.randint(low, min(high, low + randomness.choice((60, 60_000)))))
    return "".join(map(chr, codes))


def test_every_format_of_the_specification_has_a_language_and_cases():
    assert CASES.keys() == LANGUAGES.keys()


@pytest.mark.parametrize("name", CASES)
def test_values_are_recognised_exactly(name):
    members, others = CASES[name]
    assert [value for value in members if not recognised(name, value)] == []
    assert [value for value in others if recognised(name, value)] == []


@pytest.mark.parametrize("name", CASES)
def test_a_language_holds_members_alone(name):
    known = language(name)
    assert known is not None
    assert not any(known[0].accepts(map(ord, value)) for value in CASES[name][1])
    if known[1] == "":
        assert all(known[0].accepts(map(ord, value)) for value in CASES[name][0])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_what_a_language_writes_is_recognised_here_and_elsewhere(name):
    known = language(name)
    assert known is not None
    elsewhere = Draft202012Validator.FORMAT_CHECKER
    assert name in elsewhere.checkers
    randomness = random.Random(0)
    for _ in range(10 if name in SLOW else 150):
        value = drawn(known[0], randomness)
        assert recognised(name, value), value
        assert elsewhere.conforms(value, name), value


@pytest.mark.parametrize("name", CASES)
def test_a_language_is_small(name):
    known = language(name)
    assert known is not None
    assert known[0].num_states <= 420


def test_every_letter_of_international_names_is_one():
    letters = full_match(f"[{format_grammars.LETTER}]")
    for low, high, _ in letters.rows()[0]:
        assert all(idna.alabel(chr(code)) for code in range(low, high + 1))


@pytest.mark.parametrize("name", ["int32", "password", "byte", "color", "ip-address", "phone", ""])
def test_a_name_outside_the_specification_annotates(name):
    assert language(name) is None
    assert recognised(name, "x") is None
