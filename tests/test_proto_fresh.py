"""The committed stubs are what the pinned generator makes of the committed .proto files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PROTO = Path(__file__).parents[1] / "proto"
FOLDER = PROTO / "blockform" / "v1"


def generate(source: Path, target: Path) -> None:
    outputs = [f"--{kind}={target}" for kind in ("python_out", "pyi_out", "grpc_python_out")]
    files = sorted(map(str, source.rglob("*.proto")))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{source}", *outputs, *files]
    subprocess.run(command, check=True, capture_output=True)


def stubs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*_pb2*.py*") if path.is_file()}


def committed() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in FOLDER.glob("*_pb2*.py*")}


def test_the_stubs_are_fresh(tmp_path):
    generate(PROTO, tmp_path)
    assert stubs(tmp_path) == committed()
    assert {name.partition("_pb2")[0] for name in committed()} == {
        path.stem for path in FOLDER.glob("*.proto")
    }


def test_a_changed_field_is_noticed(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(PROTO, source, ignore=shutil.ignore_patterns("*.py*", "__pycache__"))
    target.mkdir()
    changed = source / "blockform" / "v1" / "generation.proto"
    changed.write_text(changed.read_text().replace("string text = 2;", "string text = 22;"))
    generate(source, target)
    assert stubs(target) != committed()


def test_the_generator_is_the_pinned_one():
    assert metadata.version("grpcio-tools") == "1.76.0"


def test_buf_has_nothing_to_say():
    buf = Path(sys.executable).with_name("buf")
    for command in (["lint"], ["format", "--diff", "--exit-code"]):
        done = subprocess.run([buf, *command], cwd=PROTO, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
