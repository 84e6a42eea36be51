"""The fixture that gives anyone's tests a verified link: `dfr_link`, beside those of `firmware_sitl`.

`docs/sitl.md` shows all of them in an example that runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dfr.link.mavlink import MavlinkVehicle
    from firmware_sitl.start import RunningVehicle


@pytest.fixture
def dfr_link(request: pytest.FixtureRequest, sitl_vehicle: RunningVehicle) -> Iterator[MavlinkVehicle]:
    """`sitl_vehicle` as `dfr` connects to hardware; by its second line where a client has the first."""
    from dfr.link.mavlink import connect

    taken = bool({"sitl_client", "fly_mission"} & set(request.fixturenames))
    if taken:
        # ArduCopter SITL opens its other lines only once somebody is on the first.
        request.getfixturevalue("sitl_client")
    with connect(sitl_vehicle.urls[1] if taken else sitl_vehicle.url, simulated=True) as vehicle:
        yield vehicle
