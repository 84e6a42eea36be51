"""The clock of a live shift: it follows the wall, or the vehicles' own clocks where they are simulated.

Unlike the clock of a rehearsal it waits for no vehicle: a drone that falls silent holds up nobody else. What
other threads want done is done by the shift's own thread, between two events.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar

import simpy

from dfr.errors import DfrError, LinkError, LinkTimeoutError
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.pacing import now_s
from dfr.link.vehicle_clock import LOOK_EVERY_S, VehicleClock

T = TypeVar("T")

ANSWER_WITHIN_S = 20.0
"""The shift's thread answers in milliseconds; after this it hangs, and whoever asks is told (assumed)."""

WATCH = "watch the drones themselves; `--supervise` starts a shift again that has ended"
"""What to do without the shift."""

MOST_LATE_S = 5.0
"""By so much simulated vehicles may be behind the clock of one that was heard before (assumed)."""


class ShiftDefectError(LinkError):
    """A defect in dfr ended the shift; whether what was asked for was done is not known."""

    code = "shift-defect"


class WallTime:
    """Seconds of the wall clock since it was made, and before it `from_s`."""

    def __init__(self, from_s: float = 0.0) -> None:
        self._begun_s = now_s() - from_s

    def __call__(self) -> float:
        """The shift's time now."""
        return now_s() - self._begun_s


class FleetTime:
    """The time of simulated vehicles, whose clocks run faster or slower than ours: that of the foremost.

    It never goes back. A vehicle that restarts, or is heard for the first time, counts on from there.
    """

    def __init__(self, vehicles: Callable[[], Sequence[MavlinkVehicle]], from_s: float = 0.0) -> None:
        self._vehicles, self._now_s = vehicles, from_s
        self._marks: dict[int, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """The shift's time now."""
        with self._lock:
            self._count_on()
            return self._now_s

    def _count_on(self) -> None:
        for vehicle in self._vehicles():
            t_s = vehicle.state.t_s
            if t_s is None:
                continue
            mark_s, at_s = self._marks.get(id(vehicle), (t_s, self._now_s))
            if t_s < mark_s or at_s + t_s - mark_s < self._now_s - MOST_LATE_S:
                mark_s, at_s = t_s, self._now_s
            self._marks[id(vehicle)] = (mark_s, at_s)
            self._now_s = max(self._now_s, at_s + t_s - mark_s)


def _do(act: Callable[[], object]) -> None:
    act()


class LiveClock(VehicleClock):
    """A SimPy environment that takes what comes from outside. `shift_s` gives the shift's time now."""

    def __init__(self, shift_s: Callable[[], float]) -> None:
        super().__init__(initial_time=shift_s())
        self._shift_s = shift_s
        self._posted: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: int | None = None

    @property
    def present_s(self) -> float:
        """The shift's time now, between two events too (from any thread)."""
        return max(self.now, self._shift_s())

    def post(self, act: Callable[[], None]) -> None:
        """Do something in the shift's thread, soon (from any thread)."""
        self._posted.put(act)
        self.notify()

    def ask(self, act: Callable[[], T]) -> T:
        """What an act answers that the shift's thread does; its DfrError is raised here.

        Any other error is a defect: it ends the shift, whose state nobody knows then, and whoever asks is
        told so at once (ShiftDefectError). Raises LinkTimeoutError where the shift does not answer.
        """
        if self._thread == threading.get_ident():
            return act()
        answer: Future[T] = Future()

        def answer_it() -> None:
            try:
                answer.set_result(act())
            except DfrError as error:
                answer.set_exception(error)
            finally:
                if not answer.done():
                    answer.set_exception(ShiftDefectError("a defect in dfr ended the shift", do=WATCH))

        self.post(answer_it)
        try:
            return answer.result(timeout=ANSWER_WITHIN_S)
        except TimeoutError as error:
            raise LinkTimeoutError(
                f"the shift has not answered within {ANSWER_WITHIN_S:g} s",
                do=WATCH,
            ) from error

    def step(self) -> None:
        """Process the next event once its time has come."""
        self._thread = threading.get_ident()
        while True:
            self._take_in()
            if self.peek() <= self._shift_s():
                break
            with self._changed:
                self._changed.wait(LOOK_EVERY_S)
        simpy.Environment.step(self)

    def _take_in(self) -> None:
        """Make events of what was posted, and of the phases that are over, at this moment."""
        for task in self._checked_phases():
            if task.over_s is not None:
                self.forget(task)
                self._at_once(task.event.succeed)
        while True:
            try:
                act = self._posted.get_nowait()
            except Empty:
                return
            self._at_once(act)

    def _at_once(self, act: Callable[[], object]) -> None:
        soon = self.timeout(max(0.0, self._shift_s() - self.now))
        soon.callbacks.append(lambda _: _do(act))
