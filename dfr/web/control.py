"""Commands to a vehicle (`Control`): only where the server was started for it, each confirmed by the user.

The page asks for a command. The answer says in words what will happen and carries a key that is valid
once and for a short time. The command is sent when the key comes back.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dfr.aircraft.catalogue import drone_of, find_dock
from dfr.aircraft.landing import Limits
from dfr.ardupilot.modes import CopterMode
from dfr.errors import DfrError, InfeasibleError, InputError, NonCompliantError, VehicleRefusedError
from dfr.findings import require_sound
from dfr.geo import Position, distance_m
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.outcome import Event
from dfr.link.transfer import upload_verified
from dfr.mission.compile import compile_dispatch
from dfr.mission.items import FlightPlan
from dfr.mission.reliance import dispatch_findings
from dfr.plan.compliance import check_plan
from dfr.plan.model import DockSite, Plan
from dfr.plan.verdict import require_go, verdict_of
from dfr.web.page_words import words_for_page
from dfr.world.model import World

Place = Callable[[], tuple[World, Plan] | None]
"""Gives the world and the plan at the time a flight is asked for; None where no plan is served."""

ASKED_S = 20.0
"""A question older than this cannot be confirmed: the situation may have changed."""

AT_DOCK_M = 30.0
ON_SCENE_S = 30.0
STAND_IN_TILT_CDEG = 4500.0
MOST_GCS_TIMEOUT_S = 120.0

MODES = {
    "return": (CopterMode.RTL, "Return to launch: it climbs to its return height and flies home to {home}."),
    "hold": (CopterMode.BRAKE, "Hold: it stops and stays where it is until the next command: {here}."),
    "land": (CopterMode.LAND, "Land now: it comes down where it is, whatever is below: {here}."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A command that waits for its confirmation."""

    words: str
    asked_at: float
    do: Callable[[], None]


