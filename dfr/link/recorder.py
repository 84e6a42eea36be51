"""A flight as it happens: every position becomes a sample of a `FlightTrack`."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from dfr.ardupilot.modes import RETURN_MODES, CopterMode
from dfr.geo import LocalFrame, Position, distance_m
from dfr.link.vehicle import VehicleState
from dfr.logs.airborne import AirborneTracker
from dfr.track import FlightTrack

POWER_OVER_S = 30.0
"""The power drawn is the mean over so long: a monitor counts whole milliampere-hours."""


class Recorder:
    """Collects states (from the link's thread) and turns them into a track about `home`."""

    def __init__(self, home: Position, *, return_seq: int | None = None) -> None:
        self.home = home
        self.return_seq = return_seq
        self.return_t_s: float | None = None
        self.task_t_s: float | None = None
        self.air = AirborneTracker()
        self._frame = LocalFrame(home)
        self._samples: list[tuple[float, Position, float]] = []
        self._lock = threading.Lock()
        self._used_mah: float | None = None
        self._energy_wh: float | None = None
        self._drawn: deque[tuple[float, float]] = deque()

    def __call__(self, state: VehicleState) -> None:
        """Record a state."""
        self._note_charge(state)
        self._notice_return(state)
        if state.t_s is None or state.position is None or state.height_m_home is None:
            return
        with self._lock:
            self.air(state)
            if not self._samples or state.t_s > self._samples[-1][0]:
                self._samples.append((state.t_s, state.position, state.height_m_home))

    @property
    def used_wh(self) -> float:
        """Energy drawn since the first state, Wh; 0 while the vehicle has reported none."""
        return self._energy_wh or 0.0

    @property
    def power_w(self) -> float | None:
        """Mean power drawn of late, W; None before there is enough to tell."""
        drawn = list(self._drawn)
        if len(drawn) < 2 or drawn[-1][0] - drawn[0][0] < 0.5 * POWER_OVER_S:
            return None
        (first_s, first_wh), (last_s, last_wh) = drawn[0], drawn[-1]
        return (last_wh - first_wh) * 3600.0 / (last_s - first_s)

    def track(self, name: str) -> FlightTrack:
        """What was flown so far; times are the vehicle's."""
        with self._lock:
            samples = list(self._samples)
        t_s = np.array([sample[0] for sample in samples])
        places = self._frame.points(sample[1] for sample in samples)
        height_m = np.array([sample[2] for sample in samples])
        hops = self.air.hops
        return FlightTrack(
            name=name,
            t_s=t_s,
            east_m=places[:, 0],
            north_m=places[:, 1],
            height_m=height_m,
            return_t_s=self.return_t_s,
            energy_wh=self._energy_wh,
            task_t_s=self.task_t_s,
            ground_before_m=hops[0].ground_before_m if hops else 0.0,
            ground_after_m=hops[-1].ground_after_m if hops else None,
            flies_t_s=hops[0].lift_t_s if hops else None,
        )

    def begin_task(self, return_seq: int | None, t_s: float | None) -> None:
        """A new task is begun in flight: the return begins at another item, and has not begun yet."""
        self.return_seq, self.return_t_s, self.task_t_s = return_seq, None, t_s

    def above_ground_m(self, height_m_home: float) -> float:
        """A height above home as a height above what the ground reads."""
        return height_m_home - (self.air.ground_m or 0.0)

    def still_s(self, *, below_m: float, speed_mps: float) -> float:
        """How long the drone has now been still, and lower than so far above the ground, by its own clock."""
        with self._lock:
            samples = self._samples[-2000:]
        if not samples:
            return 0.0
        last_t_s, last_place, last_height_m = samples[-1]
        since_s = last_t_s
        for t_s, place, sample_height_m in reversed(samples):
            gone_s = max(last_t_s - t_s, 1.0)
            rising_mps = abs(sample_height_m - last_height_m) / gone_s
            if self.above_ground_m(sample_height_m) > below_m or rising_mps > speed_mps:
                break
            if distance_m(place, last_place) / gone_s > speed_mps:
                break
            since_s = t_s
        return last_t_s - since_s

    def _notice_return(self, state: VehicleState) -> None:
        """The return is commanded by the mission's item or by a change of mode, whichever comes first."""
        if self.return_t_s is not None or not state.armed:
            return
        item = state.mission_seq if state.mode == CopterMode.AUTO else None
        by_item = self.return_seq is not None and item is not None and item >= self.return_seq
        if by_item or state.mode in RETURN_MODES:
            self.return_t_s = state.t_s

    def _note_charge(self, state: VehicleState) -> None:
        """Watt-hours as the charge drawn times the voltage it was drawn at."""
        used, volt = state.battery_used_mah, state.battery_volt
        if used is None or volt is None:
            return
        if self._used_mah is None:
            self._used_mah, self._energy_wh = used, 0.0
        elif used > self._used_mah and self._energy_wh is not None:
            self._energy_wh += (used - self._used_mah) / 1000.0 * volt
            self._used_mah = used
            self._note_power(state)

    def _note_power(self, state: VehicleState) -> None:
        if state.t_s is None or self._energy_wh is None:
            return
        self._drawn.append((state.t_s, self._energy_wh))
        while self._drawn[-1][0] - self._drawn[0][0] > POWER_OVER_S:
            self._drawn.popleft()
