from __future__ import annotations

import json
import socket

import pytest
import typer
from typer.testing import CliRunner

from blockform.cli import app, options
from tests.servers import FAKE_ENGINE

SCHEMA = '{"type": "object", "properties": {"id": {"type": "number"}, "who": {"type": "string"}}}'


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(SCHEMA)
    return str(path)


@pytest.fixture
def invoke(server):
    """Runs a command against the server; returns exit code, standard output and error."""

    def run(*arguments: str, text: str = "hello", target: str = server.address):
        done = CliRunner().invoke(app, [*arguments, "--server", target], input=text)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


def test_generate_prints_one_compact_line(invoke, schema):
    code, out, err = invoke("generate", "--schema", schema)
    assert (code, out) == (0, '{"id":1.5,"who":"a b"}\n')
    assert "complete: " in err


def test_generate_reads_a_file_and_takes_options(invoke, schema, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("hello")
    arguments = ("--text", str(text), "--seed", "3", "--max-tokens", "99", "--whitespace", "spaced")
    assert invoke("generate", "--schema", schema, *arguments)[:2] == (
        0,
        '{"id":1.5,"who":"a b"}\n',
    )


def test_generate_with_a_pattern_or_choices_prints_the_text(invoke):
    assert invoke("generate", "--regex", "[0-9]{4}")[:2] == (0, "1234\n")
    assert invoke("generate", "--choice", "a  b", "--choice", "c")[:2] == (0, "a  b\n")


def test_generate_puts_what_is_given_into_the_answer(invoke):
    yes = ("--choice", "yes")
    assert invoke("generate", *yes, "--prefix", "<", "--suffix", ">")[:2] == (0, "<yes>\n")
    template = ("--template", "", "--template", ", ", "--template", "!")
    assert invoke("generate", *yes, *template)[:2] == (0, "yes, yes!\n")
    assert invoke("watch", *yes, *template)[:2] == (0, "yes, yes!\n")
    assert invoke("generate", "--template", "a", "--template", "b")[:2] == (0, "ab\n")
    assert json.loads(invoke("check", *yes, "--prefix", "<")[1])["fewest_tokens"] == 4


@pytest.mark.parametrize("command", ["generate", "watch"])
def test_thoughts_go_to_standard_error(command, invoke):
    code, out, err = invoke(command, "--choice", "yes", "--thinking", "9", text="think=h\x1bm")
    assert (code, out) == (0, "yes\n")
    assert "thought: h�m" in err


def test_check_prints_figures_as_json(invoke, schema):
    code, out, _ = invoke("check", "--schema", schema)
    report = json.loads(out)
    assert code == 0
    assert out.count("\n") == 1
    assert {"states", "edges", "atoms", "compile_ms", "fewest_tokens", "diagnostics"} <= set(report)
    assert report["diagnostics"][0]["enforcement"] == "exact"


def test_check_says_whether_a_text_is_in_the_language(invoke, tmp_path):
    members = ("yes", "yes\n", "yes\r\n", "\ufeffyes\n")
    for text in (*members, "no", "yes\n\n", "yes ", ""):
        file = tmp_path / "text"
        file.write_text(text, encoding="utf-8", newline="")
        code, out, err = invoke("check", "--choice", "yes", "--text", str(file), "--seed", "1")
        assert json.loads(out)["accepted"] is (text in members), text
        assert code == (0 if text in members else 1)
        assert ("not in the language" in err) is (text not in members)


def test_check_with_a_budget_says_whether_anything_fits(invoke):
    assert invoke("check", "--choice", "yes", "--max-tokens", "3")[0] == 0
    assert invoke("check", "--choice", "yes", "--max-tokens", "2")[0] == 2


def test_watch_prints_steps_beside_the_result(invoke, schema):
    code, out, err = invoke("watch", "--schema", schema)
    assert (code, out) == (0, '{"id":1.5,"who":"a b"}\n')
    assert err.count("canvas 1 step") == 3
    assert "▸" in err


WRONG_CALLS = {
    "no language": [],
    "two languages": ["--regex", "a", "--choice", "b"],
    "a schema that is not there": ["--schema", "/nowhere/schema.json"],
    "a text that is not there": ["--regex", "[0-9]", "--text", "/nowhere/text.txt"],
    "sql without a catalog": ["--sql", "sqlite"],
    "white space without a schema": ["--regex", "a", "--whitespace", "compact"],
    "an unknown white space": ["--regex", "a", "--whitespace", "loose"],
    "a budget of nothing": ["--regex", "[0-9]", "--max-tokens", "0"],
    "a budget too small": ["--regex", "[0-9]{4}", "--max-tokens", "1"],
    "a seed below zero": ["--regex", "[0-9]", "--seed", "-1"],
    "a seed over the wire's range": ["--regex", "[0-9]", "--seed", str(2**70)],
    "a template of one text": ["--regex", "[0-9]", "--template", "a"],
    "a template with a prefix": ["--template", "a", "--template", "b", "--prefix", "a"],
    "thinking below zero": ["--regex", "[0-9]", "--thinking", "-1"],
    "a model that does not think": ["--regex", "[0-9]", "--thinking", "4"],
    "an unknown option": ["--regex", "a", "--colour"],
}


NAMED_CALLS = {
    "--seed": ["--choice", "a", "--seed", str(2**63)],
    "--max-tokens": ["--choice", "a", "--max-tokens", str(2**40)],
    "--thinking": ["--choice", "a", "--thinking", str(2**40)],
    "--timeout": ["--choice", "a", "--timeout", "inf"],
    "--server": ["--choice", "a", "--server", ""],
    "choice[0]": ["--choice", "\udcff"],
    "regex": ["--regex", "\udcff"],
    "prefix": ["--choice", "a", "--prefix", "\udcff"],
    "schema\\udcff": ["--schema", "schema\udcff"],
}


@pytest.mark.parametrize("named", NAMED_CALLS)
def test_a_wrong_value_is_named(named, server):
    arguments = ["generate", "--server", server.address, *NAMED_CALLS[named]]
    done = CliRunner().invoke(app, arguments, input="hello")
    assert isinstance(done.exception, SystemExit)
    assert (done.exit_code, done.stdout) == (2, "")
    assert named in done.stderr


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "0", "1e30"])
def test_a_timeout_is_a_number_of_seconds(seconds, invoke):
    assert invoke("generate", "--choice", "a", f"--timeout={seconds}")[0] == 2


