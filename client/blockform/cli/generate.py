"""`blockform generate`."""

from __future__ import annotations

from blockform.canvas_view import about
from blockform.channel import TIMEOUT_S
from blockform.cli import options
from blockform.cli.exits import reported
from blockform.compact import compact


def generate(
    schema: options.SchemaOption = None,
    regex: options.RegexOption = None,
    choice: options.ChoiceOption = None,
    lark: options.LarkOption = None,
    sql: options.SqlOption = None,
    catalog: options.CatalogOption = None,
    whitespace: options.WhitespaceOption = None,
    prefix: options.PrefixOption = "",
    suffix: options.SuffixOption = "",
    template: options.TemplateOption = None,
    text: options.TextOption = options.STDIN,
    seed: options.SeedOption = None,
    max_tokens: options.MaxTokensOption = None,
    thinking: options.ThinkingOption = None,
    timeout: options.TimeoutOption = TIMEOUT_S,
    server: options.ServerOption = None,
    model: options.ModelOption = None,
    engine: options.EngineOption = options.DEFAULT_ENGINE,
) -> None:
    """Answer a text in the language you name.

    The answer alone goes to standard output (JSON compact, on one line); everything else goes to
    standard error.

    Example: blockform generate --schema order.schema.json --text order.txt
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
    source = options.read_text(text)
    with reported():
        client = options.open_client(server, model, engine)
        result = client.generate(
            source,
            schema_text,
            timeout=timeout,
            seed=seed,
            max_tokens=max_tokens,
            max_thinking_tokens=thinking,
            model=model or "",
            **others,
        )
    for line in about(result):
        options.note(line)
    options.emit(compact(result.text) if schema_text is not None else result.text)
