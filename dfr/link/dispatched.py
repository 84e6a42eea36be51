"""What is known of a dispatch after it was flown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.ardupilot.commands import Command
from dfr.geo import LocalFrame
from dfr.link.outcome import WORDS, Ending, Outcome
from dfr.link.traffic import Proximity
from dfr.link.vehicle import Text
from dfr.mission.compile import HOLDS
from dfr.mission.items import FlightPlan, MissionItem
from dfr.track import REACHED_M, FlightTrack, phase_seconds

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
        hold = scene(self.plan)
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
        cut = self.ending.cut_short
        why = self.ending.crash or ("" if cut is None else cut.words)
        return f"{WORDS[self.outcome]}: {why}" if why else WORDS[self.outcome]

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
            return (
                f"landed, docked is not known: {away} by an estimate that it doubted: {self.ending.doubts[0]}"
            )
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


def scene(plan: FlightPlan) -> MissionItem | None:
    """The item that stays on scene: the last stay of a mission; None where it stays nowhere."""
    return next((item for item in reversed(plan.items) if item.command in HOLDS), None)


def was_on_scene(track: FlightTrack, plan: FlightPlan, *, by_plan: bool) -> bool:
    """Whether a flight was over its scene before it turned back, or, without one, flew to its return.

    `by_plan`: nothing cut it short before its return.
    """
    hold = scene(plan)
    if hold is None or hold.position is None:
        return by_plan and track.return_t_s is not None
    radius_m = abs(hold.params[2]) if hold.command == Command.NAV_LOITER_TURNS else 0.0
    east_m, north_m = LocalFrame(plan.home).point(hold.position)
    from_t_s = -np.inf if track.task_t_s is None else track.task_t_s
    to_t_s = np.inf if track.return_t_s is None else track.return_t_s
    there = np.hypot(track.east_m - east_m, track.north_m - north_m) <= REACHED_M + radius_m
    aloft = track.height_m >= 0.5 * hold.z_m
    return bool((there & aloft & (track.t_s >= from_t_s) & (track.t_s <= to_t_s)).any())
