"""The grammars of formats as regular expressions, each from its RFC."""

from __future__ import annotations

from functools import cache

from constraints.automata import Dfa
from constraints.regex import full_match

DAYS = (
    r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])",
    r"(0[469]|11)-(0[1-9]|[12]\d|30)",
    r"02-(0[1-9]|1\d|2[0-8])",
)
YEAR = r"(\d{3}[1-9]|\d{2}[1-9]0|\d[1-9]00|[1-9]000)"
LEAP_YEAR = r"(\d{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
DATE = rf"({YEAR}-({'|'.join(DAYS)})|{LEAP_YEAR}-02-29)"
DATE_OF_ANY_YEAR = rf"(\d{{4}}-({'|'.join(DAYS)})|({LEAP_YEAR}|0000)-02-29)"
"""RFC 3339 §5.6 full-date, §5.7 days of a month; `DATE` less the year 0000."""

OFFSET = r"([Zz]|[+\-]([01]\d|2[0-3]):[0-5]\d)"
TIME = rf"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?{OFFSET}"
TIME_IN_LEAP_SECOND = rf"([01]\d|2[0-3]):[0-5]\d:60(\.\d+)?{OFFSET}"
"""RFC 3339 §5.6 full-time; the second whether or not UTC is about to end its day."""

CLOCK = r"(T(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S))"
CALENDAR = r"(\d+Y(\d+M(\d+D)?)?|\d+M(\d+D)?|\d+D)"
DURATION = rf"P({CALENDAR}{CLOCK}?|{CLOCK}|\d+W)"
"""RFC 3339 appendix A."""

OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IPV4 = rf"({OCTET}(\.{OCTET}){{3}})"
"""RFC 2673 §3.2."""

GROUP = r"[0-9A-Fa-f]{1,4}"
LAST_GROUPS = rf"({GROUP}:{GROUP}|{IPV4})"
SHORTENED = "|".join(
    rf"({GROUP}(:{GROUP}){{0,{before}}})?::({GROUP}:){{{4 - before}}}{LAST_GROUPS}"
    for before in range(5)
)
IPV6 = (
    rf"(({GROUP}:){{6}}{LAST_GROUPS}|::({GROUP}:){{5}}{LAST_GROUPS}|{SHORTENED}"
    rf"|({GROUP}(:{GROUP}){{0,5}})?::{GROUP}|({GROUP}(:{GROUP}){{0,6}})?::)"
)
"""RFC 4291 §2.2 as RFC 3986 appendix A writes it."""

UNRESERVED = r"A-Za-z0-9\-._~"
SUB_DELIMITERS = r"!$&'()*+,;="
ENCODED = r"%[0-9A-Fa-f]{2}"
BASIC, BASIC_PRIVATE = r"\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef", r"\ue000-\uf8ff"
BEYOND_ASCII = (
    BASIC
    + "".join(rf"\u{{{plane:x}0000}}-\u{{{plane:x}fffd}}" for plane in range(1, 0xE))
    + r"\u{e1000}-\u{efffd}"
)
PRIVATE = BASIC_PRIVATE + r"\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}"
"""RFC 3987 §2.2 ucschar and iprivate; the basic ones are those of the basic plane."""


def _identifier(extra: str, private: str) -> tuple[str, str]:
    """An identifier and a reference of RFC 3986 appendix A.

    Args:
        extra: What may stand beside the unreserved characters.
        private: What else may stand in a query.
    """
    plain = UNRESERVED + extra + SUB_DELIMITERS
    character = rf"([{plain}:@]|{ENCODED})"
    literal = rf"\[({IPV6}|[Vv][0-9A-Fa-f]+\.[{UNRESERVED}{SUB_DELIMITERS}:]+)\]"
    authority = rf"(([{plain}:]|{ENCODED})*@)?({literal}|([{plain}]|{ENCODED})*)(:\d*)?"
    absolute = rf"//{authority}(/{character}*)*|/({character}+(/{character}*)*)?"
    ending = rf"(\?([{plain}:@/?{private}]|{ENCODED})*)?(#([{plain}:@/?]|{ENCODED})*)?"
    scheme = r"[A-Za-z][A-Za-z0-9+\-.]*:"
    rootless = rf"{character}+(/{character}*)*"
    without_colon = rf"([{plain}@]|{ENCODED})+(/{character}*)*"
    return (
        rf"{scheme}({absolute}|{rootless})?{ending}",
        rf"({scheme}({absolute}|{rootless})?|({absolute}|{without_colon})?){ending}",
    )


URI, URI_REFERENCE = _identifier("", "")
"""RFC 3986 appendix A."""
BASIC_IRI, BASIC_IRI_REFERENCE = _identifier(BASIC, BASIC_PRIVATE)
IRI, IRI_REFERENCE = _identifier(BEYOND_ASCII, PRIVATE)
"""RFC 3987 §2.2."""

