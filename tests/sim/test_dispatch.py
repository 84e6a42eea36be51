"""Every dispatch policy has one word, one function, and stands where users read of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer.main

from dfr.cli import main
from dfr.errors import InputError
from dfr.scenario.model import DispatchPolicy
from dfr.scenario.schema import SimulationIn
from dfr.sim.build import with_policies
from dfr.sim.dispatch import POLICIES
from dfr.sim.inputs import SimInputs

ROOT = Path(__file__).parents[2]


def test_every_policy_has_a_function_and_every_function_a_policy() -> None:
    assert list(POLICIES) == list(DispatchPolicy)
    assert len(set(POLICIES.values())) == len(POLICIES)


def test_schema_help_and_documentation_name_every_policy() -> None:
    simulate = typer.main.get_command(main.app).get_command(None, "simulate")
    [option] = [parameter for parameter in simulate.params if parameter.name == "dispatch"]
    schema = SimulationIn.model_json_schema()["properties"]["dispatch"]["description"]
    howto = (ROOT / "docs" / "howto" / "layouts.md").read_text()
    for policy in DispatchPolicy:
        assert policy in option.help
        assert policy in schema
        assert f"`{policy}`: {policy.meaning}" in howto


def test_a_policy_that_there_is_not_is_refused_wherever_it_is_given(deployment: SimInputs) -> None:
    with pytest.raises(InputError, match="no dispatch policy 'fastest' -> choose one of"):
        replace(deployment, dispatch="fastest")
    with pytest.raises(InputError, match="no dispatch policy 'fastest'"):
        with_policies(deployment, dispatch="fastest")
