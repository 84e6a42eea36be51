"""What became of a dispatch: one word for each way in which it can end, judged once, after the flight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    Outcome.SERVED: "served",
    Outcome.RECALLED: "recalled by order",
    Outcome.LIMIT: "cut short by a limit of this flight",
    Outcome.FAILSAFE: "cut short by a failsafe of the vehicle",
    Outcome.TAKEN_OVER: "taken over by a pilot",
    Outcome.OVERDUE: "overdue, recalled",
    Outcome.NEVER_ON_SCENE: "never on scene",
    Outcome.OFF_DOCK: "landed, not docked",
    Outcome.POSITION_IN_DOUBT: "landed, where it stands is in doubt",
    Outcome.CRASHED: "CRASHED",
    Outcome.LEFT_IN_FLIGHT: "NOT DOWN: still armed when this program stopped watching",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Something that took a flight off its plan, before its own return or on the way home."""

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
