"""Fixtures that give anyone's tests a simulated vehicle.

    def test_my_mission(fly_mission):
        flight = fly_mission([...])
        assert flight.disarmed

`sitl_vehicle` is a vehicle on the ground and `start_sitl` starts others; `dfr_link`
(`dfr.link.pytest_plugin`) is `sitl_vehicle` over the link that flies hardware. `--sitl-engine` chooses
the built-in vehicle, a real ArduCopter SITL, or (`auto`) the ArduCopter that DFR_ARDUCOPTER names and
otherwise the built-in one; `--sitl-speedup` its pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dfr.ardupilot.items import WireItem
    from firmware_sitl.client import SitlClient
    from firmware_sitl.flights import MissionFlight
    from firmware_sitl.start import RunningVehicle

HOME = (50.7810, -1.0890)
HOME_M_AMSL = 3.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("sitl", "simulated vehicles")
    group.addoption(
        "--sitl-engine",
        default="auto",
        choices=("builtin", "ardupilot", "auto"),
        help="which vehicle to start",
    )
    group.addoption("--sitl-speedup", default=20.0, type=float, help="vehicle seconds in a second")


@pytest.fixture
def start_sitl(request: pytest.FixtureRequest) -> Callable[..., AbstractContextManager[RunningVehicle]]:
    """`start_sitl(**options)`: a context manager of a vehicle, with the options of `start_vehicle`."""
    from dfr.geo import Position
    from firmware_sitl.start import start_vehicle

    given = {
        "engine": request.config.getoption("--sitl-engine"),
        "speedup": request.config.getoption("--sitl-speedup"),
        "home": Position(lat_deg=HOME[0], lon_deg=HOME[1]),
        "home_m_amsl": HOME_M_AMSL,
    }

    def start(**options: Any) -> AbstractContextManager[RunningVehicle]:
        return start_vehicle(**{**given, **options})

    return start


@pytest.fixture
def sitl_vehicle(
    start_sitl: Callable[..., AbstractContextManager[RunningVehicle]],
) -> Iterator[RunningVehicle]:
    """A vehicle on the ground at home, waiting for a client; ended with the test."""
    with start_sitl() as vehicle:
        yield vehicle


@pytest.fixture
def sitl_client(sitl_vehicle: RunningVehicle) -> Iterator[SitlClient]:
    """A client of `sitl_vehicle`."""
    from firmware_sitl.client import SitlClient

    with SitlClient(sitl_vehicle.url) as client:
        yield client


@pytest.fixture
def fly_mission(sitl_client: SitlClient) -> Callable[[Sequence[WireItem]], MissionFlight]:
    """`fly_mission(items)`: uploads, arms, flies to the end, and returns what was flown.

    The first item is home, as on the vehicle.
    """
    from firmware_sitl import flights

    def run(items: Sequence[WireItem]) -> MissionFlight:
        sitl_client.wait_ready()
        return flights.fly_mission(sitl_client, items)

    return run
