"""The calls of a live shift: reported, perhaps more than once, served, ended once (`IncidentBook`)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

import shapely

from dfr.errors import InputError
from dfr.io.incidents.report import IncidentReport, match_grade
from dfr.sim.calls import LANDING_DRAWS, Call
from dfr.sim.inputs import SimInputs
from dfr.world.model import World

MOST_OPEN = 200
"""More calls than this open at once are a mistake or an attack (assumed)."""

MOST_OF_SENDER = 100
"""So many of these the holder of one token may have reported, so as not to shut out others (assumed).

A message may name any agency: who sent it is known by the token alone."""


class CallState(StrEnum):
    """Whether a call may still want a drone."""

    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A call of the shift. `zone` is the planned zone that it lies in, None outside all or where unknown.

    `grade` counts those of the scenario; where the report names none of them it is the most urgent, and not
    `graded`. A drone is wanted for `stay_s`: until somebody recalls it where nobody says. `ended` says how it
    ended, '' while it is open. `sender` is who told of it first, by their token.
    """

    number: int
    report: IncidentReport
    zone: int | None
    grade: int
    graded: bool
    heard_s: float
    stay_s: float = math.inf
    state: CallState = CallState.OPEN
    ended: str = ""
    sender: str = ""

    @property
    def no_route(self) -> str:
        """Why no checked route leads to it; '' where its zone is known."""
        if self.zone is not None:
            return ""
        place = self.report.place
        return place.unknown or "it is outside every zone of the plan: no checked route leads there"


class IncidentBook:
    """All calls of a shift, by their numbers from 0."""

    def __init__(self, world: World, inputs: SimInputs) -> None:
        self._world, self._inputs = world, inputs
        self._areas = [world.frame.polygon(zone.area) for zone in world.scenario.demand.zones]
        self._grades = [grade.id for grade in inputs.grades]
        self._most_urgent = min(range(len(inputs.grades)), key=lambda index: inputs.grades[index].rank)
        self.calls: list[Incident] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def find(self, number: int) -> Incident:
        """The call of a number. Raises InputError where there is none."""
        if not 0 <= number < len(self.calls):
            raise InputError(f"no call {number}", do="choose one of the board")
        return self.calls[number]

    def find_key(self, key: tuple[str, str]) -> Incident | None:
        """The call that an agency knows by an id; None where there is none."""
        number = self._numbers.get(key)
        return None if number is None else self.calls[number]

    def add(
        self,
        report: IncidentReport,
        heard_s: float,
        *,
        key: tuple[str, str],
        stay_s: float = math.inf,
        sender: str = "",
    ) -> Incident:
        """A new call, known by a key. Raises InputError where so many are open that nobody can mean them."""
        full = self.why_full(sender)
        if full:
            raise InputError(f"{full}: no more are taken", do="close calls first")
        read = self._read(report, number=len(self.calls), heard_s=heard_s, stay_s=stay_s)
        incident = replace(read, sender=sender)
        self.restore(incident)
        self._numbers[key] = incident.number
        return incident

    def why_full(self, sender: str) -> str:
        """Why no new call that somebody reports is taken; '' where one is."""
        open_of = self._count_open()
        if open_of.total() >= MOST_OPEN:
            return f"{MOST_OPEN} calls are open"
        full = open_of[sender] >= MOST_OF_SENDER
        return f"{MOST_OF_SENDER} calls reported by {sender} are open" if full else ""

    @property
    def refusals(self) -> list[str]:
        """Why calls would be refused now, for each reason once."""
        return sorted({why for sender in self._count_open() if (why := self.why_full(sender))})

    def _count_open(self) -> Counter[str]:
        return Counter(call.sender for call in self.calls if call.state is CallState.OPEN)

    def restore(self, incident: Incident) -> None:
        """A call as it stands, by the next number."""
        assert incident.number == len(self.calls)
        self.calls.append(incident)
        self._numbers[incident.report.key] = incident.number

    def take_back(self, incident: Incident) -> None:
        """The last call is none."""
        assert self.calls[-1] is incident
        self.calls.pop()
        self._numbers = {key: number for key, number in self._numbers.items() if number != incident.number}

    def update(self, incident: Incident, report: IncidentReport) -> Incident:
        """The call after another message about it."""
        read = self._read(report, number=incident.number, heard_s=incident.heard_s, stay_s=incident.stay_s)
        changed = replace(read, sender=incident.sender)
        self.calls[incident.number] = changed
        return changed

    def end(self, number: int, how: str) -> Incident:
        """The call ended. Raises InputError where it had ended before: a call ends once."""
        call = self.find(number)
        if call.state is CallState.ENDED:
            raise InputError(f"call {call.report.id} has ended ({call.ended})", do="report it as a new call")
        self.calls[number] = replace(call, state=CallState.ENDED, ended=how)
        return self.calls[number]

    def sim_call(self, incident: Incident) -> Call:
        """A call for the dispatcher: people decide on it, and nobody gives it up.

        When officers arrive on the ground is not known.
        """
        inputs = self._inputs
        return Call(
            id=incident.number,
            t_s=incident.heard_s,
            zone=0 if incident.zone is None else incident.zone,
            grade=incident.grade,
            decision_s=0.0,
            launch_s=max(1.0, inputs.launch.median_s),
            video_s=inputs.video.median_s,
            patience_s=math.inf,
            on_scene_s=incident.stay_s,
            ground_s=math.nan,
            recovery_s=0.0,
            landing=(0.5,) * LANDING_DRAWS,
        )

    def _read(self, report: IncidentReport, *, number: int, heard_s: float, stay_s: float) -> Incident:
        named = match_grade(report, self._grades)
        return Incident(
            number=number,
            report=report,
            zone=self._zone_of(report),
            grade=self._most_urgent if named is None else self._grades.index(named),
            graded=named is not None,
            heard_s=heard_s,
            stay_s=stay_s,
        )

    def _zone_of(self, report: IncidentReport) -> int | None:
        if report.place.position is None:
            return None
        point = shapely.Point(self._world.frame.point(report.place.position))
        return next((number for number, area in enumerate(self._areas) if area.covers(point)), None)
