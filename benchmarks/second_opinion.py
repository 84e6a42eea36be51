"""What vehicles have on board, read by plain pymavlink and held against what each dispatch is to be."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymavlink import mavutil

from dfr.ardupilot.commands import MissionType
from dfr.mission.changes import leave_stay_open, look_at
from dfr.mission.compile import compile_dispatch
from dfr.mission.items import FlightPlan
from dfr.mission.wire import wire_lists
from dfr.plan.model import Plan
from dfr.world.demand import zone_centres
from dfr.world.model import World
from firmware_sitl.start import RunningVehicle

STATION = 254
"""Another ground station than ours."""

ANSWER_S, TRIES = 1.0, 40


class Auditor:
    """Reads back, by plain pymavlink, what is on board whenever a drone is launched."""

    def __init__(self, world: World, plan: Plan, vehicles: Mapping[str, RunningVehicle]) -> None:
        self._world, self._plan, self._vehicles = world, plan, vehicles
        self._flights: dict[tuple[str, str], FlightPlan] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._workers = ThreadPoolExecutor(3)
        self.read_back = 0
        self.differences: list[str] = []

    def hear(self, record: dict[str, Any]) -> None:
        """A record of the log."""
        content = record["content"]
        if record["kind"] in {"call.reported", "call.updated"}:
            self._calls[content["call"]] = content
        elif record["kind"] == "flight" and content["what"] == "launch":
            zone = self._world.scenario.demand.zones[self._calls[content["call"]]["zone"]].id
            self._workers.submit(self._audit, content["drone"], zone)

    def close(self) -> None:
        """Wait for what is being read."""
        self._workers.shutdown(wait=True)

    def _audit(self, drone: str, zone: str) -> None:
        wanted = {
            kind: [(item.command, item.x, item.y, item.z) for item in items]
            for kind, items in wire_lists(self._expected(drone.rpartition("/")[0], zone)).items()
        }
        try:
            found = lists_on_board(self._vehicles[drone].urls[1])
        except TimeoutError as error:
            self.differences.append(f"{drone}: {error}")
            return
        self.read_back += 1
        for kind, items in wanted.items():
            first = 1 if kind is MissionType.MISSION else 0
            if len(items) != len(found[kind]) or not all(map(_same, items[first:], found[kind][first:])):
                self.differences.append(f"{drone} to {zone}: {kind.name} {found[kind]}, not {items}")

    def _expected(self, site: str, zone: str) -> FlightPlan:
        if (site, zone) not in self._flights:
            flight = compile_dispatch(self._world, self._plan, site_id=site, zone_id=zone)
            place = zone_centres(self._world.scenario)[zone]
            self._flights[site, zone] = leave_stay_open(look_at(flight, place, self._world.terrain))
        return self._flights[site, zone]


def _same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return (
        one[0] == other[0]
        and all(abs(a - b) <= 1.0 for a, b in zip(one[1:3], other[1:3], strict=True))
        and (abs(one[3] - other[3]) <= 0.02)
    )


@contextlib.contextmanager
def station(url: str) -> Iterator[Any]:
    """A ground station of its own that sends no heartbeats."""
    link = mavutil.mavlink_connection(url, source_system=STATION, dialect="ardupilotmega", retries=20)
    try:
        if link.wait_heartbeat(timeout=60) is None:
            raise TimeoutError(f"nothing heard from {url}")
        yield link
    finally:
        with contextlib.suppress(OSError):
            link.close()


def lists_on_board(url: str) -> dict[MissionType, list[tuple[float, ...]]]:
    """The three lists of a vehicle, each item as (command, x, y, z)."""
    with station(url) as link:
        return {kind: _read_list(link, int(kind)) for kind in MissionType if kind.name != "ALL"}


def _read_list(link: Any, kind: int) -> list[tuple[float, ...]]:
    where = (link.target_system, link.target_component)

    def count_them() -> None:
        link.mav.mission_request_list_send(*where, kind)

    count = _answer(link, count_them, "MISSION_COUNT", lambda told: told.mission_type == kind).count
    items = []
    for number in range(count):

        def ask(number: int = number) -> None:
            link.mav.mission_request_int_send(*where, number, kind)

        def is_it(told: Any, number: int = number) -> bool:
            return (told.seq, told.mission_type) == (number, kind)

        item = _answer(link, ask, "MISSION_ITEM_INT", is_it)
        items.append((item.command, item.x, item.y, item.z))
    return items


def _answer(link: Any, ask: Callable[[], None], kind: str, wanted: Callable[[Any], bool]) -> Any:
    for _ in range(TRIES):
        ask()
        until = time.monotonic() + ANSWER_S
        while (rest := until - time.monotonic()) > 0.0:
            message = link.recv_match(type=kind, blocking=True, timeout=rest)
            if message is not None and wanted(message):
                return message
    raise TimeoutError(f"no {kind}")


def set_pace(vehicles: Sequence[RunningVehicle], speedup: float) -> None:
    """Let the clocks of vehicles run so many times as fast as ours."""

    def set_one(vehicle: RunningVehicle) -> None:
        with station(vehicle.urls[2]) as link:
            where = (link.target_system, link.target_component)
            _answer(
                link,
                lambda: link.mav.param_set_send(
                    *where, b"SIM_SPEEDUP", speedup, mavutil.mavlink.MAV_PARAM_TYPE_REAL32
                ),
                "PARAM_VALUE",
                lambda told: told.param_id == "SIM_SPEEDUP" and abs(told.param_value - speedup) < 1e-3,
            )

    with ThreadPoolExecutor(len(vehicles)) as workers:
        list(workers.map(set_one, vehicles))
