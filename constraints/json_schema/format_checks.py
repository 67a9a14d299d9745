"""What no automaton of sensible size says of formats: lengths, leap seconds, IDNA, patterns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import idna

from constraints.errors import MalformedError
from constraints.json_schema import format_grammars as grammars
from constraints.regex.parser import parse

LONGEST_NAME, LONGEST_LABEL = 253, 63
"""RFC 1035 §2.3.4, less the octets that only the wire format needs."""
LONGEST_LOCAL_PART = 64
"""RFC 5321 §4.5.3.1.1, in octets."""
MINUTES_OF_A_DAY = 24 * 60
SEPARATORS = re.compile("[.\u3002\uff0e\uff61]")
"""RFC 3490 §3.1."""
RIGHT_TO_LEFT = ("R", "AL", "AN")
"""RFC 5893 §1.4: what makes a name a Bidi domain name."""


def is_time(value: str) -> bool:
    """RFC 3339 §5.6 full-time; a leap second ends a day of UTC (§5.7)."""
    if _matches(grammars.TIME, value):
        return True
    if not _matches(grammars.TIME_IN_LEAP_SECOND, value):
        return False
    minutes = int(value[:2]) * 60 + int(value[3:5])
    if value[-1] not in "Zz":
        offset = int(value[-5:-3]) * 60 + int(value[-2:])
        minutes -= offset if value[-6] == "+" else -offset
    return minutes % MINUTES_OF_A_DAY == MINUTES_OF_A_DAY - 1


def is_date_time(value: str) -> bool:
    """RFC 3339 §5.6."""
    day, separator, time = value[:10], value[10:11], value[11:]
    return separator in ("T", "t") and _matches(grammars.DATE_OF_ANY_YEAR, day) and is_time(time)


def is_hostname(value: str) -> bool:
    """RFC 1123 §2.1; a label that claims to be an A-label is one (RFC 5890 §2.3.2.1)."""
    labels = value.split(".")
    return (
        len(value) <= LONGEST_NAME
        and all(_matches(grammars.LABEL, label) for label in labels)
        and all(_u_label(x) is not None for x in labels if x[:4].lower() == "xn--")
    )


def is_international_hostname(value: str) -> bool:
    """RFC 5890 §2.3.2.3, RFC 5891 §4.2 and, for the name as a whole, RFC 5893 §2."""
    labels = SEPARATORS.split(value)
    known = [u_label for label in labels if (u_label := _u_label(label)) is not None]
    if len(known) < len(labels):
        return False
    length = sum(map(_encoded_length, known)) + len(known) - 1
    return length <= LONGEST_NAME and (
        all(map(_keeps_bidi_rule, known)) or not _is_bidi("".join(known))
    )


def is_email(value: str) -> bool:
    """RFC 5321 §4.1.2 Mailbox."""
    return value.isascii() and is_international_email(value)


def is_international_email(value: str) -> bool:
    """RFC 6531 §3.3 Mailbox."""
    if not _matches(grammars.WIDE_MAILBOX, value):
        return False
    local, _, domain = value.rpartition("@")
    if len(local.encode()) > LONGEST_LOCAL_PART:
        return False
    labels = domain.split(".")
    return domain.startswith("[") or (
        len(domain) <= LONGEST_NAME and max(map(len, labels)) <= LONGEST_LABEL
    )


def is_regex(value: str) -> bool:
    """ECMA-262 §22.2.1, back-references included."""
    try:
        parse(value)
    except MalformedError:
        return False
    return True


def _u_label(label: str) -> str | None:
    """The label as people read it, or None where it is none of an internationalised name."""
    try:
        if not label.isascii():
            return label if idna.alabel(label) else None
        if label[:4].lower() == "xn--":
            return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return None
    is_plain = _matches(grammars.LABEL, label) and label[2:4] != "--"
    return label if is_plain else None


def _encoded_length(u_label: str) -> int:
    return len(u_label) if u_label.isascii() else len(idna.alabel(u_label))


def _is_bidi(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text)


def _keeps_bidi_rule(u_label: str) -> bool:
    try:
        return idna.check_bidi(u_label, check_ltr=True)
    except idna.IDNAError:
        return False


def _matches(pattern: str, value: str) -> bool:
    return grammars.automaton(pattern).accepts(map(ord, value))


CHECKS: dict[str, Callable[[str], bool]] = {
    "date-time": is_date_time,
    "email": is_email,
    "hostname": is_hostname,
    "idn-email": is_international_email,
    "idn-hostname": is_international_hostname,
    "regex": is_regex,
    "time": is_time,
}
