"""The flight model against sorties recorded on ArduCopter SITL."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from dfr.track import FlightTrack, Phase, phase_seconds

DATA = Path(__file__).resolve().parent.parent / "data" / "arducopter" / "legs.jsonl"
RECORDS = {json.loads(line)["case"]["name"]: json.loads(line) for line in DATA.read_text().splitlines()}
CALM = [name for name, record in RECORDS.items() if record["case"]["w"] == 0]
WINDY = [name for name in RECORDS if name not in CALM]


def error_share(predicted: float | None, recorded: float) -> float:
    assert predicted is not None
    return abs(predicted - recorded) / recorded


@pytest.mark.parametrize("name", CALM)
def test_calm_legs_are_within_three_per_cent(name, flown_like):
    record, sortie = RECORDS[name], flown_like(RECORDS[name])
    assert error_share(sortie.out_s, record["out"]) < 0.03
    assert error_share(sortie.back_s, record["back"]) < 0.03


def test_calm_legs_are_within_one_per_cent_in_the_middle(flown_like):
    errors = [
        error_share(getattr(flown_like(RECORDS[name]), f"{way}_s"), RECORDS[name][way])
        for name in CALM
        for way in ("out", "back")
    ]
    assert np.median(errors) < 0.01


@pytest.mark.parametrize("name", WINDY)
def test_legs_in_wind_are_within_five_per_cent_where_they_can_be_flown(name, flown_like):
    record, sortie = RECORDS[name], flown_like(RECORDS[name])
    if record["out"] is None:
        assert not sortie.reachable
        assert sortie.out_s is None
        assert sortie.limited_by == "wind"
        return
    assert sortie.reachable
    assert error_share(sortie.out_s, record["out"]) < 0.05
    assert error_share(sortie.back_s, record["back"]) < 0.05
    assert sortie.back_late_s is None or sortie.back_early_s <= sortie.back_s <= sortie.back_late_s


@pytest.mark.parametrize("name", [name for name, record in RECORDS.items() if record["out"] is not None])
def test_climb_and_land_are_within_seven_tenths_of_a_second(name, flown_like):
    record, sortie = RECORDS[name], flown_like(RECORDS[name])
    assert sortie.climb_s == pytest.approx(record["climb"], abs=0.7)
    assert sortie.land_s == pytest.approx(record["land"], abs=0.7)


@pytest.mark.parametrize("name", CALM)
def test_the_whole_of_a_calm_sortie_is_within_three_per_cent(name, flown_like):
    record = RECORDS[name]
    recorded = record["total"] - record["lift"]
    assert error_share(flown_like(record).total_s, recorded) < 0.03


@pytest.mark.parametrize("name", ["calm_d500_a60_v10", "wind6_tail_d800_v10"])
def test_the_recorded_track_gives_the_recorded_phases(reference, name):
    """The rule by which phases are measured is the one the recordings used."""
    record = RECORDS[name]
    case = record["case"]
    with (reference / "arducopter" / "tracks" / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    t_s = np.array([float(row["t"]) for row in rows])
    start = t_s[0] + record["lift"] + record["climb"] + record["out"]
    track = FlightTrack(
        name=name,
        t_s=t_s,
        east_m=np.array([float(row["e"]) for row in rows]),
        north_m=np.array([float(row["n"]) for row in rows]),
        height_m=np.array([float(row["alt"]) for row in rows]),
        return_t_s=start + record["hover_done"],
    )
    course = math.radians(case["brg"])
    phases = phase_seconds(
        track,
        target_east_m=case["dist"] * math.sin(course),
        target_north_m=case["dist"] * math.cos(course),
        cruise_height_m=case["alt"],
    )
    assert phases[Phase.CLIMB] == pytest.approx(record["climb"], abs=0.3)
    assert phases[Phase.OUT] == pytest.approx(record["out"], abs=0.3)
    assert phases[Phase.BACK] == pytest.approx(record["back"], abs=0.3)
    assert phases[Phase.LAND] == pytest.approx(record["land"], abs=0.3)
