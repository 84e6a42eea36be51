"""The position estimate: satellite fix, filter (EKF) status, and GPS glitches.

`Glitch` does as ArduPilot's EKF3: a position further off than its gate is not used, which after a second is
called a glitch; once it has been refused for ten seconds the filter gives in and takes the satellites'
position for its own. The glitch is over when all has fitted for ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.parameters import Parameters

FIX_AFTER_S = 1.0
ALIGNED_AFTER_S = 3.0
DEAD_RECKONING_S = 7.0
"""Seconds without satellites until the horizontal position counts as lost (recorded)."""

FIX_NONE, FIX_3D, FIX_RTK = 1, 3, 6

ALWAYS_KNOWN = (
    mavlink.EKF_ATTITUDE | mavlink.EKF_VELOCITY_HORIZ | mavlink.EKF_VELOCITY_VERT | mavlink.EKF_POS_VERT_ABS
)
WITHOUT_POSITION = ALWAYS_KNOWN | mavlink.EKF_CONST_POS_MODE
WITH_POSITION = (
    ALWAYS_KNOWN
    | mavlink.EKF_POS_HORIZ_REL
    | mavlink.EKF_POS_HORIZ_ABS
    | mavlink.EKF_PRED_POS_HORIZ_REL
    | mavlink.EKF_PRED_POS_HORIZ_ABS
)

GATE_M = 5.0
"""Five standard deviations of position (EK3_POS_I_GATE) of about a metre."""

CALLED_AFTER_S, GIVES_IN_AFTER_S, OVER_AFTER_S = 1.0, 10.0, 10.0
"""calcGpsGoodForFlight, posRetryTimeUseVel_ms."""

CRITICAL = 2

Offset = tuple[float, float]


class Estimator:
    """Fix and filter, from the time since power-on and the SIM_GPS1_ parameters."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._good_s: float | None = None
        self._lost_s: float | None = None
        self.position_ok = self.glitching = False
        self.t_s = 0.0

    @property
    def fix_type(self) -> int:
        """GPS_RAW_INT's fix type."""
        return FIX_RTK if self._satellites_ok() else FIX_NONE

    @property
    def satellites(self) -> int:
        """Satellites in use."""
        return int(self._parameters["SIM_GPS1_NUMSATS"]) if self._satellites_ok() else 0

    @property
    def flags(self) -> int:
        """EKF_STATUS_REPORT's flags."""
        flags = WITH_POSITION if self.position_ok else WITHOUT_POSITION
        return int(flags | mavlink.EKF_GPS_GLITCHING) if self.glitching else int(flags)

    @property
    def variance(self) -> float:
        """The filter's test ratio: well below the failsafe's threshold, or above it once lost."""
        return 0.1 if self.position_ok or self._lost_s is None else 1.5

    @property
    def aligned(self) -> bool:
        """Whether gyroscopes and attitude are ready."""
        return self.t_s >= ALIGNED_AFTER_S

    def advance_to(self, t_s: float) -> None:
        """Advance to a time."""
        self.t_s = t_s
        if self._satellites_ok():
            self._lost_s = None
            self._good_s = t_s if self._good_s is None else self._good_s
            self.position_ok = self.position_ok or t_s >= ALIGNED_AFTER_S
            return
        self._good_s = None
        if self.position_ok:
            self._lost_s = t_s if self._lost_s is None else self._lost_s
            self.position_ok = t_s - self._lost_s < DEAD_RECKONING_S

    def _satellites_ok(self) -> bool:
        parameters = self._parameters
        return (
            self.t_s >= max(FIX_AFTER_S, parameters["SIM_GPS1_LCKTIME"])
            and parameters["SIM_GPS1_ENABLE"] != 0.0
            and parameters["SIM_GPS1_JAM"] == 0.0
            and parameters["SIM_GPS1_NUMSATS"] >= 6.0
            and parameters["GPS1_TYPE"] != 0.0
        )


class Glitch:
    """How far the vehicle believes itself from where it is; `glitching` is what the filter calls it."""

    def __init__(self, say: Callable[[int, str], None]) -> None:
        self._say = say
        self.gps_offset: Offset = (0.0, 0.0)
        self.glitching = False
        self._refused_since_s: float | None = None
        self._fits_since_s: float | None = None

    def believed_offset(self, t_s: float, sent: Offset) -> Offset:
        """The offset believed in, for the one that the satellites send, metres north and east."""
        off_m = hypot(sent[0] - self.gps_offset[0], sent[1] - self.gps_offset[1])
        if off_m <= GATE_M:
            self._fit_offset(t_s)
            self.gps_offset = sent
            return self.gps_offset
        self._fits_since_s = None
        self._refused_since_s = t_s if self._refused_since_s is None else self._refused_since_s
        refused_s = t_s - self._refused_since_s
        if refused_s >= CALLED_AFTER_S and not self.glitching:
            self.glitching = True
            self._say(CRITICAL, "GPS Glitch or Compass error")
        if refused_s >= GIVES_IN_AFTER_S:
            self.gps_offset = sent
        return self.gps_offset

    def _fit_offset(self, t_s: float) -> None:
        self._refused_since_s = None
        if not self.glitching:
            return
        self._fits_since_s = t_s if self._fits_since_s is None else self._fits_since_s
        if t_s - self._fits_since_s >= OVER_AFTER_S:
            self.glitching = False
            self._fits_since_s = None
            self._say(CRITICAL, "Glitch cleared")
