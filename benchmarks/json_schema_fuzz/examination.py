"""Examines a case: what we accept and draw, against the oracle."""

from __future__ import annotations

import random
import resource
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

import constraints
from benchmarks import spelled_json
from benchmarks.json_schema_fuzz.case import Case, asked, constants_of
from benchmarks.json_schema_fuzz.finding import Finding, Outcome
from benchmarks.json_schema_fuzz.maker import Maker
from benchmarks.json_schema_fuzz.mutation import _without_keyword, with_one_changed
from benchmarks.json_schema_fuzz.oracle import Oracle
from constraints import Constraint, EmptyError, JsonSchema, SpecError, Vocabulary
from constraints.errors import UnsatisfiableError
from constraints.json_schema import Recogniser, recogniser
from constraints.json_schema.whitespace import LAYOUTS

PIECES = (
    *('{"', '":', '",', '","', '"}', '":"', '{"a":', '"a"', '"b":', "[]", "{}", "}}", "]]", "[["),
    *("]}", ", ", ": ", "\n  ", "null", "true", "false", "\\u", "\\u00", "0.", "1e", "10", "é"),
    *("aa", "ab", '""', '"\\', "],[", "},{", ".0", "-1", "00", '"é":', "a", "1"),
)
VOCABULARY = Vocabulary.from_bytes(
    [*(bytes([byte]) for byte in range(256)), *(piece.encode() for piece in PIECES), None],
    eos_ids=[256 + len(PIECES)],
)
FAVOURED = np.array(
    [*b'{}[]":,ab01. e-', *range(256, VOCABULARY.size)],
    dtype=np.int64,
)
LENGTHS = (12, 40, 96)
SLOW = 5.0
LARGE = 600_000
"""Kilobytes."""

Made = TypeVar("Made")
Language = Constraint | Recogniser


