"""SQL over a catalog: which gold queries are accepted, whether what is drawn resolves, how fast.

python -m benchmarks.sql --questions questions.json --tables tables.json --dialect sqlite
python -m benchmarks.sql --sqlfluff DIR --dialect all --show
python -m benchmarks.sql --questions FILE --tables FILE --draws 20 --compiles 5 --vocabulary FILE
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report, vocabularies
from benchmarks.sql_drawn import compile_s, drawn
from benchmarks.sql_texts import (
    ANSI,
    STANDS_FOR_ANSI,
    Case,
    spider_cases,
    spider_catalogs,
    sqlfluff_cases,
)
from constraints import Catalog, SpecError, Sql
from constraints.pushdown import PushdownLanguage
from constraints.sql.compile import compile_sql
from constraints.sql.dialects import DIALECTS, functions_of

LEAST_GOLD = 0.97
LEAST_FIXTURES = 0.85
MOST_MS = 200.0
MOST_COLD_MS = 3_000.0


@dataclass(slots=True)
class Share:
    """How many queries of one kind a constraint accepts.

    Attributes:
        name: What they are.
        least: The share that is aimed at; None where there is no aim.
        accepted: How many are.
        refused: Those that are not.
        out_of_scope: How many are not meant to be, by reason.
        groups: Of each database or file: whether all of its queries are accepted.
    """

    name: str
    least: float | None
    accepted: int = 0
    refused: list[Case] = field(default_factory=list)
    out_of_scope: Counter[str] = field(default_factory=Counter)
    groups: dict[str, bool] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many are in scope."""
        return self.accepted + len(self.refused)

    @property
    def share(self) -> float:
        """Accepted of those in scope."""
        return self.accepted / self.total if self.total else 0.0

    @property
    def passed(self) -> bool:
        """Whether the aim is met, and anything was measured."""
        return self.least is None or (self.total > 0 and self.share >= self.least)

    def count(self, case: Case, accepted: bool) -> None:
        """Counts a query."""
        if case.out_of_scope:
            self.out_of_scope[case.out_of_scope] += 1
            return
        self.groups[case.group] = self.groups.get(case.group, True) and accepted
        if accepted:
            self.accepted += 1
        else:
            self.refused.append(case)


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    if (arguments.questions is None) != (arguments.tables is None):
        print("--questions and --tables go together", file=sys.stderr)
        return report.WRONG_CALL
    if not (arguments.questions or arguments.sqlfluff or arguments.compiles):
        print("nothing to measure: give --questions, --sqlfluff or --compiles", file=sys.stderr)
        return report.WRONG_CALL
    dialects = list(DIALECTS) if arguments.dialect == "all" else [arguments.dialect]
    print(report.machine())
    shares: list[Share] = []
    figures: dict[str, Any] = {}
    if arguments.compiles:  # before anything else has made a parser
        figures["compile"] = compiles(arguments, dialects)
    try:
        if arguments.questions is not None:
            shares += [gold(arguments, dialect) for dialect in dialects]
        if arguments.sqlfluff is not None:
            shares += fixtures(arguments.sqlfluff, dialects)
    except (OSError, ValueError, KeyError, SpecError) as error:
        print(f"cannot read the input: {error!r}", file=sys.stderr)
        return report.WRONG_CALL
    show(shares, arguments.show)
    figures["acceptance"] = {share.name: _figures(share) for share in shares}
    passed = all(share.passed for share in shares)
    passed &= all(
        each["new_catalog_ms"] <= MOST_MS and each["cold_ms"] <= MOST_COLD_MS
        for each in figures.get("compile", {}).values()
    )
    if arguments.draws and arguments.tables is not None:
        figures["drawn"] = soundness(arguments, dialects)
        passed &= all(
            not each["invalid"] and not each["not_run"] for each in figures["drawn"].values()
        )
    return report.finish("sql", passed=passed, figures=figures)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.sql", description=__doc__)
    result.add_argument("--questions", type=Path, help="questions.json in Spider's form")
    result.add_argument("--tables", type=Path, help="tables.json in Spider's form")
    result.add_argument("--sqlfluff", type=Path, help="a folder with a folder of .sql by dialect")
    result.add_argument("--dialect", choices=[*DIALECTS, "all"], default="sqlite")
    result.add_argument("--draws", type=int, default=0, help="queries to draw for each database")
    result.add_argument("--databases", type=int, default=4, help="of how many databases")
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--compiles", type=int, default=0, help="catalogs to compile, each new")
    result.add_argument("--show", action="store_true", help="print what is refused, and why not")
    vocabularies.add_arguments(result)
    return result


def gold(arguments: argparse.Namespace, dialect: str) -> Share:
    """The gold queries, each under its own database's catalog."""
    catalogs = spider_catalogs(arguments.tables)
    languages: dict[str, PushdownLanguage] = {}
    share = Share(f"gold queries, {dialect}", LEAST_GOLD)
    for case in spider_cases(arguments.questions, catalogs, dialect):
        if case.group not in languages:
            languages[case.group] = language(dialect, catalogs[case.group], ())
        share.count(case, languages[case.group].accepts(case.text.encode()))
    return share


