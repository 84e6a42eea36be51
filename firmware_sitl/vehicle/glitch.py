"""Satellites that lead the vehicle astray: followed where the step is small, at first refused where not.

As ArduPilot's EKF3 does it: a position further off than its gate is not used, which after a second is called
a glitch; once it has been refused for ten seconds the filter gives in and takes the satellites' position for
its own. The glitch is over when all has fitted for ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot

GATE_M = 5.0
"""Five standard deviations of position (EK3_POS_I_GATE) of about a metre."""

CALLED_AFTER_S, GIVES_IN_AFTER_S, OVER_AFTER_S = 1.0, 10.0, 10.0
"""calcGpsGoodForFlight, posRetryTimeUseVel_ms."""

CRITICAL = 2

Offset = tuple[float, float]


class Glitch:
    """How far the vehicle believes itself from where it is; `glitching` is what the filter calls it."""

    def __init__(self, say: Callable[[int, str], None]) -> None:
        self._say = say
        self.astray: Offset = (0.0, 0.0)
        self.glitching = False
        self._refused_since_s: float | None = None
        self._fits_since_s: float | None = None

    def follow(self, t_s: float, sent: Offset) -> Offset:
        """The offset believed in, for the one that the satellites send, metres north and east."""
        off_m = hypot(sent[0] - self.astray[0], sent[1] - self.astray[1])
        if off_m <= GATE_M:
            self._fit(t_s)
            self.astray = sent
            return self.astray
        self._fits_since_s = None
        self._refused_since_s = t_s if self._refused_since_s is None else self._refused_since_s
        refused_s = t_s - self._refused_since_s
        if refused_s >= CALLED_AFTER_S and not self.glitching:
            self.glitching = True
            self._say(CRITICAL, "GPS Glitch or Compass error")
        if refused_s >= GIVES_IN_AFTER_S:
            self.astray = sent
        return self.astray

    def _fit(self, t_s: float) -> None:
        self._refused_since_s = None
        if not self.glitching:
            return
        self._fits_since_s = t_s if self._fits_since_s is None else self._fits_since_s
        if t_s - self._fits_since_s >= OVER_AFTER_S:
            self.glitching = False
            self._fits_since_s = None
            self._say(CRITICAL, "Glitch cleared")
