"""Where a vehicle has flown since it was armed (`FlownTrack`): kept here, for every page to show it whole."""

from __future__ import annotations

import threading
import time
from typing import Any

EVERY_S = 1.0
"""A point a second of the vehicle's time is more than a map shows."""

MOST_POINTS = 20_000
"""Over five hours; then the oldest go."""

LATE_S = 5.0
"""A time earlier by less is a message that another has overtaken; by more, the vehicle was started anew."""


class FlownTrack:
    """The track of the present or last flight; noted by the link's thread, told to those of pages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: list[tuple[float, float, float, float]] = []
        # No page takes a flight for one of the server that ran before.
        self._flight, self._begins, self._armed = int(time.time()), 0, False

    def note(self, t_s: float, lonlat: tuple[float, float], height_m: float, *, armed: bool) -> None:
        """Note a place, if it is armed there: from the first one after it was not, a new flight begins."""
        with self._lock:
            if armed and not self._armed:
                self._begin_flight()
            self._armed = armed
            if not armed:
                return
            last_s = self._points[-1][0] if self._points else None
            if last_s is not None and t_s < last_s - LATE_S:
                self._begin_flight()
            elif last_s is not None and t_s - last_s < EVERY_S:
                return
            self._points.append((t_s, *lonlat, height_m))
            if len(self._points) > MOST_POINTS:
                self._begins += 1
                del self._points[0]

    def _begin_flight(self) -> None:
        self._points.clear()
        self._flight, self._begins = self._flight + 1, 0

    def since(self, flight: int, count: int) -> dict[str, Any]:
        """The points (t_s, lon, lat, m above home) of a flight after `count`; all of another one."""
        with self._lock:
            known = max(0, count - self._begins) if flight == self._flight else 0
            return {
                "flight": self._flight,
                "from": self._begins + known,
                "points": [list(point) for point in self._points[known:]],
            }
