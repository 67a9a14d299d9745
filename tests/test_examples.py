"""The examples run as their documents say, against a server over the fake engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.servers import FAKE_ENGINE, ROOT, ServerProcess, environment, shared_server

EXAMPLES = ROOT / "examples"
DATA = EXAMPLES / "data"
ONE_IDEA = [
    "grpc_client.py",
    "etl_extract.py",
    "transformers_hook.py",
    "analytics_sql.py",
    "lark_grammar.py",
]


@pytest.fixture
def server() -> ServerProcess:
    return shared_server()


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        timeout=300,
    )


def schema(name: str):
    return json.loads((DATA / f"{name}.schema.json").read_text())


@pytest.mark.parametrize("name", ONE_IDEA)
def test_an_example_is_short(name):
    assert len((EXAMPLES / name).read_text().splitlines()) < 70


@pytest.mark.parametrize("path", sorted(DATA.glob("*.schema.json")), ids=lambda path: path.name)
def test_each_schema_is_one_and_has_its_text(path):
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))
    assert (DATA / path.name.replace(".schema.json", ".txt")).read_text().strip()


def test_the_grammar_example_prints_a_program_and_a_caret():
    done = run("lark_grammar.py")
    assert done.returncode == 0, done.stderr
    program, certificate, error, line, caret = done.stdout.rstrip("\n").split("\n")
    assert re.match(r"(move (north|east|south|west) by \d|repeat \d)", program)
    assert re.search(r"at most [\d.]+%", certificate)
    assert error.startswith("3:18: ")
    assert line[caret.index("^") :].startswith("WAY")


def test_the_grpc_client_prints_a_record(server):
    done = run("grpc_client.py", "--server", server.address)
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == list(schema("support")["properties"])


def test_the_hook_holds_transformers_to_a_schema():
    done = run("transformers_hook.py")
    assert done.returncode == 0, done.stderr
    jsonschema.validate(json.loads(done.stdout), schema("support"))


def test_the_job_accounts_for_every_row(server, tmp_path):
    out, dead = tmp_path / "out.jsonl", tmp_path / "dead.jsonl"
    rows = DATA / "support.jsonl"
    paths = (rows, DATA / "support.schema.json", out, dead)
    done = run("etl_extract.py", *map(str, paths), "--server", server.address)
    assert done.returncode == 0, done.stderr
    records, letters = (
        [json.loads(line) for line in path.read_text().splitlines()] for path in (out, dead)
    )
    counts = json.loads(done.stdout)
    assert counts == {"rows": 6, "ok": len(records), "dead": len(letters)}
    assert counts["rows"] == counts["ok"] + counts["dead"] == len(lines(rows))
    assert [record["id"] for record in records] == [1, 2, 4]
    for record in records:
        jsonschema.validate(record["record"], schema("support"))
    reasons = [(letter["row"], letter["error"]) for letter in letters]
    assert [reason for _, reason in reasons] == ["INVALID_REQUEST", "JSONDecodeError", "KeyError"]
    assert all(row in lines(rows) for row, _ in reasons)


def test_the_job_accounts_for_bytes_that_are_no_rows(server, tmp_path):
    rows = [
        b'\xef\xbb\xbf{"id": 1, "text": "hello"}\r\n',
        b"\n",
        b'{"id": 3, "text": "\xff"}\n',
        b'{"id": 4, "text": "a\x00b"}\n',
        b"[" * 100_000 + b"\n",
        b'{"id": 6, "text": 7}\n',
        b'{"id": 7, "text": "the last line has no end"}',
    ]
    file, out, dead = (tmp_path / name for name in ("in", "out", "dead"))
    file.write_bytes(b"".join(rows))
    paths = (file, DATA / "support.schema.json", out, dead)
    done = run("etl_extract.py", *map(str, paths), "--server", server.address)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"rows": 7, "ok": 2, "dead": 5}
    assert [json.loads(line)["id"] for line in lines(out)] == [1, 7]
    letters = [json.loads(line) for line in lines(dead)]
    assert letters[1]["row"] == '{"id": 3, "text": "\\xff"}'
    assert all(letter["error"] and letter["reason"] for letter in letters)


@pytest.mark.parametrize("broken", ["in is out", "no rows", "no schema", "full disk"])
def test_a_job_that_cannot_run_says_why(broken, server, tmp_path):
    rows, out, dead = tmp_path / "in", tmp_path / "out", tmp_path / "dead"
    text = '{"id": 1, "text": "hello"}\n'
    rows.write_text(text)
    paths = {
        "in is out": (rows, DATA / "support.schema.json", rows, dead),
        "no rows": (tmp_path / "nowhere", DATA / "support.schema.json", out, dead),
        "no schema": (rows, tmp_path / "in", out, dead),
        "full disk": (rows, DATA / "support.schema.json", Path("/dev/full"), dead),
    }[broken]
    done = run("etl_extract.py", *map(str, paths), "--server", server.address)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    assert rows.read_text() == text


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_the_analytics_example_shows_its_queries_and_their_rows(server):
    done = run("analytics_sql.py", "Which customers are there?", "--server", server.address)
    assert done.returncode == 0, done.stderr
    question, query, *rows = done.stdout.splitlines()
    assert question == "Which customers are there?"
    assert query.split() == ["SELECT", "id", "FROM", "customers"]
    assert len(rows) == 20


def test_the_demo_prints_three_valid_records_and_stops_its_server():
    done = run("demo.py", "--engine", FAKE_ENGINE)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
    assert [next(iter(record)) for record in found] == ["customer", "tracking", "customer"]
    assert done.stdout.count("steps") == 6
    assert len(re.findall(r"\d s, .* valid$", done.stdout, re.MULTILINE)) == 3
    assert "3 of 3 records are valid" in done.stdout
