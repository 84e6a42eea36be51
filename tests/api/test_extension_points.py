"""What users may put in the place of dfr's parts: dispatch policy, demand, wind, flights, vehicle line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest

import dfr
from dfr.errors import InputError
from dfr.link.autopilots import find_autopilot
from dfr.link.mavlink import attach
from dfr.link.port import MavlinkPort
from dfr.link.transport import Address, open_transport
from dfr.sim.dispatch import Case, DeploymentState, Fit, choose_nearest
from dfr.sim.resources import FleetDrone
from firmware_sitl.start import start_vehicle


@pytest.fixture(scope="module")
def world() -> Any:
    return dfr.load_scenario("victorious-2024")


@pytest.fixture(scope="module")
def plan(world: Any) -> Any:
    return dfr.plan(world, docks=2)


def choose_last_overhead(_field: DeploymentState, _case: Case, fits: Iterator[Fit]) -> FleetDrone | None:
    """The drone that would be overhead last."""
    return next((drone for drone, _ in reversed(list(fits))), None)


def calls_of(run: Any) -> dict[str, list[Any]]:
    return run.table("calls").to_pydict()


def flight_out_s(run: Any) -> float:
    return run.summary.kpis["airborne_to_overhead_s"].mean


def test_a_dispatch_policy_of_ones_own_chooses_the_drone(world, plan):
    nearest = dfr.simulate(world, plan, replications=1, seed=1, dispatch="nearest")
    same = dfr.simulate(world, plan, replications=1, seed=1, dispatch=choose_nearest)
    farthest = dfr.simulate(world, plan, replications=1, seed=1, dispatch=choose_last_overhead)
    assert str(calls_of(same)) == str(calls_of(nearest))
    assert calls_of(farthest)["call_s"] == calls_of(nearest)["call_s"]
    assert flight_out_s(farthest) > flight_out_s(nearest)


def test_a_dispatch_policy_of_ones_own_is_kept_and_resumed_by_its_name(world, plan, tmp_path):
    kept = dfr.simulate(world, plan, replications=2, seed=1, dispatch=choose_last_overhead, folder=tmp_path)
    free = dfr.simulate(world, plan, replications=2, seed=1, dispatch=choose_last_overhead)
    assert str(calls_of(kept)) == str(calls_of(free))
    assert kept.inputs.dispatch_name == f"{__name__}.choose_last_overhead"
    with pytest.raises(dfr.DfrError):
        dfr.simulate(world, plan, replications=2, seed=1, dispatch="nearest", folder=tmp_path)


def test_an_unknown_dispatch_policy_is_refused_with_the_choices(world, plan):
    with pytest.raises(InputError, match="one of nearest, energy_aware, coverage_keeping"):
        dfr.simulate(world, plan, replications=1, dispatch="fastest")


def test_demand_of_ones_own_takes_the_place_of_random_calls(world, plan):
    calls = [
        dfr.TraceCall(
            t_s=7200.0 + 600.0 * n, zone=n % 3, grade=0, decision_s=20.0, on_scene_s=60.0, ground_s=nan
        )
        for n in range(5)
    ]
    run = dfr.simulate(world, plan, replications=1, seed=1, calls=calls)
    assert calls_of(run)["call_s"] == [call.t_s for call in calls]
    assert np.allclose(np.subtract(calls_of(run)["decided_s"], calls_of(run)["call_s"]), 20.0)


def test_wind_of_ones_own_changes_the_plan_and_the_verdict(world, plan):
    hours = world.scenario.weather.hours
    calm = dfr.with_weather(world, [replace(hour, wind_mps=1.0, gust_mps=2.0) for hour in hours])
    storm = dfr.with_weather(world, [replace(hour, wind_mps=25.0, gust_mps=35.0) for hour in hours])
    calmer = dfr.plan(calm, docks=2)
    assert calmer.flyable_share > plan.flyable_share
    assert calmer.planning_wind.wind_mps == 1.0
    stormy = dfr.plan(storm, docks=2)
    assert stormy.flyable_share == 0.0
    assert not dfr.check(storm, stormy).go


class NotedFlight:
    """A flight of the model that notes which phases the simulation asks for."""

    def __init__(self, flight: Any, asked: list[str]) -> None:
        self._flight, self._asked = flight, asked

    def __getattr__(self, phase: str) -> Any:
        self._asked.append(phase)
        return getattr(self._flight, phase)


class NotedFlights:
    """Flights in the place of the model's: every one is asked for its phases in the order of a sortie."""

    asked: list[list[str]] = []  # noqa: RUF012 - the test reads it after the simulation

    def __init__(self, env: Any, field: Any) -> None:
        self._model = dfr.model_flights(env, field)

    def begin(self, order: Any) -> NotedFlight:
        self.asked.append([])
        return NotedFlight(self._model.begin(order), self.asked[-1])


def test_flights_of_ones_own_are_flown_phase_by_phase(world, plan):
    NotedFlights.asked.clear()
    run = dfr.simulate(world, plan, replications=1, seed=1, flights=NotedFlights)
    assert len(NotedFlights.asked) >= run.table("flights").num_rows > 0
    assert all(asked[0] == "launch" for asked in NotedFlights.asked)
    assert str(calls_of(run)) == str(calls_of(dfr.simulate(world, plan, replications=1, seed=1)))


class CountedLine:
    """A line of one's own to a vehicle: another transport, and how many bytes went over it."""

    shared = False
    bytes_per_s = None

    def __init__(self, url: str) -> None:
        self._line = open_transport(url)
        self.sent = self.received = 0

    def fileno(self) -> int:
        return self._line.fileno()

    def read(self) -> list[tuple[bytes, Address]]:
        found = self._line.read()
        self.received += sum(len(data) for data, _ in found)
        return found

    def write(self, data: bytes, to: Address) -> None:
        self.sent += len(data)
        self._line.write(data, to)

    def close(self) -> None:
        self._line.close()


def test_a_mission_is_uploaded_over_a_line_of_ones_own(world, plan):
    flight = dfr.compile_mission(world, plan, zone="castle-stage").flight
    with start_vehicle(engine="builtin", home=flight.home, home_m_amsl=4.0, speedup=20.0) as running:
        line = CountedLine(running.url)
        with MavlinkPort(line) as port:
            target = find_autopilot(port, system=None, timeout_s=30.0, url="own line")
            vehicle = attach(port, target, simulated=True)
            report = dfr.upload(flight, vehicle)
    assert report.verified
    assert line.sent > 1000
    assert line.received > 1000
