"""The airframes that SITL flies for the drones of the catalogue are those drones."""

from __future__ import annotations

from pathlib import Path

import pytest

import firmware_sitl
from dfr.aircraft.catalogue import find_drone, list_drones
from dfr.aircraft.trim import airframe_of
from firmware_sitl.vehicle.airframe import read_airframe

FRAMES = Path(firmware_sitl.__file__).parent / "frames"


@pytest.mark.parametrize("key", list_drones())
def test_an_airframe_has_the_drag_that_the_model_flies_its_drone_with(key: str) -> None:
    """SITL makes it of refSpd and refAngle by a formula of its own, so refSpd need not be the top speed."""
    area_m2, _ = read_airframe(FRAMES / f"{key}.json").drag_coefficients()
    assert area_m2 == pytest.approx(airframe_of(find_drone(key)).drag_area_m2, rel=0.03)
