"""Plan files (plan.json): read, and refused where they were made for another scenario."""

from __future__ import annotations

import json
from pathlib import Path

from dfr.errors import InputError
from dfr.io.files import read_bounded
from dfr.plan.codec import plan_from_dict
from dfr.plan.model import Plan
from dfr.scenario.model import Scenario


def read_plan_file(path: Path) -> Plan:
    """The plan of a file, of whatever scenario. Raises InputError where it is no plan."""
    try:
        document = json.loads(read_bounded(path))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})", do="give a plan.json made by `dfr plan`") from error
    return plan_from_dict(document, name=str(path))


def read_plan(path: Path, scenario: Scenario) -> Plan:
    """The plan of a file. Raises InputError where it is no plan, or not a plan of this very scenario."""
    plan = read_plan_file(path)
    if plan.scenario_sha256 != scenario.sha256:
        what = "another scenario" if plan.scenario != scenario.name else "another version of this scenario"
        raise InputError(
            f"{path}: a plan of {what} ({plan.scenario}, sha256 {plan.scenario_sha256[:12]}; "
            f"{scenario.file} has {scenario.sha256[:12]})",
            do="run `dfr plan` again",
        )
    return plan
