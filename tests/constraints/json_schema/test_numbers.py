"""Numbers against rational arithmetic, and their texts against what `json` reads in them."""

import itertools
import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.errors import LimitError
from constraints.json_schema.numbers import (
    Bound,
    Number,
    admits,
    complement,
    finite_values,
    intersect,
    is_empty,
    language,
)
from constraints.json_schema.numbers.texts import EXACT_DIGITS

JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
TEXTS = [
    text
    for length in range(1, 6)
    for symbols in itertools.product("-0125.e", repeat=length)
    if JSON_NUMBER.fullmatch(text := "".join(symbols))
]
STEPS = [Decimal(s) for s in ("1", "2", "3", "7", "10", "40", "0.5", "0.01", "0.25", "2.5", "1.2")]
BOUNDS = st.none() | st.builds(
    Bound, st.decimals(-12, 12, places=0) | st.decimals(-12, 12, places=2), st.booleans()
)
NUMBERS = st.builds(
    Number,
    BOUNDS,
    BOUNDS,
    st.lists(st.sampled_from(STEPS), max_size=2).map(tuple),
    st.lists(st.sampled_from(STEPS), max_size=2).map(tuple),
    st.sampled_from(["any", "any", "integer", "fraction"]),
)
VALUES = st.integers(-20, 20) | st.decimals(-20, 20, places=1) | st.decimals(-20, 20, places=3)


def bound(value: str, *, exclusive: bool = False) -> Bound:
    return Bound(Decimal(value), exclusive)


def number(**changes) -> Number:
    """Bounds and steps as texts; `>` and `<` are exclusive bounds."""
    names = {"least": ("low", False), "above": ("low", True)}
    names |= {"most": ("high", False), "below": ("high", True)}
    fields = {}
    for name, value in changes.items():
        if name in names:
            field, exclusive = names[name]
            fields[field] = bound(value, exclusive=exclusive)
        else:
            fields[name] = value if name == "spelled" else tuple(map(Decimal, value))
    return Number(**fields)


def read(text: str) -> int | Decimal:
    return json.loads(text, parse_float=Decimal)


def accepted(dfa, text: str) -> bool:
    return dfa.accepts(text.encode())


def expected(a: Number, value: int | Decimal) -> bool:
    """Membership, straight from the definition."""
    exact = Fraction(value)
    low, high = a.low, a.high
    return (
        a.spelled in ("any", "integer" if isinstance(value, int) else "fraction")
        and (low is None or exact > low.value or (exact == low.value and not low.exclusive))
        and (high is None or exact < high.value or (exact == high.value and not high.exclusive))
        and all((exact / Fraction(step)).denominator == 1 for step in a.steps)
        and all((exact / Fraction(step)).denominator > 1 for step in a.not_steps)
    )


def plain(value: int | Decimal, spelled: str) -> str:
    """The shortest text without exponent that is spelled as it has to be."""
    whole, _, fraction = format(Decimal(value), "f").partition(".")
    fraction = fraction.rstrip("0") or ("0" if spelled == "fraction" else "")
    text = f"{whole}.{fraction}" if fraction else whole
    return text if value else text.lstrip("-")


