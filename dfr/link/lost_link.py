"""What a vehicle in flight does by itself once our heartbeats end, by the parameters read from it.

Source: ArduCopter, events.cpp (failsafe_gcs_on_event) and the parameters FS_GCS_ENABLE, FS_GCS_TIMEOUT and
FS_OPTIONS, 4.1 to 4.7.
"""

from __future__ import annotations

from dataclasses import dataclass

from dfr.ardupilot.modes import CopterMode, mode_name
from dfr.errors import LinkError
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.params import get_param
from dfr.link.peer import Peer
from dfr.link.vehicle import VehicleState

ACTIONS = {
    3: "SmartRTL, or RTL where that is not possible",
    4: "SmartRTL, or LAND where that is not possible",
    5: "LAND where it is",
    6: "the mission's landing sequence, or RTL",
    7: "BRAKE, or LAND where that is not possible",
}
"""FS_GCS_ENABLE; any other number but 0 means RTL."""

CONTINUES_AUTO, CONTINUES_LANDING, CONTINUES_PILOTED = 2, 8, 16
"""Bits of FS_OPTIONS."""

PILOTED = frozenset(
    {
        CopterMode.STABILIZE,
        CopterMode.ACRO,
        CopterMode.ALT_HOLD,
        CopterMode.LOITER,
        CopterMode.POSHOLD,
        CopterMode.DRIFT,
        CopterMode.SPORT,
        CopterMode.FLOWHOLD,
        CopterMode.ZIGZAG,
    }
)
"""Modes in which a pilot's sticks fly it."""

HOMEWARD = frozenset({CopterMode.RTL, CopterMode.SMART_RTL, CopterMode.AUTO_RTL})

TAKE_OVER = (
    "to take control, run the same `dfr fly` again (it finds the drone in the air and continues), "
    "`dfr vehicle recall`, `hold` or `land`, or `dfr serve --vehicle URL --allow-control`; or use the mode "
    "switch of its transmitter or of another ground station"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LostLinkBehaviour:
    """FS_GCS_ENABLE, FS_GCS_TIMEOUT and FS_OPTIONS of a vehicle; None for what it has not reported."""

    action: int | None = None
    timeout_s: float | None = None
    options: int | None = None

    @classmethod
    def read_from(cls, vehicle: Peer) -> LostLinkBehaviour:
        """As the vehicle has it. Raises LinkTimeoutError where it does not answer."""
        action, options = get_param(vehicle, "FS_GCS_ENABLE"), get_param(vehicle, "FS_OPTIONS")
        return cls(
            action=None if action is None else int(action),
            timeout_s=get_param(vehicle, "FS_GCS_TIMEOUT"),
            options=None if options is None else int(options),
        )

    def describe_from(self, state: VehicleState) -> str:
        """What it does from now on if no other ground station speaks to it."""
        now = _activity_text(state)
        if self.action is None or self.options is None:
            return f"{now}; what it does without a ground station is not known"
        if self.action == 0:
            return f"{now}; it has no ground-station failsafe (FS_GCS_ENABLE 0)"
        after = "some seconds" if self.timeout_s is None else f"{self.timeout_s:g} s"
        if (kept := self._continuing_option(state)) is not None:
            return f"{now}, without our heartbeats too (FS_OPTIONS {self.options}: {kept})"
        if state.mode == CopterMode.RTL and self.action not in ACTIONS:
            return f"{now}, without our heartbeats too"
        then = ACTIONS.get(self.action, "RTL")
        return (
            f"{now} for {after} (FS_GCS_TIMEOUT), then {then} (FS_GCS_ENABLE {self.action}), unless another "
            "station with our system id is heard"
        )

    def _continuing_option(self, state: VehicleState) -> str | None:
        """Which option lets it go on with what it does; None where none does."""
        options = self.options or 0
        if options & CONTINUES_LANDING and state.mode == CopterMode.LAND:
            return "a landing continues"
        if options & CONTINUES_AUTO and state.mode == CopterMode.AUTO:
            return "a mission continues"
        if options & CONTINUES_PILOTED and state.mode in PILOTED:
            return "a pilot continues to fly"
        return None


def _activity_text(state: VehicleState) -> str:
    """What it is doing."""
    if state.mode == CopterMode.AUTO:
        return "it continues its mission"
    if state.mode in HOMEWARD:
        return f"it continues to return in {mode_name(state.mode)} and lands"
    if state.mode == CopterMode.LAND:
        return "it continues to land where it is"
    if state.mode in PILOTED:
        return f"the pilot flies it in {mode_name(state.mode)}"
    return f"it stays in {mode_name(state.mode)}"


def describe_left_vehicle(vehicle: MavlinkVehicle) -> str:
    """Which vehicle it is, where, and what it does without us, by its parameters where it reports them."""
    try:
        station = LostLinkBehaviour.read_from(vehicle)
    except LinkError:
        station = LostLinkBehaviour()
    return f"{vehicle.describe_whereabouts()}: {station.describe_from(vehicle.state)}"
