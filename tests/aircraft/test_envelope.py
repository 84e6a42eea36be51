"""The landing envelope: rows over each axis, and what vertical gusts and rain do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.aircraft.landing import in_rain
from dfr.aircraft.landing_study import AXES, Axis, LandingAir, study_envelope
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Sensors, Trials, fly_landings
from dfr.scenario.model import Guidance

QUAD, PAD = find_drone("arducopter-sitl-quad"), find_dock("open-pad")


@pytest.mark.parametrize("axis", [Axis.GUST, Axis.RAIN])
def test_every_value_of_an_axis_has_a_row_with_its_band(axis):
    rows = study_envelope(
        axis,
        LandingAir(wind_mps=6.0, turbulence_intensity=0.17),
        drone=QUAD,
        dock=PAD,
        guidance=Guidance.PRECISION,
        trials=100,
        seed=1,
        retries=0,
    )
    assert tuple(row[axis.value] for row in rows) == AXES[axis]
    for row in rows:
        success = row["success"]
        assert success["low"] <= success["rate"] <= success["high"]


def test_more_gusts_dock_fewer():
    rows = study_envelope(
        Axis.GUST,
        LandingAir(wind_mps=5.0, turbulence_intensity=0.17),
        drone=QUAD,
        dock=PAD,
        guidance=Guidance.GNSS,
        trials=1600,
        seed=1,
        retries=0,
    )
    assert rows[0]["success"]["low"] > rows[-1]["success"]["high"]


def test_rain_blurs_a_marker_but_not_gnss():
    wet = in_rain(Sensors(), 10.0)
    assert wet.marker_m == pytest.approx(2.0 * Sensors().marker_m)
    assert (wet.gnss_m, wet.gnss_s) == (Sensors().gnss_m, Sensors().gnss_s)


def test_vertical_gusts_spread_the_sink_and_little_else():
    still = Trials(
        wind_mps=np.full(600, 6.0), intensity=np.full(600, 0.17), guidance=Guidance.GNSS, start_height_m=8.0
    )
    calm, heaving = (
        fly_landings(QUAD, trials, settings=FlightSettings(), seed=5)
        for trials in (still, replace(still, vertical_share=0.5))
    )
    assert heaving.descent_mps.std() > 3.0 * calm.descent_mps.std()
    assert heaving.descent_mps.mean() == pytest.approx(calm.descent_mps.mean(), abs=0.02)
    assert np.median(heaving.error_m) == pytest.approx(np.median(calm.error_m), rel=0.15)
