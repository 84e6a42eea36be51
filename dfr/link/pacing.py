"""Time on a link: our own clock, how fast a vehicle answers, and how fast its clock runs against ours."""

from __future__ import annotations

import time

ROUND_TRIP_WEIGHT = 0.25
SHORTEST_PATIENCE_S = 0.1
PATIENCE_ROUND_TRIPS = 4.0
PACE_OVER_S = 0.5


def now_s() -> float:
    """Seconds that only go forward, and go on while the computer sleeps where the system counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class RoundTrip:
    """How long the vehicle takes to answer, smoothed; a second until it is measured."""

    def __init__(self) -> None:
        self._smooth_s: float | None = None

    def note_answer(self, seconds: float) -> None:
        """Record one answer to one question."""
        if self._smooth_s is None:
            self._smooth_s = seconds
        self._smooth_s += ROUND_TRIP_WEIGHT * (seconds - self._smooth_s)

    def patience_s(self, tries: int, *, longest_s: float) -> float:
        """How long to wait for an answer; doubled with each try (the first is 0) up to a limit."""
        if self._smooth_s is None:
            return longest_s
        first_s = SHORTEST_PATIENCE_S + PATIENCE_ROUND_TRIPS * self._smooth_s
        return float(min(longest_s, first_s * 2.0 ** min(tries, 10)))


class ClockRate:
    """How fast the vehicle's clock runs against ours."""

    def __init__(self) -> None:
        self._mark: tuple[float, float] | None = None
        self._told_s: float | None = None

    def measure_rate(self, t_s: float | None) -> float | None:
        """Vehicle seconds per second, measured over half a second; None between measurements.

        Only a time that is new counts: after a gap, a message without one comes with the time before it.
        """
        now = time.monotonic()
        if t_s is None or t_s == self._told_s:
            return None
        self._told_s = t_s
        if self._mark is None or t_s < self._mark[1]:
            self._mark = (now, t_s)
            return None
        if now - self._mark[0] < PACE_OVER_S:
            return None
        rate = (t_s - self._mark[1]) / (now - self._mark[0])
        self._mark = (now, t_s)
        return rate if rate > 0.1 else None
