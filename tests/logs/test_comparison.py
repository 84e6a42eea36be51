"""Predicted against flown, with flights that are known by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.performance import flight_settings, predict_path
from dfr.ardupilot.commands import Command, Frame
from dfr.errors import InputError
from dfr.geo import Position
from dfr.logs.comparison import FlightComparison, compare_flight, summarise_comparisons
from dfr.logs.flights import find_flights
from dfr.logs.model import EventKind, FlightLog, LogEvent, Quantity
from dfr.logs.parts import Part
from dfr.metrics.flown import PhaseComparison
from dfr.mission.items import MissionItem
from dfr.track import Phase
from dfr.world.weather import MeanWind

from .test_flights import HOME_LAT, HOME_LON, M_PER_DEG, flown

DRONE = find_drone("arducopter-sitl-quad")
CALM = MeanWind(speed_mps=0.0, from_deg=0.0)
HEIGHT_M, LENGTH_M, STAY_S = 30.0, 200.0, 20.0


def as_predicted(*, slower: float = 1.0) -> FlightLog:
    """A flight whose phases last as the model says, its ways `slower` times as long."""
    said = predict_path(
        [LENGTH_M], [0.0], height_m=HEIGHT_M, on_scene_s=STAY_S, wind=CALM, drone=DRONE,
        settings=flight_settings(DRONE),
    )  # fmt: skip
    assert said.climb_s is not None
    assert said.out_s is not None
    assert said.back_s is not None
    assert said.land_s is not None
    steps = (
        (said.climb_s, 0.0, HEIGHT_M), (slower * said.out_s, LENGTH_M, HEIGHT_M),
        (STAY_S, LENGTH_M, HEIGHT_M), (slower * said.back_s, 0.0, HEIGHT_M), (4.0, 0.0, HEIGHT_M),
        (said.land_s * HEIGHT_M / (HEIGHT_M - 1.15), 0.0, 0.0),
    )  # fmt: skip
    path, t_s = [(10.0, 0.0, 0.0)], 10.0
    for seconds, north_m, height_m in steps:
        t_s += seconds
        path.append((t_s, north_m, height_m))
    return replace(flown(path), parameters={"WPNAV_SPEED": 1000.0})


def compared(log: FlightLog, mission: Sequence[MissionItem] | None = None) -> FlightComparison:
    (flight,) = find_flights(log)
    return compare_flight(log, flight, DRONE, mission=mission, wind=CALM)


def waypoint(north_m: float) -> MissionItem:
    position = Position(lat_deg=HOME_LAT + north_m / M_PER_DEG, lon_deg=HOME_LON)
    return MissionItem(
        command=Command.NAV_WAYPOINT, frame=Frame.GLOBAL_RELATIVE_ALT, position=position, z_m=HEIGHT_M
    )


def test_a_flight_as_predicted_agrees_in_every_phase() -> None:
    found = compared(as_predicted())
    assert {phase.phase for phase in found.phases if phase.agrees} >= {Phase.OUT, Phase.BACK, Phase.LAND}
    assert abs(found.errors["out"]) < 0.05
    assert "no mission" in found.notes[0]


def test_a_log_without_parameters_is_predicted_at_the_speed_that_it_flew() -> None:
    log = flown([(10, 0, 0), (20, 0, 30), (50, 240, 30), (70, 240, 30), (100, 0, 30), (140, 0, 0)])
    assert "at the 8.0 m/s that it flew, since the log does not say what was asked" in compared(log).notes


def test_a_firmware_before_4_1_flies_its_legs_by_its_own_profile() -> None:
    log = replace(as_predicted(), firmware="APM:Copter 3.5.7 (b11c6af3)")
    found, newer = compared(log), compared(as_predicted())
    assert any("before 4.1" in note for note in found.notes)
    assert not any("before 4.1" in note for note in newer.notes)
    out, newer_out = (next(p for p in one.phases if p.phase is Phase.OUT) for one in (found, newer))
    assert out.predicted_s != newer_out.predicted_s


def test_what_was_measured_counts_before_what_was_asked() -> None:
    log = replace(as_predicted(), parameters={"WPNAV_SPEED": 1000.0, "WPNAV_SPEED_UP": 400.0})
    (flight,) = find_flights(log)
    asked = compare_flight(log, flight, DRONE, wind=CALM)
    flown_rate = compare_flight(log, flight, DRONE, wind=CALM, measured=frozenset({"climb_mps"}))
    assert flown_rate.phases[0].predicted_s == pytest.approx(compared(as_predicted()).phases[0].predicted_s)
    assert asked.phases[0].predicted_s < flown_rate.phases[0].predicted_s


def test_a_flight_whose_ways_take_longer_differs() -> None:
    found = compared(as_predicted(slower=1.2))
    out = next(phase for phase in found.phases if phase.phase is Phase.OUT)
    assert not out.agrees
    assert found.errors["out"] == pytest.approx(0.2, abs=0.05)


def test_the_mission_that_was_flown_is_taken_and_another_refused() -> None:
    log = as_predicted()
    home = MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL_RELATIVE_ALT)
    found = compared(log, [waypoint(100.0), waypoint(200.0), home])
    assert found.notes[0] == "the mission given"
    with pytest.raises(InputError, match="did not fly this mission"):
        compared(log, [waypoint(900.0), home])


def test_a_landing_on_a_marker_has_the_slack_that_it_has_in_a_rehearsal() -> None:
    log = as_predicted()
    on_marker = replace(log, parameters={**log.parameters, "PLND_ENABLED": 1.0})
    plain, slack = (compared(one).phases[-1] for one in (log, on_marker))
    assert plain.tolerance_s is not None
    assert slack.tolerance_s == pytest.approx(plain.tolerance_s + 4.0)


def test_a_return_begins_with_its_item_where_the_mission_itself_sends_the_drone_home() -> None:
    home = MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL_RELATIVE_ALT)
    log = replace(as_predicted(), missions=((waypoint(0.0), waypoint(200.0), home),))
    before = next(p for p in compared(log).phases if p.phase is Phase.BACK).flown_s
    assert before is not None
    (flight,) = find_flights(log)
    leaves_s = next(part for part in flight.parts if part.kind is Part.RETURN).start_s
    told = replace(log, events=(LogEvent(t_s=leaves_s - 5.0, kind=EventKind.ITEM, text="item 2"),))
    after = next(p for p in compared(told).phases if p.phase is Phase.BACK).flown_s
    assert after == pytest.approx(before + 5.0, abs=1.0)


def test_the_log_s_own_mission_counts_only_if_it_was_flown() -> None:
    home = MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL_RELATIVE_ALT)
    log = as_predicted()
    flown_one, other = (waypoint(200.0), home), (waypoint(-500.0), home)
    assert compared(replace(log, missions=(flown_one, other))).notes[0] == "the mission in the log"
    assert "no mission" in compared(replace(log, missions=(other,))).notes[0]


def test_a_way_flown_by_hand_is_not_compared() -> None:
    wander = [
        (10, 0, 0),
        (25, 0, 30),
        (60, 150, 30),
        (80, 20, 30),
        (120, 200, 30),
        (140, 200, 30),
        (200, 0, 30),
        (250, 0, 0),
    ]
    log = flown(wander)
    found = compared(log)
    assert next(phase for phase in found.phases if phase.phase is Phase.OUT).flown_s is None
    assert any("way out was not straight" in note for note in found.notes)


def test_a_hop_is_nothing_to_compare() -> None:
    log = flown([(10, 0, 0), (20, 0, 20), (40, 5, 20), (60, 0, 20), (100, 0, 0)])
    with pytest.raises(InputError, match="stays within 20 m"):
        compared(log)


def _season(errors: Sequence[float], *, days: float = 7.0) -> list[FlightComparison]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        FlightComparison(
            label=f"log#{n}",
            began=start + timedelta(days=days * n),
            phases=(PhaseComparison(phase=Phase.OUT, predicted_s=100.0, flown_s=100.0 * (1.0 + error)),),
            planned_s={},
            predicted_wh=None,
            planned_wh=None,
            flown_wh=None,
            energy_band=0.1,
            notes=(),
        )
        for n, error in enumerate(errors)
    ]


def test_a_season_gives_the_distribution_and_the_outlier() -> None:
    errors = [0.015 + 0.01 * (n % 2) for n in range(20)]
    errors[7] = 0.3
    (summary,) = summarise_comparisons(_season(errors))
    assert summary.median == pytest.approx(0.02, abs=0.01)
    assert summary.outliers == ("log#7",)
    assert not summary.drifts


def test_a_drift_over_months_is_seen() -> None:
    rng = np.random.default_rng(4)
    errors = [0.01 * n + float(rng.normal(0.0, 0.01)) for n in range(20)]
    (summary,) = summarise_comparisons(_season(errors))
    assert summary.drifts
    assert summary.drift_per_30_days == pytest.approx(0.01 * 30.0 / 7.0, rel=0.2)


def test_three_flights_tell_no_drift() -> None:
    (summary,) = summarise_comparisons(_season([0.0, 0.1, 0.2]))
    assert (summary.drift_per_30_days, summary.drifts) == (None, False)


def test_a_dji_flight_lands_by_the_law_of_its_own_autopilot():
    """Down to 3 m as fast as it sinks, then at 0.3 m/s: ArduCopter is slow from 10 m on."""
    log = as_predicted()
    ours, dji = (
        next(one.predicted_s for one in compared(each).phases if one.phase is Phase.LAND)
        for each in (log, replace(log, autopilot="DJI"))
    )
    assert ours is not None
    assert dji is not None
    sinking, landing = DRONE.descent_mps, DRONE.land_mps
    saved = 7.0 * (1.0 / landing - 1.0 / sinking) + 3.0 / landing - 3.0 / 0.3
    assert ours - dji == pytest.approx(saved, abs=1.0)


def landing_of(found: FlightComparison) -> PhaseComparison:
    return next(phase for phase in found.phases if phase.phase is Phase.LAND)


def test_a_landing_slows_down_where_the_vehicle_reads_its_height() -> None:
    """The ground reads 2 m by the end: the drone is slow for 8 m over it, not for 10 m."""
    level = as_predicted()
    height = level.series[Quantity.HEIGHT_M_HOME]
    drift_m = 2.0 * np.clip((height.t_s - 20.0) / 40.0, 0.0, 1.0)
    drifted = replace(height, values=height.values + drift_m)
    log = replace(level, series={**level.series, Quantity.HEIGHT_M_HOME: drifted})
    usual, sooner = landing_of(compared(level)), landing_of(compared(log))
    assert usual.predicted_s is not None
    assert sooner.predicted_s is not None
    # 2 m less at 0.5 m/s: flown at 1.5 m/s where it begins as high over the ground, else not at all.
    assert 2.0 / 0.5 - 2.0 / 1.5 - 0.3 < usual.predicted_s - sooner.predicted_s < 2.0 / 0.5 + 0.3


@pytest.mark.parametrize("below_m", [1.0, -1.0])
def test_a_landing_slows_down_by_the_terrain_that_the_vehicle_knows(below_m: float) -> None:
    """Its terrain data have the ground lower than home's by this: it reads more height, and is slow later."""
    level = as_predicted()
    height = level.series[Quantity.HEIGHT_M_HOME]
    above = replace(height, values=height.values + below_m)
    log = replace(level, series={**level.series, Quantity.HEIGHT_M_TERRAIN: above})
    usual, other = landing_of(compared(level)), landing_of(compared(log))
    assert usual.predicted_s is not None
    assert other.predicted_s is not None
    metre_s = 1.0 / 0.5 - 1.0 / 1.5
    assert usual.predicted_s - other.predicted_s == pytest.approx(below_m * metre_s, abs=0.2)
    ranging = replace(log, parameters={**log.parameters, "RNGFND1_TYPE": 1.0})
    assert landing_of(compared(ranging)).predicted_s == usual.predicted_s


