"""Phases measured from samples give what was recorded on a real ArduCopter."""

import csv
import json
import math

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
