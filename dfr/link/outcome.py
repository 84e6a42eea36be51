"""How a dispatch ended and what is known of it afterwards: `Outcome`, `Ending`, `FlownDispatch`.

One word for each way in which a dispatch can end, judged once, after the flight.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dfr.ardupilot.commands import Command
from dfr.geo import LocalFrame
from dfr.link.traffic import Proximity
from dfr.link.vehicle import Text
from dfr.mission.compile import HOLDS
from dfr.mission.items import FlightPlan, MissionItem
from dfr.track import REACHED_M, FlightTrack, phase_seconds


class Outcome(StrEnum):
    """How a dispatch ended. Only `served` is what was planned."""

    SERVED = "served"
    RECALLED = "recalled"
    LIMIT = "limit"
    FAILSAFE = "failsafe"
    TAKEN_OVER = "taken_over"
    OVERDUE = "overdue"
    NEVER_ON_SCENE = "never_on_scene"
    OFF_DOCK = "off_dock"
    POSITION_IN_DOUBT = "position_in_doubt"
    CRASHED = "crashed"
    LEFT_IN_FLIGHT = "left_in_flight"


WORDS = {
    Outcome.SERVED: "completed as planned",
    Outcome.RECALLED: "recalled by order",
    Outcome.LIMIT: "cut short by a limit of this flight",
    Outcome.FAILSAFE: "cut short by a failsafe of the vehicle",
    Outcome.TAKEN_OVER: "taken over by a pilot",
    Outcome.OVERDUE: "overdue, recalled",
    Outcome.NEVER_ON_SCENE: "never on scene",
    Outcome.OFF_DOCK: "landed, not docked",
    Outcome.POSITION_IN_DOUBT: "landed, its position is in doubt",
    Outcome.CRASHED: "CRASHED",
    Outcome.LEFT_IN_FLIGHT: "NOT DOWN: still armed when this program stopped watching",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Something that took a flight off its plan, before its own return or on the return leg."""

    outcome: Outcome
    t_s: float | None
    words: str
    before_return: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is known at the end of a flight. `crash` and `doubts` are in words, empty where there are none.

    `on_scene` is whether it was over its scene before it turned back, `at_dock` whether it rests within the
    dock's tolerance by its own estimate.
    """

    on_scene: bool
    at_dock: bool
    disarmed: bool
    cuts: tuple[Cut, ...] = ()
    crash: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def docked(self) -> bool:
        """Whether it stands in its dock, as far as can be said without a sensor of the dock."""
        return self.disarmed and self.at_dock and not self.crash and not self.doubts

    @property
    def cut_short(self) -> Cut | None:
        """What ended the dispatch before its own return; None where nothing did."""
        return next((cut for cut in self.cuts if cut.before_return), None)

    @property
    def outcome(self) -> Outcome:
        """The word for it: the gravest first."""
        if self.crash:
            return Outcome.CRASHED
        if not self.disarmed:
            pilots = any(cut.outcome is Outcome.TAKEN_OVER for cut in self.cuts)
            return Outcome.TAKEN_OVER if pilots else Outcome.LEFT_IN_FLIGHT
        if self.cut_short is not None:
            return self.cut_short.outcome
        return self._came_home()

    def _came_home(self) -> Outcome:
        """The outcome of a flight that turned back by its own plan."""
        if not self.on_scene:
            return Outcome.NEVER_ON_SCENE
        if self.docked:
            return Outcome.SERVED
        if self.cuts:
            return self.cuts[0].outcome
        return Outcome.POSITION_IN_DOUBT if self.doubts else Outcome.OFF_DOCK

    @property
    def as_asked(self) -> bool:
        """Whether it did as it was asked: served, or called back from its scene by order, and in its dock."""
        recalled = self.outcome is Outcome.RECALLED and self.on_scene
        return self.docked and (recalled or self.outcome is Outcome.SERVED)


DOCK_TOLERANCE_M = 0.65
"""How far from the centre a drone may stand where nothing else is said: a 0.7 m footprint within an open
pad of 2 m (the catalogue's figures, assumed). A dock's own is `dfr.aircraft.landing.Limits`, lateral_m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, by the vehicle's clock."""

    t_s: float | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlownDispatch:
    """A dispatch as it was flown; `plan` is the one flown last, where it was sent on in flight.

    `docked`: disarmed with `dock_error_m` within `dock_tolerance_m`, neither crashed nor in doubt of where it
    is. The error is by the vehicle's own estimate of its position, which is no proof that it stands in its
    dock. `traffic` is how near each contact came, nearest first; `failsafes` is what they said.
    """

    track: FlightTrack
    plan: FlightPlan
    ending: Ending
    taken_over: bool
    dock_error_m: float | None
    energy_wh: float | None
    firmware: str
    simulated: bool
    events: tuple[Event, ...]
    texts: tuple[Text, ...]
    failsafes: tuple[str, ...] = ()
    traffic: tuple[Proximity, ...] = ()
    dock_tolerance_m: float = DOCK_TOLERANCE_M

    @property
    def outcome(self) -> Outcome:
        """How it ended, in a word."""
        return self.ending.outcome

    @property
    def docked(self) -> bool:
        """Whether it stands in its dock."""
        return self.ending.docked

    @property
    def disarmed(self) -> bool:
        """Whether its motors are off."""
        return self.ending.disarmed

    @property
    def phases(self) -> dict[str, float | None]:
        """Seconds of each phase; none for a mission without a stay."""
        hold = scene_item(self.plan)
        if hold is None or hold.command != Command.NAV_LOITER_TIME or hold.position is None:
            return {}
        east_m, north_m = LocalFrame(self.plan.home).point(hold.position)
        seconds = phase_seconds(
            self.track, target_east_m=east_m, target_north_m=north_m, cruise_height_m=hold.z_m
        )
        return {phase.value: value for phase, value in seconds.items()}

    @property
    def summary(self) -> str:
        """What became of the dispatch, and why."""
        cut = self.ending.cut_short or next(iter(self.ending.cuts), None)
        why = self.ending.crash or ("" if cut is None else cut.words)
        what = WORDS[self.outcome]
        if cut is not None and self.outcome is Outcome.SERVED:
            what = f"on scene and docked, but {WORDS[cut.outcome]} on its way home"
        return f"{what}: {why}" if why else what

    @property
    def landing(self) -> str:
        """How it ended, in words: docked, landed so far from the dock, or neither."""
        away = (
            "somewhere" if self.dock_error_m is None else f"{self.dock_error_m:.2f} m from the dock's centre"
        )
        judged = f"its tolerance of {self.dock_tolerance_m:g} m, by the vehicle's own estimate"
        if self.ending.crash:
            return f"CRASHED: {self.ending.crash}: {away}, by the vehicle's own estimate"
        if self.disarmed and self.ending.doubts:
            doubt = f"{away} by an estimate that it doubted: {self.ending.doubts[0]}"
            return f"landed, not known whether docked: {doubt}"
        if self.docked:
            return f"docked: {away}, within {judged}"
        return f"landed, not docked: {away}, outside {judged}" if self.disarmed else f"not landed: {away}"


class LeftInFlight(KeyboardInterrupt):
    """A person stopped the program while a vehicle was armed: what is known of the flight, and what it does.

    It passes, as Ctrl-C does, whatever deals with errors of the link.
    """

    def __init__(self, flown: FlownDispatch, words: str) -> None:
        super().__init__(words)
        self.flown = flown


def scene_item(plan: FlightPlan) -> MissionItem | None:
    """The item that stays on scene: the last stay of a mission; None where it has no stay on scene."""
    return next((item for item in reversed(plan.items) if item.command in HOLDS), None)


def was_on_scene(track: FlightTrack, plan: FlightPlan, *, by_plan: bool) -> bool:
    """Whether a flight was over its scene before it turned back, or, without one, flew to its return.

    `by_plan`: nothing cut it short before its return.
    """
    hold = scene_item(plan)
    if hold is None or hold.position is None:
        return by_plan and track.return_t_s is not None
    radius_m = abs(hold.params[2]) if hold.command == Command.NAV_LOITER_TURNS else 0.0
    east_m, north_m = LocalFrame(plan.home).point(hold.position)
    from_t_s = -np.inf if track.task_t_s is None else track.task_t_s
    to_t_s = np.inf if track.return_t_s is None else track.return_t_s
    there = np.hypot(track.east_m - east_m, track.north_m - north_m) <= REACHED_M + radius_m
    aloft = track.height_m >= 0.5 * hold.z_m
    return bool((there & aloft & (track.t_s >= from_t_s) & (track.t_s <= to_t_s)).any())
