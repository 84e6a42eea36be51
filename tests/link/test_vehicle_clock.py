"""The shift's clock follows the slowest vehicle, and only while one flies."""

from __future__ import annotations

import threading
import time

import pytest
import simpy

from dfr.errors import LinkTimeoutError
from dfr.link.vehicle_clock import TimedPhase, VehicleClock


def nothing() -> None:
    pass


def fly(clock: VehicleClock, task: TimedPhase, *, begins_at_s: float, seconds: float, step_s: float) -> None:
    """A vehicle's clock going on in a thread of its own."""

    def run() -> None:
        time.sleep(0.05)
        task.begin(begins_at_s)
        passed = 0.0
        while passed < seconds:
            passed = min(passed + step_s, seconds)
            task.go_on(begins_at_s + passed)
            time.sleep(0.001)
        task.end()
        clock.notify()

    threading.Thread(target=run, daemon=True).start()


def phase(clock: VehicleClock, *, begins_at_s: float, seconds: float, step_s: float) -> simpy.Event:
    task = TimedPhase(clock.event(), clock.now, nothing)
    clock.start(task)
    fly(clock, task, begins_at_s=begins_at_s, seconds=seconds, step_s=step_s)
    return task.event


def test_time_jumps_while_nothing_flies():
    clock = VehicleClock()
    clock.run(until=86400.0)
    assert clock.now == 86400.0


def test_a_phase_lasts_what_the_vehicle_needed_whenever_it_began():
    clock, seen = VehicleClock(), []

    def sortie():
        yield clock.timeout(100.0)
        yield phase(clock, begins_at_s=7.0, seconds=42.5, step_s=1.0)
        seen.append(clock.now)

    clock.process(sortie())
    clock.run(until=1000.0)
    assert seen == [pytest.approx(142.5)]


def test_events_wait_for_the_slowest_vehicle_and_come_in_order():
    clock, seen = VehicleClock(), []

    def sortie(name, seconds, step_s):
        yield phase(clock, begins_at_s=0.0, seconds=seconds, step_s=step_s)
        seen.append((name, clock.now))

    def bell():
        yield clock.timeout(15.0)
        seen.append(("bell", clock.now))

    clock.process(sortie("fast", 20.0, 20.0))
    clock.process(sortie("slow", 10.0, 0.5))
    clock.process(bell())
    clock.run(until=100.0)
    assert seen == [("slow", 10.0), ("bell", 15.0), ("fast", 20.0)]


def test_a_phase_broken_off_never_ends_and_holds_nothing_up():
    clock = VehicleClock()
    task = TimedPhase(clock.event(), clock.now, nothing)
    clock.start(task)
    clock.forget(task)
    clock.run(until=10.0)
    assert not task.event.triggered


def test_a_lost_vehicle_ends_the_run():
    clock = VehicleClock()

    def lost() -> None:
        raise LinkTimeoutError("silent")

    clock.start(TimedPhase(clock.event(), clock.now, lost))
    with pytest.raises(LinkTimeoutError, match="silent"):
        clock.run(until=10.0)


def test_a_clock_of_real_vehicles_does_not_jump():
    clock, begun = VehicleClock(wall_pace=1.0), time.monotonic()
    clock.run(until=0.2)
    assert time.monotonic() - begun >= 0.2
