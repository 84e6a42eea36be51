"""What the vehicle knows of its own position: satellite fix, filter status, home."""

from __future__ import annotations

from firmware_sitl.vehicle.parameters import Parameters

FIX_AFTER_S = 1.0
ALIGNED_AFTER_S = 3.0
DEAD_RECKONING_S = 7.0
"""Seconds without satellites until the horizontal position counts as lost (recorded)."""

FIX_NONE, FIX_3D, FIX_RTK = 1, 3, 6

ATTITUDE, VELOCITY_HORIZONTAL, VELOCITY_VERTICAL = 1, 2, 4
POSITION_RELATIVE, POSITION_ABSOLUTE, HEIGHT_ABSOLUTE, CONSTANT_POSITION = 8, 16, 32, 128
PREDICTED_RELATIVE, PREDICTED_ABSOLUTE = 256, 512
GPS_GLITCHING = 1 << 15
WITH_POSITION = 831
WITHOUT_POSITION = ATTITUDE | VELOCITY_HORIZONTAL | VELOCITY_VERTICAL | HEIGHT_ABSOLUTE | CONSTANT_POSITION


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
        return flags | GPS_GLITCHING if self.glitching else flags

    @property
    def variance(self) -> float:
        """The filter's test ratio: well below the failsafe's threshold, or above it once lost."""
        return 0.1 if self.position_ok or self._lost_s is None else 1.5

    @property
    def aligned(self) -> bool:
        """Whether gyroscopes and attitude are ready."""
        return self.t_s >= ALIGNED_AFTER_S

    def update(self, t_s: float) -> None:
        """Let time pass."""
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
