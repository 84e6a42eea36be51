"""How often rounding cuts the corner out of a climb, against returns flown on ArduCopter SITL."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.performance import FlightSettings, SortiePrediction
from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.sitl_effects import corner_cut_share

FLOWN = [
    json.loads(line)
    for line in (Path(__file__).resolve().parent.parent / "data" / "arducopter" / "climbs.jsonl")
    .read_text()
    .splitlines()
]
NEAR = 0.02


def share(climb_m: float, **settings: float) -> float:
    columns = SettingColumns.from_settings(FlightSettings(**settings), 1)
    found = corner_cut_share(
        np.array([climb_m]), columns.vertical_accel_mps2, columns.path_jerk_mps3, columns.path_snap_mps4
    )
    return float(found[0])


def was_cut(record: dict, sortie: SortiePrediction) -> bool:
    """Flown nearer to the sooner than to the usual time."""
    return record["back"] < sortie.back_s * (1.0 - NEAR)


@pytest.mark.parametrize("climb_m", [30.0, 40.0, 60.0])
def test_a_high_climb_goes_straight_up_in_single_precision_and_is_never_cut(climb_m):
    assert share(climb_m) == 0.0


def test_climbs_that_cannot_be_cut_were_not(flown_like):
    high = [record for record in FLOWN if record["case"]["params"]["RTL_ALT"] == 5500]
    assert len(high) >= 8
    assert not any(was_cut(record, flown_like(record)) for record in high)


def test_as_many_corners_were_cut_as_the_shares_say(flown_like):
    low = [record for record in FLOWN if record["case"]["params"]["RTL_ALT"] in {3500, 4000, 4500}]
    shares = [
        share(
            record["case"]["params"]["RTL_ALT"] / 100.0 - record["case"]["alt"],
            jerk_mps3=float(record["case"]["params"]["WPNAV_JERK"]),
        )
        for record in low
    ]
    expected, deviation = sum(shares), math.sqrt(sum(p * (1.0 - p) for p in shares))
    assert sum(was_cut(record, flown_like(record)) for record in low) == pytest.approx(
        expected, abs=2.0 * deviation
    )


def test_nine_in_ten_are_within_the_stated_band(flown_like):
    pairs = [(record["back"], flown_like(record)) for record in FLOWN]
    inside = [
        sortie.back_early_s <= seconds <= sortie.back_late_s
        for seconds, sortie in pairs
        if sortie.back_early_s < sortie.back_s
    ]
    assert len(inside) > 30
    assert np.mean(inside) >= 0.9