CASES = {
    "any": number(),
    "integer": number(steps=["1"]),
    "minimum": number(least="0"),
    "negative maximum": number(most="-1"),
    "integers between": number(steps=["1"], least="-2", most="15"),
    "integers strictly between fractions": number(steps=["1"], above="-1.5", below="12"),
    "decimals between": number(least="0.0", most="1.0"),
    "decimals strictly between": number(above="-0.5", below="10.5"),
    "multiples of 3": number(steps=["3"]),
    "multiples of 10": number(steps=["10"], least="-100"),
    "multiples of 500": number(steps=["500"]),
    "multiples of 2 and 5": number(steps=["2", "5"]),
    "multiples of 0.5": number(steps=["0.5"]),
    "multiples of 2.5": number(steps=["2.5"], above="0"),
    "multiples of 0.01": number(steps=["0.01"], most="2"),
    "multiples of 1e-8": number(steps=["1e-8"]),
    "multiples of 1.2 and 0.25": number(steps=["1.2", "0.25"]),
    "few multiples of 0.25": number(steps=["0.25"], least="0", most="1"),
    "no integer": number(not_steps=["1"]),
    "no tenths": number(not_steps=["0.1"], least="0"),
    "odd": number(steps=["1"], not_steps=["2"]),
    "halves that are not whole": number(steps=["0.5"], not_steps=["1", "3"]),
    "one": number(least="1.0", most="1"),
    "one and a half": number(least="1.50", most="1.5"),
    "zero": number(least="0", most="-0.0"),
    "written as an integer": number(spelled="integer"),
    "written as a fraction": number(spelled="fraction"),
    "a bounded fraction": number(spelled="fraction", above="0", most="12"),
    "an integer written as a fraction": number(spelled="fraction", steps=["1"]),
    "one of two, written as a fraction": number(
        spelled="fraction", steps=["5"], least="1", most="5"
    ),
    "a small integer": number(spelled="integer", least="0.5", most="2.5"),
    "beyond a large bound": number(above="1e20"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("fractions", [False, True])
def test_every_short_text_is_judged_rightly(name, fractions):
    a = CASES[name]
    dfa, _ = language((a,), fractions=fractions)
    for text in TEXTS:
        value = read(text)
        assert admits(a, value) == expected(a, value), text
        assert not accepted(dfa, text) or admits(a, value), text
        usual = plain(value, a.spelled)
        if len(usual) <= EXACT_DIGITS and admits(a, read(usual)):
            assert accepted(dfa, usual), usual


@pytest.mark.parametrize("name", CASES)
def test_a_language_holds_numbers_alone(name):
    dfa, _ = language((CASES[name],), fractions=True)
    for length in range(1, 5):
        for symbols in itertools.product("-05.e+", repeat=length):
            text = "".join(symbols)
            assert not accepted(dfa, text) or JSON_NUMBER.fullmatch(text), text


@pytest.mark.parametrize("name", ["any", "written as an integer", "written as a fraction"])
def test_a_language_that_leaves_nothing_out_says_so(name):
    dfa, narrowing = language((CASES[name],))
    assert not narrowing
    for text in TEXTS:
        assert accepted(dfa, text) == admits(CASES[name], read(text)), text


@settings(max_examples=300, deadline=None)
@given(NUMBERS, NUMBERS, st.lists(VALUES, min_size=10, max_size=10))
def test_the_algebra_agrees_with_membership(a, b, values):
    both = intersect(a, b)
    for value in [*values, *(end.value for end in (a.low, a.high) if end)]:
        assert admits(a, value) == expected(a, value)
        inside = admits(a, value) and admits(b, value)
        assert inside == (both is not None and admits(both, value))
        assert admits(a, value) != any(admits(each, value) for each in complement(a))
        assert not (is_empty(a) and admits(a, value))


@settings(max_examples=200, deadline=None)
@given(NUMBERS)
def test_finite_values_are_all_values(a):
    values = finite_values(a)
    if values is not None:
        assert list(values) == sorted(set(values))
        hundredths = [Decimal(n) / 100 for n in range(-1200, 1201)]
        spelled = Number(a.low, a.high, a.steps, a.not_steps)
        whole = {v for v in hundredths if a.spelled != "integer" or v == int(v)}
        assert {v for v in whole if admits(spelled, v)} == set(values)
        assert is_empty(a) == (not values)


@settings(max_examples=150, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=3), st.booleans(), st.lists(VALUES, max_size=20))
def test_a_union_is_written_soundly_and_completely(alternatives, fractions, values):
    dfa, _ = language(tuple(alternatives), fractions=fractions)
    for value, a in itertools.product(values, alternatives):
        text = plain(value, a.spelled)
        inside = any(admits(each, read(text)) for each in alternatives)
        assert inside or not accepted(dfa, text), text
        assert accepted(dfa, text) or not admits(a, read(text)), text


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*STEPS, Decimal(9973), Decimal("0.003"), Decimal("1.25"), Decimal(1500)]),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.integers(0, 4),
)
def test_long_multiples_are_told_from_others(step, refused, units, places):
    a = Number(not_steps=(step,)) if refused else Number(steps=(step,))
    for scaled in (units, units * int(step * 1000)):
        text = plain(Decimal(f"{scaled}e-{places}"), "any")
        assert accepted(language((a,))[0], text) == expected(a, read(text)), text


