"""Tightens the language around a query that does not resolve.

No grammar says which columns an alias has: that depends on what stands elsewhere in the text. So a
text of the grammar may still name a column that its sources lack. Its names are then opened again:
everything else of the text is kept, and each name that does not resolve becomes a choice among the
spellings that do resolve in its place. What comes out is a regular language, small, of queries that
resolve; the model chooses among them by its own probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from constraints.sql.catalog import Catalog
from constraints.sql.resolution import (
    KnownTables,
    comparable,
    known_tables,
    parsed,
    path_of,
    scopes,
    tables_of,
)
from constraints.sql.words import RESERVED, UNQUOTED, Names, dialect_words

MAX_CHOICES = 2_000


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a text that is open again.

    Attributes:
        begin: Index of its first character.
        end: Index after its last.
        choices: What may stand there, none of them twice.
    """

    begin: int
    end: int
    choices: tuple[str, ...]


Piece = tuple[str, ...]
"""What may stand at one place of a text: one string, or several."""


def tightened(text: str, names: Names, catalog: Catalog) -> tuple[Piece, ...] | None:
    """The texts that are as a query is, but for its names that do not resolve.

    Args:
        text: A query of the grammar.
        names: Its dialect.
        catalog: What it may name.

    Returns:
        What may stand at each place of the text, one after the other; None where no choice of
        names mends the query.
    """
    tree = parsed(text, names.dialect)
    if isinstance(tree, str) or catalog.is_open:
        return None
    query = _Query(text, comparable(tree, names.dialect), names, catalog)
    for kind in (query.sources, query.tables, query.columns, query.positions):
        try:
            holes = sorted(kind(), key=lambda hole: hole.begin)
        except Exception:  # noqa: BLE001 - what sqlglot stumbles over, names do not mend
            return None
        if holes:
            return tuple(_pieces(text, holes)) if all(hole.choices for hole in holes) else None
    return None


def _pieces(text: str, holes: Iterable[Hole]) -> Iterator[Piece]:
    at = 0
    for hole in holes:
        if hole.begin < at:
            continue
        if hole.begin > at:
            yield (text[at : hole.begin],)
        yield hole.choices[:MAX_CHOICES]
        at = hole.end
    if at < len(text):
        yield (text[at:],)


