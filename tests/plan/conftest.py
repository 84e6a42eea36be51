"""A small made-up deployment: one flat square kilometre, two zones, three candidate sites, calm weather."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dfr.geo import LocalFrame, Position, Ring
from dfr.scenario import air
from dfr.scenario import model as m
from dfr.scenario.air import ALL_KINDS
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.model import World
from dfr.world.terrain import FlatGround

ZONE = ZoneInfo("Europe/London")
ORIGIN = Position(lat_deg=52.0, lon_deg=-2.0)
FRAME = LocalFrame(ORIGIN)
START = datetime(2024, 6, 1, 10, tzinfo=ZONE)


def at(east_m: float, north_m: float) -> Position:
    """A place by metres from the middle of the field."""
    return FRAME.position(east_m, north_m)


def box(west: float, south: float, east: float, north: float) -> Ring:
    """A rectangle in metres from the middle of the field."""
    return (at(west, south), at(east, south), at(east, north), at(west, north))


def constant(seconds: float) -> m.Duration:
    return m.Duration(shape=m.DurationShape.CONSTANT, median_s=seconds, p90_s=seconds)


def candidate(name: str, east_m: float, north_m: float, **changes: Any) -> m.CandidateSite:
    return replace(
        m.CandidateSite(
            id=name,
            name=name.title(),
            position=at(east_m, north_m),
            power=m.Power.MAINS,
            access="gate",
            sky_view=0.9,
        ),
        **changes,
    )


def hour(start: datetime, **changes: Any) -> air.HourWeather:
    calm = air.HourWeather(
        start=start,
        wind_mps=2.0,
        wind_from_deg=270.0,
        gust_mps=3.0,
        rain_mm_h=0.0,
        visibility_m=10_000.0,
        temperature_c=15.0,
    )
    return replace(calm, **changes)


def clause(value: Any, text: str = "4.2 as asked") -> m.Clause[Any]:
    return m.Clause(value=value, text=text)


def authorisation(*kinds: str, **allows: Any) -> m.Authorisation:
    """OA 12 of the made-up force, for the day of the field and the weeks around it."""
    kind = clause(tuple(m.OperationKind(name) for name in kinds or ("VLOS",)), "2.1 how it is flown")
    return m.Authorisation(
        reference="OA 12",
        issuer="CAA",
        valid_from=START - timedelta(days=30),
        valid_to=START + timedelta(days=30),
        allows=m.Allows(kind=kind, **{name: clause(value) for name, value in allows.items()}),
    )


FIELD_AUTHORISATION = authorisation(visual_range_m=900.0, crowd_stand_off_m=20.0)
"""What the field is flown under: its posts may see 900 m, its routes keep 20 m from crowds."""


def scenario() -> m.Scenario:
    end = START + timedelta(hours=4)
    return m.Scenario(
        name="field",
        title="A field",
        description="",
        file="field.yaml",
        sha256="0" * 64,
        period=m.Period(start=START, end=end, zone=ZONE),
        site=m.Site(
            name="Field",
            centre=ORIGIN,
            boundary=box(-500, -500, 500, 500),
            surface=m.Surface.OPEN,
            ground_m_amsl=10.0,
            keep_outs=(),
            crowds=(),
            water=(),
            no_crowd_source="the site manager",
            no_water_source="the site manager",
        ),
        candidates=(
            candidate("west", -400, 0),
            candidate("middle", 0, 0),
            candidate("east", 400, 0),
        ),
        fleet=m.Fleet(
            drone="dji-m30t",
            dock="dji-dock-3",
            docks=1,
            drones_per_dock=1,
            guidance=m.Guidance.PRECISION,
        ),
        crew=m.Crew(
            shifts=(m.Shift(start=START, end=end, remote_pilots=2, safety_pilots=2),),
            drones_per_pilot=1,
            safety_pilots_per_drone=1,
            decision=constant(20),
            launch=constant(30),
            video=constant(5),
        ),
        operation=m.Operation(
            kind=m.OperationKind.VLOS,
            basis="authorisation",
            posts=(m.Observer(id="post", position=ORIGIN, range_m=800.0),),
            cruise_mps=12.0,
            cruise_height_m_agl=60.0,
            height_limit_m_agl=120.0,
            crowd_margin_m=20.0,
            max_wind_mps=12.0,
            max_gust_mps=15.0,
            min_visibility_m=1000.0,
            max_rain_mm_h=4.0,
            authorisation=FIELD_AUTHORISATION,
        ),
        demand=m.Demand(
            zones=(
                m.DemandZone(id="left", name="Left", area=box(-420, 180, -380, 220), share=0.3),
                m.DemandZone(id="right", name="Right", area=box(380, 180, 420, 220), share=0.7),
            ),
            priorities=(
                m.Priority(
                    id="prompt",
                    rank=0,
                    share=1.0,
                    target_s=120.0,
                    patience=constant(600),
                    on_scene=constant(120),
                ),
            ),
            days=(
                m.DemandDay(
                    date=START.replace(hour=0),
                    calls=8.0,
                    hour_weights=tuple(1.0 if 10 <= h < 14 else 0.0 for h in range(24)),
                ),
            ),
            rate_cv=0.0,
            ground=m.GroundResponse(
                posts=(ORIGIN,), mobilisation=constant(90), speed_mps=1.3, detour_factor=1.4
            ),
            cleared_without_patrol=None,
        ),
        traffic=(),
        weather=air.Weather(
            hours=tuple(hour(START + timedelta(hours=h)) for h in range(4)),
            turbulence_intensity=None,
            qnh_hpa=1013.0,
            source="made up",
            assumed=True,
        ),
        airspace=(),
        restrictions=(),
        contingency=m.Contingency(
            lost_link=m.LostLink.RTL,
            lost_link_timeout_s=5.0,
            reserve_fraction=0.25,
            return_height_m_agl=60.0,
            rally_points=(at(0, -200),),
            landing_retries=2,
        ),
        targets=m.Targets(limits_s=(60.0, 120.0), siting_limit_s=70.0),
        study=m.Study(seed=1, replications=2),
        assumptions=(),
        exercise=True,
        obstacles=air.ObstacleSurvey(
            surveyed_by="the duty sergeant", read_at=START - timedelta(days=20), tallest_m_agl=0.0
        ),
        jurisdiction="uk",
    )


def build_world(made: m.Scenario, **changes: Any) -> World:
    cover = box(-30_000, -30_000, 30_000, 30_000)
    world = World(
        scenario=made,
        frame=FRAME,
        airspace=Airspace(zones=(), coverage=(Coverage(ring=cover, kinds=ALL_KINDS),)),
        terrain=FlatGround(height_m_amsl=10.0, source="made up"),
        notam_reading=air.NotamReading(read_by="the duty sergeant", read_at=START - timedelta(hours=4)),
    )
    return replace(world, **changes)


Field = Callable[..., World]


@pytest.fixture(scope="session")
def field() -> Field:
    """The deployment, with parts of the scenario changed: field(operation={"cruise_height_m_agl": 30.0})."""

    def made(*, of_world: dict[str, Any] | None = None, **parts: Any) -> World:
        base = scenario()
        for name, change in parts.items():
            old = getattr(base, name)
            base = replace(base, **{name: replace(old, **change) if isinstance(change, dict) else change})
        return build_world(base, **(of_world or {}))

    return made