class Examination:
    """One case, examined; findings and counts gather in it.

    Args:
        case: What to examine.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.oracle = Oracle(case)
        self.rng = random.Random(case.seed)
        self.noise = np.random.default_rng(case.seed)
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.refused = ""
        self.setting = ""
        self.unsatisfied = False

    def run(self) -> Outcome:
        """Asks, draws, and asks about what was drawn."""
        spec = JsonSchema(self.case.schema, whitespace="any")
        everything = self.compiled(spec, True) if self.case.draws else self.recogniser(spec)
        texts = [text.encode() for text in self.case.texts]
        texts.extend(self.around(self.nearby()))
        if isinstance(everything, Constraint):
            texts.extend(self.around(self.drawn(everything)))
            for policy in self.rng.sample(list(LAYOUTS), 2):
                spec = JsonSchema(self.case.schema, whitespace=policy)
                self.apart(spec, everything, texts)
        self.setting = "open any"
        if everything is not None:
            self.compare(everything, texts)
        elif self.unsatisfied and not self.case.formats:
            self.unsatisfiable(texts)
        return Outcome(
            refused=self.refused,
            compared=self.counts["compared"],
            valid=self.counts["valid"],
            unjudged=self.counts["unjudged"],
            drawn=self.counts["drawn"],
            too_long=self.counts["too_long"],
            findings=tuple(self.findings),
        )

    def apart(self, spec: JsonSchema, everything: Language, texts: Sequence[bytes]) -> None:
        """Another setting: its draws are members here and everywhere, its members are valid."""
        constraint = self.compiled(spec, self.rng.random() < 0.4)
        if constraint is None:
            return
        for text in self.drawn(constraint):
            if not self.accepts(everything, text):
                self.found("not_accepted", text, "drawn, but the open schema rejects it", "")
        for text in texts:
            if self.accepts(constraint, text) and self.oracle(text) is False:
                self.found("wrong_accept", text, "accepts", "invalid")

    def compiled(self, spec: JsonSchema, open_objects: bool) -> Constraint | None:
        """The constraint, or None where it is refused or fails."""
        spec = replace(spec, open_objects=open_objects, assert_formats=self.case.formats)
        self.setting = f"{'open' if open_objects else 'closed'} {spec.whitespace}"
        started, size = time.process_time(), _size()
        constraint = self.made(lambda: constraints.compile(spec, VOCABULARY))
        if (seconds := time.process_time() - started) > SLOW:
            self.found("slow", b"", f"compiles in {seconds:.1f} s", "")
        if (grown := _size() - size) > LARGE:
            self.found("memory", b"", f"grows by {grown // 1000} MB", "")
        return constraint

    def recogniser(self, spec: JsonSchema) -> Recogniser | None:
        """What `Constraint.accepts` asks of open objects, without the rest of a constraint."""
        self.setting = "open any"
        spec = replace(spec, open_objects=True, assert_formats=self.case.formats)
        return self.made(lambda: recogniser(spec))

    def made(self, make: Callable[[], Made]) -> Made | None:
        """What `make` gives, or None where it refuses or fails."""
        try:
            return make()
        except SpecError as error:
            self.refused = self.refused or f"{error.code}:{error.keyword}"
            unsatisfiable = isinstance(error, UnsatisfiableError)
            self.unsatisfied |= unsatisfiable and self.setting.startswith("open")
        except Exception as error:  # noqa: BLE001 - that is what is sought
            self.found("crash", b"", _crash(error), "")
        return None

    def unsatisfiable(self, texts: Iterable[bytes]) -> None:
        """No text at hand may be valid."""
        for text in texts:
            if self.oracle(text):
                self.found("wrongly_unsatisfiable", text, "unsatisfiable", "valid")
                return

    def nearby(self) -> list[bytes]:
        """Texts drawn from the schema without one of its keywords: nearly valid ones."""
        if not self.case.draws:
            return []
        schema = spelled_json.read(self.case.schema)
        near = spelled_json.written(with_one_changed(Maker(self.rng), schema, _without_keyword))
        try:
            constraint = constraints.compile(JsonSchema(near, open_objects=True), VOCABULARY)
        except Exception:  # noqa: BLE001 - of another schema, which has its own turn
            return []
        return self.pair(constraint)

    def compare(self, constraint: Language, texts: Iterable[bytes]) -> None:
        """Every text is accepted iff it is valid."""
        for text in texts:
            expected = self.oracle(text)
            if expected is None:
                self.counts["unjudged"] += 1
                continue
            accepted = self.accepts(constraint, text)
            self.counts["compared"] += 1
            self.counts["valid"] += expected
            if accepted and not expected:
                self.found("wrong_accept", text, "accepts", "invalid")
            if expected and accepted is False and not self.case.formats:
                self.found("wrong_reject", text, "rejects", "valid")

    def accepts(self, constraint: Language, text: bytes) -> bool | None:
        """What the constraint says; None where it fails."""
        try:
            return constraint.accepts(text)
        except Exception as error:  # noqa: BLE001 - that is what is sought
            if isinstance(error, SpecError) and isinstance(constraint, Recogniser):
                self.refused = self.refused or f"{error.code}:{error.keyword}"
            else:
                self.found("crash", text, _crash(error), "")
            return None

    def drawn(self, constraint: Constraint) -> list[bytes]:
        """Texts drawn from blocks, each found valid and a member that can be pinned."""
        texts: list[bytes] = []
        try:
            for _ in range(self.case.draws):
                texts.extend(self.pair(constraint))
            for text in texts:
                self.judge(constraint, text)
        except Exception as error:  # noqa: BLE001 - that is what is sought
            self.found("crash", b"", _crash(error), "")
        self.counts["drawn"] += len(texts)
        return texts

    def pair(self, constraint: Constraint) -> list[bytes]:
        """A sample and the best text of one block under random logits."""
        length = self.rng.choice(LENGTHS)
        try:
            block = constraint.block(length)
        except EmptyError:
            self.counts["too_long"] += 1
            return []
        logits = self.noise.standard_normal((length, VOCABULARY.size), dtype=np.float32)
        logits *= self.rng.uniform(0, 6)
        logits[:, FAVOURED] += self.rng.choice((0, 4, 8))
        logits[:, -1] += self.rng.choice((-6, 0, 0, 6))
        posterior = block.condition(logits)
        canvases = (posterior.sample(self.noise), posterior.best())
        return [constraint.text(canvas) for canvas in canvases]

    def judge(self, constraint: Constraint, text: bytes) -> None:
        """A drawn text is valid, a member, and the only one once its tokens are pinned."""
        if self.oracle(text) is False:
            self.found("unsound", text, "drawn", "invalid")
        tokens = constraint.encode(text)
        if tokens is None:
            self.found("not_accepted", text, "drawn, but rejected", "")
            return
        length = len(tokens) + 1
        try:
            block = constraint.block(length, pinned=dict(enumerate(tokens)))
            log_z = block.condition(np.zeros((length, VOCABULARY.size), np.float32)).log_z
        except EmptyError as error:
            self.found("not_pinned", text, str(error), "")
            return
        if not np.isfinite(log_z):
            self.found("not_pinned", text, f"log_z is {log_z}", "")

    def around(self, texts: Iterable[bytes]) -> Iterator[bytes]:
        """Drawn texts, changed a little and spelled anew."""
        maker = Maker(self.rng, constants=constants_of(spelled_json.read(self.case.schema)))
        for text in texts:
            try:
                value = spelled_json.read(text.decode())
                yield from (each.encode() for each in asked(maker, (value, maker.altered(value))))
            except (ValueError, ArithmeticError):
                continue

    def found(self, kind: str, instance: bytes, ours: str, oracle: str) -> None:
        """Keeps a finding, one of each kind in each setting."""
        finding = Finding(
            kind=kind,
            schema=self.case.schema,
            instance=instance.decode(errors="backslashreplace"),
            ours=ours,
            oracle=oracle,
            setting=self.setting,
        )
        if all((each.kind, each.setting) != (kind, self.setting) for each in self.findings):
            self.findings.append(finding)


def _crash(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = str(error)[:200]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.name}: {message}"


def _size() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def examined(case: Case) -> Outcome:
    """What becomes of a case."""
    return Examination(case).run()
