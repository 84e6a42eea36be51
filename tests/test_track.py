"""Phases measured from samples give what was recorded on a real ArduCopter."""

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from dfr.track import FlightTrack, Phase, phase_seconds, track_of_phases


def recorded_track(path, return_t_s):
    with path.open() as file:
        rows = list(csv.DictReader(file))
    column = {name: np.array([float(row[name]) for row in rows]) for name in ("t", "n", "e", "alt")}
    return FlightTrack(
        name=path.stem,
        t_s=column["t"],
        east_m=column["e"],
        north_m=column["n"],
        height_m=column["alt"],
        return_t_s=return_t_s,
    )


def test_the_phases_of_a_recorded_sortie_are_those_in_its_record(reference):
    arducopter = reference / "arducopter"
    compared = 0
    for line in (arducopter / "legs.jsonl").read_text().splitlines():
        leg = json.loads(line)
        case = leg["case"]
        if leg["back"] is None or case["w"] > 4:
            continue
        started = leg["modes"][0][0]
        returned = started + leg["lift"] + leg["climb"] + leg["out"] + leg["hover_done"]
        bearing = math.radians(case["brg"])
        phases = phase_seconds(
            recorded_track(arducopter / "tracks" / f"{case['name']}.csv", returned),
            target_east_m=case["dist"] * math.sin(bearing),
            target_north_m=case["dist"] * math.cos(bearing),
            cruise_height_m=case["alt"],
        )
        recorded = {Phase.CLIMB: "climb", Phase.OUT: "out", Phase.BACK: "back", Phase.LAND: "land"}
        for phase, name in recorded.items():
            assert phases[phase] == pytest.approx(leg[name], abs=0.6), (case["name"], phase)
        compared += 1
    assert compared >= 10


def test_a_phase_that_never_ended_is_none_not_zero():
    t = np.arange(0.0, 10.0)
    track = FlightTrack(name="stuck", t_s=t, east_m=t * 0, north_m=t * 0, height_m=t, return_t_s=None)
    phases = phase_seconds(track, target_east_m=500.0, target_north_m=0.0, cruise_height_m=8.0)
    assert phases[Phase.CLIMB] == pytest.approx(6.0)
    assert phases[Phase.OUT] is None
    assert phases[Phase.BACK] is None
    assert phases[Phase.LAND] is None


def test_a_track_made_of_predicted_phases_measures_as_those_phases():
    predicted = {Phase.CLIMB: 20.0, Phase.OUT: 50.0, Phase.ON_SCENE: 30.0, Phase.BACK: 60.0, Phase.LAND: 40.0}
    path = np.array([[0.0, 0.0], [300.0, 0.0], [300.0, 400.0]])
    track = track_of_phases("predicted", predicted, path_m=path, height_m=60.0)
    assert track.t_s[-1] == pytest.approx(sum(predicted.values()))
    measured = phase_seconds(track, target_east_m=300.0, target_north_m=400.0, cruise_height_m=60.0)
    for phase in (Phase.OUT, Phase.ON_SCENE, Phase.BACK):
        assert measured[phase] == pytest.approx(predicted[phase], abs=1e-6)


def test_a_predicted_track_stops_where_a_phase_never_ends():
    phases = {Phase.CLIMB: 20.0, Phase.OUT: None}
    track = track_of_phases("unreachable", phases, path_m=np.array([[0.0, 0.0], [900.0, 0.0]]), height_m=60.0)
    assert track.t_s[-1] == 20.0
    assert track.return_t_s is None


def sortie(*, cruise_m, return_m, before_m=0.0, after_m=0.0):
    """Up 2 m/s, 10 m/s to 200 m north, 10 s there, back, up to the return's height if above, down 1 m/s.

    The ground reads `before_m` and `after_m`, and the barometer wanders by 0.5 m while the drone stands.
    """
    corners = [(0.0, 0.0, before_m), (8.0, 0.0, before_m + 0.5), (10.0, 0.0, before_m)]

    def on(seconds, north_m, height_m):
        corners.append((corners[-1][0] + seconds, north_m, height_m))

    on((cruise_m - before_m) / 2.0, 0.0, cruise_m)
    on(20.0, 200.0, cruise_m)
    on(10.0, 200.0, cruise_m)
    returned = corners[-1][0]
    on(20.0, 0.0, cruise_m)
    top_m = max(return_m, cruise_m)
    on((top_m - cruise_m) / 2.0 + 0.01, 0.0, top_m)
    on(5.0, 0.0, top_m)
    on(top_m - after_m, 0.0, after_m)
    on(10.0, 0.0, after_m)
    t, north, height = np.array(corners).T
    fine = np.arange(0.0, t[-1], 0.1)
    return FlightTrack(
        name="sortie",
        t_s=fine,
        east_m=fine * 0.0,
        north_m=np.interp(fine, t, north),
        height_m=np.interp(fine, t, height),
        return_t_s=returned,
        ground_before_m=before_m,
        ground_after_m=after_m,
        flies_t_s=10.5,
    )


def phases_of(track, cruise_m):
    return phase_seconds(track, target_east_m=0.0, target_north_m=200.0, cruise_height_m=cruise_m)


@pytest.mark.parametrize("return_m", [40.0, 60.0, 90.0])
def test_the_same_landing_is_measured_whatever_height_it_returns_at(return_m):
    phases = phases_of(sortie(cruise_m=60.0, return_m=return_m), 60.0)
    assert phases[Phase.LAND] == pytest.approx(max(return_m, 60.0) - 1.0 - 0.15, abs=0.3)


@pytest.mark.parametrize(("before_m", "after_m"), [(0.0, 0.0), (0.6, 2.2), (-1.8, -2.5), (2.2, -0.5)])
def test_climb_and_landing_are_measured_from_what_the_ground_reads(before_m, after_m):
    track = sortie(cruise_m=20.0, return_m=20.0, before_m=before_m, after_m=after_m)
    phases = phases_of(track, 20.0)
    assert phases[Phase.CLIMB] == pytest.approx((19.0 - before_m - 0.3) / 2.0, abs=0.3)
    assert phases[Phase.LAND] == pytest.approx(19.0 - after_m - 0.15, abs=0.3)


def test_a_landing_that_never_touched_down_did_not_end():
    track = replace(sortie(cruise_m=20.0, return_m=20.0), ground_after_m=None)
    assert phases_of(track, 20.0)[Phase.LAND] is None


def test_after_a_new_task_in_flight_the_phases_are_those_of_that_task():
    """Sent on from a first scene at 100 m north, at 60 s of a flight to 200 m."""
    first = sortie(cruise_m=20.0, return_m=20.0)
    waits = np.interp(first.t_s, [0.0, 25.0, 60.0, 70.0, 500.0], [0.0, 100.0, 100.0, 200.0, 200.0])
    track = replace(first, north_m=waits, task_t_s=60.0, return_t_s=80.0)
    phases = phases_of(track, 20.0)
    assert phases[Phase.OUT] == pytest.approx(10.0, abs=0.3)
    assert phases[Phase.ON_SCENE] == pytest.approx(10.0, abs=0.3)


def test_who_turns_back_before_the_scene_and_passes_it_later_was_not_on_scene():
    track = sortie(cruise_m=20.0, return_m=20.0)
    phases = phases_of(replace(track, return_t_s=25.0), 20.0)
    assert phases[Phase.OUT] is None
    assert phases[Phase.ON_SCENE] is None
