"""The languages of `format`, by name, and whether a given value is of a format.

The names are those of JSON Schema validation (2020-12 §7.3, and drafts 4 to 7). Any other name
annotates: those of draft 3, and those that no draft defines (`int32`, `password`).
"""

from __future__ import annotations

from constraints.automata import Dfa
from constraints.json_schema import format_grammars as grammars
from constraints.json_schema.format_checks import CHECKS

NO_YEAR_ZERO = "the year 0000 is left out"
NO_LEAP_SECOND = "leap seconds are left out"
LONG_NAMES = (
    "names of more than six labels, labels of more than 20 characters (40 for the first) "
    "and A-labels"
)
BASIC_PLANE = "characters beyond U+FFFF are left out"
LANGUAGES: dict[str, tuple[str, str]] = {
    "date": (grammars.DATE, NO_YEAR_ZERO),
    "time": (grammars.TIME, NO_LEAP_SECOND),
    "date-time": (f"{grammars.DATE}[Tt]{grammars.TIME}", f"{NO_LEAP_SECOND}; {NO_YEAR_ZERO}"),
    "duration": (grammars.DURATION, ""),
    "email": (
        grammars.MAILBOX,
        f"quoted local parts, address literals, {LONG_NAMES} are left out",
    ),
    "idn-email": (
        grammars.INTERNATIONAL_MAILBOX,
        "local parts of more than 20 characters, all but common scripts, and the names that "
        "idn-hostname leaves out are left out",
    ),
    "hostname": (grammars.HOSTNAME, f"{LONG_NAMES} are left out"),
    "idn-hostname": (
        grammars.INTERNATIONAL_HOSTNAME,
        "names of more than four labels, labels of more than nine letters and digits, capital "
        "letters, all but common left-to-right scripts and A-labels are left out",
    ),
    "ipv4": (grammars.IPV4, ""),
    "ipv6": (grammars.IPV6, ""),
    "uri": (grammars.URI, ""),
    "uri-reference": (grammars.URI_REFERENCE, ""),
    "iri": (grammars.BASIC_IRI, BASIC_PLANE),
    "iri-reference": (grammars.BASIC_IRI_REFERENCE, BASIC_PLANE),
    "uuid": (grammars.UUID, ""),
    "uri-template": (
        grammars.COMMON_URI_TEMPLATE,
        "operators kept for the future, names that begin with % and prefixes of more than 999 "
        "characters are left out",
    ),
    "json-pointer": (grammars.JSON_POINTER, ""),
    "relative-json-pointer": (
        grammars.NEAR_JSON_POINTER,
        "numbers with a zero before another digit are left out",
    ),
    "regex": (
        grammars.PLAIN_REGEX,
        "groups nested more than two deep, lookaround, back-references, lazy quantifiers and "
        "escapes by number are left out",
    ),
}
WIDER = {
    "date": grammars.DATE_OF_ANY_YEAR,
    "iri": grammars.IRI,
    "iri-reference": grammars.IRI_REFERENCE,
    "relative-json-pointer": grammars.RELATIVE_JSON_POINTER,
    "uri-template": grammars.URI_TEMPLATE,
}
"""The whole grammar, where the language is less than that."""


def language(name: str) -> tuple[Dfa, str] | None:
    """The strings that are written for a format: all of them, or a wide part.

    Args:
        name: The format's name.

    Returns:
        A DFA over code points and what is left out of the format, '' for nothing; None where the
        specification defines no such format: it annotates.
    """
    if name not in LANGUAGES:
        return None
    pattern, narrowed = LANGUAGES[name]
    return grammars.automaton(pattern), narrowed


def recognised(name: str, value: str) -> bool | None:
    """Whether a value is of a format, nothing left out.

    Args:
        name: The format's name.
        value: Any string.

    Returns:
        None where the specification defines no such format: it annotates.
    """
    if name not in LANGUAGES:
        return None
    if name in CHECKS:
        return CHECKS[name](value)
    whole = grammars.automaton(WIDER.get(name, LANGUAGES[name][0]))
    return whole.accepts(map(ord, value))
