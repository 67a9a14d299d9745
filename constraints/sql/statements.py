"""Splits the text of a schema into its statements, and tells those that declare names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

Kind = Literal["table", "view", "alter", "other", "unknown"]


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


MODIFIERS = _words(
    "OR REPLACE ALTER TEMP TEMPORARY GLOBAL LOCAL UNLOGGED TRANSIENT VOLATILE EXTERNAL FOREIGN "
    "SECURE MATERIALIZED RECURSIVE DYNAMIC HYBRID ICEBERG UNIQUE CLUSTERED NONCLUSTERED "
    "COLUMNSTORE FULLTEXT SPATIAL CONSTRAINT TRUSTED VIRTUAL ALGORITHM = UNDEFINED MERGE "
    "TEMPTABLE SQL SECURITY INVOKER"
)
"""What may stand between CREATE and what is created."""
DEFINER = "DEFINER"
AFTER_DEFINER = _words("SQL VIEW FUNCTION PROCEDURE TRIGGER EVENT")
NAMELESS = _words(
    "ACCESS AGGREGATE ALERT API ASSEMBLY CAST CERTIFICATE COLLATION CONVERSION CREDENTIAL DATA "
    "DATABASE DEFAULT DOMAIN EVENT EXTENSION FILE FUNCTION GROUP INDEX INTEGRATION LANGUAGE LOGIN "
    "MACRO MASKING MODEL NETWORK NOTIFICATION OPERATOR PARTITION PIPE POLICY PROC PROCEDURE "
    "PUBLICATION ROLE ROW RULE SCHEMA SEARCH SECRET SEQUENCE SERVER STAGE STATISTICS STORAGE "
    "STREAM SUBSCRIPTION SYNONYM TABLESPACE TAG TASK TEXT TRIGGER TYPE USER WAREHOUSE"
)
"""What may be created that queries do not name."""
PASSED_OVER = _words(
    "ANALYZE ATTACH BEGIN CALL CLUSTER COMMENT COMMIT COPY DECLARE DELETE DELIMITER DETACH DO DROP "
    "END EXEC EXECUTE EXPLAIN GRANT IF INSERT INSTALL LOAD LOCK MERGE PRAGMA PRINT REFRESH REINDEX "
    "REPLACE RESET REVOKE ROLLBACK SECURITY SELECT SET START TRUNCATE UNLOCK UPDATE USE VACUUM "
    "VALUES WITH"
)
"""First words of statements that declare no names."""
CONSTRAINTS = _words("CHECK CONSTRAINT EXCLUDE FOREIGN FULLTEXT PERIOD PRIMARY SPATIAL UNIQUE")
"""First words of what stands between the columns of a table and is none."""
MARKS = _words("ROWGUIDCOL SPARSE ZEROFILL")
"""Marks of a column that sqlglot does not know."""
VIEW_ENDINGS = (
    ["WITH", "NO", "DATA"],
    ["WITH", "DATA"],
    ["WITH", "CHECK", "OPTION"],
    ["WITH", "NO", "SCHEMA", "BINDING"],
)
COPIED_ROWS = re.compile(r"(?ims)(^COPY\b[^;]*\bFROM\s+stdin\b[^;]*;)(.*?^\\\.$)")
META_COMMAND = re.compile(r"(?m)^\\.*$")
BATCH_END = re.compile(r"(?im)^[ \t]*GO[ \t]*(?=\r?$)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a schema.

    Attributes:
        number: Its place, from 1.
        kind: What it does.
        tokens: It, as sqlglot has split it.
        word: The word that tells what it does, as written.
    """

    number: int
    kind: Kind
    tokens: Sequence[Token]
    word: str

    @property
    def suggestion(self) -> str:
        """The word that may have been meant, or empty."""
        known = {*PASSED_OVER, *NAMELESS, "CREATE", "ALTER", "TABLE", "VIEW"}
        return next(iter(get_close_matches(self.word.upper(), sorted(known), 1, 0.7)), "")


def without_client_lines(text: str, dialect: str) -> str:
    """The text with blanks in the place of what a client reads and no database does.

    These are rows after COPY ... FROM stdin and lines with a backslash (psql), and GO (sqlcmd),
    which becomes a semicolon. Every other character stays where it is.
    """
    if dialect == "postgres":
        text = COPIED_ROWS.sub(lambda found: found[1] + _blank(found[2]), text)
        return META_COMMAND.sub(lambda found: _blank(found[0]), text)
    if dialect == "tsql":
        return BATCH_END.sub(lambda found: ";".ljust(len(found[0])), text)
    return text


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


def statements(tokens: Iterable[Token]) -> Iterator[Statement]:
    """The statements of a text, by its semicolons."""
    for number, each in enumerate(_split(tokens), start=1):
        kind, word = _kind(each)
        yield Statement(number, kind, each, word)


def _split(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens:
        if token.token_type is not TokenType.SEMICOLON:
            statement.append(token)
        elif statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _kind(statement: Sequence[Token]) -> tuple[Kind, str]:
    first = next(iter(statement[0].text.upper().split()), "")
    if first == "CREATE":
        return _created(statement)
    if first == "ALTER":
        alters_table = len(statement) > 1 and statement[1].text.upper() == "TABLE"
        return ("alter" if alters_table else "other"), first
    return ("other" if first in PASSED_OVER else "unknown"), statement[0].text


def _created(statement: Sequence[Token]) -> tuple[Kind, str]:
    in_definer = False
    for token in statement[1:]:
        named = token.token_type in (TokenType.IDENTIFIER, TokenType.VAR)
        for word in [token.text.upper()] if named else token.text.upper().split():
            in_definer = word == DEFINER or (in_definer and word not in AFTER_DEFINER)
            if in_definer or word in MODIFIERS:
                continue
            if word in ("TABLE", "VIEW"):
                return ("table" if word == "TABLE" else "view"), word
            return ("other" if word in NAMELESS else "unknown"), token.text
    return "unknown", statement[-1].text


def essentials(statement: Statement) -> Sequence[Token]:
    """What declares names: a table without constraints and options, a view without its ending."""
    tokens = statement.tokens
    if statement.kind == "view":
        words = [token.text.upper() for token in tokens]
        ending = next((e for e in VIEW_ENDINGS if words[-len(e) :] == e), [])
        return tokens[: len(tokens) - len(ending)]
    return list(_columns_alone(tokens)) if statement.kind == "table" else tokens


def _columns_alone(tokens: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    item: list[Token] = []
    comma: list[Token] = []
    for token in tokens:
        closes = token.token_type is TokenType.R_PAREN
        depth -= closes
        if depth == 0:
            yield from _kept(comma, item)
            comma, item = [], []
            yield token
            if closes:
                return
        elif depth == 1 and token.token_type is TokenType.COMMA:
            kept = list(_kept(comma, item))
            yield from kept
            comma, item = ([token] if kept or comma else []), []
        elif token.text.upper() not in MARKS:
            item.append(token)
        depth += token.token_type is TokenType.L_PAREN


def _kept(comma: list[Token], item: list[Token]) -> Sequence[Token]:
    """An item of a table behind its comma, unless it is a constraint."""
    if not item or item[0].text.upper().split()[0] in CONSTRAINTS:
        return ()
    return (*comma, *item)
