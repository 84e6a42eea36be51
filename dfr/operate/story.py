"""What the log of a shift says happened so far, for a process that goes on with it (`read_story`)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from dfr.ardupilot.modes import CopterMode
from dfr.geo import Position
from dfr.io.incidents.report import restore_report
from dfr.link.vehicle import VehicleState
from dfr.operate.flight import Stage
from dfr.operate.incidents import CallState, Incident
from dfr.operate.sortie import GO_ON, HELD, RECALLED

DOWN = frozenset({"landed", "called_off", "found_down", "handed_on"})
"""What ends the story of a flight: down, or sent on as another one."""

FLIES = frozenset({"launch", "arrive", "hold", "go_home", "land", "land_away", "sent_on"})
"""What it does by its plan or an order: one that was held is let go with it."""

FOLLOWS = {
    RECALLED: frozenset({"go_home"}),
    HELD: frozenset({"held"}),
    GO_ON: frozenset({"arrive", "hold", "go_home"}),
}
"""What shows that it follows an order; that it lands where it is, its mode alone shows."""

OURS = frozenset({CopterMode.AUTO, CopterMode.GUIDED})


class Record(Protocol):
    """A record of the log."""

    @property
    def kind(self) -> str:
        """What it is about."""

    @property
    def utc(self) -> datetime:
        """When it was written."""

    @property
    def content(self) -> Mapping[str, Any]:
        """What it says."""

    @property
    def personal(self) -> Mapping[str, Any]:
        """What it says of persons; empty where that was erased."""


@dataclass(slots=True, kw_only=True)
class FlightStory:
    """A flight by the log: which, to which call, and what it did, oldest first.

    `sent_from` is where it was sent on to this call in the air, None where it was not, or never got so far.
    `sent_to` is the call as it was when the drone was sent to it: its mission is for that place.
    `ordered` is a person's last order, '' once the drone began to follow it.
    """

    flight: int
    call: int
    drone: str
    did: list[str] = field(default_factory=list)
    sent_from: Position | None = None
    sent_to: Incident | None = None
    ordered: str = ""

    @property
    def adrift(self) -> bool:
        """Whether it was being sent on, and nobody wrote down that its new mission is on board."""
        return "sent_on" in self.did and self.sent_from is None

    @property
    def overhead(self) -> bool:
        """Whether it was over the scene."""
        return "hold" in self.did

    @property
    def returns(self) -> bool:
        """Whether it was on its way home, or coming down."""
        return "go_home" in self.did or "land" in self.did

    @property
    def held(self) -> bool:
        """Whether a person had stopped it, and let it do nothing else since."""
        return next((what for what in reversed(self.did) if what in {"held", *FLIES}), "") == "held"

    def stage_in(self, state: VehicleState) -> Stage:
        """How far it is, by the log and by the mode in which its vehicle flies."""
        if self.returns or (self.overhead and state.mode not in OURS):
            return Stage.BACK
        return Stage.ON_SCENE if self.overhead else Stage.OUT


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftStory:
    """A shift so far: its calls, the flights that were not down, those attended, and its time.

    `start` is the scenario's moment at which it began, None where it has not; `next_flight` is the number
    of the next flight. `inbound` has the other traffic that is not gone, and who announced it.
    `simulated` says whether its vehicles were, None where nobody noted it.
    """

    t_s: float = 0.0
    start: datetime | None = None
    calls: tuple[Incident, ...] = ()
    flights_out: tuple[FlightStory, ...] = ()
    attended: frozenset[int] = frozenset()
    next_flight: int = 0
    inbound: Mapping[str, str] = field(default_factory=dict)
    simulated: bool | None = None


NO_STORY = ShiftStory()


def read_story(records: Iterable[Record], *, now: datetime, simulated: bool) -> ShiftStory:
    """What the records of a shift say so far.

    Its time goes on with the wall clock while nobody runs it; with simulated vehicles it stands still.
    """
    calls: dict[int, Incident] = {}
    flights: dict[int, FlightStory] = {}
    attended: set[int] = set()
    inbound: dict[str, str] = {}
    start: datetime | None = None
    was_simulated: bool | None = None
    last_s, last_at = 0.0, now
    for record in records:
        content = record.content
        if "t_s" in content:
            last_s, last_at = float(content["t_s"]), record.utc
        if record.kind == "shift.begun" and start is None:
            start, was_simulated = datetime.fromisoformat(content["start"]), content.get("simulated")
        elif record.kind in {"call.reported", "call.updated"}:
            incident = _read_call(content, record.personal)
            before = calls.get(incident.number)
            calls[incident.number] = incident if before is None else replace(incident, sender=before.sender)
        elif record.kind == "call.ended":
            number = int(content["call"])
            how = str(content["reason"] or content["outcome"])
            calls[number] = replace(calls[number], state=CallState.ENDED, ended=how)
        elif record.kind == "traffic":
            inbound.pop(str(content["traffic"]), None)
            if content["inbound"]:
                inbound[str(content["traffic"])] = str(content["by"])
        elif record.kind == "flight":
            _follow(flights, calls, content)
            if content["what"] == "hold":
                attended.add(int(content["call"]))
        elif record.kind == "order":
            _hear_order(flights.values(), content)
    away_s = 0.0 if simulated else max(0.0, (now - last_at).total_seconds())
    return ShiftStory(
        t_s=last_s + away_s,
        start=start,
        calls=tuple(calls[number] for number in sorted(calls)),
        flights_out=tuple(flight for flight in flights.values() if not DOWN & set(flight.did)),
        attended=frozenset(attended),
        next_flight=max(flights, default=-1) + 1,
        inbound=inbound,
        simulated=was_simulated,
    )


def _follow(
    flights: dict[int, FlightStory], calls: Mapping[int, Incident], content: Mapping[str, Any]
) -> None:
    """What a flight did; one that is taken on has a number of its own and goes on with the story."""
    number, drone = int(content["flight"]), str(content["drone"])
    story = flights.get(number)
    if story is None:
        before = [each for each in flights.values() if each.drone == drone and not DOWN & set(each.did)]
        call = int(content["call"])
        story = FlightStory(flight=number, call=call, drone=drone, sent_to=calls.get(call))
        for each in before:
            story.did += each.did
            story.sent_from, story.sent_to, story.ordered = each.sent_from, each.sent_to, each.ordered
            each.did.append("found_down")
        flights[number] = story
    story.did.append(str(content["what"]))
    if content["what"] in FOLLOWS.get(story.ordered, ()):
        story.ordered = ""
    if content["what"] == "goes_on":
        lat_deg, lon_deg = content["place"]
        story.sent_from = Position(lat_deg=float(lat_deg), lon_deg=float(lon_deg))


def _hear_order(flights: Iterable[FlightStory], content: Mapping[str, Any]) -> None:
    """A person's order to a drone; the end of the shift recalls all."""
    for story in flights:
        if not content["drone"]:
            story.ordered = RECALLED
        elif story.drone == content["drone"] and not DOWN & set(story.did):
            story.ordered = str(content["order"])


def _read_call(content: Mapping[str, Any], personal: Mapping[str, Any]) -> Incident:
    zone = content["zone"]
    return Incident(
        number=int(content["call"]),
        report=restore_report(content["report"], personal),
        zone=None if zone is None else int(zone),
        grade=int(content["grade"]),
        graded=bool(content["graded"]),
        heard_s=float(content["heard_s"]),
        stay_s=math.inf if content["stay_s"] is None else float(content["stay_s"]),
        sender=str(content.get("by", "")),
    )
