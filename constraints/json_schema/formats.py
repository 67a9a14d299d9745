"""The languages of `format`, by name, each with its source and what it leaves out."""

from __future__ import annotations

from functools import cache

from constraints.automata import Dfa
from constraints.errors import UnsupportedError
from constraints.regex import full_match

DAYS = (
    r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])",
    r"(0[469]|11)-(0[1-9]|[12]\d|30)",
    r"02-(0[1-9]|1\d|2[0-8])",
)
YEAR = r"(\d{3}[1-9]|\d{2}[1-9]0|\d[1-9]00|[1-9]000)"
LEAP_YEAR = r"(\d{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
DATE = rf"({YEAR}-({'|'.join(DAYS)})|{LEAP_YEAR}-02-29)"
TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"

UNRESERVED = r"A-Za-z0-9\-._~"
SUB_DELIMITERS = r"!$&'()*+,;="
ENCODED = r"%[0-9A-Fa-f]{2}"
PATH_CHARACTER = rf"([{UNRESERVED}{SUB_DELIMITERS}:@]|{ENCODED})"
USER = rf"([{UNRESERVED}{SUB_DELIMITERS}:]|{ENCODED})*"
HOST = rf"([{UNRESERVED}{SUB_DELIMITERS}]|{ENCODED})*"
AUTHORITY = rf"({USER}@)?{HOST}(:\d*)?"
PATH = rf"({PATH_CHARACTER}+(/{PATH_CHARACTER}*)*)"
HIERARCHY = rf"(//{AUTHORITY}(/{PATH_CHARACTER}*)*|/{PATH}?|{PATH})?"
QUERY = rf"({PATH_CHARACTER}|[/?])*"
URI = rf"[A-Za-z][A-Za-z0-9+\-.]*:{HIERARCHY}(\?{QUERY})?(#{QUERY})?"

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]"
LABEL = r"[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"

NO_LEAP_SECOND = "leap seconds are left out"
LANGUAGES: dict[str, tuple[str, str]] = {
    "date": (DATE, ""),  # RFC 3339 §5.6 full-date, §5.7 days of a month
    "time": (TIME, NO_LEAP_SECOND),  # RFC 3339 §5.6 full-time
    "date-time": (f"{DATE}[Tt]{TIME}", NO_LEAP_SECOND),  # RFC 3339 §5.6
    "email": (  # RFC 5321 §4.1.2 Mailbox
        rf"{ATOM}+(\.{ATOM}+){{0,3}}@{LABEL}(\.{LABEL}){{0,3}}",
        "quoted local parts, address literals and more than four labels are left out",
    ),
    "uuid": (r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", ""),  # RFC 4122 §3
    "uri": (URI, "IP literals in brackets are left out"),  # RFC 3986 appendix A
    "ipv4": (rf"{OCTET}(\.{OCTET}){{3}}", ""),  # RFC 2673 §3.2
}

UNSUPPORTED = frozenset(
    (
        *("duration", "hostname", "idn-email", "idn-hostname", "ipv6", "iri", "iri-reference"),
        *("json-pointer", "regex", "relative-json-pointer", "uri-reference", "uri-template"),
    )
)


@cache
def language(name: str) -> tuple[Dfa, str] | None:
    """The strings of a format over code points, and what is left out of it.

    Returns:
        None where the specification defines no such format: it annotates.

    Raises:
        UnsupportedError: The specification defines it and it cannot be enforced yet.
    """
    if name in UNSUPPORTED:
        raise UnsupportedError(
            f"format '{name}' cannot be enforced",
            keyword="format",
            hint="use a pattern, or compile with assert_formats=False",
        )
    if name not in LANGUAGES:
        return None
    pattern, narrowed = LANGUAGES[name]
    return full_match(pattern), narrowed
