"""Every dispatch policy has one word, one function, and stands where users read of it."""

from __future__ import annotations

from pathlib import Path

import typer.main

from dfr.cli import main
from dfr.scenario.model import DispatchPolicy
from dfr.scenario.schema import SimulationIn
from dfr.sim.dispatch import POLICIES

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