@dataclass(frozen=True)
class _Query:
    """A query and what it may name."""

    text: str
    tree: exp.Expr
    names: Names
    catalog: Catalog

    @property
    def known(self) -> KnownTables:
        return known_tables(self.names.dialect, self.catalog)

    def tables(self) -> Iterator[Hole]:
        """Tables that the catalog lacks: one that has the columns asked of it, if there is any."""
        for scope in scopes(self.tree):
            offered = {
                (name,): self._outputs_of(source)
                for name, source in scope.cte_sources.items()
                if isinstance(source, Scope)
            }
            offered |= self.known.columns
            for table in tables_of(scope):
                if path_of(table) in self.known.columns:
                    continue
                asked = self.asked_of(table.alias_or_name, scope)
                fitting = [path for path, columns in offered.items() if asked <= set(columns)]
                yield self.hole(table.parts, map(self.path, fitting or offered))

    def asked_of(self, source: str, scope: Scope) -> set[str]:
        """The columns of a SELECT that are asked of one of its sources, or of no other one."""
        elsewhere = {
            column
            for other in scope.selected_sources
            if other != source
            for column in self.columns_of(scope, other) or ()
        }
        return {
            column.name
            for column in scope.columns
            if column.parent_select is scope.expression
            and (column.table == source or (not column.table and column.name not in elsewhere))
            and not (_sees_outputs(column, scope) and column.name in _outputs(scope))
        }

    def sources(self) -> Iterator[Hole]:
        """Sources of one SELECT that have the name of another: a name that none has."""
        taken = {identifier.name for identifier in self.tree.find_all(exp.Identifier)}
        for select in self.tree.find_all(exp.Select):
            seen: set[str] = set()
            for source in _listed_sources(select):
                if source.alias_or_name in seen:
                    fresh = next(n for n in _fresh_names() if n not in taken)
                    taken.add(fresh)
                    yield self.renamed(source, fresh)
                seen.add(source.alias_or_name)

    def columns(self) -> Iterator[Hole]:
        """Columns that their SELECT does not have, or has more than once."""
        for scope in scopes(self.tree):
            choices: list[str] | None = None
            for column in scope.columns:
                if column.parent_select is not scope.expression:
                    continue
                if isinstance(column.this, exp.Star) or self.resolves(column, scope):
                    continue
                if choices is None:
                    choices = self.choices(scope)
                yield self.hole(column.parts, choices)
            yield from self.stars(scope)
            yield from self.common_columns(scope)
            yield from self.windows(scope)

    def positions(self) -> Iterator[Hole]:
        """Positions in ORDER BY and GROUP BY that no column of the result has."""
        for query in self.tree.find_all(exp.Query):
            width = len(query.selects)
            outputs = {name for name in query.named_selects if name}
            for term in _sort_terms(query):
                if (
                    isinstance(term, exp.Literal)
                    and term.is_int
                    and not 1 <= int(term.name) <= width
                ):
                    yield self.hole([term], [str(n + 1) for n in range(width)])
                if not isinstance(query, exp.SetOperation) or not isinstance(term, exp.Column):
                    continue
                if term.name not in outputs or term.table:
                    yield self.hole(term.parts, [str(n + 1) for n in range(width)])

    def stars(self, scope: Scope) -> Iterator[Hole]:
        for column in scope.stars:
            if not isinstance(column, exp.Column):
                continue
            if column.table and column.table not in scope.selected_sources:
                choices = [f"{self.spelled(name)}.*" for name in scope.selected_sources]
                begin, _ = _extent(column.parts[:1])
                end = self.text.index("*", begin) + 1
                yield Hole(begin, end, tuple(choices))

    def common_columns(self, scope: Scope) -> Iterator[Hole]:
        """Columns of USING that one of the two sides lacks."""
        before: set[str] = set()
        select = scope.expression
        if not isinstance(select, exp.Select):
            return
        for source, join in _joins(select):
            columns = set(self.columns_of(scope, source) or ())
            for identifier in join.args.get("using") or () if join is not None else ():
                if identifier.name not in columns & before:
                    choices = [self.spelled(name) for name in sorted(columns & before)]
                    yield self.hole([identifier], choices)
            before |= columns

    def windows(self, scope: Scope) -> Iterator[Hole]:
        """Windows that are named and not defined."""
        definitions = scope.expression.args.get("windows") or ()
        defined = {window.name for window in definitions}
        for window in scope.find_all(exp.Window):
            alias = window.args.get("alias")
            if not isinstance(alias, exp.Identifier) or window in definitions:
                continue
            if alias.name not in defined:
                yield self.hole([alias], [*map(self.spelled, defined)] or ["()"])

    def resolves(self, column: exp.Column, scope: Scope) -> bool:
        """Whether exactly one source in sight has a column, or it is an output of its query."""
        if not column.table and _sees_outputs(column, scope) and column.name in _outputs(scope):
            return True
        at: Scope | None = scope
        while at is not None:
            found = [
                source
                for source in at.selected_sources
                if (not column.table or source == column.table)
                and column.name in (self.columns_of(at, source) or ())
            ]
            if found:
                return len(found) == 1
            if column.table and column.table in at.selected_sources:
                return False
            at = at.parent if at.is_subquery else None
        return False

    def choices(self, scope: Scope) -> list[str]:
        """Every column of a SELECT's own sources, as queries name it."""
        listed: dict[str, None] = {}
        owners: dict[str, list[str]] = {}
        for source in scope.selected_sources:
            for name in self.columns_of(scope, source) or ():
                owners.setdefault(name, []).append(source)
        for name, sources in owners.items():
            if len(sources) == 1:
                listed[self.spelled(name)] = None
            for source in sources:
                listed[f"{self.spelled(source)}.{self.spelled(name)}"] = None
        return list(listed)

    def columns_of(self, scope: Scope, name: str) -> tuple[str, ...] | None:
        """The columns of a source of a SELECT."""
        source = scope.sources.get(name)
        if isinstance(source, exp.Table):
            return self.known.columns.get(path_of(source))
        return self._outputs_of(source) if isinstance(source, Scope) else None

    def _outputs_of(self, source: Scope) -> tuple[str, ...]:
        query: Any = source.expression
        listed = source.outer_columns or query.named_selects
        columns: list[str] = []
        for output in listed:
            columns += self._starred(source) if output == "*" else [output]
        return tuple(filter(None, columns))

    def _starred(self, scope: Scope) -> list[str]:
        inner = scope.set_operation_scopes[0] if scope.is_set_operation else scope
        return [c for name in inner.selected_sources for c in self.columns_of(inner, name) or ()]

    def spelled(self, name: str) -> str:
        """A name as queries write it."""
        return spelled(self.names, self.known, name)

    def path(self, path: tuple[str, ...]) -> str:
        return ".".join(map(self.spelled, path))

    def hole(self, nodes: Iterable[Any], choices: Iterable[str]) -> Hole:
        begin, end = _extent(nodes)
        return Hole(begin, end, tuple(dict.fromkeys(choices)))

    def renamed(self, source: Any, fresh: str) -> Hole:
        """A source with another name: in the place of its own, or after it."""
        alias = source.args.get("alias")
        if alias is not None:
            return self.hole([alias.this], [fresh])
        begin, end = _extent(source.parts)
        return Hole(begin, end, (f"{self.text[begin:end]} AS {fresh}",))


