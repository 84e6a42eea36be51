"""The dispatcher of a live shift (`LiveEngine`): the simulation's engine, with calls open until they end.

A call that a drone turned back from before it was overhead, or whose launch was called off, waits again for a
person's yes. It ends once: attended, closed by a person, or at the end of the shift.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import simpy

from dfr.errors import InfeasibleError, InputError
from dfr.operate.approval import Approvals
from dfr.operate.clock import LiveClock
from dfr.operate.sortie import LiveSortie, OnwardTask
from dfr.sim.calls import Call
from dfr.sim.dispatch import Case, DeploymentState, Offer, offers, refusal
from dfr.sim.engine import Engine, FlightsOf
from dfr.sim.event_log import TellRow
from dfr.sim.events import NEVER, ON_SCENE, Missed
from dfr.sim.inputs import Leg, SimInputs
from dfr.sim.resources import FleetDrone
from dfr.sim.sortie import Sortie


class LiveEngine(Engine):
    """The control room of a live shift. `ended` hears of each call and relief that is over, once.

    `wanted` says whether a call still wants a drone, or a relief; `waits_again` hears of each that a drone
    left before it was overhead.
    Everything here happens in the shift's own thread (`LiveClock.ask`).
    """

    _sortie: type[Sortie] = LiveSortie

    def __init__(
        self,
        inputs: SimInputs,
        clock: LiveClock,
        flights_of: FlightsOf,
        approvals: Approvals,
        *,
        ended: Callable[[Case], None],
        wanted: Callable[[Case], bool],
        waits_again: Callable[[Case], None],
    ) -> None:
        super().__init__(inputs, clock, flights_of)
        self._approvals, self._tell_ended, self._is_wanted = approvals, ended, wanted
        self._tell_waits_again = waits_again
        self._closing = False
        self._reliefs: dict[Case, tuple[simpy.Event, float]] = {}

    @property
    def field(self) -> DeploymentState:
        """The state of the deployment now."""
        return self._field

    @property
    def waiting(self) -> list[Case]:
        """The calls and reliefs that wait for a drone, in their order."""
        return list(self._field.waiting)

    def offers(self, case: Case) -> list[Offer]:
        """What each dock can do for a call now, the soonest overhead first."""
        return offers(self._field, case, self._env.now)

    def blocked_by(self, case: Case) -> str:
        """Why no drone can be sent to a call now; '' where one can."""
        found = self.offers(case)
        if any(offer.drone for offer in found):
            return ""
        return found[0].blocked if found else refusal(self._field, case)

    def sorties(self) -> list[LiveSortie]:
        """The dispatches that are not over, their drones perhaps on charge."""
        return [flight for flight in self.flights_out() if isinstance(flight, LiveSortie)]

    def sortie_of(self, drone_id: str) -> LiveSortie | None:
        """The dispatch of a drone that is not over; None where it has none."""
        return next((sortie for sortie in self.sorties() if sortie.drone.id == drone_id), None)

    def send(self, case: Case, drone_id: str) -> LiveSortie:
        """Send a drone to a call that waits, by a person's yes.

        Raises InputError for a call that does not wait, InfeasibleError where the drone cannot go now.
        """
        if not case.waiting:
            raise InputError("this call does not wait for a drone", do="choose one that does")
        offer = next((each for each in self.offers(case) if each.drone and each.drone.id == drone_id), None)
        if offer is None:
            raise InfeasibleError(f"{drone_id} cannot go now", do="choose one of the drones that are offered")
        self._approvals.give(case, drone_id)
        self.look_again()
        self._approvals.withdraw(case)
        sortie = self.sortie_of(drone_id)
        if sortie is None or case in self.waiting:
            raise InfeasibleError(f"{drone_id} cannot go now", do="look at the call again")
        return sortie

    def send_on(self, case: Case, sortie: LiveSortie, leg: Leg) -> None:
        """Send a drone in the air on to a call that waits, by a person's yes.

        A call that it leaves on scene waits for another drone, one that it was on its way to waits again.
        """
        self._field.leave_queue(case)
        case.dispatched_s = self._env.now
        if sortie.phase == ON_SCENE:
            self._ask_for_another(sortie.case)
        self._field.out[sortie.drone.id] = (sortie.dock, case.call.zone)
        self._sent += 1
        sortie.fly_on_to(OnwardTask(self._sent - 1, case, leg))

    def _ask_for_another(self, left: Case) -> None:
        """A call that its drone leaves wants another, unless a relief waits already."""
        if not any(case.call.id == left.call.id for case in self._field.waiting):
            now = self._env.now
            until_s = math.inf if left.need is None else left.need.until_s
            another = Case(
                left.call, now, left.rank, until_s, left.zone_id, left.grade_id,
                decided_s=now, need=left.need, relief=True,
            )  # fmt: skip
            self._serve_case(another, now)

    def has_route(self, call: Call, drone_id: str) -> bool:
        """Whether a drone has a route to a call in the weather of any hour."""
        return any(
            each.legs[self._dock_of(drone_id)][call.zone] is not None for each in self._inputs.conditions
        )

    def may_fly(self, call: Call, drone_id: str) -> bool:
        """Whether a drone has a route to a call in the weather of this hour."""
        return self._field.condition(self._env.now).legs[self._dock_of(drone_id)][call.zone] is not None

    def _dock_of(self, drone_id: str) -> int:
        return next(drone.dock for drone in self._field.drones if drone.id == drone_id)

    def take_on(self, call: Call, drone_id: str, *, charge: float | None) -> tuple[Case, LiveSortie]:
        """The dispatch of a drone that was found in the air, for the call that it flies to.

        `charge` is what its battery has left, as a share; of one that nobody knows it stays nowhere.
        """
        case, now = self._case_of(call), self._env.now
        with self._looking_later():
            drone = self._find_drone(drone_id)
            if self._field.condition(now).battery_wh != math.inf:
                drone.ready_fraction, drone.ready_s, drone.full_s = charge or 0.0, now, math.inf
            self._send_drone(case, drone, now)
        sortie = self.sortie_of(drone_id)
        assert sortie is not None
        return case, sortie

    def forget(self, case: Case) -> None:
        """A call that waits is told anew, and heard again: this case of it is over, and no record."""
        self._field.leave_queue(case)
        self._open.pop(case.call.id, None)
        case.outcome = TOLD_ANEW

    def close_call(self, case: Case, reason: str) -> None:
        """End a call that waits, with no drone sent."""
        self._field.leave_queue(case)
        self._end_case(case, reason, 0.0, self._env.now)

    def close_shift(self) -> None:
        """End every call that is still open, and write what is under way."""
        self._closing = True
        self.close_all(self._env.now)

    def must_leave(self, case: Case, leaves_s: float) -> None:
        """A drone overhead will have to leave early, perhaps sooner than was said: one relief is asked for.

        It waits at once where the drone leaves now, so that its call does not end with it.
        """
        asks, said_s = self._reliefs.get(case, (None, math.inf))
        asked = asks is not None and asks.processed
        if self._overwatch is None or asked or leaves_s > said_s - SOONER_S:
            return
        if asks is not None:
            asks.callbacks.clear()
        asks = self._overwatch.must_leave(case, leaves_s)
        if asks is None:
            return
        self._reliefs[case] = asks, leaves_s
        if leaves_s <= self._env.now:
            asks.callbacks.clear()
            self._ask_for_another(case)

    def look_at_energy(self) -> None:
        """End each stay that the drone's energy no longer allows."""
        for sortie in self.sorties():
            sortie.look_at_energy()

    def call_over(self, case: Case, reason: str, on_scene_s: float, ended_s: float) -> None:
        """A drone is done with a call; one that it did not reach waits for another."""
        if case.outcome:
            return
        if reason and not self._closing and self._is_wanted(case):
            case.airborne_s = NEVER
            self.back_to_queue(case)
        else:
            self._end_case(case, reason, on_scene_s, ended_s)

    def back_to_queue(self, case: Case) -> None:
        """A drone is done with a call that it did not reach: the call waits for another."""
        if not case.outcome:
            super().back_to_queue(case)
            self._tell_waits_again(case)

    def tell_rows(self, tell: TellRow) -> None:
        """Tell of each row of the simulation's records as it is written, so that the log holds them."""
        self._log.tell_rows(tell)

    def count_from(self, number: int) -> None:
        """Number the flights from here on: those before were another process's."""
        self._sent = number

    def _serve_case(self, case: Case, now: float) -> None:
        """Let a case wait for a person's yes; no relief for a call that has ended."""
        if self._is_wanted(case):
            super()._serve_case(case, now)

    def _end_case(self, case: Case, reason: str, on_scene_s: float, ended_s: float) -> None:
        super().call_over(case, reason, on_scene_s, ended_s)
        self._tell_ended(case)

    def _case_of(self, call: Call) -> Case:
        """A call that is heard again: decided, and not in the queue."""
        grade = self._grades[call.grade]
        case = Case(call, call.t_s, grade.rank, call.t_s + call.patience_s, self._zones[call.zone], grade.id)
        case.decided_s = call.t_s
        self._open[call.id] = case
        return case

    def _find_drone(self, drone_id: str) -> FleetDrone:
        """A drone that is to be taken out of its dock, ready or not."""
        self.offer_again(drone_id)
        for ready in self._field.ready:
            for drone in ready:
                if drone.id == drone_id:
                    return drone
        raise InputError(f"{drone_id} is no drone of this shift, or is out")


SOONER_S = 1.0
"""A drone that must leave sooner by more than this than was said is relieved sooner (assumed)."""

TOLD_ANEW = "told_anew"
"""The outcome of a case in whose place its call was heard again."""

CLOSED = Missed.BEFORE_DECISION
"""The reason of a call that a person closed before a drone was sent."""
