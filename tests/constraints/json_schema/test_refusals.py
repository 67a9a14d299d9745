"""The table of refusals in `docs/json_schema.md` is the one that the code can raise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs/json_schema.md"
SOURCES = ("json_schema", "regex", "automata")
CODES = {
    "MalformedError": "MALFORMED_SPEC",
    "UnsupportedError": "UNSUPPORTED_KEYWORD",
    "LimitError": "SPEC_LIMIT_EXCEEDED",
    "UnsatisfiableError": "UNSATISFIABLE_SPEC",
}
BEGIN, END = "<!-- refusals -->\n", "<!-- end of refusals -->\n"


def template(node: ast.expr) -> str:
    """A message with `…` for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
        return "".join(map(str, parts))
    if isinstance(node, ast.BinOp):
        return template(node.left) + template(node.right)
    return "…"


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id in CODES and node.args:
            yield CODES[node.func.id], node


def rows() -> list[str]:
    found: set[tuple[str, str, str]] = set()
    for folder in SOURCES:
        for path in sorted((ROOT / "constraints" / folder).rglob("*.py")):
            for code, call in calls(path):
                hints = [word.value for word in call.keywords if word.arg == "hint"]
                hint = template(hints[0]) if hints else ""
                found.add((code, template(call.args[0]), hint))
    return [f"| `{code}` | {message} | {hint} |" for code, message, hint in sorted(found)]


def table() -> str:
    head = ["| code | message | what to do |", "|---|---|---|"]
    return "\n".join([*head, *(row.replace("\n", " ") for row in rows())]) + "\n"


def test_the_document_lists_every_refusal() -> None:
    text = DOCUMENT.read_text()
    listed = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert listed == table(), f"write this between the marks:\n{table()}"


def test_the_codes_are_those_of_the_errors() -> None:
    import constraints

    assert {name: getattr(constraints, name)("message").code for name in CODES} == CODES
