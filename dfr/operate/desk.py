"""What people ask of a live shift (`Desk`): each by their role, each command asked first and then confirmed.

A command is answered with words that say what will happen, and with a key that is valid once and for a short
time. A dispatch where the operation wants a safety pilot needs a second yes, from another person. Nothing is
armed or changed by a question.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dfr.errors import InputError, NonCompliantError
from dfr.findings import require_sound
from dfr.io.incidents.inbox import Arrival
from dfr.io.incidents.report import IncidentReport
from dfr.link.flown_track import FlownTrack
from dfr.link.pacing import now_s
from dfr.mission.reliance import dispatch_findings
from dfr.operate.board import draw_board, find_causes
from dfr.operate.incidents import Incident
from dfr.operate.people import NotAllowedError, Person, Role
from dfr.operate.room import LiveShift, ShiftSetup
from dfr.operate.sortie import LAND_HERE, RECALLED
from dfr.plan.compliance import check_plan
from dfr.plan.verdict import require_go, verdict_of

ASKED_S = 20.0
"""A question older than this cannot be confirmed: the situation may have changed."""

SECOND_S = 60.0
"""So long a first yes waits for the second person's (assumed)."""

STALLED_S = 3.0
"""The shift looks at its vehicles twice a second; silent for so long, it hangs or is gone (assumed)."""


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(tz=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A command that waits for its confirmation, by whom it was asked, and by whom half confirmed."""

    words: str
    asked_by: Person
    role: Role
    do: Callable[[str, str], None]
    until_s: float = 0.0
    second_role: Role | None = None
    first: Person | None = None


class Desk:
    """The people's side of a shift. `now` is the moment at which a plan must be a go."""

    def __init__(self, shift: LiveShift, *, now: Callable[[], datetime] = utc_now) -> None:
        self._shift, self._now = shift, now
        self._questions: dict[str, Question] = {}
        self._lock = threading.Lock()
        self._board: dict[str, Any] = {}
        shift.on_look(self._look)

    @property
    def setup(self) -> ShiftSetup:
        """What the shift is run with."""
        return self._shift.setup

    def _look(self) -> None:
        """In the shift's thread, twice a second."""
        self._shift.alerts.update(find_causes(self._shift), self._shift.clock.now)
        self._board = draw_board(self._shift)

    def board(self, person: Person) -> dict[str, Any]:
        """How the shift stood a moment ago, and how old that is. Raises NotAllowedError for a CAD system."""
        person.require(Role.VIEWER)
        age_s = now_s() - self._shift.looked_at_s
        return {
            **self._board,
            "you": {"name": person.name, "role": person.role.value},
            "age_s": age_s,
            "ended": self._shift.has_ended,
            "stalled": age_s > STALLED_S and not self._shift.has_ended,
            "questions": self._open_questions(),
        }

    def tracks(self, person: Person) -> list[FlownTrack]:
        """Where each drone of the board has flown on its present or last flight, in its order."""
        person.require(Role.VIEWER)
        return [self._shift.fleet.berths[drone.id].track for drone in self._shift.engine.field.drones]

    def receive(self, person: Person, report: IncidentReport) -> tuple[Incident | None, Arrival]:
        """The call of a message, None where it opens none, and what the message was."""
        person.require(Role.CAD, Role.PILOT)
        return self._shift.calls.receive(report, by=person.name)

    def acknowledge(self, person: Person, alert: int) -> None:
        """Silence one occurrence of an alert."""
        person.require(Role.SAFETY)
        self._shift.clock.ask(lambda: self._shift.alerts.acknowledge(alert, person.name))

    def ask(
        self, person: Person, command: str, *, call: int = -1, drone: str = "", traffic: str = ""
    ) -> dict[str, Any]:
        """A key for a command, and in words what it will do. Raises where it cannot be done."""
        until_s = now_s() + ASKED_S
        made = self._make(person, command, call=call, drone=drone, traffic=traffic)
        question = replace(made, until_s=until_s)
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._questions[key] = question
        return {"key": key, "words": question.words, "second": question.second_role is not None}

    def confirm(self, person: Person, key: str) -> dict[str, Any]:
        """Do what a key stands for, or wait for the second yes. Raises InputError for a key that is over."""
        with self._lock:
            question = self._questions.pop(key, None)
        if question is None or now_s() > question.until_s:
            raise InputError("this question can no longer be confirmed, nothing was done", do="ask again")
        if question.first is not None:
            return self._second_yes(person, key, question)
        if question.asked_by != person:
            self._put_back(key, question)
            raise NotAllowedError(f"{question.asked_by.name} was asked, not {person.name}", do="ask yourself")
        person.require(question.role)
        if question.second_role is not None:
            waits = replace(question, first=person, until_s=now_s() + SECOND_S)
            self._put_back(key, waits)
            return {"done": False, "words": f"{question.words} It waits for a safety pilot's yes."}
        question.do(person.name, "")
        return {"done": True, "words": question.words}

    def _second_yes(self, person: Person, key: str, question: Question) -> dict[str, Any]:
        assert question.first is not None
        assert question.second_role is not None
        if person.name == question.first.name or not person.role.may_act_as(question.second_role):
            self._put_back(key, question)
            raise NotAllowedError(
                f"{question.first.name} said yes; the second yes is another's ({question.second_role})",
                do="ask that person",
            )
        question.do(question.first.name, person.name)
        return {"done": True, "words": question.words}

    def _put_back(self, key: str, question: Question) -> None:
        with self._lock:
            self._questions[key] = question

    def _open_questions(self) -> list[dict[str, Any]]:
        """What waits for a second yes."""
        now = now_s()
        with self._lock:
            self._questions = {key: each for key, each in self._questions.items() if each.until_s >= now}
            return [
                {"key": key, "words": each.words, "by": each.first.name, "left_s": each.until_s - now}
                for key, each in self._questions.items()
                if each.first is not None
            ]

    # -- the commands --

    def _make(self, person: Person, command: str, *, call: int, drone: str, traffic: str) -> Question:
        if command == "dispatch":
            return self._make_dispatch(person, call, drone)
        if command == "retask":
            return self._make_retask(person, call, drone)
        if command in {"recall", "hold", "go_on", "land"}:
            return self._make_order(person, command, drone)
        if command == "close":
            return self._make_close(person, call)
        if command in {"inbound", "clear"}:
            return self._make_traffic(person, command, traffic)
        if command == "end":
            person.require(Role.LEAD)
            words = "The shift ends: every open call ends with it. Drones stay in their docks."
            return _ask_person(person, Role.LEAD, words, lambda _first, _second: self._shift.end())
        raise InputError(
            f"no command is called {command!r:.30}",
            do="dispatch, retask, recall, hold, go_on, land, close, inbound, clear or end",
        )

    @property
    def _kind(self) -> str:
        return "SIMULATED" if self._shift.fleet.simulated else "REAL"

    def _make_order(self, person: Person, command: str, drone: str) -> Question:
        """What a drone in the air is to do at once; the words name it, its dock, and where it is."""
        person.require(Role.PILOT)
        shift = self._shift
        berth = shift.fleet.berths.get(drone)
        if berth is None:
            raise InputError(f"no drone {drone!r:.40}", do="choose one of the board")
        vehicle = berth.vehicle
        here = None if vehicle is None else vehicle.state.position
        where = "at a place that it has not reported" if here is None else f"at {here}"
        dock = shift.fleet.docks_of_drones()[drone].name
        what, act = {
            "recall": (f"leaves what it does and returns to its dock, {dock}", self._turns_back(RECALLED)),
            "hold": (
                f"stops and hovers where it is, {where}, until it goes on or its energy is short",
                shift.hold,
            ),
            "go_on": ("goes on with what it did before it was stopped", shift.go_on),
            "land": (f"comes down where it is, {where}, whatever is below", self._turns_back(LAND_HERE)),
        }[command]
        return _ask_person(
            person, Role.PILOT, f"{self._kind} drone {drone} {what}.", lambda first, _: act(drone, by=first)
        )

    def _turns_back(self, why: str) -> Callable[..., None]:
        return lambda drone, *, by: self._shift.turn_back(drone, why, by=by)

    def _make_close(self, person: Person, call: int) -> Question:
        person.require(Role.PILOT)
        report = self._shift.calls.book.find(call).report
        words = f"Call {report.id} of {report.agency} ends: no drone is sent to it."
        return _ask_person(
            person, Role.PILOT, words, lambda first, _: self._shift.calls.close(call, by=first)
        )

    def inbound_now(self, person: Person, traffic: str) -> str:
        """The one press: other traffic comes, and drones give way at once; no question is asked."""
        person.require(Role.SAFETY)
        self._shift.traffic.announce(traffic, by=person.name)
        return f"{traffic} is inbound: {self._rule_words(traffic)}"

    def _make_traffic(self, person: Person, command: str, traffic: str) -> Question:
        person.require(Role.SAFETY)
        rule = self._rule_words(traffic)
        if command == "inbound":
            words, act = f"{traffic}: {rule}", self._shift.traffic.announce
        else:
            words, act = f"{traffic} is gone: drones that hold low rise and go on.", self._shift.traffic.clear
        return _ask_person(person, Role.SAFETY, words, lambda first, _: act(traffic, by=first))

    def _rule_words(self, traffic: str) -> str:
        rules = {
            "hold_low": "every drone goes down to the height of the plan and waits there",
            "return": "every drone comes home",
            "land": "every drone lands where it is",
        }
        for user in self._shift.setup.shift.inputs.traffic:
            if user.id == traffic:
                return rules[user.rule]
        raise InputError(f"no traffic {traffic!r:.40}", do="choose one of the board")

    def _make_dispatch(self, person: Person, call: int, drone: str) -> Question:
        """The question whether a drone is to fly. The plan must be a go now, and the mission sound."""
        person.require(Role.PILOT)
        shift = self._shift
        found = shift.calls.book.find(call)
        self._refuse_exercise(found)
        offer = self._find_offer(call, drone)
        site = shift.setup.plan.sites[offer["dock"]]
        zone = shift.setup.world.scenario.demand.zones[offer["zone"]]
        self._require_sound(offer["dock"], offer["zone"])
        self._require_go()
        words = (
            f"{self._kind} drone {drone}: upload, arm, take off from {site.name} and fly to {zone.name} for "
            f"call {found.report.id}; overhead in about {offer['overhead_s']:.0f} s. Motors will start."
        )
        question = _ask_person(
            person, Role.PILOT, words, lambda first, other: self._dispatch(found, drone, first, other)
        )
        return replace(question, second_role=Role.SAFETY) if shift.setup.second_yes else question

    def _dispatch(self, asked: Incident, drone: str, first: str, second: str) -> None:
        """Send a drone to the call as it was when the question was asked, and as it still is."""
        self._require_go()
        self._shift.clock.ask(lambda: self._send_as_asked(asked, drone, first, second))

    def _make_retask(self, person: Person, call: int, drone: str) -> Question:
        """The question whether a drone in the air is to fly on to another call. Its way there is found first.

        Raises InfeasibleError or NonCompliantError where it cannot go, or its return is not proven.
        """
        person.require(Role.PILOT)
        shift = self._shift
        found = shift.calls.book.find(call)
        self._refuse_exercise(found)
        begun = shift.plan_retask(call, drone)
        path = shift.fleet.onward_path(begun.order, begun.here)
        way = shift.plan_retask(call, drone, path=path)
        shift.fleet.check_onward(way.order, path)
        shift.fleet.onward(way.order, path)
        self._require_sound(way.order.dock, way.order.zone)
        self._require_go()
        zone = shift.setup.world.scenario.demand.zones[way.order.zone].name
        words = (
            f"{self._kind} drone {drone} leaves call {way.leaves_id} ({way.grade}, {way.phase}) and flies "
            f"on to {zone} for call {found.report.id}; overhead in about {way.order.leg.out_s:.0f} s, "
            f"{way.reserve:.0%} left on return after the usual stay."
        )
        question = _ask_person(
            person,
            Role.PILOT,
            words,
            lambda first, other: self._retask(found, drone, way.leaves, first, other),
        )
        return replace(question, second_role=Role.SAFETY) if shift.setup.second_yes else question

    def _retask(self, asked: Incident, drone: str, leaves: int, first: str, second: str) -> None:
        """Send a drone on to the call as it was when the question was asked, from where it was out to."""
        self._require_go()

        def send_on() -> None:
            self._refuse_told_anew(asked)
            self._shift.send_on(asked.number, drone, leaves=leaves, by=first, second=second)

        self._shift.clock.ask(send_on)

    def _refuse_exercise(self, call: Incident) -> None:
        if call.report.exercise and not self._shift.fleet.simulated:
            raise NonCompliantError("an exercise: no real drone is sent to it", do="close the call")

    def _send_as_asked(self, asked: Incident, drone: str, first: str, second: str) -> None:
        self._refuse_told_anew(asked)
        self._shift.send(asked.number, drone, by=first, second=second)

    def _refuse_told_anew(self, asked: Incident) -> None:
        if _what_was_asked(self._shift.calls.book.find(asked.number)) != _what_was_asked(asked):
            raise InputError(
                f"call {asked.report.id} was told anew after the question, nothing was done",
                do="look at the call, and ask again",
            )

    def _require_sound(self, dock: int, zone: int) -> None:
        """Raise NonCompliantError unless the planned flight to a zone is sound."""
        setup = self._shift.setup
        site, scenario = setup.plan.sites[dock], setup.world.scenario
        mission = self._shift.fleet.planned_mission(site.id, scenario.demand.zones[zone].id)
        require_sound(dispatch_findings(mission, scenario))

    def _require_go(self) -> None:
        """Raise NonCompliantError unless the plan is a go now; simulated vehicles fly as rehearsals do."""
        setup = self._shift.setup
        if self._shift.fleet.simulated:
            return
        checked = replace(setup.plan, findings=check_plan(setup.world, setup.plan))
        require_go(verdict_of(setup.world.scenario, checked, now=self._now(), day=True), simulated=False)

    def _find_offer(self, call: int, drone: str) -> dict[str, Any]:
        """What a drone can do for a call that waits. Raises InputError where it is not offered."""
        shift = self._shift

        def find() -> dict[str, Any]:
            case = shift.calls.waiting_case(call)
            for offer in [] if case is None else shift.engine.offers(case):
                if case is not None and offer.drone is not None and offer.drone.id == drone:
                    return {"dock": offer.dock, "zone": case.call.zone, "overhead_s": offer.overhead_s}
            why = shift.grounded.get(drone, "")
            raise InputError(
                f"{drone or 'no drone'} is not offered for call {call}" + (f": {why}" if why else ""),
                do="choose one that is",
            )

        return shift.clock.ask(find)


def _ask_person(person: Person, role: Role, words: str, do: Callable[[str, str], None]) -> Question:
    """A command that this person may confirm, in this role."""
    return Question(words=words, asked_by=person, role=role, do=do)


def _what_was_asked(call: Incident) -> tuple[object, ...]:
    """What of a call a yes to a flight stands on: where it is, and whether a drone is wanted there at all."""
    return call.zone, call.report.place, call.report.status, call.report.exercise, call.state
