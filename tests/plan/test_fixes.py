"""The smallest change that a finding advises is applied, checked again, and is enough."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dfr.findings import Finding, Severity
from dfr.plan.planner import make_plan

from .compliance_world import airspace, zone
from .conftest import Field, candidate

METRES = re.compile(r"(?:fly|stay) (\d+) m")


def blocking(plan, rule: str) -> list[Finding]:
    return [f for f in plan.findings if f.rule == rule and f.severity is not Severity.OK]


def advised_m(finding: Finding) -> int:
    return int(METRES.search(finding.fix)[1])


def flown_at(world, height_m: float):
    operation = replace(world.scenario.operation, cruise_height_m_agl=height_m)
    contingency = replace(world.scenario.contingency, return_height_m_agl=height_m)
    return replace(world, scenario=replace(world.scenario, operation=operation, contingency=contingency))


@pytest.mark.parametrize("height_m", [101.3, 118.2, 120.0, 120.4, 133.7])
def test_flying_as_much_lower_as_advised_clears_the_height(field: Field, height_m: float):
    """First below the limit itself, then with the contingency volume too."""
    world = flown_at(field(), height_m)
    for _ in range(2):
        found = blocking(make_plan(world), "height-limit")
        if not found:
            break
        lower = max(advised_m(one) for one in found)
        height_m -= lower
        world = flown_at(world, height_m)
    assert blocking(make_plan(world), "height-limit") == []


@pytest.mark.parametrize("radius_m", [812.3, 870.7, 899.5])
def test_staying_as_much_farther_away_as_advised_clears_the_zone(field: Field, radius_m: float):
    """As much farther at every point: an edge drawn back by what is advised is clear, by less it is not."""

    def found(nearer_m: float) -> list[Finding]:
        danger = zone("D001", "D", east_m=1200.0, radius_m=radius_m - nearer_m)
        plan = make_plan(field(candidates=(candidate("middle", 0, 0),), **airspace(danger)))
        return [f for f in blocking(plan, "airspace-zone") if f.severity is Severity.VIOLATION]

    (entered,) = found(0.0)
    assert found(float(advised_m(entered))) == []
    assert found(float(advised_m(entered)) - 2.0) != []
