"""Whether a vehicle in flight is heard: each gap is told, waited out, and the plan on board then looked at.

An armed vehicle is never given up while it may still be in the air. While it is not heard our heartbeats go
on and the line is opened again (`dfr.link.port`). Once it is heard again, whatever is at the other end must
first prove that it carries the verified plan: until then nothing is commanded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dfr.errors import LinkError
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.transfer import inspect_onboard
from dfr.mission.items import FlightPlan

READ_AGAIN_S = 2.0
"""Between two tries to read the plan on board back, by our own clock (assumed)."""


@dataclass
class Contact:
    """The link to one vehicle in flight; `tell` gets what happens to it, in words."""

    vehicle: MavlinkVehicle
    tell: Callable[[str], None]
    lost: bool = False
    proven: bool = True
    gap_s: float = 0.0
    _line_failed: bool = False
    _stopped_s: float = 0.0
    _read_at: float = 0.0
    _trouble: str = ""

    def __post_init__(self) -> None:
        self._stopped_s = self.vehicle.port.stopped_s

    def look(self) -> bool:
        """Whether the vehicle is heard. `gap_s` is how long it has not been, or was not."""
        self._tell_stop()
        if not self.vehicle.heard:
            self._tell_loss()
            return False
        if self.lost:
            self.lost = self._line_failed = self.proven = False
            self.tell(f"link back after {self.gap_s:.1f} s")
        return True

    def prove(self, plan: FlightPlan) -> tuple[str, ...] | None:
        """How the plan on board differs from the verified one, nothing where it is the same.

        None while that is not known: the vehicle does not answer, and is asked again later.
        """
        if time.monotonic() - self._read_at < READ_AGAIN_S:
            return None
        try:
            self.vehicle.request_rates()
            differences = inspect_onboard(self.vehicle, plan).differences
        except LinkError as error:
            self._read_at = time.monotonic()
            self._tell_once(f"the plan on board cannot be read back: {error}: trying again")
            return None
        self.proven, self._trouble = True, ""
        return differences

    def _tell_loss(self) -> None:
        self.gap_s = self.vehicle.silent_s
        failure = self.vehicle.port.failure
        if failure is not None and not self._line_failed:
            self._line_failed = self.lost = True
            self.tell(f"LINK LOST: {failure}: opening the line again until it works")
        elif not self.lost:
            self.lost = True
            self.tell(
                f"LINK LOST: nothing heard for {self.gap_s:.1f} s: our heartbeats go on, waiting to hear it"
            )

    def _tell_stop(self) -> None:
        """A process that was stopped sent no heartbeats: the vehicle's failsafe may have acted."""
        stopped_s = self.vehicle.port.stopped_s - self._stopped_s
        if stopped_s > 0.0:
            self._stopped_s += stopped_s
            self.proven = False
            self.tell(f"this program was stopped for {stopped_s:.1f} s and sent no heartbeats meanwhile")

    def _tell_once(self, words: str) -> None:
        if words != self._trouble:
            self._trouble = words
            self.tell(words)