class Control:
    """The commands of one vehicle. `allowed` False refuses all; `number` is how the page numbers it."""

    def __init__(
        self,
        vehicle: MavlinkVehicle,
        *,
        allowed: bool,
        place: Place,
        speedup: float = 1.0,
        number: int = 1,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> None:
        self.allowed, self.number = allowed, number
        self._vehicle, self._place, self._speedup, self._now = vehicle, place, speedup, now
        self._questions: dict[str, Question] = {}
        self._lock = threading.Lock()
        self._flight: threading.Thread | None = None
        self.words = ""

    def as_dict(self) -> dict[str, Any]:
        """What may be commanded, as the page shows it."""
        place = self._place()
        zones = [] if place is None else place[0].scenario.demand.zones
        return {
            "allowed": self.allowed,
            "flying": self._is_flying(),
            "words": self.words,
            "zones": [{"id": zone.id, "name": zone.name} for zone in zones],
        }

    def ask_for(self, command: str, zone: str = "") -> dict[str, str]:
        """A key for a command, and in words what it will do. Raises VehicleRefusedError if read-only."""
        if not self.allowed:
            raise VehicleRefusedError("this page is read-only", do="start `dfr serve` with --allow-control")
        question = self._make_question(command, zone)
        key = secrets.token_urlsafe(16)
        with self._lock:
            # Only one question is open at a time.
            self._questions = {key: question}
        return {"key": key, "words": question.words}

    def confirm_key(self, key: str) -> str:
        """Send the command of a key; its words. Raises InputError for an unknown, used or old key."""
        with self._lock:
            question = self._questions.pop(key, None)
        if not self.allowed or question is None or time.monotonic() - question.asked_at > ASKED_S:
            raise InputError("this question can no longer be confirmed", do="ask again")
        question.do()
        return question.words

    def _make_question(self, command: str, zone: str) -> Question:
        now = time.monotonic()
        if command == "dispatch":
            mission, room_m, words = self._prepare_dispatch(zone)
            return Question(words=words, asked_at=now, do=lambda: self._start_flight(mission, room_m))
        if command not in MODES:
            raise InputError(f"no command is called {command!r:.30}", do=f"send dispatch, {', '.join(MODES)}")
        mode, words = MODES[command]
        state = self._vehicle.state
        effect = words.format(here=_place_words(state.position), home=_place_words(state.home))
        words = f"{self._vehicle_name()} {effect}"
        return Question(words=words, asked_at=now, do=lambda: self._vehicle.set_mode(mode))

    def _vehicle_name(self) -> str:
        """The vehicle of a command, with its number on the page and its system id on the link."""
        kind = "SIMULATED vehicle" if self._vehicle.simulated else "REAL VEHICLE"
        return f"{kind} {self.number} (system {self._vehicle.target[0]}):"

    def _prepare_dispatch(self, zone: str) -> tuple[FlightPlan, float, str]:
        """(The mission to a zone, how near the dock's centre it must land, what will happen)."""
        place = self._place()
        if place is None:
            raise InputError("no plan is loaded", do="serve the vehicle with --scenario or --run")
        if self._is_flying():
            raise InputError("a dispatch is in the air", do="wait until it has landed")
        world, plan = place
        self._require_go_now()
        site = self._dock_stood_on(plan)
        mission = compile_dispatch(world, plan, site_id=site.id, zone_id=zone, on_scene_s=ON_SCENE_S)
        require_sound(dispatch_findings(mission, world.scenario))
        if self._vehicle.simulated:
            mission = self._adapt_to_stand_in(mission)
        fleet = world.scenario.fleet
        room_m = Limits.for_dock(drone_of(fleet), find_dock(fleet.dock)).lateral_m
        target = next(z for z in world.scenario.demand.zones if z.id == zone)
        words = (
            f"{self._vehicle_name()} upload, arm, take off from {site.name} and fly to {target.name} "
            f"({zone}). Motors will start."
        )
        return mission, room_m, words

    def _require_go_now(self) -> None:
        """Raise NonCompliantError unless the plan is a go now: a dispatch flies today, whatever its date."""
        place = self._place()
        if place is None:
            raise NonCompliantError("no plan is loaded any more", do="load the plan and ask again")
        world, plan = place
        checked = replace(plan, findings=check_plan(world, plan))
        verdict = verdict_of(world.scenario, checked, now=self._now(), day=True)
        require_go(verdict, simulated=self._vehicle.simulated)

    def _adapt_to_stand_in(self, mission: FlightPlan) -> FlightPlan:
        """The mission for a simulated airframe: it needs more tilt, and its clock runs faster."""
        timeout_s = min(MOST_GCS_TIMEOUT_S, mission.params["FS_GCS_TIMEOUT"] * self._speedup)
        own = {"ANGLE_MAX": STAND_IN_TILT_CDEG, "FS_GCS_TIMEOUT": timeout_s}
        return replace(mission, params=mission.params | own)

    def _dock_stood_on(self, plan: Plan) -> DockSite:
        """The dock on which the vehicle stands."""
        at = self._vehicle.state.position
        if at is None:
            raise InputError("the vehicle has not reported its position", do="wait for its position")
        site = min(plan.sites, key=lambda s: distance_m(s.position, at))
        away_m = distance_m(site.position, at)
        if away_m > AT_DOCK_M:
            raise InfeasibleError(
                f"the vehicle is {away_m:.0f} m from the nearest dock", do="put it on its dock"
            )
        return site

    def _is_flying(self) -> bool:
        return self._flight is not None and self._flight.is_alive()

    def _start_flight(self, mission: FlightPlan, room_m: float) -> None:
        with self._lock:
            if self._is_flying():
                raise InputError("a dispatch is in the air", do="wait until it has landed")
            self.words = "uploading"
            self._flight = threading.Thread(target=self._fly_and_report, args=(mission, room_m), daemon=True)
            self._flight.start()

    def _fly_and_report(self, mission: FlightPlan, room_m: float) -> None:
        try:
            upload_verified(self._vehicle, mission)
            self.words = "uploaded and read back; starting"
            ended = fly_dispatch(
                self._vehicle,
                mission,
                confirmed=True,
                on_event=self._show_event,
                dock_tolerance_m=room_m,
                before_arming=self._require_go_now,
            )
            self.words = f"dispatch {ended.summary}; {ended.landing}"
        except DfrError as error:
            self.words = words_for_page(error)

    def _show_event(self, event: Event) -> None:
        self.words = f"flying: {event.what}"


def _place_words(place: Position | None) -> str:
    return "a position that it has not reported" if place is None else str(place)
