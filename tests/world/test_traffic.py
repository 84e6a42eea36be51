"""Other traffic: how often it comes and which of our flights it is in the way of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dfr.geo import LocalFrame, Position
from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.scenario.model import DeconflictionRule, OtherTraffic, Scenario
from dfr.world import demand
from dfr.world.demand import hour_slots

HERE = Position(lat_deg=50.782, lon_deg=-1.089)
FRAME = LocalFrame(HERE)


@pytest.fixture(scope="module")
def victorious() -> Scenario:
    return load_scenario(find_scenario("victorious-2024"))


@pytest.fixture
def helicopter(victorious: Scenario) -> OtherTraffic:
    """A helicopter over a square of 400 m to the east, between 50 and 200 m AMSL."""
    corners = [(300, -200), (700, -200), (700, 200), (300, 200)]
    area = tuple(FRAME.position(*corner) for corner in corners)
    return replace(victorious.traffic[0], area=area, lower_m_amsl=50.0, upper_m_amsl=200.0)


@pytest.fixture
def in_the_way(helicopter: OtherTraffic) -> Callable[..., bool]:
    def _in_the_way(
        *points: tuple[float, float],
        height: float = 60.0,
        ground: float | None = 4.0,
        rule: DeconflictionRule = DeconflictionRule.HOLD_LOW,
    ) -> bool:
        return demand.traffic_blocks(
            replace(helicopter, rule=rule),
            frame=FRAME,
            points=[FRAME.position(*point) for point in points],
            flown=None if ground is None else demand.FlownHeights(ground, ground + height, ground + height),
        )

    return _in_the_way


def test_a_day_of_visits_is_spread_over_the_hours_of_activity(victorious: Scenario) -> None:
    plane = victorious.traffic[1]
    slots = hour_slots(victorious.period)
    rates = demand.visit_rates_per_s(plane, slots)
    saturday = [rate * slot.seconds for rate, slot in zip(rates, slots, strict=True) if slot.start.day == 24]
    assert sum(saturday) == pytest.approx(plane.visits_per_day)
    assert sum(rate > 0 for rate in saturday) == plane.last_hour - plane.first_hour


def test_a_way_through_its_area_is_blocked_and_one_beside_it_is_not(in_the_way: Callable[..., bool]) -> None:
    assert in_the_way((0, 0), (1000, 0))
    assert in_the_way((0, 0), (500, 0))
    assert not in_the_way((0, 0), (0, 1000))
    assert in_the_way((500, 0))


def test_a_way_along_its_edge_is_blocked(in_the_way: Callable[..., bool]) -> None:
    assert in_the_way((300, -500), (300, 500))


def test_a_flight_below_its_band_is_not_blocked(in_the_way: Callable[..., bool]) -> None:
    assert not in_the_way((0, 0), (1000, 0), height=45.0)
    assert in_the_way((0, 0), (1000, 0), height=46.0)


def test_a_flight_above_its_band_still_climbs_through_it(in_the_way: Callable[..., bool]) -> None:
    assert in_the_way((0, 0), (1000, 0), height=300.0)


def test_under_a_height_split_only_the_cruise_height_counts(in_the_way: Callable[..., bool]) -> None:
    split = DeconflictionRule.HEIGHT_SPLIT
    assert not in_the_way((0, 0), (1000, 0), height=300.0, rule=split)
    assert in_the_way((0, 0), (1000, 0), height=100.0, rule=split)


def test_without_a_ground_height_it_blocks(in_the_way: Callable[..., bool]) -> None:
    assert in_the_way((0, 0), (1000, 0), height=10.0, ground=None)
