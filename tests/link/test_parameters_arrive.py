"""A plan's parameters reach a vehicle of either naming generation, seen by a ground station of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.ardupilot.parameters import Naming, translate_parameters
from dfr.errors import TransferError
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from firmware_sitl.client import SitlClient

PARAMS = {
    "RTL_ALT": 2200.0,
    "WPNAV_SPEED": 900.0,
    "ANGLE_MAX": 2500.0,
    "LAND_SPEED": 60.0,
    "BATT_LOW_MAH": 900.0,
}
NAMING = {"4.6": Naming.CENTIMETRES, "4.7": Naming.METRES}


@pytest.fixture(params=["4.6", "4.7"])
def generation(request: pytest.FixtureRequest, engine: str) -> str:
    """Each generation in turn; a real ArduCopter has the one it was built with."""
    if engine == "ardupilot" and request.param == "4.7":
        pytest.skip("a binary has the names of its own version")
    return str(request.param)


@pytest.mark.parametrize("written", list(NAMING.values()), ids=["plan-of-4.6", "plan-of-4.7"])
def test_what_a_plan_sets_is_read_back_under_the_vehicles_own_names(
    start, dispatch, generation, engine, written
):
    plan = replace(dispatch, params=translate_parameters(PARAMS, written))
    with start(generation=generation) as running:
        with connect(running.url, simulated=True) as vehicle:
            assert upload_verified(vehicle, plan).verified
        with SitlClient(running.urls[1]) as other:
            on_board = {
                name: value
                for naming in (Naming.CENTIMETRES, Naming.METRES)
                for name in translate_parameters(PARAMS, naming)
                if (value := other.find_parameter(name)) is not None
            }
    wanted = translate_parameters(PARAMS, Naming.CENTIMETRES) | translate_parameters(PARAMS, Naming.METRES)
    assert on_board == {name: pytest.approx(wanted[name], rel=1e-6) for name in on_board}
    if engine == "builtin":
        assert set(on_board) == set(translate_parameters(PARAMS, NAMING[generation]))
    else:
        assert len(on_board) == len(PARAMS)


def test_a_name_that_the_vehicle_does_not_have_ends_the_upload_by_that_name(start, dispatch, generation):
    plan = replace(dispatch, params={"RTL_ALTITUDE": 30.0})
    with (
        start(generation=generation) as running,
        connect(running.url, simulated=True) as vehicle,
        pytest.raises(TransferError, match="RTL_ALTITUDE"),
    ):
        upload_verified(vehicle, plan)
