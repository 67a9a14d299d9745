"""What may be imported from where, seen from outside: in a fresh interpreter."""

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "triton")
LIGHT_CLIENT = (*HEAVY, "numba", "numpy", "constraints", "engine", "service", "jsonschema")


def imported_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import constraints", (*HEAVY, "grpc", "google", "blockform")),
        ("import blockform.client", LIGHT_CLIENT),
        ("import blockform.cli", LIGHT_CLIENT),
        ("import engine", ("grpc", "google", "blockform")),
    ],
)
def test_an_import_stays_light(statement, forbidden):
    assert not imported_by(statement) & set(forbidden)


def test_the_light_import_test_can_fail():
    assert "numba" in imported_by("import constraints")


def test_our_packages_are_ours_alone():
    owners = packages_distributions()
    for name in ("constraints", "engine", "service", "blockform"):
        assert set(owners.get(name, ["blockform"])) == {"blockform"}


def test_the_bare_install_pulls_no_heavy_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {item.split("[")[0].split(">")[0].split("<")[0] for item in project["dependencies"]}
    assert not names & {*HEAVY, "numba", "numpy", "jsonschema", "tokenizers"}


def test_nothing_committed_names_this_machine():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split("\0")
    texts = {".py", ".md", ".toml", ".yaml", ".json", ".lock", ".proto", ""}
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in texts and path.is_file() and path.stat().st_size < 1_000_000:
            assert str(ROOT.parent) + "/" not in path.read_text(errors="replace"), name
