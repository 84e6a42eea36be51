"""What ArduCopter's status texts in flight mean: a failsafe acts, its position is in doubt, it has crashed.

Texts of ArduCopter 4.5 to 4.7: events.cpp, ekf_check.cpp, crash_check.cpp, AP_NavEKF3.cpp, AC_Fence.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.link.vehicle import Text, VehicleState

# "Cleared" too: after a gap in the link it may be all that is heard of a failsafe.
FAILSAFE = re.compile(
    r"(?!.*(measures|prearm)).*(\bfailsafe\b|battery \d+ is (low|critical)|fence.*breach|terminat)",
    re.IGNORECASE,
)
DOUBT = re.compile(
    r"(?!.*cleared).*(gps glitch|lane switch|ekf primary changed|variance|stopped aiding|dead reckon"
    r"|ekf failsafe|bad gps|no gps)",
    re.IGNORECASE,
)
CRASH = re.compile(r"crash: disarming", re.IGNORECASE)

NEAR_S = 3.0
"""A failsafe says its name within so long of the change of mode that it makes (heartbeats: one a second)."""

DOUBTFUL_FLAGS = dialect.EKF_CONST_POS_MODE | dialect.EKF_GPS_GLITCHING


class StatusTexts:
    """The words of one flight, sorted by what they mean; `note_text` takes them from the link's thread."""

    def __init__(self) -> None:
        self.failsafes: list[Text] = []
        self.doubts: list[Text] = []
        self.crashes: list[Text] = []
        self._told = 0

    def note_text(self, text: Text) -> None:
        """Record a text."""
        for pattern, kept in ((FAILSAFE, self.failsafes), (DOUBT, self.doubts), (CRASH, self.crashes)):
            if pattern.match(text.text):
                kept.append(text)

    def fresh_failsafes(self) -> Iterator[Text]:
        """The failsafes since the last look."""
        fresh = self.failsafes[self._told :]
        self._told += len(fresh)
        yield from fresh

    def failsafe_near(self, t_s: float) -> str:
        """What failsafes said about a moment; empty where none did."""
        near = [each.text for each in self.failsafes if each.t_s is None or abs(each.t_s - t_s) <= NEAR_S]
        return "; ".join(dict.fromkeys(near))


def doubted_by_flags(state: VehicleState) -> bool:
    """Whether the estimator says that its position is not to be trusted; False where it says nothing."""
    flags = state.ekf_flags
    if flags is None:
        return False
    return bool(flags & DOUBTFUL_FLAGS) or not flags & dialect.EKF_POS_HORIZ_ABS
