"""What is learned from whole logs: known figures come back, by dfr's own generator and by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.learning import count_held, draw_other, draw_own, learn_rows
from dfr.errors import InputError
from dfr.scenario.model import Scenario
from dfr.world.learning.figures import Lesson
from dfr.world.learning.flights import learn_flights
from dfr.world.learning.learn import learn_calls
from dfr.world.learning.rates import fit_hours, spread_of_days
from dfr.world.learning.tables import UNPLACED, CallTable, FlightTable, merge_incidents
from tests.shipped import world_of

LOGS = 2
DAY = 86_400.0
FIRST = 738_982  # Monday 8 April 2024


@pytest.mark.parametrize("draw", [draw_own, draw_other], ids=["dfr", "independent"])
def test_intervals_hold_the_figures_that_logs_were_drawn_with(draw) -> None:
    found = count_held(draw, logs=LOGS, days=21)
    held, asked = (sum(each[number] for each in found.values()) for number in (0, 1))
    assert asked >= LOGS * 17
    assert held / asked >= 0.88
    assert {"zones", "grades", "days"} <= found.keys()


@pytest.mark.slow
@pytest.mark.parametrize("draw", [draw_own, draw_other], ids=["dfr", "independent"])
def test_intervals_hold_them_as_often_as_they_say(draw) -> None:
    for kind, (held, asked) in count_held(draw, logs=60, days=42).items():
        assert held / asked >= 0.95 - 4.0 * np.sqrt(0.05 * 0.95 / asked) - 0.02, (kind, held, asked)


def _scenario() -> Scenario:
    return world_of("victorious-2024").scenario


def _table(count: int, **columns: object) -> CallTable:
    """Calls a quarter of an hour apart, from a Monday on, in the first zone and of the first grade."""
    t_s, none = 900.0 * np.arange(count), np.full(count, np.nan)
    zero, no = np.zeros(count, np.int64), np.zeros(count, bool)
    start = 1_712_530_800.0  # that Monday, 00:00 in London
    table = CallTable(
        t_s=start + t_s, day=FIRST + (t_s // DAY).astype(int), hour=(t_s % DAY // 3600).astype(int),
        zone=zero, grade=zero, given=zero - 1, kind=zero - 1, incident=zero, en_route_s=none, arrived_s=none,
        cleared_s=none, on_scene_s=none, cancelled=no, duplicate=no,
    )  # fmt: skip
    return replace(table, **columns)


def _learn(table: CallTable) -> Lesson:
    return learn_calls(table, _scenario(), source="a log")[0]


def test_a_log_of_one_call_says_what_it_does_not_tell() -> None:
    lesson = _learn(_table(1))
    missing = {each.name for each in lesson.missing}
    assert lesson.calls == 1
    assert {"bursts", "patience of callers", "triage", "response of officers"} <= missing
    assert "how much days differ (rate_cv)" in missing
    assert any("whoever reads the shares can tell" in note for note in lesson.notes)


def test_a_log_without_a_call_in_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="none of 3 calls lies in a demand zone"):
        _learn(_table(3, zone=np.full(3, -1)))


def test_a_log_whose_dates_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="mend a date that is wrong"):
        _learn(_table(3, day=np.array([1, FIRST, FIRST])))


def test_days_that_a_log_leaves_out_are_not_days_without_calls() -> None:
    """An export of single weeks: the months between them are not quiet, they are not in it."""
    table = _table(96 * 14)
    later = replace(table, day=table.day + np.where(table.day >= FIRST + 7, 60, 0))
    lesson = _learn(later)
    assert sum(lesson.hours.days) == 14
    assert all(figure.value == 96.0 for figure in lesson.days.values())
    assert any(note.startswith("60 days in runs of 3 or more without any row") for note in lesson.notes)


def test_two_quiet_days_are_quiet_days() -> None:
    table = _table(96 * 14)
    later = replace(table, day=table.day + np.where(table.day >= FIRST + 7, 2, 0))
    assert sum(_learn(later).hours.days) == 16


def test_calls_without_a_place_count_for_hours_alone() -> None:
    lesson = _learn(_table(200, zone=np.repeat([0, UNPLACED], 100)))
    assert lesson.calls == 200
    assert next(iter(lesson.zones.values())).n == 100
    assert "100 calls without a place: counted for days and hours" in lesson.notes


def test_times_that_cannot_be_are_left_out_and_told() -> None:
    arrived = np.full(100, 600.0)
    arrived[:3] = -5.0
    arrived[3] = 2.0 * DAY
    lesson = _learn(_table(100, arrived_s=arrived))
    assert lesson.durations["response"].n == 96
    assert "response of officers: 4 times below 0 or above a day left out" in lesson.notes


def test_officers_that_are_sooner_than_the_scenario_lets_them_say_nothing_of_mobilisation() -> None:
    lesson = _learn(_table(100, arrived_s=np.full(100, 1.0)))
    assert "mobilisation" not in lesson.durations
    assert any("check demand.ground" in each.why for each in lesson.missing)


def test_rare_types_of_calls_are_not_shown() -> None:
    """A type that one call has could tell who knows of it that it was made."""
    kind = np.repeat([0, 1, 2], [80, 11, 9])
    lesson = _learn(_table(100, kind=kind, kinds=("alarm", "fight", "at the mayor's house")))
    assert list(lesson.by_type) == ["alarm", "fight"]
    more = _learn(_table(100, kind=np.repeat([0, 1, 2, 3], [80, 8, 6, 6]), kinds=("alarm", "a", "b", "c")))
    assert sum(more.by_type["other"].values()) == 20


def test_a_column_of_free_text_shows_none_of_it() -> None:
    """The address of somebody who calls often is in 20 of 100 texts, and no type of call."""
    kind = np.concatenate([np.zeros(20, np.int64), np.arange(1, 81)])
    kinds = ("7 Elm Road", *(f"text {number}" for number in range(80)))
    lesson = _learn(_table(100, kind=kind, kinds=kinds))
    assert lesson.by_type == {}
    assert any("free text" in each.why for each in lesson.missing)
    flown = learn_flights(lesson, _flights(100, purpose=kind, purposes=kinds), source="flights.csv")
    assert flown.purposes == {}
    assert any(each.name == "purposes of flights" and "free text" in each.why for each in flown.missing)


def test_weekdays_that_do_not_differ_have_the_hours_of_all_days() -> None:
    rng = np.random.default_rng(1)
    same = rng.poisson(np.tile(np.linspace(0.5, 3.0, 24), (56, 1)))
    days = [date(2024, 4, 8) + timedelta(days=number) for number in range(56)]
    assert not fit_hours(same, days, alike=1.0).differ
    night = same.copy()
    night[5::7, :6] += rng.poisson(6.0, night[5::7, :6].shape)
    found = fit_hours(night, days, alike=1.0)
    assert found.differ
    assert sum(found.shares[5][:6]) > 2.0 * sum(found.shares[1][:6])
    assert all(abs(sum(row) - 1.0) < 1e-9 for row in found.shares)


def test_one_week_says_nothing_of_how_much_days_differ() -> None:
    days = {date(2024, 4, 8) + timedelta(days=number): 10 for number in range(7)}
    assert spread_of_days(days, 1.0) is None


def test_an_incident_of_several_rows_keeps_its_first_call() -> None:
    table = _table(4, incident=np.array([5, 5, 0, 0]), arrived_s=np.array([np.nan, 60.0, 1.0, np.nan]))
    merged = merge_incidents(table)
    assert len(merged) == 3
    assert merged.arrived_s[0] == 960.0  # of the second row, from the first row's call


def test_numbers_that_start_anew_each_day_are_of_other_incidents() -> None:
    """Control rooms count the calls of a day from 1: number 7 of Monday is not that of Tuesday."""
    merged = merge_incidents(_table(96 * 7, incident=1 + np.arange(96 * 7) % 96))
    assert len(merged) == 96 * 7
    assert np.bincount(merged.day - FIRST).tolist() == [96] * 7


def test_a_day_counts_the_calls_that_it_is_learned_from() -> None:
    """The mean of a Friday is of the Fridays of the log, whatever else is in it."""
    whole, one_day = (_learn(_table(96 * days)).days.items() for days in (11, 1))
    log = [date.fromordinal(FIRST + number).weekday() for number in range(11)]
    for day, figure in whole:
        assert figure.n == 96 * log.count(date.fromisoformat(day).weekday())
    for day, figure in one_day:
        own = date.fromisoformat(day).weekday() == log[0]
        assert figure.n == 96
        assert figure.method.startswith("mean of the days of its weekday" if own else "mean of all days")


def test_calls_at_even_intervals_are_no_bursts() -> None:
    """Days that are all alike leave no spread to judge by: that is no certainty of bursts."""
    every_hour = np.arange(24 * 28)
    after_s = 3600.0 * every_hour + 60.0 * (every_hour // 24)  # a minute later each day
    table = _table(24 * 28)
    table = replace(table, t_s=table.t_s[0] + after_s, day=FIRST + every_hour // 24, hour=every_hour % 24)
    lesson = _learn(table)
    assert lesson.bursts is not None
    assert not lesson.bursts.found


def _flights(count: int, **columns: object) -> FlightTable:
    none, zero = np.full(count, np.nan), np.zeros(count, np.int64)
    table = FlightTable(
        t_s=np.arange(count) * 3600.0, day=FIRST + np.arange(count) // 4, hour=zero, length_s=none,
        to_scene_s=none, response_s=none, on_scene_s=none, cleared=zero - 1, purpose=zero - 1,
    )  # fmt: skip
    return replace(table, **columns)


def test_flights_tell_what_calls_do_not() -> None:
    rng = np.random.default_rng(2)
    cleared, stay = (rng.random(400) < 0.14).astype(np.int64), 500.0 * np.exp(0.5 * rng.standard_normal(400))
    table = _flights(400, cleared=cleared, on_scene_s=stay, purpose=np.repeat([0, 1], [395, 5]),
                     purposes=("Call for service", "VIP"))  # fmt: skip
    lesson = learn_flights(_learn(_table(100)), table, source="flights.csv")
    figures = {figure.name: figure for figure in lesson.figures}
    share = figures["share cleared without a patrol"].interval
    assert share.low is not None
    assert share.high is not None
    assert share.low <= 0.14 <= share.high
    assert figures["flights of a day"].value == 4.0
    assert lesson.durations["drone_on_scene"].n == 400
    assert lesson.purposes == {"Call for service": 395}
    assert "how long a drone is wanted on scene" not in {each.name for each in lesson.missing}
    assert "length of a flight" in {each.name for each in lesson.missing}


@pytest.mark.parametrize("said", [1, 0])
def test_a_column_that_only_marks_flights_does_not_say_which_share_is_cleared(said: int) -> None:
    """An X where a patrol was not needed, and nothing elsewhere: not all of the flights were cleared."""
    marked = np.where(np.arange(400) % 5 == 0, said, -1)
    lesson = learn_flights(_learn(_table(100)), _flights(400, cleared=marked), source="flights.csv")
    missing = {each.name: each.why for each in lesson.missing}
    assert "share cleared without a patrol" not in {figure.name for figure in lesson.figures}
    assert "what the 320 empty cells mean" in missing["share cleared without a patrol"]


def test_flights_that_do_not_say_whether_they_cleared_a_call_are_told() -> None:
    marked = np.repeat([1, 0, -1], [30, 170, 200])
    lesson = learn_flights(_learn(_table(100)), _flights(400, cleared=marked), source="flights.csv")
    share = next(each for each in lesson.figures if each.name == "share cleared without a patrol")
    assert (share.value, share.n) == (0.15, 200)
    assert "share cleared without a patrol: 200 flights do not say, and are left out" in lesson.notes


def test_a_log_learned_twice_says_the_same() -> None:
    rows, _ = draw_own(1, 14)
    assert learn_rows(rows) == learn_rows(rows)
