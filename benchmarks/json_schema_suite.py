"""The official JSON Schema test suite: how many of its groups we get wholly right.

python -m benchmarks.json_schema_suite DIR --draft 2020-12 --peers xgrammar,llguidance --optional
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import judging, report, spelled_json, trial, vocabularies
from benchmarks.judging import COUNTS, Case, Outcome, by_group, counts, faults, refusals
from benchmarks.peers import NOTE as PEERS_NOTE
from constraints import SpecError
from constraints.spec import FrozenDocuments

REMOTES = "http://localhost:1234/"
LEAST_RIGHT = 0.90
BYTES_AND_END = 257
SHOWN = tuple(name for name in COUNTS if name not in ("untested", "too_long"))
PEER_SHOWN = ("right", "refused", "wrongly_accepting", "wrongly_rejecting")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft's folder, and the dialect that its schemas do not name themselves."""

    folder: str
    dialect: str | None = None


DRAFTS = {
    "2020-12": Draft("draft2020-12"),
    "7": Draft("draft7", "http://json-schema.org/draft-07/schema#"),
    "4": Draft("draft4", "http://json-schema.org/draft-04/schema#"),
}


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    try:
        cases = list(read_cases(arguments.folder, DRAFTS[arguments.draft], arguments.optional))
        documents = read_remotes(arguments.folder / "remotes")
        size = vocabularies.chosen(arguments).size
    except (OSError, ValueError, KeyError, TypeError, SpecError) as error:
        print(f"cannot read the input: {error!r}", file=sys.stderr)
        return report.WRONG_CALL
    if not cases:
        print(f"no suite of draft {arguments.draft} in {arguments.folder}", file=sys.stderr)
        return report.WRONG_CALL
    print(report.machine())
    load = partial(trial.own, arguments, whitespace="any", open_objects=True, documents=documents)
    results = {"blockform": trial.run("blockform", load, cases, arguments, masks=False)}
    for name in arguments.peers:
        peer = partial(trial.peer, arguments, name)
        results[name] = trial.run(name, peer, cases, arguments, masks=False)
    if arguments.verbose:
        print("\n".join(line for o in results["blockform"] for line in faults(o)), file=sys.stderr)
    return _report(results, {"draft": arguments.draft, "vocabulary_size": size})


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.json_schema_suite", description=__doc__)
    result.add_argument("folder", type=Path, help="with tests/ and remotes/")
    result.add_argument("--draft", choices=list(DRAFTS), default="2020-12")
    result.add_argument("--optional", action="store_true", help="the optional groups too")
    result.add_argument("--verbose", action="store_true", help="name what is wrong, on stderr")
    trial.add_arguments(result, time_limit=30.0)
    result.set_defaults(vocabulary_size=BYTES_AND_END)
    return result


def read_cases(folder: Path, draft: Draft, optional: bool) -> Iterator[Case]:
    """The groups of a draft: required ones, then optional ones; formats assert in the latter's.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is no JSON.
        KeyError: A group lacks a member.
        TypeError: A file holds something else than groups.
    """
    root = folder / "tests" / draft.folder
    patterns = ("*.json", *(("optional/*.json", "optional/format/*.json") if optional else ()))
    for pattern in patterns:
        for file in sorted(root.glob(pattern)):
            yield from _groups(file, str(file.relative_to(root).with_suffix("")), draft)


def _groups(file: Path, name: str, draft: Draft) -> Iterator[Case]:
    for group in spelled_json.read(file.read_text(encoding="utf-8")):
        yield Case(
            group=name,
            name=group["description"],
            schema=spelled_json.written(in_dialect(group["schema"], draft.dialect)),
            assert_formats=name.startswith("optional/format/"),
            instances=judging.instances(group["tests"]),
        )


def in_dialect(schema: Any, dialect: str | None) -> Any:
    """The schema of an object, naming the dialect where it named none."""
    if dialect is None or not isinstance(schema, dict):
        return schema
    return {"$schema": dialect, **schema}


def read_remotes(folder: Path) -> Mapping[str, str]:
    """The suite's remote documents: URI to text.

    Raises:
        OSError: A file cannot be read.
    """
    return FrozenDocuments(
        {
            REMOTES + file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
            for file in sorted(folder.rglob("*.json"))
        }
    )


def _report(results: Mapping[str, Sequence[Outcome]], settings: Mapping[str, Any]) -> int:
    required = {name: _part(outcomes, optional=False) for name, outcomes in results.items()}
    optional = {name: _part(outcomes, optional=True) for name, outcomes in results.items()}
    for title, part in (("required", required), ("optional", optional)):
        if part["blockform"]:
            show(f"draft {settings['draft']}, {title}", part)
    found = {
        name: {**tallied(required[name]), "optional": tallied(optional[name])} for name in results
    }
    ours = found.pop("blockform")
    figures = {**settings, **ours, "peers": found}
    return report.finish("json_schema_suite", passed=passes(required["blockform"]), figures=figures)


def _part(outcomes: Sequence[Outcome], *, optional: bool) -> list[Outcome]:
    return [each for each in outcomes if each.group.startswith("optional/") == optional]


def passes(outcomes: Sequence[Outcome]) -> bool:
    """Whether something was judged, nothing is wrongly accepted, and enough is wholly right."""
    tally = counts(outcomes)
    return (
        any(outcome.judged for outcome in outcomes)
        and tally["wrongly_accepting"] == 0
        and tally["right"] >= LEAST_RIGHT * tally["schemas"]
    )


def tallied(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What is reported of one engine."""
    return {**_groups_of(counts(outcomes)), "refused_by_keyword": refusals(outcomes)}


def _groups_of(tally: Mapping[str, int]) -> dict[str, int]:
    return {"groups": tally["schemas"], **{name: tally[name] for name in SHOWN}}


def show(title: str, results: Mapping[str, Sequence[Outcome]]) -> None:
    """Prints the verdicts by file, ours in columns of their own, the peers' beside them."""
    peers = [name for name in results if name != "blockform"]
    grouped = {name: by_group(outcomes) for name, outcomes in results.items()}
    rows = [
        [file, *_row({name: groups[file] for name, groups in grouped.items()})]
        for file in grouped["blockform"]
    ]
    columns = ["file", *(name.replace("_", " ") for name in _groups_of(counts([]))), *peers]
    report.table(title, columns, [*rows, ["all", *_row(results)]])
    if peers:
        print(f"of peers: {'/'.join(PEER_SHOWN)}\n{PEERS_NOTE}")


def _row(results: Mapping[str, Sequence[Outcome]]) -> list[Any]:
    tallies = {name: counts(outcomes) for name, outcomes in results.items()}
    ours = tallies.pop("blockform")
    beside = ["/".join(str(tally[name]) for name in PEER_SHOWN) for tally in tallies.values()]
    return [*_groups_of(ours).values(), *beside]


if __name__ == "__main__":
    sys.exit(main())
