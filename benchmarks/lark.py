"""Agreement with Lark's own parser, and soundness of what blocks write.

python -m benchmarks.lark --grammars DIR [--texts 200] [--vocabulary FILE]

Every grammar, from each rule that no other one uses, is read by Lark's LALR parser with either
lexer and by its Earley parser. Texts are the grammars of the folder themselves, texts derived from
the rules by chance, texts that blocks write from random logits, and mutants of all of these; Lark's
verdict on each has to be ours. Grammars that Lark itself refuses are no cases; those that only we
refuse are counted with the reason.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import constraints
from benchmarks import report, vocabularies
from benchmarks.derivations import derivations, mutated
from constraints import EmptyError, Lark, SpecError, Vocabulary
from constraints.lark import compile_lark, larks_own
from constraints.lark.builtin import LEXERS
from constraints.spec import LarkLexer, LarkParser

MODES: tuple[tuple[LarkParser, LarkLexer], ...] = (
    ("lalr", "contextual"),
    ("lalr", "basic"),
    ("earley", "dynamic"),
    ("earley", "basic"),
)
LENGTHS = (12, 40)
SCALES = (1.0, 4.0)
LONGEST_TEXT = 2_000
SLOW_S = 20.0
"""Seconds after which no more texts of a case are tried; Earley parsers can be slow."""


@dataclass(frozen=True, slots=True)
class Case:
    """A grammar to judge."""

    name: str
    spec: Lark


@dataclass
class Outcome:
    """What became of a case."""

    refused: str = ""
    texts: int = 0
    members: int = 0
    disagreements: list[str] = field(default_factory=list)
    written: int = 0
    invalid: list[str] = field(default_factory=list)
    compile_ms: float = 0.0


def main() -> int:
    """Runs the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lark", description=__doc__)
    parser.add_argument("--grammars", type=Path, help="folder of .lark files")
    parser.add_argument("--texts", type=int, default=200, help="texts for each case")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    vocabularies.add_arguments(parser)
    arguments = parser.parse_args()
    if arguments.grammars is not None and not arguments.grammars.is_dir():
        parser.error(f"no folder {arguments.grammars}")
    vocabulary = vocabularies.chosen(arguments)
    files = sorted(arguments.grammars.rglob("*.lark")) if arguments.grammars else []
    texts = [file.read_text() for file in files]
    outcomes = {
        case.name: _judged(case, vocabulary, texts, arguments.texts)
        for case in _cases(files)
        if arguments.only in case.name
    }
    return _report(outcomes)


def _cases(files: list[Path]) -> Iterator[Case]:
    for name, lexer in LEXERS.items():
        yield Case(f"built-in {name}", Lark(name, lexer=lexer))
    imports = {file.stem.split("__")[-1]: file.read_text() for file in files}
    for file in files:
        text = file.read_text()
        for start in _starts(text):
            for parser, lexer in MODES:
                named = _imports(text, imports)
                spec = Lark(text, start=start, parser=parser, lexer=lexer, imports=named)
                yield Case(f"{file.stem} {start} {parser} {lexer}", spec)


def _starts(text: str) -> list[str]:
    """The rules that no other rule names; the first one where there are none."""
    defined = re.findall(r"(?m)^[?!]*([a-z_][a-z0-9_]*)(?:\.\d+)?\s*:", text)
    if "start" in defined:
        return ["start"]
    bodies = re.sub(r"(?m)^[?!]*[a-z_][a-z0-9_]*(?:\.\d+)?\s*:|//.*|\"[^\"]*\"", "", text)
    used = set(re.findall(r"[a-z_][a-z0-9_]*", bodies))
    return [name for name in defined if name not in used] or defined[:1]


def _imports(text: str, known: Mapping[str, str]) -> dict[str, str]:
    """The grammars of the folder under the names that a grammar imports them by."""
    paths = re.findall(r"%import\s+\.*([a-z_][\w.]*)", text)
    parts = {path.rsplit(".", 1)[0] if "." in path else path for path in paths}
    return {part: known[part.split(".")[-1]] for part in parts if part.split(".")[-1] in known}


