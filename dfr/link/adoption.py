"""A vehicle found in the air, as a session that was killed leaves it: watched on where it flies our plan."""

from __future__ import annotations

from contextlib import suppress

from dfr.errors import LinkTimeoutError, VehicleRefusedError
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.onboard import read_kept
from dfr.link.transfer import TransferReport, inspect_onboard
from dfr.link.vehicle import Landed, OnboardPlan, VehicleState
from dfr.mission.items import FlightPlan

TELLS_WITHIN_S = 3.0
"""A vehicle says whether it is on the ground several times a second where it says so at all (assumed)."""

RECALL_HOW = (
    "bring it home with RTL: by the mode switch of its transmitter, by a ground station, or with `dfr serve "
    "--vehicle URL --allow-control`; to watch it, run `dfr fly` with the file it flies"
)


def is_flying(vehicle: MavlinkVehicle) -> bool:
    """Whether it is armed and not on the ground. One that does not say where it is counts as flying."""
    if vehicle.state.armed is False:
        return False
    with suppress(LinkTimeoutError):
        vehicle.wait(_tells, vehicle_s=TELLS_WITHIN_S, what="landed or not")
    state = vehicle.state
    return state.armed is not False and state.landed != Landed.ON_GROUND


def _tells(state: VehicleState) -> bool:
    return state.landed not in (None, Landed.UNDEFINED)


def adopt(vehicle: MavlinkVehicle, plan: FlightPlan) -> TransferReport:
    """The proof that a vehicle in the air carries this very plan: nothing is uploaded.

    Raises VehicleRefusedError for another plan, with what flies and how to bring it home.
    """
    vehicle.full_rates()
    vehicle.kept = read_kept(vehicle, plan, check=False)
    report = inspect_onboard(vehicle, plan)
    if not report.verified:
        raise VehicleRefusedError(
            f"{vehicle.whereabouts()}, with another plan than {plan.name!r} "
            f"({'; '.join(report.differences)}): nothing was sent to it",
            do=f"{RECALL_HOW}",
        )
    vehicle.plan = OnboardPlan.VERIFIED
    return report