def test_a_touchdown_in_a_gap_of_the_log_is_at_no_known_time() -> None:
    log = as_predicted()
    assert landing_of(compared(log)).flown_s is not None
    (flight,) = find_flights(log)
    stands_s = flight.hop.touch_t_s
    assert stands_s is not None
    cut = {}
    for quantity, series in log.series.items():
        kept = (series.t_s < stands_s - 6.0) | (series.t_s > stands_s + 1.0)
        cut[quantity] = replace(series, t_s=series.t_s[kept], values=series.values[kept])
    found = compared(replace(log, series=cut))
    assert landing_of(found).flown_s is None
    assert any("gap of" in note for note in found.notes)


def test_a_mission_that_passes_home_after_its_hold_goes_out_to_the_hold() -> None:
    """So a dispatch returns over its dock where a rally point is nearer to the scene."""
    hold = replace(waypoint(200.0), command=Command.NAV_LOITER_TIME, params=(20.0, 0.0, 1.0, 0.0))
    home = MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL_RELATIVE_ALT)
    straight = compared(replace(as_predicted(), missions=((waypoint(0.0), hold, home),)))
    over = compared(replace(as_predicted(), missions=((waypoint(0.0), hold, waypoint(0.0), home),)))
    assert over.notes[0] == "the mission in the log"
    assert over.phases[1].phase is Phase.OUT
    assert over.phases[1] == straight.phases[1]
    assert over.phases[1].flown_s is not None
    back_s = next(p.flown_s for p in over.phases if p.phase is Phase.BACK)
    assert back_s == next(p.flown_s for p in straight.phases if p.phase is Phase.BACK)
