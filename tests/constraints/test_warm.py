"""What a server does before it is ready."""

import constraints
from constraints import Choice, JsonSchema, Lark, Regex, Sql, warm


def test_every_kind_of_spec_but_templates_is_warmed():
    kinds = {type(spec) for spec in warm.SPECS}
    assert kinds == {Choice, JsonSchema, Lark, Regex, Sql}


def test_it_runs_and_a_second_call_does_nothing():
    constraints.warm_up()
    before = warm.warm_up.cache_info().hits
    constraints.warm_up()
    assert warm.warm_up.cache_info().hits == before + 1
