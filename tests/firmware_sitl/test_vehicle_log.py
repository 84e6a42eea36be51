"""What the vehicle writes to its card, and how often."""

from __future__ import annotations

from io import BytesIO

import pytest

from dfr.io.logs.ardupilot_log import read_dataflash
from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.dataflash import FORMATS
from firmware_sitl.vehicle.mode_changes import change_mode

from .inside import fly, standing

CARD = {"LOG_BACKEND_TYPE": 1.0}
SAMPLE = bytes([0xA3, 0x95, FORMATS["XKF1"][0]])


def _samples(seconds: float, *, armed: bool, **parameters: float) -> int:
    vehicle = standing(defaults=CARD | parameters)
    if armed:
        assert change_mode(vehicle.state, modes.STABILIZE)
        assert arming.arm_vehicle(vehicle.state)
    written = [log.data.count(SAMPLE) for log in vehicle.card.logs] or [0]
    fly(vehicle, seconds)
    return vehicle.card.logs[0].data.count(SAMPLE) - written[0]


@pytest.mark.parametrize(("most_hz", "count"), [(0.0, 40), (50.0, 40), (5.0, 20), (1.0, 4)])
def test_a_flight_is_written_no_oftener_than_the_card_may_be(most_hz: float, count: int) -> None:
    assert _samples(4.0, armed=True, LOG_FILE_RATEMAX=most_hz) == pytest.approx(count, abs=1)


def test_a_vehicle_that_stands_writes_nothing_unless_asked_to() -> None:
    vehicle = standing(defaults=CARD)
    assert not vehicle.card.logs


def test_a_vehicle_that_stands_writes_as_often_as_its_own_limit_says() -> None:
    assert _samples(4.0, armed=False, LOG_DISARMED=1.0, LOG_DARM_RATEMAX=5.0) == pytest.approx(20, abs=1)


def test_the_limit_on_the_ground_does_not_thin_out_a_flight() -> None:
    assert _samples(4.0, armed=True, LOG_DISARMED=1.0, LOG_DARM_RATEMAX=1.0) == pytest.approx(40, abs=1)


def test_a_log_of_a_vehicle_that_stands_can_be_read() -> None:
    (log,) = standing(defaults=CARD | {"LOG_DISARMED": 1.0}).card.logs
    assert read_dataflash(BytesIO(log.data), name="log")
