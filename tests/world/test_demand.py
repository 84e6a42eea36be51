"""Calls by hour, zone and priority: totals kept, hours local, rates those of the stated day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from dfr.geo import LocalFrame, Position
from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.scenario.model import DemandDay, DemandZone, Period, Scenario
from dfr.world import demand
from dfr.world.demand import hour_slots

LONDON = ZoneInfo("Europe/London")


@pytest.fixture(scope="module")
def victorious() -> Scenario:
    return load_scenario(find_scenario("victorious-2024"))


def on(scenario: Scenario, first: datetime, days: int, weights: list[float]) -> Scenario:
    """The scenario on other whole days, with 24 calls a day."""
    dates = [first + timedelta(days=number) for number in range(days)]
    totals = tuple(DemandDay(date=day, calls=24.0, hour_weights=tuple(weights)) for day in dates)
    period = Period(start=first, end=first + timedelta(days=days), zone=LONDON)
    return replace(scenario, period=period, demand=replace(scenario.demand, days=totals))


def rates_by_hour(scenario: Scenario) -> dict[datetime, float]:
    """Calls per second by the beginning of each local hour."""
    table = demand.hourly_demand(scenario)
    return {slot.start: rate for slot, rate in zip(table.slots, table.rates_per_s, strict=True)}


def test_a_weekend_of_whole_weighted_days_expects_its_totals(victorious: Scenario) -> None:
    # All weights lie within the hours of the period.
    assert demand.expected_calls(victorious) == pytest.approx(18 + 28 + 28)


def test_the_rate_of_an_hour_is_its_weight_of_the_day(victorious: Scenario) -> None:
    saturday_21 = datetime(2024, 8, 24, 21, tzinfo=LONDON)
    weights = victorious.demand.days[1].hour_weights
    expected = 28 * weights[21] / sum(weights) / 3600
    assert rates_by_hour(victorious)[saturday_21] == pytest.approx(expected)


def test_every_hour_has_its_weight_of_its_days_calls(victorious: Scenario) -> None:
    table = demand.hourly_demand(victorious)
    days = {day.date.date(): day for day in victorious.demand.days}
    for start, rate_per_s in rates_by_hour(victorious).items():
        day = days[start.date()]
        assert rate_per_s == pytest.approx(
            day.calls * day.hour_weights[start.hour] / sum(day.hour_weights) / 3600.0
        )
    assert table.max_rate_per_s == pytest.approx(max(table.rates_per_s))
    assert table.edges_s[0] == 0.0
    assert table.edges_s[-1] == victorious.period.seconds


def test_a_call_is_somewhere_and_of_some_priority(victorious: Scenario) -> None:
    table = demand.expected_by_hour_zone_priority(victorious)
    zones, grades = victorious.demand.zones, victorious.demand.priorities
    assert table.shape == (61, len(zones), len(grades))
    assert table.sum() == pytest.approx(demand.expected_calls(victorious))
    assert table.sum(axis=(0, 2)) / table.sum() == pytest.approx([zone.share for zone in zones])
    assert table.sum(axis=(0, 1)) / table.sum() == pytest.approx([grade.share for grade in grades])


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2024, 3, 31), 23), (datetime(2024, 10, 27), 25), (datetime(2024, 8, 24), 24)],  # noqa: DTZ001
)
def test_a_day_keeps_its_total_over_a_clock_change(victorious: Scenario, day: datetime, hours: int) -> None:
    scenario = on(victorious, day.replace(tzinfo=LONDON), 1, [1.0] * 24)
    assert len(hour_slots(scenario.period)) == hours
    assert demand.expected_calls(scenario) == pytest.approx(24.0)
    assert demand.hourly_demand(scenario).rates_per_s == pytest.approx([24.0 / hours / 3600.0] * hours)


def test_a_period_that_starts_within_a_day_sees_only_its_part(victorious: Scenario) -> None:
    whole = on(victorious, datetime(2024, 8, 23, tzinfo=LONDON), 1, [1.0] * 24)
    start = datetime(2024, 8, 23, 17, 30, tzinfo=LONDON)
    part = replace(whole, period=replace(whole.period, start=start))
    assert demand.expected_calls(part) == pytest.approx(6.5)
    slots = hour_slots(part.period)
    assert (slots[0].seconds, slots[1].start.hour) == (1800.0, 18)


def test_a_drone_is_sent_inside_the_zone_even_where_its_centroid_is_not() -> None:
    frame = LocalFrame(Position(lat_deg=50.78, lon_deg=-1.09))
    horseshoe = [(0, 0), (300, 0), (300, 300), (200, 300), (200, 100), (100, 100), (100, 300), (0, 300)]
    area = tuple(frame.position(*point) for point in horseshoe)
    centre = demand.zone_centre(DemandZone(id="u", name="U", area=area, share=1.0))
    assert frame.polygon(area).contains(shapely.Point(frame.point(centre)))


def test_the_centre_of_a_simple_zone_is_its_centroid(victorious: Scenario) -> None:
    frame = LocalFrame(victorious.site.centre)
    centres = demand.zone_centres(victorious)
    for zone in victorious.demand.zones:
        middle = frame.polygon(zone.area).centroid
        assert np.hypot(*np.subtract(frame.point(centres[zone.id]), (middle.x, middle.y))) < 0.1