def spelled(names: Names, known: KnownTables, name: str) -> str:
    """A name as queries of the dialect write it, in quotes where it needs them."""
    declared = known.spelled.get(name, name)
    dialect = names.dialect
    reserved = RESERVED in dialect_words(names).get(declared.lower(), frozenset())
    if not UNQUOTED.fullmatch(declared) or reserved:
        return dialect.quoted(declared)
    if dialect.folding != "any" and dialect.folded(declared) != name:
        return dialect.quoted(declared)
    return declared


def _extent(nodes: Iterable[Any]) -> tuple[int, int]:
    """Where some nodes stand in the text: from the first one's beginning to the last one's end."""
    listed = list(nodes)
    return int(listed[0].meta["start"]), int(listed[-1].meta["end"]) + 1


def _joins(select: exp.Select) -> Iterator[tuple[str, exp.Join | None]]:
    source = select.args.get("from_") or select.args.get("from")
    if source is not None:
        yield source.this.alias_or_name, None
    for join in select.args.get("joins") or ():
        yield join.this.alias_or_name, join


def _listed_sources(select: exp.Select) -> Iterator[exp.Expr]:
    source = select.args.get("from_") or select.args.get("from")
    if source is not None:
        yield source.this
    for join in select.args.get("joins") or ():
        yield join.this


def _sort_terms(query: exp.Query) -> Iterator[exp.Expr]:
    order, group = query.args.get("order"), query.args.get("group")
    for ordered in order.expressions if order is not None else ():
        yield ordered.this
    yield from group.expressions if group is not None else ()


def _sees_outputs(column: exp.Column, scope: Scope) -> bool:
    """Whether a column stands where the outputs of its own SELECT are in sight."""
    node: exp.Expr | None = column
    while node is not None and node is not scope.expression:
        if isinstance(node, exp.Order | exp.Group | exp.Having | exp.Qualify):
            return node.parent is scope.expression
        node = node.parent
    return False


def _outputs(scope: Scope) -> set[str]:
    query: Any = scope.expression
    return {select.alias for select in query.selects if select.alias}


def _fresh_names() -> Iterator[str]:
    number = 2
    while True:
        yield f"t{number}"
        number += 1


__all__ = ["Hole", "Piece", "spelled", "tightened"]