def test_a_file_that_is_not_utf8_is_named_with_its_line(invoke, tmp_path):
    file = tmp_path / "text.txt"
    file.write_bytes(b"one\ntwo \xff")
    code, _, err = invoke("generate", "--choice", "a", "--text", str(file))
    assert code == 2
    assert "text.txt is not UTF-8: byte 9, on line 2" in err


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_a_wrong_call_ends_with_2_and_an_empty_output(name, invoke):
    code, out, err = invoke("generate", *WRONG_CALLS[name])
    assert (code, out) == (2, "")
    assert err


def test_an_answer_that_cannot_be_written_is_no_success(monkeypatch, capsys):
    monkeypatch.setattr(options.sys, "stdout", None)
    with pytest.raises(typer.Exit) as ended:
        options.emit("the answer")
    assert ended.value.exit_code == 4
    assert "standard output is closed" in capsys.readouterr().err


def test_an_input_that_is_closed_is_bad_input(monkeypatch, capsys):
    monkeypatch.setattr(options.sys, "stdin", None)
    with pytest.raises(typer.Exit) as ended:
        options.read_text("-")
    assert ended.value.exit_code == 2
    assert "standard input is closed" in capsys.readouterr().err


def test_an_empty_text_is_bad_input(invoke):
    code, out, err = invoke("generate", "--regex", "[0-9]", text="")
    assert (code, out) == (2, "")
    assert "[text]" in err


def test_a_text_that_is_not_utf8_is_bad_input(invoke):
    assert invoke("generate", "--regex", "[0-9]", text=b"\xff")[0] == 2


REFUSED = {
    "malformed json": '{"type":',
    "not a schema": '{"type": 5}',
    "unsupported": '{"impossible": 1}',
    "unsatisfiable": "false",
}


@pytest.mark.parametrize("command", ["generate", "check"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_schema_ends_with_3_and_says_where(name, command, invoke, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(REFUSED[name])
    code, out, err = invoke(command, "--schema", str(path))
    assert (code, out) == (3, "")
    assert "constraint.json_schema.text" in err


def test_kinds_that_do_not_exist_yet_are_refused(invoke, tmp_path):
    file = tmp_path / "file"
    file.write_text("start: A")
    assert invoke("generate", "--lark", str(file))[0] == 3
    assert invoke("generate", "--sql", "sqlite", "--catalog", str(file))[0] == 3


def test_a_failing_server_ends_with_4(invoke):
    assert invoke("generate", "--regex", "[0-9]", text="fail=engine")[0] == 4
    assert invoke("generate", "--regex", "[0-9]", "--model", "other")[0] == 4
    assert invoke("generate", "--regex", "[0-9]", target="127.0.0.1:1")[0] == 4


def local(*arguments: str, text: str = "hello"):
    done = CliRunner().invoke(app, [*arguments, "--engine", FAKE_ENGINE], input=text)
    return done.exit_code, done.stdout, done.stderr


def test_without_a_server_an_engine_in_the_process_does_the_same(schema):
    assert local("generate", "--schema", schema)[:2] == (0, '{"id":1.5,"who":"a b"}\n')
    assert local("generate", "--choice", "yes", "--prefix", "<")[:2] == (0, "<yes\n")
    code, out, err = local("watch", "--choice", "yes")
    assert (code, out, err.count("canvas 1 step")) == (0, "yes\n", 3)
    assert json.loads(local("check", "--choice", "yes")[1])["states"] == 4


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        (["--regex", "[0-9]"], "", 2),
        (["--regex", "[0-9]{4}", "--max-tokens", "1"], "hello", 2),
        (["--regex", "("], "hello", 3),
        (["--regex", "[0-9]"], "fail=engine", 4),
        (["--regex", "[0-9]"], "fail=bug", 4),
        (["--regex", "[0-9]", "--model", "other"], "hello", 4),
    ],
)
@pytest.mark.parametrize("command", ["generate", "watch"])
def test_without_a_server_failures_end_alike(command, arguments, text, code):
    assert local(command, *arguments, text=text)[:2] == (code, "")


def test_a_light_installation_names_the_extra(monkeypatch):
    monkeypatch.setattr(options.importlib.util, "find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["generate", "--regex", "a"], input="hello")
    assert done.exit_code == 4
    assert "pip install 'blockform[server]'" in done.stderr
    assert CliRunner().invoke(app, ["serve"]).exit_code == 4


@pytest.mark.parametrize("command", ["", "serve", "generate", "check", "watch"])
def test_help_explains_each_command(command):
    done = CliRunner().invoke(app, [*command.split(), "--help"])
    assert done.exit_code == 0
    assert "Exit codes" in done.stdout if not command else "Example" in done.stdout


def test_serve_refuses_an_unknown_model():
    arguments = ["serve", "--port", "0", "--model", "missing", "--engine", FAKE_ENGINE]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 4
    assert "MODEL_NOT_FOUND: there is no model 'missing'" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_refuses_a_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["serve", "--port", port, "--engine", FAKE_ENGINE])
    assert done.exit_code == 4
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