@settings(max_examples=200, deadline=None)
@given(
    st.none() | st.decimals(-120, 120, places=2),
    st.none() | st.decimals(-120, 120, places=2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(st.decimals(-130, 130, places=3), min_size=30, max_size=30),
)
def test_a_bounded_number_is_exact(low, high, low_open, high_open, integer, values):
    a = Number(
        low=None if low is None else Bound(low, low_open),
        high=None if high is None else Bound(high, high_open),
        steps=(Decimal(1),) if integer else (),
    )
    dfa, _ = language((a,))
    for value in [*values, *(v for v in (low, high) if v is not None)]:
        text = plain(value, "any")
        assert accepted(dfa, text) == expected(a, read(text)), text


@pytest.mark.parametrize(
    ("a", "text", "inside"),
    [
        (number(most="-0.0"), "5", False),
        (number(above="-0.0"), "0.5", True),
        (number(steps=["1"], above="1" + "0" * 30), "1" + "0" * 30, False),
        (number(steps=["1"], least="-1" + "9" * 31), "-2" + "0" * 31, False),
        (number(steps=["1"], least="-1" + "0" * 30 + "1"), "-1" + "0" * 30 + "1", True),
        (number(above="1e10"), "12345678901", True),
        (number(below="0.1000000000000000001"), "0.1", False),
        (number(below="0.1", least="0"), "0.099999", True),
        (number(below="0.1", least="0"), "0.0" + "9" * 30, False),
        (number(above="1e20"), "1" + "0" * 20, False),
        (number(above="1e20"), "1" + "0" * 19 + "1", True),
        (number(steps=["1000000"]), "3000000", True),
        (number(steps=["1000000"]), "3100000", False),
        (number(steps=["1e-8"]), "0.00000001", True),
        (number(steps=["1e-8"]), "0.000000001", False),
        (number(steps=["123456789"], least="0", most="1e12"), "246913578", True),
    ],
)
def test_a_number_of_any_size_is_exact(a, text, inside):
    assert accepted(language((a,))[0], text) == inside


@pytest.mark.parametrize(
    ("value", "texts", "others"),
    [
        ("1", ["1"], ["1.0"]),
        ("1.0", ["1"], ["1.0"]),
        ("-1.50", ["-1.5"], ["-1.50"]),
        ("1e3", ["1000"], ["1e3"]),
        ("1e400", ["1e400"], ["1e4000"]),
        ("-12.5e400", ["-125e399"], []),
        ("1e-400", ["1e-400"], ["0"]),
        ("0.000", ["0"], ["-0"]),
    ],
)
def test_a_single_number_is_written_plainly(value, texts, others):
    dfa, _ = language((number(least=value, most=value),))
    assert all(accepted(dfa, text) for text in texts)
    assert not any(accepted(dfa, text) for text in others)


def test_fractions_let_integers_end_in_zeros():
    a = number(steps=["5"], above="0")
    dfa, _ = language((a,), fractions=True)
    assert all(accepted(dfa, text) for text in ("5", "5.0", "10.000"))
    assert not any(accepted(dfa, text) for text in ("5.5", "5.01", "0.0"))
    assert not accepted(language((a,))[0], "5.0")


def test_many_single_numbers_make_one_language():
    dfa, narrowing = language(tuple(number(least=str(n), most=str(n)) for n in range(500)))
    assert accepted(dfa, "499")
    assert not accepted(dfa, "500")
    assert narrowing == "numbers of a finite set are written plainly"


def test_an_alternative_within_another_adds_nothing():
    dfa, narrowing = language((number(steps=["1"], least="3"), number(), number(most="5")))
    assert accepted(dfa, "1e5")
    assert not narrowing


@pytest.mark.parametrize(
    "a",
    [
        number(least="5", most="3"),
        number(least="5", below="5"),
        number(steps=["1"], above="1", below="2"),
        number(steps=["4"], not_steps=["2"]),
        number(steps=["0.5"], least="0.6", most="0.9"),
        number(steps=["1"], not_steps=["2", "3"], least="2", most="4"),
        number(not_steps=["0.5"], least="1.5", most="1.5"),
        number(spelled="integer", not_steps=["1"]),
        number(spelled="integer", above="0", below="1"),
    ],
)
def test_what_holds_nothing_is_empty(a):
    assert is_empty(a)
    assert intersect(a, Number()) is None
    dfa, narrowing = language((a,))
    assert dfa.is_empty
    assert not narrowing


def test_no_spelling_is_both():
    assert intersect(number(spelled="integer"), number(spelled="fraction")) is None


def test_steps_join_to_their_common_multiple():
    both = intersect(number(steps=["0.6"]), number(steps=["0.4", "1"]))
    assert both == number(steps=["6"])


def test_exponents_of_any_size_are_no_burden():
    a = number(least="-1", steps=["0.25"], not_steps=["3"])
    assert admits(a, Decimal("1E999999999"))
    assert not admits(a, Decimal("3E999999999"))
    assert not admits(a, Decimal("-1E999999999"))
    assert not admits(a, Decimal("1E-999999999"))
    assert admits(a, 10**4000)
    assert not admits(a, Decimal("9" * 3000 + ".1"))


@pytest.mark.parametrize("step", ["10007", "0.10007", "123456789"])
def test_too_many_remainders_are_refused(step):
    with pytest.raises(LimitError, match="remainders"):
        language((number(steps=[step]),))
