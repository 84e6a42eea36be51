"""Evidence of how a flight ended, from its record and the vehicle's texts: a crash, a position in doubt.

It includes how long the vehicle takes to land by its own parameters: a landing much faster than that was a
fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.profiles import land_seconds
from dfr.aircraft.settings import FlightSettings
from dfr.link.ground_watch import IMPACT_MPS
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.recorder import Recorder
from dfr.link.status_texts import StatusTexts
from dfr.track import FlightTrack, landed_from_m, landing_seconds

SOONEST_SHARE = 0.5
"""No landing takes less than half of what its parameters say (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvidence:
    """The evidence of one flight that is over.

    `wreck` is what the ground watch saw, `doubted` whether the EKF's flags said that it was astray, `unseen`
    whether it was not heard once its motors were off. `piloted` flights land as their pilot likes; `landing`
    is how the vehicle comes down by itself.
    """

    recorder: Recorder
    status_texts: StatusTexts
    landing: FlightSettings
    wreck: str
    doubted: bool
    unseen: bool
    piloted: bool

    def crash_reason(self, track: FlightTrack) -> str:
        """Why it is taken for a crash, in words; empty where it is not."""
        return "; ".join(
            [*(text.text for text in self.status_texts.crashes), *self._impact_reasons()]
        ) or self._fast_landing_reason(track)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the vehicle's own estimate of its position is not believed; empty where it is."""
        hops = self.recorder.air.hops
        since_s = hops[0].lift_t_s if hops else 0.0
        words = [text.text for text in self.status_texts.doubts if (text.t_s or 0.0) >= since_s]
        flags = ["the status flags of its estimator"] if self.doubted else []
        last = ["it was not heard since its motors stopped"] if self.unseen else []
        return tuple(dict.fromkeys([*words, *flags, *last]))

    def _impact_reasons(self) -> Iterator[str]:
        hops = self.recorder.air.hops
        impact_mps = (hops[-1].impact_mps or 0.0) if hops else 0.0
        if self.wreck:
            yield self.wreck
        if impact_mps > IMPACT_MPS:
            yield f"it hit the ground at {impact_mps:.1f} m/s"

    def _fast_landing_reason(self, track: FlightTrack) -> str:
        """A landing that no pilot flew, in less than half of the time that it takes."""
        from_m, flown_s = landed_from_m(track), landing_seconds(track)
        if self.piloted or from_m is None or flown_s is None:
            return ""
        takes_s = landing_s(self.landing, from_m)
        if flown_s >= SOONEST_SHARE * takes_s:
            return ""
        return f"it came down from {from_m:.0f} m in {flown_s:.1f} s, a landing takes {takes_s:.0f} s"


PARAMETERS = ("LAND_SPEED", "LAND_SPEED_HIGH", "LAND_ALT_LOW", "WPNAV_SPEED_DN", "WPNAV_ACCEL_Z")


def landing_settings_of(vehicle: MavlinkVehicle) -> FlightSettings:
    """How a vehicle comes down; what it does not say is as ArduCopter has it."""
    reported = {name: vehicle.get_param(name) for name in PARAMETERS}
    return FlightSettings.from_params({name: value for name, value in reported.items() if value is not None})


def landing_s(settings: FlightSettings, from_m: float) -> float:
    """Seconds from 1 m below a height to the ground (`dfr.aircraft.profiles`)."""
    height = np.array([from_m])
    _, down = land_seconds(
        height,
        np.array([settings.effective_land_high_mps]),
        np.array([settings.land_low_mps]),
        np.array([settings.land_low_height_m]),
        np.array([settings.vertical_accel_mps2]),
        settings.vertical_shaping_jerk_mps3,
    )
    return float(down[0])
