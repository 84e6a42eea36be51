"""What is known of a dispatch after it was flown."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.link.traffic import Proximity
from dfr.link.vehicle import Text
from dfr.track import FlightTrack

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
    """A dispatch as it was flown.

    `docked`: disarmed with `dock_error_m` within `dock_tolerance_m`. The error is by the vehicle's own
    estimate of its position, which is no proof that it stands in its dock. `traffic` is how near each
    contact came, nearest first.
    """

    track: FlightTrack
    docked: bool
    disarmed: bool
    taken_over: bool
    dock_error_m: float | None
    energy_wh: float | None
    firmware: str
    simulated: bool
    events: tuple[Event, ...]
    texts: tuple[Text, ...]
    traffic: tuple[Proximity, ...] = ()
    dock_tolerance_m: float = DOCK_TOLERANCE_M

    @property
    def landing(self) -> str:
        """How it ended, in words: docked, landed so far from the dock, or neither."""
        away = (
            "somewhere" if self.dock_error_m is None else f"{self.dock_error_m:.2f} m from the dock's centre"
        )
        judged = f"its tolerance of {self.dock_tolerance_m:g} m, by the vehicle's own estimate"
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
