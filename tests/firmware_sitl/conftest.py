"""Vehicles of both engines where the reference flights were recorded, and a client for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from dfr.geo import Position
from firmware_sitl.client import SitlClient
from firmware_sitl.start import RunningVehicle, start_vehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
HOME_M_AMSL = 3.0
SPEEDUP = {"builtin": 60.0, "ardupilot": 15.0}

Start = Callable[..., AbstractContextManager[RunningVehicle]]
Connect = Callable[..., AbstractContextManager[SitlClient]]


@pytest.fixture
def start(engine: str) -> Start:
    """Starts a vehicle of the engine at the recordings' home."""

    def begin(**options: object) -> AbstractContextManager[RunningVehicle]:
        given = {"engine": engine, "speedup": SPEEDUP[engine], "home": HOME, "home_m_amsl": HOME_M_AMSL}
        return start_vehicle(**{**given, **options})  # type: ignore[arg-type]

    return begin


@pytest.fixture
def connect(start: Start) -> Connect:
    """Starts a vehicle and connects to it; ready to arm unless told not to wait."""

    @contextmanager
    def begin(*, ready: bool = True, **options: object) -> Iterator[SitlClient]:
        with start(**options) as vehicle, SitlClient(vehicle.url) as client:
            if ready:
                client.wait_ready()
            yield client

    return begin


@pytest.fixture
def home() -> Position:
    """Where the recordings were made."""
    return HOME
