"""Every figure against records written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dfr.metrics.kpi import clock_seconds, summarise
from dfr.scenario.policing import PatrolFigures, Policing
from dfr.sim.events import (
    DutyRecord,
    MisgradedRecord,
    MoveRecord,
    OverwatchRecord,
    PatrolRecord,
    ReadyRecord,
    Records,
    RetaskRecord,
    SecondRecord,
    WeatherRecord,
    YieldRecord,
)
from dfr.sim.inputs import Deployment, Homes

Make = Callable[..., Any]


@pytest.fixture
def two(records: Make, call: Make, flight: Make, missed: dict[str, Any]) -> Records:
    """Two replications: three calls reached and one missed, then one of each."""
    first = {
        "calls": [
            call(0),
            call(1, overhead_s=140.0, video_s=150.0),
            call(2, grade="routine", zone="beach", overhead_s=200.0, ground_s=150.0, outcome="attended"),
            call(3, grade="routine", reason="weather_wind", **missed),
        ],
        "flights": [
            flight(0),
            flight(1, reserve_fraction=0.3, attempts=2, yielded_s=90.0, cut_by="energy"),
            flight(2, landing="diverted", attempts=3, reserve_fraction=0.4),
        ],
        "yields": [YieldRecord(1, "helicopter", "hold_low", "on_scene", 200.0, 290.0)],
        "readiness": [
            ReadyRecord("east", 2, 0.0, 21600.0),
            ReadyRecord("east", 0, 21600.0, 86400.0),
            ReadyRecord("east", 1, 86400.0, 172800.0),
            ReadyRecord("*", 1, 0.0, 172800.0),
        ],
        "weather": [WeatherRecord("", 0.0, 129600.0), WeatherRecord("wind", 129600.0, 172800.0)],
        "duties": [DutyRecord(0.0, 43200.0, 1, 1, 1), DutyRecord(86400.0, 129600.0, 1, 1, 1)],
    }
    second = {
        "calls": [call(0), call(1, reason="traffic", **missed)],
        "flights": [flight(0, landing="not_disarmed", landed_s=610.0)],
        "weather": [WeatherRecord("", 0.0, 172800.0)],
    }
    return records(first, second)


def test_clocks_are_measured_over_the_calls_that_were_reached(two: Records, deployment: Deployment) -> None:
    kpi = summarise(two, deployment, seed=1).kpis["call_to_overhead_s"]
    assert kpi.n == 4
    assert kpi.mean == pytest.approx((100.0 + 140.0 + 200.0 + 100.0) / 4)
    assert (kpi.p50, kpi.p90) == (100.0, 200.0)
    assert kpi.by_replication.tolist() == pytest.approx([440.0 / 3, 100.0])


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("call_to_decision_s", 10.0),
        ("decision_to_airborne_s", 30.0),
        ("decision_to_dispatch_s", 0.0),
        ("airborne_to_overhead_s", (60.0 + 100.0 + 160.0 + 60.0) / 4),
        ("decision_to_overhead_s", (90.0 + 130.0 + 190.0 + 90.0) / 4),
        ("call_to_video_s", (106.0 + 150.0 + 106.0 + 106.0) / 4),
        ("call_to_ground_s", (160.0 * 5 + 150.0) / 6),
        ("attended", 4 / 6),
        ("first_on_scene", 3 / 4),
        ("served_at_once", 4 / 6),
        ("missed_for_traffic", 1 / 6),
        ("cleared_without_patrol", 2 / 6),
        ("within_target", 3 / 6),
        ("within_target.priority.urgent", 2 / 4),
        ("within_target.priority.routine", 1 / 2),
        ("within_target.zone.beach", 1.0),
        ("within_60_s", 0.0),
        ("within_90_s", 2 / 6),
        ("calls_per_day", 1.5),
        ("flights_per_day", 1.0),
        ("on_scene_camera_minutes_per_day", 5.0),
        ("airborne_minutes_per_day", (4 * 540.0 + 30.0) / 60.0 / 4),
        ("yields_per_day", 0.25),
        ("yield_minutes_per_day", 1.5 / 4),
        ("reserve_at_landing", (0.5 + 0.3 + 0.4 + 0.5) / 4),
        ("landing_first_try", 1 / 4),
        ("landing_after_retry", 1 / 4),
        ("landing_diverted", 1 / 4),
        ("landing_not_disarmed", 1 / 4),
        ("docks_open", 0.875),
        ("drone_ready", 0.5),
        ("utilisation", (3 * 570.0 + 600.0) / 2 / (2 * 86400.0)),
        ("crew_utilisation", (3 * 570.0 + 600.0) / 2 / 86400.0),
    ],
)  # fmt: skip
def test_each_figure_is_what_a_hand_makes_of_the_records(
    two: Records, deployment: Deployment, name: str, mean: float
) -> None:
    assert summarise(two, deployment, seed=1).kpis[name].mean == pytest.approx(mean)


def test_missed_calls_are_counted_by_reason_of_all_calls(two: Records, deployment: Deployment) -> None:
    assert summarise(two, deployment, seed=1).missed == {
        "traffic": pytest.approx(1 / 6),
        "weather_wind": pytest.approx(1 / 6),
    }


def test_a_dock_is_ready_as_long_as_one_drone_is_and_people_are_there(
    two: Records, deployment: Deployment
) -> None:
    dock = summarise(two, deployment, seed=1).docks["east"]
    assert dock.drone_ready == pytest.approx((21600.0 + 43200.0) / 86400.0 / 2)
    assert dock.flights_per_day == 1.0


def test_nobody_who_has_not_said_how_many_calls_are_cleared_gets_a_figure(
    two: Records, deployment: Deployment
) -> None:
    kpi = summarise(two, replace(deployment, cleared_without_patrol=None), seed=1).kpis[
        "cleared_without_patrol"
    ]
    assert kpi.mean is None
    assert kpi.as_dict()["low"] is None


def test_a_run_without_calls_has_no_response_times_and_does_not_fail(
    records: Make, deployment: Deployment
) -> None:
    summary = summarise(records({}, {}), deployment, seed=1)
    assert summary.kpis["call_to_overhead_s"].mean is None
    assert summary.kpis["attended"].n == 0
    assert summary.missed == {}


def test_a_flight_still_out_at_the_horizon_is_in_use_until_then(
    records: Make, call: Make, flight: Make, deployment: Deployment
) -> None:
    out = flight(0, dispatched_s=172700.0, airborne_s=172740.0, landed_s=float("nan"), landing="")
    summary = summarise(records({"calls": [call(0)], "flights": [out]}), deployment, seed=1)
    assert summary.kpis["crew_utilisation"].mean == pytest.approx(100.0 / 86400.0)
    assert summary.kpis["landing_first_try"].n == 0


def test_the_sample_of_a_clock_leaves_out_calls_that_were_not_reached(two: Records) -> None:
    assert sorted(clock_seconds(two, "call_to_overhead_s").tolist()) == [100.0, 100.0, 140.0, 200.0]


def test_json_has_mean_percentiles_interval_and_number_for_every_figure(
    two: Records, deployment: Deployment
) -> None:
    document = summarise(two, deployment, seed=7).as_dict()
    assert set(document) == {"scenario", "seed", "replications", "time", "kpis", "missed", "docks"}
    assert document["time"] == {"days": 2.0, "duty_hours": 24.0}
    kpis = document["kpis"]
    assert isinstance(kpis, dict)
    for name, kpi in kpis.items():
        assert {"mean", "p50", "p90", "low", "high", "n", "unit", "what"} <= set(kpi), name


def test_days_are_of_24_hours_and_hours_on_duty_are_said_apart(two: Records, deployment: Deployment) -> None:
    kpis = summarise(two, deployment, seed=1).kpis
    assert kpis["calls_per_day"].mean == pytest.approx((4 + 2) / 2 / 2.0)
    assert kpis["calls_per_duty_hour"].mean == pytest.approx((4 + 2) / 2 / 24.0)
    assert kpis["flights_per_duty_hour"].mean == pytest.approx((3 + 1) / 2 / 24.0)
    assert "2.00 days, nights included" in kpis["calls_per_day"].what


def test_minutes_over_homes_are_those_of_stays_and_ways_by_their_shares(
    two: Records, deployment: Deployment
) -> None:
    name = "camera_minutes_over_homes_per_day"
    assert summarise(two, deployment, seed=1).kpis[name].mean is None
    homes = Homes(by_zone=(0.5, 0.0), by_way=((0.1, 0.25),))
    kpi = summarise(two, replace(deployment, homes=homes), seed=1).kpis[name]
    first = 2 * (0.5 * 300.0 + 0.1 * 240.0) + 0.25 * 240.0
    second = 0.5 * 300.0 + 0.1 * 270.0
    assert kpi.by_replication.tolist() == pytest.approx([first / 60.0 / 2.0, second / 60.0 / 2.0])


def test_moves_between_docks_count_as_flying_and_have_figures_of_their_own(
    records: Make, call: Make, deployment: Deployment
) -> None:
    (dock, *_), name = deployment.docks, "moves"
    there = MoveRecord(0, f"{dock.id}/1", dock.id, dock.id, 0.0, 40.0, 640.0, "", "docked", 1, 9.0, 0.9)
    back = there._replace(move=1, turned="return", landed_s=340.0, attempts=2)
    both = records({"calls": [call(0)], name: [there, back]})
    assert "move_ups_per_day" not in summarise(both, deployment, seed=1).kpis
    homes = Homes(by_zone=(0.0, 0.0), by_way=((0.0, 0.0),), by_move=((0.5,),))
    summary = summarise(both, replace(deployment, move_up=True, homes=homes), seed=1)
    figures = {name: kpi.mean for name, kpi in summary.kpis.items()}
    assert figures["move_ups_per_day"] == pytest.approx(2 / deployment.days)
    assert figures["move_ups_arrived"] == 0.5
    assert figures["airborne_minutes_per_day"] == pytest.approx((600.0 + 300.0) / 60.0 / deployment.days)
    assert figures["camera_minutes_over_homes_per_day"] == pytest.approx(7.5 / deployment.days)
    assert figures["landing_after_retry"] == 0.5
    assert figures["crew_utilisation"] == pytest.approx((640.0 + 340.0) / 86400.0)


def test_overwatch_counts_gaps_only_where_it_is_kept(
    records: Make, call: Make, deployment: Deployment
) -> None:
    watches = [
        OverwatchRecord(0, "stage", 100.0, 1600.0, 2, 0.0),
        OverwatchRecord(1, "beach", 200.0, 900.0, 1, 50.0),
    ]
    both = records({"calls": [call(0), call(1)], "overwatch": watches}, {"calls": [call(0)]})
    assert "overwatch_gap_s" not in summarise(both, deployment, seed=1).kpis
    kpis = summarise(both, replace(deployment, overwatch=True), seed=1).kpis
    assert (kpis["overwatch_gap_s"].mean, kpis["overwatch_gap_s"].n) == (25.0, 2)
    assert kpis["overwatch_unbroken"].mean == 0.5


def test_a_call_missed_in_rain_and_wind_counts_for_each_of_them(
    records: Make, call: Make, missed: dict[str, Any], deployment: Deployment
) -> None:
    shut = [
        call(k, reason=f"weather_{hold}", **missed) for k, hold in enumerate(["wind+rain", "rain", "wind"])
    ]
    summary = summarise(records({"calls": [*shut, call(3)]}), deployment, seed=1)
    assert summary.kpis["missed_for_rain"].mean == 0.5
    assert summary.kpis["missed_for_wind"].mean == 0.5
    assert summary.kpis["missed_for_gust"].mean == 0.0
    assert summary.missed["weather_wind+rain"] == 0.25


def test_percentiles_say_whether_they_are_of_all_observations(two: Records, deployment: Deployment) -> None:
    kpis = summarise(two, deployment, seed=1).kpis
    assert kpis["call_to_overhead_s"].as_dict()["percentiles_of"] == "observations"
    assert kpis["attended"].as_dict()["percentiles_of"] == "replications"


def test_drones_that_are_sent_on_have_figures_only_where_they_may_be(
    records: Make, call: Make, flight: Make, deployment: Deployment
) -> None:
    taken = RetaskRecord(
        0, "east/1", "east", 0, 1, "on_scene", 200.0, 200.0, 260.0, 300.0, on_scene_s=40.0, cut_by=""
    )
    late = taken._replace(call=2, left_call=1, phase="back", overhead_s=float("nan"), on_scene_s=0.0)
    calls = [call(0), call(1, zone="beach"), call(2)]
    log = records({"calls": calls, "flights": [flight(0, on_scene_s=100.0)], "retasks": [taken, late]})
    assert "re_tasks_per_day" not in summarise(log, deployment, seed=1).kpis
    homes = Homes(by_zone=(0.0, 1.0), by_way=((0.0, 0.0),))
    policed = replace(deployment, policing=Policing(re_task=True), homes=homes)
    figures = {name: kpi.mean for name, kpi in summarise(log, policed, seed=1).kpis.items()}
    assert figures["re_tasks_per_day"] == pytest.approx(2 / deployment.days)
    assert figures["pre_empted_per_day"] == pytest.approx(1 / deployment.days)
    assert figures["served_from_the_air"] == pytest.approx(1 / 3)
    assert figures["camera_minutes_over_homes_per_day"] == pytest.approx(40.0 / 60.0 / deployment.days)


def test_calls_in_hand_are_counted_whether_a_drone_was_there_or_not(
    records: Make, call: Make, missed: dict[str, Any], deployment: Deployment
) -> None:
    calls = [
        call(0, ground_s=140.0, ended_s=200.0),
        call(1, ground_s=140.0, ended_s=190.0),
        call(2, ground_s=140.0, reason="officers_have_it_in_hand", **missed),
    ]
    policed = replace(deployment, policing=Policing(stand_down_s=60.0))
    assert summarise(records({"calls": calls}), policed, seed=1).kpis["stood_down"].mean == pytest.approx(
        2 / 3
    )


def test_second_drones_have_figures_where_they_are_sent(
    records: Make, call: Make, deployment: Deployment
) -> None:
    nan = float("nan")
    came = SecondRecord(0, "stage", "urgent", 10.0, 20.0, 110.0, 400.0, 290.0, 290.0, "")
    late = came._replace(call=1, dispatched_s=nan, overhead_s=nan, on_scene_s=0.0, reason="no_drone_ready")
    log = records({"calls": [call(0), call(1)], "seconds": [came, late]})
    policed = replace(deployment, policing=Policing(second_drone=(("urgent", 1.0),)))
    figures = {name: kpi.mean for name, kpi in summarise(log, policed, seed=1).kpis.items()}
    assert figures["second_drones_per_day"] == pytest.approx(2 / deployment.days)
    assert figures["second_drone_arrived"] == 0.5
    assert figures["decision_to_second_overhead_s"] == 100.0


def test_patrols_that_drones_free_are_counted_and_their_time_is_measured(
    records: Make, call: Make, deployment: Deployment
) -> None:
    nan, horizon_s = float("nan"), deployment.horizon_s
    done = PatrolRecord(0, "stage", 0, 100.0, 160.0, 400.0, 1000.0, "")
    freed = PatrolRecord(1, "stage", 1, 200.0, 220.0, nan, 250.0, "cleared")
    never = PatrolRecord(2, "stage", -1, 300.0, nan, nan, nan, "cleared")
    late = PatrolRecord(3, "stage", 1, horizon_s - 50.0, horizon_s - 40.0, nan, nan, "")
    log = records({"calls": [call(0), call(1), call(2), call(3)], "patrols": [done, freed, never, late]})
    figures = PatrolFigures(
        units=2, on_scene_shape="constant", on_scene_median_s=600.0, on_scene_p90_s=600.0, clears_after_s=0.0
    )
    policed = replace(deployment, policing=Policing(patrols=figures))
    kpis = {name: kpi.mean for name, kpi in summarise(log, policed, seed=1).kpis.items()}
    assert kpis["patrols_freed_per_day"] == pytest.approx(2 / deployment.days)
    assert kpis["patrol_wait_s"] == pytest.approx((60.0 + 20.0 + 10.0) / 3.0)
    assert kpis["patrol_utilisation"] == pytest.approx((840.0 + 30.0 + 40.0) / (2.0 * horizon_s))
    # Both until 240 s: 10 s of the second one's errand are overtime, and the first half of its last one.
    half_s = horizon_s / 2.0
    shifts = replace(policed, patrols_on_duty=((0.0, 2), (240.0, 1), (half_s, 0), (horizon_s - 20.0, 2)))
    there_s = 2.0 * 240.0 + (half_s - 240.0) + 2.0 * 20.0 + 10.0 + 20.0
    use = summarise(log, shifts, seed=1).kpis["patrol_utilisation"].mean
    assert use == pytest.approx((840.0 + 30.0 + 40.0) / there_s)


def test_calls_that_are_given_another_grade_are_counted_by_direction(
    records: Make, call: Make, deployment: Deployment
) -> None:
    low, high = MisgradedRecord(1, "urgent", "routine", 1), MisgradedRecord(3, "routine", "urgent", -1)
    log = records({"calls": [call(number) for number in range(4)], "misgraded": [low, high]})
    policed = replace(deployment, policing=Policing(triage=(("urgent", (("routine", 1.0),)),)))
    figures = {name: kpi.mean for name, kpi in summarise(log, policed, seed=1).kpis.items()}
    assert (figures["graded_too_low"], figures["graded_too_high"]) == (0.25, 0.25)
