"""docs/structure.md says what each module is for, in the module's own words."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("client/blockform", "service", "engine", "constraints", "models", "benchmarks")


def described() -> dict[str, str]:
    folder, lines = "", {}
    for line in (ROOT / "docs" / "structure.md").read_text().split("\n"):
        if heading := re.fullmatch(r"### `(.*)/`", line):
            folder = heading[1]
        elif entry := re.fullmatch(r"- `([\w/]+\.py)`: (.*)", line):
            lines[f"{folder}/{entry[1]}"] = entry[2]
    return lines


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_has_its_line(folder):
    modules = {
        str(path.relative_to(ROOT)): (ast.get_docstring(ast.parse(path.read_text())) or "")
        for path in (ROOT / folder).rglob("*.py")
    }
    listed = {name: line for name, line in described().items() if name.startswith(f"{folder}/")}
    assert listed == {name: docstring.split("\n")[0] for name, docstring in modules.items()}