def fixtures(folder: Path, dialects: Sequence[str]) -> list[Share]:
    """The files of sqlfluff, with an open catalog.

    Functions that sqlglot does not know are the caller's own.
    """
    shares = []
    for dialect in (*dialects, *((ANSI,) if len(dialects) > 1 else ())):
        read_as = STANDS_FOR_ANSI if dialect == ANSI else dialect
        share = Share(f"sqlfluff, {dialect}", None if dialect == ANSI else LEAST_FIXTURES)
        cases = list(sqlfluff_cases(folder / dialect, read_as))
        own = sorted({function for case in cases for function in case.functions})
        queries = language(read_as, Catalog.open(), own)
        for case in cases:
            share.count(case, queries.accepts(case.text.encode()))
        shares.append(share)
    return shares


def language(dialect: str, catalog: Catalog, functions: Iterable[str]) -> PushdownLanguage:
    """The queries over a catalog, with functions beside those of the dialect."""
    listed = tuple(functions)
    allowed = (*functions_of(dialect), *listed) if listed else None
    return compile_sql(Sql(dialect, catalog=catalog, functions=allowed))[0]


def soundness(arguments: argparse.Namespace, dialects: Sequence[str]) -> dict[str, Any]:
    """Queries from random logits over some of the databases."""
    catalogs = list(spider_catalogs(arguments.tables).values())[: arguments.databases]
    figures: dict[str, Any] = {}
    for dialect in dialects:
        rng = np.random.default_rng(arguments.seed)
        found = drawn(dialect, catalogs, arguments.draws, rng)
        for text in (*found.invalid, *found.not_run):
            print(f"{dialect}: does not hold: {text}")
        figures[dialect] = {
            "drawn": found.total,
            "invalid": len(found.invalid),
            "not_run": len(found.not_run),
            "after_rounds": {str(n): found.rounds[n] for n in sorted(found.rounds)},
            "condition_p50_ms": round(float(np.median(found.condition_s)) * 1e3, 1),
        }
    report.table(
        "queries from random logits",
        ("dialect", "drawn", "hold at once", "after names chosen again", "invalid", "not run"),
        (
            (
                dialect,
                each["drawn"],
                each["after_rounds"].get("0", 0),
                sum(count for n, count in each["after_rounds"].items() if n != "0"),
                each["invalid"],
                each["not_run"],
            )
            for dialect, each in figures.items()
        ),
    )
    return figures


def compiles(arguments: argparse.Namespace, dialects: Sequence[str]) -> dict[str, Any]:
    """How long a compile takes: the first of a dialect, and those of a new catalog alone."""
    vocabulary = vocabularies.chosen(arguments)
    figures: dict[str, Any] = {}
    for dialect in dialects:
        cold, *new = compile_s(dialect, vocabulary, arguments.compiles)
        figures[dialect] = {
            "cold_ms": round(cold * 1e3, 1),
            "new_catalog_ms": round(min(new) * 1e3, 1),
            "new_catalog_p50_ms": round(float(np.median(new)) * 1e3, 1),
        }
    report.table(
        f"compile, 100 tables, 2,000 columns, {vocabulary.size} tokens, CPU time (aims: cold "
        f"{MOST_COLD_MS:.0f} ms, new catalog {MOST_MS:.0f} ms)",
        ("dialect", "cold ms", "new catalog, best ms", "p50 ms"),
        ((dialect, *each.values()) for dialect, each in figures.items()),
    )
    return figures


def show(shares: Iterable[Share], everything: bool) -> None:
    """Prints a table of shares, and what is refused and out of scope."""
    shares = list(shares)
    if not shares:
        return
    report.table(
        "accepted queries",
        ("queries", "accepted", "of", "share", "aim", "whole groups", "out of scope"),
        (
            (
                share.name,
                share.accepted,
                share.total,
                f"{share.share:.1%}",
                "-" if share.least is None else f"{share.least:.0%}",
                f"{sum(share.groups.values())}/{len(share.groups)}",
                share.out_of_scope.total(),
            )
            for share in shares
        ),
    )
    for share in shares if everything else ():
        for case in share.refused:
            print(f"{share.name}: refused, {case.group}: {' '.join(case.text.split())[:160]}")
        for reason, count in share.out_of_scope.most_common():
            print(f"{share.name}: out of scope, {count}: {reason}")


def _figures(share: Share) -> dict[str, Any]:
    return {
        "accepted": share.accepted,
        "of": share.total,
        "share": round(share.share, 4),
        "passed": share.passed,
        "out_of_scope": share.out_of_scope.total(),
    }


if __name__ == "__main__":
    sys.exit(main())
