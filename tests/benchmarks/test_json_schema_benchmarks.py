"""The JSON Schema benchmarks count what they are given as it is."""

import json
from functools import partial

import pytest

from benchmarks import isolation, json_schema, json_schema_suite, report, spelled_json, vocabularies
from benchmarks.isolation import Failure
from benchmarks.judging import Case, Instance, Refused, counts, faults, judge
from benchmarks.peers import PEERS

CASE = Case(
    group="g",
    name="n",
    schema="{}",
    instances=(Instance("good", b"1", True), Instance("bad", b'"x"', False)),
)


class Fixed:
    """An engine whose compiled schema accepts a fixed set of texts."""

    def __init__(self, *accepted: bytes, refusal: Refused | None = None) -> None:
        self.accepted = accepted
        self.refusal = refusal

    def compile(self, case):
        if self.refusal is not None:
            raise self.refusal
        return self

    def first_mask(self):
        return True

    def accepts(self, text):
        return text in self.accepted

    def stages(self):
        return {}

    def sizes(self):
        return {}


@pytest.mark.parametrize(
    ("engine", "verdicts"),
    [
        (Fixed(b"1"), {"right"}),
        (Fixed(b"1", b'"x"'), {"wrongly_accepting"}),
        (Fixed(b'"x"'), {"wrongly_accepting", "wrongly_rejecting"}),
        (Fixed(refusal=Refused("CODE:not", "no")), {"refused"}),
        (Fixed(refusal=Refused("CODE:", "none", empty=True)), {"wrongly_rejecting"}),
    ],
)
def test_verdicts(engine, verdicts):
    outcome = judge(engine, CASE, masks=True)
    tally = counts([outcome])
    assert {name for name, count in tally.items() if count} == {"schemas", *verdicts}
    assert bool(faults(outcome)) == (verdicts != {"right"})


def test_a_schema_without_instances_is_right_but_untested():
    tally = counts([judge(Fixed(), Case(group="g", name="n", schema="{}"), masks=False)])
    assert (tally["right"], tally["untested"]) == (1, 1)


@pytest.mark.parametrize("text", ["1.0", "1e400", "98249283749234923498293171823948729348", "-0.0"])
def test_numbers_keep_their_spelling(text):
    assert spelled_json.written(spelled_json.read(f'{{"é": [{text}, true]}}')) == (
        f'{{"é": [{text}, true]}}'
    )


def test_a_hang_and_an_abort_cost_one_answer_each():
    questions = ["1 + 1", "__import__('time').sleep(60)", "__import__('os')._exit(3)", "1 / 0", "5"]
    start = partial(partial, eval)
    assert list(isolation.answers(start, questions, jobs=1, time_limit=1.0)) == [
        2,
        Failure(timed_out=True),
        Failure(timed_out=False, message="the process ended: 3"),
        Failure(timed_out=False, message="ZeroDivisionError: division by zero"),
        5,
    ]


def test_a_worker_that_cannot_start_is_an_error():
    with pytest.raises(RuntimeError, match="did not start"):
        list(isolation.answers(partial(exit, 1), ["1"], jobs=1, time_limit=1.0))


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.filterwarnings("default")
def test_peers_answer(name):
    pytest.importorskip(name)
    engine = PEERS[name](vocabularies.synthetic(400))
    compiled = engine.compile(
        Case(group="", name="", schema='{"type": "array", "items": {"type": "integer"}}')
    )
    assert compiled.first_mask()
    assert compiled.accepts(b"[1, 23]")
    assert not compiled.accepts(b"[1, 23")
    assert not compiled.accepts(b'["a"]')
    with pytest.raises(Refused) as refusal:
        engine.compile(Case(group="", name="", schema="false"))
    assert refusal.value.empty


@pytest.fixture
def cases_file(tmp_path):
    def entry(file, schema, *tests):
        return {
            "file": file,
            "schema": schema,
            "tests": [{"description": "t", "data": data, "valid": valid} for data, valid in tests],
        }

    lines = [
        entry("right.json", {"type": "integer"}, (1, True), ("\u2028", False)),
        entry("wrong.json", {"type": "boolean"}, (1, True)),
        entry("refused.json", {"type": "integer", "$ref": "http://nowhere/"}, (1, True)),
    ]
    path = tmp_path / "split.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    return path


def last_line(capsys):
    return json.loads(capsys.readouterr().out.strip().split("\n")[-1])


@pytest.mark.slow
def test_json_schema(cases_file, capsys):
    arguments = [str(cases_file), "--vocabulary-size", "257"]
    assert json_schema.main(arguments) == report.PASSED
    figures = last_line(capsys)
    assert figures["benchmark"] == "json_schema"
    assert figures["splits"] == {"split": {name: figures[name] for name in counts([])}}
    assert (figures["schemas"], figures["right"], figures["wrongly_rejecting"]) == (3, 1, 1)
    assert figures["refused"] == 1
    assert figures["ms"]["compile"]["max"] > 0


@pytest.mark.slow
def test_json_schema_misses_its_aims(cases_file, capsys):
    arguments = [str(cases_file), "--vocabulary-size", "257", "--open"]
    assert json_schema.main(arguments) == report.MISSED
    assert last_line(capsys)["missed_aims"] == ["wholly right >= 95 %", "refused <= 4 %"]


@pytest.mark.parametrize("benchmark", [json_schema, json_schema_suite])
def test_nothing_to_read_is_a_wrong_call(benchmark, tmp_path):
    assert benchmark.main([str(tmp_path)]) == report.WRONG_CALL


@pytest.mark.parametrize("line", ["[1]", "{}", "{"])
def test_a_malformed_line_is_a_wrong_call(line, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text(line)
    assert json_schema.main([str(path)]) == report.WRONG_CALL


@pytest.mark.slow
def test_json_schema_suite(tmp_path, capsys):
    def group(schema, data, valid):
        tests = [{"description": "t", "data": data, "valid": valid}]
        return {"description": "g", "schema": schema, "tests": tests}

    files = {
        "remotes/draft7/one.json": {"type": "integer"},
        "tests/draft7/type.json": [group({"type": "integer"}, 1, True), group(False, 1, False)],
        "tests/draft7/const.json": [group({"const": 1}, "\u2028", False)],
        "tests/draft7/optional/format/date.json": [group({"format": "date"}, "x", False)],
    }
    for name, value in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    assert list(json_schema_suite.read_remotes(tmp_path / "remotes")) == [
        "http://localhost:1234/draft7/one.json"
    ]
    arguments = [str(tmp_path), "--draft", "7", "--optional", "--verbose"]
    assert json_schema_suite.main(arguments) == report.PASSED
    figures = last_line(capsys)
    assert (figures["groups"], figures["right"], figures["wrongly_accepting"]) == (3, 3, 0)
    assert (figures["optional"]["groups"], figures["optional"]["right"]) == (1, 1)


def test_a_group_without_dialect_gets_the_folders():
    draft = json_schema_suite.DRAFTS["4"]
    (schema, named, boolean) = (
        json_schema_suite.in_dialect(value, draft.dialect)
        for value in ({"type": "null"}, {"$schema": "x"}, True)
    )
    assert schema == {"$schema": draft.dialect, "type": "null"}
    assert (named, boolean) == ({"$schema": "x"}, True)
