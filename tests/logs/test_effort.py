"""How hard a flight was: momentum theory of a climb by hand, and real flights with one of them left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import power_over_hover
from dfr.io.logs.files import read_log
from dfr.logs.effort import flown_wh, hover_seconds
from dfr.logs.flights import find_flights

QUAD = find_drone("arducopter-sitl-quad")


def test_thrust_costs_its_power_of_one_and_a_half_in_still_air() -> None:
    load = np.array([0.5, 1.0, 1.5])
    none = np.zeros(3)
    shares = power_over_hover(QUAD, load=load, tilt_rad=none, airspeed_mps=none, climb_mps=none)
    assert shares == pytest.approx(load**1.5)


def test_a_descent_counts_as_level_flight() -> None:
    one, none = np.ones(1), np.zeros(1)
    down = power_over_hover(QUAD, load=one, tilt_rad=none, airspeed_mps=none, climb_mps=-3.0 * one)
    assert down == pytest.approx([1.0])


def test_the_energy_of_real_flights_by_hand_follows_from_their_motion(reference: Path) -> None:
    """Eight flights of one quad, each predicted by the others: 3 and 9 % is what time in the air gave."""
    (path,) = (reference / "real-flights").glob("04_*")
    log = read_log(path)
    flights = find_flights(log)
    ratios = np.array(
        [(flown_wh(log, one) or 0.0) / (hover_seconds(log, one, QUAD) or 1.0) for one in flights]
    )
    others = [np.median(np.delete(ratios, one)) for one in range(len(ratios))]
    sizes = np.abs(ratios / others - 1.0)
    assert len(flights) == 8
    assert np.median(sizes) < 0.04
    assert np.quantile(sizes, 0.9) < 0.09


def test_without_current_there_is_no_effort(reference: Path) -> None:
    (path,) = (reference / "real-flights").glob("09_*")
    log = read_log(path)
    assert hover_seconds(log, find_flights(log)[0], QUAD) is None
