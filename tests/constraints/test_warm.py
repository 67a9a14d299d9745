"""What a server does before it is ready."""

import typing

import constraints
from constraints import warm
from constraints.spec import Spec


def test_every_kind_of_spec_is_warmed():
    assert {type(spec) for spec in warm.EXAMPLES.values()} == set(typing.get_args(Spec))


def test_it_runs_and_a_second_call_does_nothing():
    constraints.warm_up()
    before = warm.warm_up.cache_info().hits
    constraints.warm_up()
    assert warm.warm_up.cache_info().hits == before + 1
