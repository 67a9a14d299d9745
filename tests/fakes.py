"""An engine without a model: deterministic, quick, and as troublesome as the text says.

The text may hold directives: `steps=N`, `step_ms=N`, `admit_ms=N` (before the first step, as a
compile would take), `fail=engine|bug|exit|big` (at admission), `break=step|batch` (after the first
step: of this request, or of all together), `think=TEXT`, `name=TEXT`, and `trace=FILE`, to which
`start` and `stop N` (steps done) are appended, each behind the name. The answer is the first member
of the language, found by simple means; what a template gives is put around it.

The first option of a choice may hold directives for the compile: `compile_s=N` (busy),
`compile_mib=N` (memory), `compile=exit|bug`.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constraints.diagnostics import Diagnostic, Diagnostics
from constraints.errors import MalformedError, UnsatisfiableError, UnsupportedError
from constraints.lark import compile_lark
from constraints.spec import Choice, JsonSchema, Lark, Regex, Sql, Template
from constraints.sql.compile import catalog_of
from engine import (
    CanvasFrame,
    CommittedText,
    Event,
    FinishReason,
    ModelInfo,
    Request,
    Result,
    Timings,
)
from engine.errors import BudgetError, ContextError, EngineError, ModelError, RequestError
from engine.request import ANY_TEXT

CANVAS = 16
MAX_INPUT = 1000
SAMPLES = ("0", "1234", "A", "ABC123", "abc")


@dataclass(frozen=True)
class FakeState:
    fewest_tokens: int


@dataclass(frozen=True)
class FakeConstraint:
    text: str
    diagnostics: Diagnostics

    @property
    def start(self) -> FakeState:
        return FakeState(len(self.text.encode()))

    def accepts(self, text: bytes) -> bool:
        return text == self.text.encode()


@dataclass(frozen=True)
class FakeCompiler:
    """As much of `constraints.compiler.Compiler` as the service uses."""

    examples: Mapping[str, Any] = field(default_factory=lambda: {"choice": Choice(["warm"])})

    def compile(self, spec: Any) -> FakeConstraint:
        text = FIRST_MEMBER[type(spec)](spec)
        size = len(text)
        keywords = (Diagnostic(pointer="/type", keyword="type", enforcement="exact"),)
        stages = {"parse": 0.5, "lower": 0.25}
        return FakeConstraint(text, Diagnostics(keywords, size + 1, size, 3, stages))

    def packed(self, constraint: FakeConstraint) -> bytes:
        return pickle.dumps(constraint)

    def unpacked(self, data: bytes) -> FakeConstraint:
        return pickle.loads(data)


@dataclass(frozen=True)
class FakeEngine:
    """As much of `engine.Engine` as the service uses."""

    info: ModelInfo = field(
        default_factory=lambda: ModelInfo(
            name="default",
            canvas_length=CANVAS,
            max_input_tokens=MAX_INPUT,
            vocabulary_size=256,
            num_parameters=0,
            max_steps=48,
            device="cpu",
            dtype="float32",
        )
    )

    @classmethod
    def load(
        cls,
        name: str = "default",
        device: str = "cpu",
        threads: int | None = None,
        **_: object,
    ):
        if name != "default":
            raise ModelError(f"there is no model {name!r}", hint="known: default")
        return cls()

    @property
    def compiler(self) -> FakeCompiler:
        return FakeCompiler()

    def compile(self, spec: Any) -> FakeConstraint:
        return self.compiler.compile(spec)

    def batch(self) -> FakeBatch:
        return FakeBatch()

    def session(
        self,
        request: Request,
        *,
        constraint: FakeConstraint | None = None,
        on_event: Callable[[Event], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> FakeSession:
        directives = dict(re.findall(r"(\w+)=(\S+)", request.text))
        time.sleep(float(directives.get("admit_ms", 0)) / 1000)
        note = _tracer(directives)
        note("start")
        if len(request.text.encode()) > MAX_INPUT:
            raise ContextError(f"{len(request.text)} tokens are more than {MAX_INPUT}")
        if request.max_thinking_tokens and "think" not in directives:
            raise RequestError("the model does not think", field="max_thinking_tokens")
        FAILURES.get(directives.get("fail", ""), lambda: None)()
        if constraint is None and request.language:
            constraint = self.compile(request.language)
        text = constraint.text if constraint else f"free: {request.text}"
        if constraint and constraint.start.fewest_tokens > request.max_tokens:
            raise BudgetError(f"the shortest member has {len(text)} tokens")
        return FakeSession(
            request=request,
            constraint=constraint,
            text=text,
            directives=directives,
            note=note,
            on_event=on_event,
            should_stop=should_stop,
        )

    def generate(
        self,
        request: Request,
        *,
        on_event: Callable[[Event], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Result:
        batch = self.batch()
        session = self.session(request, on_event=on_event, should_stop=should_stop)
        batch.add(session)
        while not batch.step():
            pass
        return session.result()


@dataclass(eq=False, kw_only=True)
class FakeSession:
    """As much of `engine.session.Session` as the service uses."""

    request: Request
    constraint: FakeConstraint | None
    text: str
    directives: dict[str, str]
    note: Callable[[str], None]
    on_event: Callable[[Event], None] | None
    should_stop: Callable[[], bool]
    steps: int = 0
    ended: bool = False
    stopped: bool = False
    error: Exception | None = None

    def step(self) -> None:
        if self.directives.get("break") == "step":
            self.fail(EngineError("the step failed"))
            return
        total = int(self.directives.get("steps", 3))
        self.steps += 1
        if self.on_event:
            self.on_event(_frame(self.steps, self.text, 1 - self.steps / total))
        self.stopped = self.steps < total and self.should_stop()
        if self.stopped or self.steps == total:
            if self.on_event:
                self.on_event(CommittedText(block=0, text=self.text))
            self._end()

    def fail(self, error: Exception) -> None:
        self.error = error
        self._end()

    def result(self) -> Result:
        if self.error:
            raise self.error
        assert self.ended
        return _result(self.request, self.text, self.steps, self.stopped, self.constraint)

    def _end(self) -> None:
        self.ended = True
        self.note(f"stop {self.steps}")


class FakeBatch:
    """As much of `engine.batch.Batch` as the service uses; a step takes as long as its slowest."""

    def __init__(self) -> None:
        self.sessions: list[FakeSession] = []

    def add(self, session: FakeSession) -> bool:
        self.sessions.append(session)
        return False

    def step(self) -> list[FakeSession]:
        running = [session for session in self.sessions if not session.ended]
        slowest = max((float(each.directives.get("step_ms", 0)) for each in running), default=0)
        time.sleep(slowest / 1000)
        if any(each.directives.get("break") == "batch" for each in running):
            raise KeyError("secret detail")
        for session in running:
            session.step()
        ended = [session for session in self.sessions if session.ended]
        self.sessions = [session for session in self.sessions if not session.ended]
        return ended


def _frame(step: int, text: str, entropy: float) -> CanvasFrame:
    pieces = tuple(text[:CANVAS].ljust(CANVAS, "\0").replace("\0", " "))
    return CanvasFrame(
        block=0,
        step=step,
        pieces=pieces,
        entropy=(entropy,) * CANVAS,
        accepted=(entropy < 0.5,) * CANVAS,
        overridden=(True, *(False,) * (CANVAS - 1)),
    )


def _result(
    request: Request, text: str, steps: int, stopped: bool, constraint: FakeConstraint | None
) -> Result:
    token_ids = tuple(text.encode())
    reason = FinishReason.STOPPED if stopped else FinishReason.COMPLETE
    if constraint is None and len(token_ids) > request.max_tokens:
        token_ids, reason = token_ids[: request.max_tokens], FinishReason.LENGTH
    return Result(
        text=bytes(token_ids).decode(errors="replace"),
        token_ids=token_ids,
        finish_reason=reason,
        steps=steps,
        num_blocks=1,
        log_z=-1.5 if constraint else 0.0,
        seed=request.seed,
        timings=Timings(compile_ms=0.75, total_ms=2.0),
        diagnostics=constraint.diagnostics if constraint else None,
        thinking=dict(re.findall(r"(think)=(\S+)", request.text)).get("think", "")
        if request.max_thinking_tokens
        else "",
    )


def _tracer(directives: dict[str, str]) -> Callable[[str], None]:
    def note(line: str) -> None:
        if "trace" in directives:
            with Path(directives["trace"]).open("a") as file:
                file.write(f"{directives.get('name', '')} {line}".strip() + "\n")

    return note


def _fail_engine() -> None:
    raise EngineError("the device failed", code="DEVICE_LOST")


def _fail_bug() -> None:
    raise KeyError("secret detail")


def _fail_big() -> None:
    raise MalformedError("é" * 9000, pointer="/" + "ü" * 9000, keyword="k" * 9000, hint="h" * 9000)


FAILURES: dict[str, Callable[[], None]] = {
    "engine": _fail_engine,
    "bug": _fail_bug,
    "big": _fail_big,
    "exit": lambda: os._exit(3),
}


def _first_json(spec: JsonSchema) -> str:
    try:
        schema = json.loads(spec.text)
    except ValueError as error:
        raise MalformedError(f"not JSON: {error}", line=1, column=1) from error
    return json.dumps(_value(schema, ""))


def _value(schema: Any, pointer: str) -> Any:
    if schema is False:
        raise UnsatisfiableError("nothing satisfies false", pointer=pointer)
    if schema is True:
        return None
    if not isinstance(schema, dict):
        raise MalformedError("a schema is an object or a boolean", pointer=pointer)
    if "impossible" in schema:
        raise UnsupportedError(
            "cannot be enforced", pointer=f"{pointer}/impossible", keyword="impossible"
        )
    if "enum" in schema:
        return schema["enum"][0]
    return _typed(schema, pointer)


def _typed(schema: dict[str, Any], pointer: str) -> Any:
    kind = schema.get("type", "null")
    if kind not in SCALARS and kind not in ("object", "array"):
        raise MalformedError(f"no type {kind!r}", pointer=f"{pointer}/type", keyword="type")
    if kind == "object":
        return {
            name: _value(part, f"{pointer}/properties/{name}")
            for name, part in schema.get("properties", {}).items()
        }
    if kind == "array":
        item = _value(schema.get("items", True), f"{pointer}/items")
        return [item] * int(schema.get("minItems", 0))
    if "format" in schema:
        return "2026-01-02"
    return _first_match(Regex(schema["pattern"])) if "pattern" in schema else SCALARS[kind]


SCALARS: dict[str, Any] = {
    "string": "a b",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


def _first_match(spec: Regex) -> str:
    try:
        pattern = re.compile(spec.pattern)
    except re.error as error:
        raise MalformedError(str(error), line=1, column=1) from error
    for sample in SAMPLES:
        if pattern.fullmatch(sample):
            return sample
    raise UnsatisfiableError("no sample matches")


def _first_option(spec: Choice) -> str:
    if not spec.options:
        raise MalformedError("there is no option")
    _compile_as_told(spec.options[0])
    return spec.options[0]


def _compile_as_told(option: str) -> None:
    directives = dict(re.findall(r"(compile\w*)=(\S+)", option))
    until = time.monotonic() + float(directives.get("compile_s", 0))
    while time.monotonic() < until:
        pass
    bytearray(int(directives.get("compile_mib", 0)) << 20)
    FAILURES.get(directives.get("compile", ""), lambda: None)()


def _first_filled(spec: Template) -> str:
    member = FIRST_MEMBER[type(spec.spec)](spec.spec) if spec.spec != ANY_TEXT else ""
    if "impossible" in spec.literals:
        raise UnsatisfiableError("no member fits the template", keyword="template")
    return member.join(spec.literals)


def _first_of_grammar(spec: Lark) -> str:
    language, _ = compile_lark(spec)
    return next(text for text in SAMPLES if language.accepts(text.encode()))


def _first_query(spec: Sql) -> str:
    table = catalog_of(spec).tables[0]
    return f"SELECT {table.columns[0].name} FROM {table.name}"


FIRST_MEMBER: dict[type, Callable[[Any], str]] = {
    JsonSchema: _first_json,
    Regex: _first_match,
    Choice: _first_option,
    Template: _first_filled,
    Lark: _first_of_grammar,
    Sql: _first_query,
}
