"""Many points at once give what each gives alone."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.airspace_points import ManyPoints, PointState
from dfr.geo import Position, Ring, VerticalDatum
from dfr.scenario.air import ALL_KINDS
from dfr.world.airspace import Airspace
from dfr.world.coverage import Coverage
from dfr.world.hours import BY_NOTICE, Activation, DailyHours, TimeInterval
from dfr.world.shapes import Area, area_of_circle, area_of_ring
from dfr.world.terrain import FlatGround, UnknownGround
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit, Zone, vertical_limit

START = datetime(2024, 10, 26, tzinfo=UTC)
NIGHTLY = DailyHours(
    days=frozenset({4, 5}), start=time(22), end=time(3), zone=ZoneInfo("Europe/London"),
    within=TimeInterval(start=START - timedelta(days=2), end=START + timedelta(days=1, hours=1)),
)  # fmt: skip
HOURS = [
    Activation(),
    Activation(otherwise=False, text="never"),
    BY_NOTICE,
    Activation(periods=(NIGHTLY,), otherwise=False),
    Activation(periods=(TimeInterval(start=START, end=START + timedelta(hours=9)),), otherwise=None),
]
LIMITS: list[tuple[VerticalLimit, VerticalLimit]] = [
    (SURFACE, UNLIMITED),
    (SURFACE, vertical_limit(80.0, VerticalDatum.AMSL)),
    (vertical_limit(60.0, VerticalDatum.AGL), vertical_limit(200.0, VerticalDatum.AMSL)),
    (vertical_limit(900.0, VerticalDatum.FLIGHT_LEVEL), UNLIMITED),
    (vertical_limit(100.0, VerticalDatum.ELLIPSOID), UNLIMITED),
]


def ring(south: float, west: float, north: float, east: float) -> Ring:
    corners = ((south, west), (north, west), (north, east), (south, east))
    return tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in corners)


def _airspace(random: np.random.Generator, *, antimeridian: bool = False) -> Airspace:
    middle = 180.0 if antimeridian else 0.0
    zones = []
    for number in range(60):
        lat, lon = random.uniform(50, 51), middle + random.uniform(-0.6, 0.6)
        centre = Position(lat_deg=lat, lon_deg=(lon + 180.0) % 360.0 - 180.0)
        area: Area | None = area_of_circle(centre, random.uniform(500, 15_000))
        if number % 3 == 0:
            west, east = ((lon + d + 180.0) % 360.0 - 180.0 for d in (-0.1, 0.15))
            area = area_of_ring(ring(lat - 0.05, west, lat + 0.1, east)).area
        assert area is not None
        lower, upper = LIMITS[random.integers(len(LIMITS))]
        zones.append(
            Zone(
                name=str(number), kind="P", lower=lower, upper=upper, area=area,
                airspace_class="G" if number % 11 == 0 else "", possible=number % 13 == 0,
                activation=HOURS[random.integers(len(HOURS))], defect="torn" if number % 17 == 0 else "",
            )
        )  # fmt: skip
    west, east = ((middle + d + 180.0) % 360.0 - 180.0 for d in (-0.8, 0.5))
    return Airspace(
        zones=tuple(zones), coverage=(Coverage(ring=ring(49.9, west, 51.1, east), kinds=ALL_KINDS),)
    )


def _agree(airspace: Airspace, middle: float, ground: float | None, qnh: float | None) -> set[int]:
    random = np.random.default_rng(5)
    count = 800
    lat = random.uniform(49.8, 51.2, count)
    lon = (middle + random.uniform(-0.9, 0.9, count) + 180.0) % 360.0 - 180.0
    height = random.uniform(0, 1000, count) * (random.random(count) > 0.5) + random.uniform(0, 150, count)
    time_s = START.timestamp() + random.uniform(0, 3 * 86_400, count)
    many = ManyPoints(airspace).states(
        lat, lon, height_m_agl=height, time_s=time_s, ground_m_amsl=ground, qnh_hpa=qnh
    )
    terrain = UnknownGround() if ground is None else FlatGround(height_m_amsl=ground, source="test")
    columns = (column.tolist() for column in (many, lat, lon, height, time_s))
    for state, y, x, h, t in zip(*columns, strict=True):
        one = airspace.at(
            Position(lat_deg=y, lon_deg=x), height_m_agl=h, when=datetime.fromtimestamp(t, tz=UTC),
            terrain=terrain, qnh_hpa=qnh,
        )  # fmt: skip
        assert PointState(state).name.lower() == one.state.value
    return set(many.tolist())


def test_many_points_agree_with_each_alone() -> None:
    airspace = _airspace(np.random.default_rng(1))
    assert _agree(airspace, 0.0, 20.0, None) == {0, 1, 2, 3}
    assert _agree(airspace, 0.0, None, 1013.0) == {0, 1, 2, 3}


def test_many_points_agree_across_the_antimeridian() -> None:
    airspace = _airspace(np.random.default_rng(2), antimeridian=True)
    assert _agree(airspace, 180.0, 5.0, 1000.0) == {0, 1, 2, 3}


def test_no_points_and_one_point() -> None:
    airspace = _airspace(np.random.default_rng(3))
    many = ManyPoints(airspace)
    assert many.states([], [], height_m_agl=5.0, time_s=0.0).shape == (0,)
    assert many.states(60.0, 0.0, height_m_agl=5.0, time_s=0.0).tolist() == [PointState.NO_COVERAGE]


def test_an_airspace_can_be_sent_to_another_process() -> None:
    airspace = _airspace(np.random.default_rng(4))
    copy = pickle.loads(pickle.dumps(airspace))
    lat, lon = np.linspace(50, 51, 50), np.linspace(-0.5, 0.5, 50)
    before, after = (
        ManyPoints(a).states(lat, lon, height_m_agl=50.0, time_s=START.timestamp()) for a in (airspace, copy)
    )
    assert before.tolist() == after.tolist()