LABEL = r"[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
FIRST_LABEL = r"(?!..--)[A-Za-z0-9]([A-Za-z0-9\-]{0,38}[A-Za-z0-9])?"
FURTHER_LABEL = r"(?!..--)[A-Za-z0-9]([A-Za-z0-9\-]{0,18}[A-Za-z0-9])?"
HOSTNAME = rf"{FIRST_LABEL}(\.{FURTHER_LABEL}){{0,5}}"
"""RFC 1123 §2.1, of which names of at most 40 + 5 * 21 characters."""

LETTER = r"a-zß-öø-ÿ\u03ac-\u03ce\u0430-\u044fёぁ-ゖァ-ヺ一-鿋가-힣"
INTERNATIONAL_LABEL = rf"(?!..--)[{LETTER}0-9](-?[{LETTER}0-9]){{0,8}}"
INTERNATIONAL_HOSTNAME = rf"{INTERNATIONAL_LABEL}(\.{INTERNATIONAL_LABEL}){{0,3}}"
"""RFC 5891 §4.2: letters of left-to-right scripts that IDNA changes in no context (RFC 5892)."""

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]"
MAILBOX = rf"(?=[^@]{{1,64}}@){ATOM}+(\.{ATOM}+)*@{HOSTNAME}"
"""RFC 5321 §4.1.2 Mailbox, §4.5.3.1.1 its length."""
WIDE_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\u{10ffff}]"
WIDE_QUOTED = r'"([ !#-\[\]-~\u0080-\u{10ffff}]|\\[ -~])*"'
WIDE_LOCAL = rf"({WIDE_ATOM}+(\.{WIDE_ATOM}+)*|{WIDE_QUOTED})"
WIDE_LABEL = (
    r"[A-Za-z0-9\u0080-\u{10ffff}]([A-Za-z0-9\-\u0080-\u{10ffff}]*[A-Za-z0-9\u0080-\u{10ffff}])?"
)
ADDRESS_LITERAL = rf"\[({IPV4}|[Ii][Pp][Vv]6:{IPV6})\]"
WIDE_MAILBOX = rf"{WIDE_LOCAL}@({WIDE_LABEL}(\.{WIDE_LABEL})*|{ADDRESS_LITERAL})"
"""RFC 6531 §3.3, whatever the lengths."""
INTERNATIONAL_MAILBOX = (
    rf"([{LETTER}A-Z0-9_+\-](\.?[{LETTER}A-Z0-9_+\-]){{0,19}})@{INTERNATIONAL_HOSTNAME}"
)
"""RFC 6531 §3.3: 20 letters of at most three octets each are at most 60."""

UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""RFC 4122 §3."""

TEMPLATE_CHARACTER = rf"([!#$&-;=?-\[\]_a-z~{BEYOND_ASCII}{PRIVATE}]|{ENCODED})"


def _template(first: str, operators: str, digits: int) -> str:
    """A template of RFC 6570 §2; erratum 6937 lets `'` stand for itself.

    Args:
        first: What a variable's name begins with.
        operators: What an expression may begin with.
        digits: How many digits the length of a prefix may have.
    """
    length = rf":[1-9]\d{{0,{digits - 1}}}"
    variable = rf"{first}(\.?([A-Za-z0-9_]|{ENCODED}))*({length}|\*)?"
    return rf"({TEMPLATE_CHARACTER}|\{{[{operators}]?{variable}(,{variable})*\}})*"


COMMON_URI_TEMPLATE = _template("[A-Za-z0-9_]", "+#./;?&", digits=3)
URI_TEMPLATE = _template(rf"([A-Za-z0-9_]|{ENCODED})", "+#./;?&=,!@|", digits=4)

JSON_POINTER = r"(/([^/~]|~[01])*)*"
"""RFC 6901 §3."""
RELATIVE_JSON_POINTER = rf"(0|[1-9]\d*)(#|{JSON_POINTER})"
NEAR_JSON_POINTER = rf"(0|[1-9]+0?)(#|{JSON_POINTER})"
"""draft-handrews-relative-json-pointer-01 §3."""

SIMPLE_ATOM = r"([A-Za-z0-9 _,:;@/=<>%!~'&#\-]|\\[dDwWsStnr.*+?()\[\]{}|\^$/\\]|\.)"
SIMPLE_SET = r"(\[\^?(a-z|A-Z|0-9|\\[dws]|[A-Za-z0-9_ .,:;@/=%!])+\])"
QUANTIFIER = r"([*+?]|\{[1-9]\d?,?\})"
TERM = rf"(({SIMPLE_ATOM}|{SIMPLE_SET}){QUANTIFIER}?)"
INNER = rf"(\((\?:)?{TERM}+(\|{TERM}+)*\){QUANTIFIER}?)"
OUTER = rf"(\((\?:)?({TERM}|{INNER})+(\|({TERM}|{INNER})+)*\){QUANTIFIER}?)"
BRANCH = rf"({TERM}|{OUTER})+"
PLAIN_REGEX = rf"\^?{BRANCH}(\|{BRANCH})*\$?"
"""ECMA-262 §22.2.1, of which most that people write."""


@cache
def automaton(grammar: str) -> Dfa:
    """The strings of one of these grammars over code points, kept for good."""
    return full_match(grammar)
