"""`blockform check`."""

from __future__ import annotations

import json
from dataclasses import asdict

from blockform.cli import options
from blockform.cli.exits import NOT_ACCEPTED, WRONG_CALL, fail, reported
from blockform.result import Report


def check(
    schema: options.SchemaOption = None,
    regex: options.RegexOption = None,
    choice: options.ChoiceOption = None,
    lark: options.LarkOption = None,
    sql: options.SqlOption = None,
    catalog: options.CatalogOption = None,
    text: options.MemberOption = None,
    whitespace: options.WhitespaceOption = None,
    prefix: options.PrefixOption = "",
    suffix: options.SuffixOption = "",
    template: options.TemplateOption = None,
    seed: options.UnusedSeedOption = None,  # noqa: ARG001 - the same options as `generate`
    max_tokens: options.MaxTokensOption = None,
    server: options.ServerOption = None,
    model: options.ModelOption = None,
    engine: options.EngineOption = options.DEFAULT_ENGINE,
) -> None:
    """Compile a language and generate nothing; with --text, say whether a text belongs to it.

    Prints one line of JSON to standard output: states, edges, atoms, the length of the shortest
    answer in tokens, milliseconds in all and by stage, whether --text is accepted, and how each
    keyword was taken. Exit code 1 where --text is not accepted.

    Example: blockform check --schema order.schema.json
    """
    language = options.Language(
        schema=schema,
        regex=regex,
        choice=choice,
        lark=lark,
        sql=sql,
        catalog=catalog,
        whitespace=whitespace,
        prefix=prefix,
        suffix=suffix,
        template=template,
    )
    schema_text, others = language.schema_text(), language.options()
    with reported():
        client = options.open_client(server, model, engine)
        member = None if text is None else options.read_member(text)
        report = client.check(schema_text, text=member, **others)
    options.emit(_line(report))
    if report.accepted is False:
        fail("the text is not in the language", NOT_ACCEPTED)
    if max_tokens is not None and report.fewest_tokens > max_tokens:
        fail(
            f"the shortest answer has {report.fewest_tokens} tokens, more than {max_tokens}",
            WRONG_CALL,
        )


def _line(report: Report) -> str:
    found = report.diagnostics
    figures = {
        "states": found.num_states,
        "edges": found.num_edges,
        "atoms": found.num_atoms,
        "fewest_tokens": report.fewest_tokens,
        "compile_ms": round(report.compile_ms, 3),
        **({} if report.accepted is None else {"accepted": report.accepted}),
        "stages_ms": {name: round(spent, 3) for name, spent in found.stage_ms.items()},
        "diagnostics": [asdict(entry) for entry in found.keywords],
    }
    return json.dumps(figures, ensure_ascii=False, separators=(",", ":"))