def _judged(case: Case, vocabulary: Vocabulary, files: list[str], num_texts: int) -> Outcome:
    outcome = Outcome()
    try:
        larks_own(case.spec)
    except SpecError:
        outcome.refused = "Lark refuses it"
        return outcome
    began = time.perf_counter()
    try:
        constraint = constraints.compile(case.spec, vocabulary)
    except SpecError as error:
        outcome.refused = f"{error.code}: {error.message.splitlines()[0][:90]}"
        return outcome
    outcome.compile_ms = (time.perf_counter() - began) * 1e3
    rng = np.random.default_rng(0)
    written = list(_written(case, constraint, rng, outcome))
    language, _ = compile_lark(case.spec)
    derived = derivations(language.grammar, rng)
    texts = [text for text in files if len(text) < LONGEST_TEXT]
    texts += [text for text in written if len(text) < LONGEST_TEXT]
    if derived is not None:
        texts += [derived.text()[:LONGEST_TEXT] for _ in range(num_texts // 3)]
    sources = texts or [""]
    while len(texts) < num_texts:
        texts.append(mutated(sources[int(rng.integers(len(sources)))], sources[:40], rng))
    began = time.perf_counter()
    for text in texts:
        if time.perf_counter() - began > SLOW_S:
            break
        wanted = constraints.validate(case.spec, text.encode()) is None
        outcome.texts += 1
        outcome.members += wanted
        if language.accepts(text.encode()) != wanted:
            outcome.disagreements.append(f"Lark {wanted}: {text[:160]!r}")
    return outcome


def _written(
    case: Case, constraint: constraints.Constraint, rng: np.random.Generator, outcome: Outcome
) -> Iterator[str]:
    """What blocks write from random logits; Lark has to take all of it."""
    for length in LENGTHS:
        for scale in SCALES:
            logits = rng.normal(scale=scale, size=(length, constraint.vocabulary.size))
            try:
                posterior = constraint.block(length=length).condition(logits.astype(np.float32))
            except EmptyError:
                continue
            for canvas in (posterior.best(), posterior.sample(rng), posterior.sample(rng)):
                text = constraint.text(canvas)
                outcome.written += 1
                fault = constraints.validate(case.spec, text)
                if fault is not None:
                    outcome.invalid.append(f"{text[:160]!r}: {fault[:160]}")
                yield text.decode(errors="replace")


def _report(outcomes: Mapping[str, Outcome]) -> int:
    judged = {name: outcome for name, outcome in outcomes.items() if not outcome.refused}
    rows = [
        (name, o.texts, o.members, len(o.disagreements), o.written, len(o.invalid), o.compile_ms)
        for name, o in judged.items()
    ]
    columns = ["grammar", "texts", "members", "disagree", "written", "invalid", "compile ms"]
    report.table("agreement with Lark, and soundness", columns, rows)
    refused = Counter(outcome.refused for outcome in outcomes.values() if outcome.refused)
    report.table("refused", ["reason", "cases"], refused.most_common())
    for name, outcome in judged.items():
        for line in outcome.disagreements[:3]:
            print(f"DISAGREE {name}: {line}")
        for line in outcome.invalid[:3]:
            print(f"INVALID {name}: {line}")
    figures = {
        "cases": len(judged),
        "refused": dict(refused.most_common()),
        "texts": sum(o.texts for o in judged.values()),
        "members": sum(o.members for o in judged.values()),
        "disagreements": sum(len(o.disagreements) for o in judged.values()),
        "written": sum(o.written for o in judged.values()),
        "invalid": sum(len(o.invalid) for o in judged.values()),
    }
    passed = bool(figures["texts"] and figures["written"]) and not (
        figures["disagreements"] or figures["invalid"]
    )
    return report.finish("lark", passed=passed, figures=figures)


if __name__ == "__main__":
    sys.exit(main())
