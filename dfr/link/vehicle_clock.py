"""The simulation's clock, paced by vehicles: it never runs ahead of a drone that is flying.

A `TimedPhase` is one phase of a flight. It lasts as long as it lasts by the vehicle's own clock, from the
moment the vehicle begins it; until then the shift waits for it, so that the time a command takes to get
through (long, in the seconds of a vehicle at a high speed-up) is no part of the flight. While nothing
flies, the clock jumps to the next event, or follows the wall clock where vehicles are real.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import simpy

LOOK_EVERY_S = 0.02


class TimedPhase:
    """One phase under way: from `start_s` of the shift for as long as the vehicle's clock says."""

    def __init__(self, event: simpy.Event, start_s: float, check: Callable[[], None]) -> None:
        self.event, self.start_s = event, start_s
        self.check = check
        self.begun_s: float | None = None
        self.now_s: float | None = None
        self.over_s: float | None = None
        self.begun_wh = self.now_wh = 0.0
        self.held = False

    @property
    def reached_s(self) -> float:
        """How far the phase has come, by the shift's clock."""
        return self.start_s + self.passed_s if self.over_s is None else self.over_s

    @property
    def passed_s(self) -> float:
        """Vehicle seconds since it began."""
        if self.begun_s is None or self.now_s is None:
            return 0.0
        return max(0.0, self.now_s - self.begun_s)

    @property
    def used_wh(self) -> float:
        """Energy drawn since it began."""
        return self.now_wh - self.begun_wh

    def begin(self, vehicle_s: float, drawn_wh: float = 0.0) -> None:
        """The vehicle has begun with it, having drawn so much before."""
        self.begun_s = self.now_s = vehicle_s
        self.begun_wh = self.now_wh = drawn_wh

    def go_on(self, vehicle_s: float, drawn_wh: float = 0.0) -> None:
        """The vehicle's clock and meter, while the phase lasts; a task that is held waits for its outcome."""
        if not self.held and self.over_s is None:
            self.now_s, self.now_wh = vehicle_s, drawn_wh

    def fire_event(self, _moment: simpy.Event) -> None:
        """Its event comes (a callback of the moment at which it ended)."""
        self.event.succeed()

    def end(self) -> None:
        """It ended at the last moment it went on to."""
        self.over_s = self.start_s + self.passed_s


class VehicleClock(simpy.Environment):
    """A simulation environment whose time flying vehicles allow.

    With a `wall_pace` it passes no more seconds than that in one of the wall clock: 1 for real vehicles.
    """

    def __init__(self, *, initial_time: float = 0.0, wall_pace: float | None = None) -> None:
        super().__init__(initial_time=initial_time)
        self._changed = threading.Condition()
        self._tasks: list[TimedPhase] = []
        self._pace, self._began, self._from_s = wall_pace, time.monotonic(), initial_time

    def start(self, task: TimedPhase) -> None:
        """A phase begins now; its event comes when it is over."""
        with self._changed:
            self._tasks.append(task)

    def forget(self, task: TimedPhase) -> None:
        """A phase was broken off; its event never comes."""
        with self._changed:
            if task in self._tasks:
                self._tasks.remove(task)

    def notify(self) -> None:
        """Something changed (called from the links' threads)."""
        with self._changed:
            self._changed.notify_all()

    def step(self) -> None:
        """Process the next event once every flying vehicle has come as far.

        Raises LinkError for a vehicle that is lost.
        """
        while True:
            tasks = self._checked_phases()
            due_s = self.peek()
            allowed_s = min((task.reached_s for task in tasks if task.over_s is None), default=due_s)
            over = [task for task in tasks if task.over_s is not None]
            first = min(over, key=lambda task: task.over_s or 0.0, default=None)
            if first is not None and first.reached_s <= min(due_s, allowed_s):
                self._finish_phase(first)
            elif due_s <= allowed_s and self._wall_allows(due_s):
                break
            else:
                with self._changed:
                    self._changed.wait(LOOK_EVERY_S)
        super().step()

    def _checked_phases(self) -> list[TimedPhase]:
        """The phases under way, none of which is lost."""
        with self._changed:
            tasks = list(self._tasks)
        for task in tasks:
            task.check()
        return tasks

    def _finish_phase(self, task: TimedPhase) -> None:
        self.forget(task)
        late = self.timeout(max(0.0, (task.over_s or 0.0) - self.now))
        late.callbacks.append(task.fire_event)

    def _wall_allows(self, due_s: float) -> bool:
        if self._pace is None:
            return True
        return (time.monotonic() - self._began) * self._pace >= due_s - self._from_s
