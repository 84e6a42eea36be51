"""Parts of a made-up field with faults, and the findings of a rule in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from dfr.findings import Finding, Severity
from dfr.geo import VerticalDatum
from dfr.plan.planner import make_plan
from dfr.scenario import air
from dfr.scenario import model as m
from dfr.scenario.air import ALL_KINDS
from dfr.world.airspace import Airspace
from dfr.world.coverage import AirspaceSource, Coverage
from dfr.world.shapes import area_of_circle
from dfr.world.zones import SURFACE, Zone, vertical_limit

from .conftest import START, at, box, constant

COVER = (Coverage(ring=box(-30_000, -30_000, 30_000, 30_000), kinds=ALL_KINDS),)


def findings(world, rule: str, severity: Severity | None = None) -> list[Finding]:
    every = make_plan(world).findings
    for each in every:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", each.rule), each
        assert each.message, each
        assert each.fix or not each.blocks, f"{each.message}: and what is to do?"
    found = [f for f in every if f.rule == rule]
    return found if severity is None else [f for f in found if f.severity is severity]


def only(world, rule: str) -> Finding:
    (found,) = findings(world, rule)
    return found


def zone(name: str, kind: str, *, east_m: float, radius_m: float, top_m: float = 600.0, **more) -> Zone:
    return Zone(
        name=name,
        kind=kind,
        lower=more.pop("lower", SURFACE),
        upper=vertical_limit(top_m, VerticalDatum.AMSL),
        area=area_of_circle(at(east_m, 0), radius_m),
        **more,
    )


def airspace(*zones: Zone, coverage=COVER) -> dict[str, object]:
    return {"of_world": {"airspace": Airspace(zones=zones, coverage=coverage)}}


def dated_airspace(dated: str, *, stated: str) -> dict[str, object]:
    """A file that says one date and a scenario that says a date of it."""
    source = AirspaceSource(
        path="field.txt", date=dated, sha256="", what="made up", coverage=COVER, coverage_stated=True
    )
    return {
        "of_world": {"airspace": Airspace(zones=(), coverage=COVER, sources=(source,))},
        "airspace": (air.AirspaceFile(path="field.txt", date=stated, source="made up"),),
    }


def crowd(*bounds: float, people_per_m2: float = 2.0) -> m.CrowdArea:
    return m.CrowdArea(
        id="stage",
        name="Stage",
        area=box(*bounds),
        start=START,
        end=START + timedelta(hours=4),
        people_per_m2=people_per_m2,
    )


def traffic(**changes) -> m.OtherTraffic:
    heli = m.OtherTraffic(
        id="heli",
        kind="helicopter",
        area=box(-500, -500, 500, 500),
        lower_m_amsl=30.0,
        upper_m_amsl=300.0,
        visits_per_day=1.0,
        first_hour=0,
        last_hour=24,
        stay=constant(600),
        notice_s=60.0,
        rule=m.DeconflictionRule.HOLD_LOW,
        hold_height_m_agl=20.0,
        contact="control",
    )
    return replace(heli, **changes)
