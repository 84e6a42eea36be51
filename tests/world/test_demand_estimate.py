"""Demand estimated from calls: known figures are recovered, and intervals hold them as often as they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from scipy import stats

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position
from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.scenario.model import DemandZone, Period
from dfr.statistics import poisson_rate
from dfr.world.call_records import CallRecord, move_calls
from dfr.world.call_zones import make_zones
from dfr.world.demand_estimate import DemandEstimate, Estimate, estimate_demand

LONDON = ZoneInfo("Europe/London")
FRAME = LocalFrame(Position(lat_deg=50.782, lon_deg=-1.089))
SHARES, GRADES = (0.5, 0.3, 0.15, 0.05), ("immediate", "prompt")
WEEKS = 8


def _square(east: float) -> DemandZone:
    ring = FRAME.ring(shapely.box(east, -50.0, east + 100.0, 50.0))
    return DemandZone(id=f"z{east:g}", name=f"Z {east:g}", area=ring, share=0.25)


ZONES = tuple(_square(east) for east in (0.0, 200.0, 400.0, 600.0))
HOUR_SHARES = np.array([0.0] * 10 + [1.0] * 6 + [3.0] * 4 + [1.0] * 4) / 22.0
PERIOD = Period(
    start=datetime(2025, 6, 6, 10, tzinfo=LONDON), end=datetime(2025, 6, 9, tzinfo=LONDON), zone=LONDON
)


def _draw_calls(rng: np.random.Generator, *, days: int, mean: float, day_cv: float = 0.0) -> list[CallRecord]:
    """Calls of a log whose figures are known: Poisson days about a rate that varies by a gamma factor."""
    factors = rng.gamma(day_cv**-2, day_cv**2, days) if day_cv else np.ones(days)
    numbers = np.repeat(np.arange(days), rng.poisson(mean * factors))
    hours, zones = rng.choice(24, len(numbers), p=HOUR_SHARES), rng.choice(4, len(numbers), p=SHARES)
    grades = np.where(rng.random(len(numbers)) < 0.25, "immediate", "prompt")
    first = datetime(2024, 4, 1, 0, 30, tzinfo=LONDON)
    return [
        CallRecord(
            when=first + timedelta(days=int(number), hours=int(hour)),
            place=ZONES[zone].id,
            grade=str(grade),
        )
        for number, hour, zone, grade in zip(numbers, hours, zones, grades, strict=True)
    ]


def _estimate(calls: list[CallRecord], days: int = 7 * WEEKS) -> DemandEstimate:
    observed = (date(2024, 4, 1), date(2024, 4, 1) + timedelta(days=days - 1))
    return estimate_demand(calls, zones=ZONES, grades=GRADES, period=PERIOD, frame=FRAME, observed=observed)


def _holds(estimate: Estimate, truth: float) -> bool:
    low, high = estimate.interval.low, estimate.interval.high
    return low is not None and high is not None and low <= truth <= high


def test_known_shares_hours_days_and_grades_are_recovered() -> None:
    found = _estimate(_draw_calls(np.random.default_rng(1), days=7 * 52, mean=30.0), days=7 * 52)
    assert [share.value for share in found.shares] == pytest.approx(SHARES, abs=0.01)
    assert [hour.value for hour in found.hours] == pytest.approx(HOUR_SHARES, abs=0.01)
    assert [day.value for day in found.days.values()] == pytest.approx([30.0] * 3, rel=0.1)
    assert found.grades is not None
    assert found.grades["immediate"].value == pytest.approx(0.25, abs=0.02)
    assert sum(zone.share for zone in found.zones) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("day_cv", [0.0, 0.3])
def test_intervals_hold_the_truth_in_about_95_of_100_logs(day_cv: float) -> None:
    rng, trials = np.random.default_rng(7), 40
    shares, days, hours = [], [], []
    for _ in range(trials):
        found = _estimate(_draw_calls(rng, days=7 * WEEKS, mean=12.0, day_cv=day_cv))
        shares += [_holds(share, truth) for share, truth in zip(found.shares, SHARES, strict=True)]
        days += [_holds(day, 12.0) for day in found.days.values()]
        hours += [_holds(found.hours[hour], HOUR_SHARES[hour]) for hour in (10, 17, 23)]
    # 95 % of some 120 figures of one kind; the seed is fixed.
    assert np.mean(shares) > 0.90
    assert np.mean(days) > 0.90
    assert np.mean(hours) > 0.90


def test_how_much_days_differ_is_recovered() -> None:
    rng = np.random.default_rng(3)
    found = _estimate(_draw_calls(rng, days=7 * 52, mean=20.0, day_cv=0.4), days=7 * 52)
    assert found.rate_cv == pytest.approx(0.4, abs=0.08)
    steady = _estimate(_draw_calls(rng, days=7 * 52, mean=20.0), days=7 * 52)
    assert steady.rate_cv is not None
    assert steady.rate_cv < 0.15


def test_one_weekend_tells_its_days_and_says_that_it_cannot_tell_how_days_differ() -> None:
    calls = [
        CallRecord(when=datetime(2024, 8, 23 + day, 18, tzinfo=LONDON), place="Z 0")
        for day, count in enumerate((18, 28, 26))
        for _ in range(count)
    ]
    found = estimate_demand(calls, zones=ZONES, grades=GRADES, period=PERIOD, frame=FRAME)
    assert [day.value for day in found.days.values()] == [18.0, 28.0, 26.0]
    assert found.rate_cv is None
    assert found.grades is None
    assert any("no weekday was observed twice" in note for note in found.notes)
    assert found.hour_weights()[18] == max(found.hour_weights())
    assert found.shares[3].value > 0.0


def test_calls_without_a_known_grade_are_counted_and_left_out_of_the_grades() -> None:
    calls = _draw_calls(np.random.default_rng(4), days=14, mean=5.0)
    unknown = [replace(call, grade=grade) for call, grade in zip(calls[:3], ("", "purple", ""), strict=True)]
    found = _estimate([*unknown, *calls[3:]], days=14)
    assert f"3 of {len(calls)} calls have no known grade: left out of the grades' shares" in found.notes
    assert not any("no known grade" in note for note in _estimate(calls, days=14).notes)


def test_a_weekday_the_log_does_not_have_is_told() -> None:
    calls = [CallRecord(when=datetime(2024, 8, 20, 18, tzinfo=LONDON), place="z0")] * 5
    found = estimate_demand(calls, zones=ZONES, grades=GRADES, period=PERIOD, frame=FRAME)
    assert "the log has no Friday: for 2025-06-06 the mean of all its days is taken" in found.notes
    year = replace(PERIOD, end=PERIOD.start + timedelta(days=365))
    of_year = estimate_demand(calls, zones=ZONES, grades=GRADES, period=year, frame=FRAME)
    assert sum("the log has no" in note for note in of_year.notes) == 6
    assert any(
        "the log has no Friday: for 2025-06-06 and 52 more the mean of" in note for note in of_year.notes
    )


def test_calls_outside_every_zone_are_counted_apart_and_calls_without_a_place_count_for_hours() -> None:
    when = datetime(2024, 8, 23, 18, tzinfo=LONDON)
    inside, nowhere = CallRecord(when=when, place="z0"), CallRecord(when=when)
    outside = CallRecord(when=when, position=FRAME.position(5_000.0, 0.0))
    found = estimate_demand(
        [inside, nowhere, outside], zones=ZONES, grades=GRADES, period=PERIOD, frame=FRAME
    )
    assert (found.calls, found.outside, found.unplaced) == (2, 1, 1)
    with pytest.raises(InputError, match="none of 1 calls lies in a demand zone"):
        estimate_demand([outside], zones=ZONES, grades=GRADES, period=PERIOD, frame=FRAME)


def test_the_estimate_takes_the_place_of_a_scenarios_guess() -> None:
    demand = load_scenario(find_scenario("victorious-2024")).demand
    calls = [
        CallRecord(when=datetime(2024, 8, 24, 20, tzinfo=LONDON), place=zone.id, grade="prompt")
        for zone in demand.zones[:2]
    ]
    period = load_scenario(find_scenario("victorious-2024")).period
    found = estimate_demand(
        calls, zones=demand.zones, grades=[g.id for g in demand.priorities], period=period, frame=FRAME
    )
    new = found.applied_to(demand)
    assert sum(zone.share for zone in new.zones) == pytest.approx(1.0)
    assert sum(grade.share for grade in new.priorities) == pytest.approx(1.0)
    assert new.rate_cv == demand.rate_cv
    assert new.ground == demand.ground
    assert [day.date for day in new.days] == [day.date for day in demand.days]


def test_zones_made_of_calls_hold_them_apart_and_within_the_boundary() -> None:
    rng = np.random.default_rng(5)
    middles = [(-300.0, 0.0), (300.0, 0.0), (0.0, 400.0)]
    points = np.concatenate(
        [rng.normal(middle, 40.0, (n, 2)) for middle, n in zip(middles, (60, 30, 10), strict=True)]
    )
    when = datetime(2024, 8, 24, 20, tzinfo=LONDON)
    calls = [CallRecord(when=when, position=FRAME.position(*point)) for point in points]
    boundary = FRAME.ring(shapely.box(-600.0, -600.0, 600.0, 600.0))
    zones = make_zones(calls, boundary=boundary, frame=FRAME, count=3)
    areas = [FRAME.polygon(zone.area) for zone in zones]
    assert [zone.share for zone in zones] == pytest.approx([0.6, 0.3, 0.1])
    for area, middle in zip(areas, middles, strict=True):
        assert area.centroid.distance(shapely.Point(middle)) < 40.0
        assert area.is_valid
    assert all(a.intersection(b).area < 1.0 for a in areas for b in areas if a is not b)
    assert zones == make_zones(calls, boundary=boundary, frame=FRAME, count=3)


def test_more_zones_than_places_are_refused() -> None:
    calls = [CallRecord(when=datetime(2024, 8, 24, tzinfo=LONDON), position=FRAME.position(0.0, 0.0))] * 9
    boundary = FRAME.ring(shapely.box(-600.0, -600.0, 600.0, 600.0))
    with pytest.raises(InputError, match="1 different places"):
        make_zones(calls, boundary=boundary, frame=FRAME, count=2)


def test_calls_move_by_whole_weeks_and_keep_weekday_and_clock_time() -> None:
    when = datetime(2024, 8, 23, 21, 15, tzinfo=LONDON)
    moved = move_calls([CallRecord(when=when)], first_day=date(2025, 8, 22))
    assert moved.weeks == 52
    new = moved.calls[0].when
    assert (new.strftime("%A %H:%M"), new.date()) == ("Friday 21:15", date(2025, 8, 22))


def test_a_move_into_a_clock_change_is_told() -> None:
    gap = CallRecord(when=datetime(2025, 3, 23, 1, 30, tzinfo=LONDON))
    moved = move_calls(
        [gap, replace(gap, when=datetime(2025, 3, 23, 2, 30, tzinfo=LONDON))], first_day=date(2025, 3, 30)
    )
    assert moved.skipped[0].when.hour == 1
    assert moved.calls[0].when.utcoffset() == timedelta(hours=1)
    fold = CallRecord(when=datetime(2025, 10, 19, 1, 30, tzinfo=LONDON))
    assert move_calls([fold], first_day=date(2025, 10, 26)).repeated[0].when.fold == 0


@pytest.mark.parametrize("rate", [0.5, 3.0, 25.0])
def test_the_interval_of_a_rate_holds_it_as_often_as_it_says(rate: float) -> None:
    counts = np.arange(0, 120)
    weights = stats.poisson.pmf(counts, rate)
    held = sum(
        weight
        for count, weight in zip(counts, weights, strict=True)
        if (found := poisson_rate(float(count), 1.0)).low is not None
        and found.high is not None
        and found.low <= rate <= found.high
    )
    assert held > 0.95
