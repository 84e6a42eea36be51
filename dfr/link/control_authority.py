"""Who has control of a flight, and what took it off its plan.

A flight mode that was not asked for is a pilot's or a failsafe's: hands off. From then on nothing is
commanded, until the flight is given back in AUTO, or in the mode that it was taken from.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import CopterMode, mode_name
from dfr.geo import Position
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.outcome import Cut, Outcome
from dfr.link.recorder import Recorder
from dfr.link.status_texts import NEAR_S, StatusTexts
from dfr.link.vehicle import OnboardPlan, VehicleState
from dfr.mission.items import FlightPlan

ASK_AGAIN_S = 2.0
"""Between two tries of a change of mode that did not get through, by our own clock (assumed)."""


@dataclass
class ControlAuthority:
    """The control of one flight; `tell` gets what happens to it, `wrecked` says whether it is a wreck.

    `expected` is the mode that is ours, `asked` one that was asked for and is not seen yet; `taken_over` is
    whether it was ever somebody else's; `returning` whether its return has begun.
    """

    vehicle: MavlinkVehicle
    recorder: Recorder
    tell: Callable[[str], None]
    wrecked: Callable[[], bool]
    status_texts: StatusTexts = field(default_factory=StatusTexts)
    cuts: list[Cut] = field(default_factory=list)
    expected: CopterMode = CopterMode.AUTO
    asked: CopterMode | None = None
    hands_off: bool = False
    taken_over: bool = False
    returning: bool = False
    _before_stay_s: float | None = None
    _after_stay_s: float | None = None
    _asked_at: float = 0.0
    _off_since_s: float = 0.0

    def check_mode(self, state: VehicleState) -> float:
        """One look at the mode. Seconds that it was out of our hands, where it is given back; else 0."""
        if self.asked is not None and state.mode == self.asked:
            self.expected, self.asked = self.asked, None
        if state.mode is None or state.armed is False:
            return 0.0
        if not self.hands_off:
            if state.mode != self.expected:
                self._hand_over(state)
            return 0.0
        ours = state.mode in {self.expected, CopterMode.AUTO} and self.vehicle.plan is OnboardPlan.VERIFIED
        return self._take_back(state) if ours else 0.0

    def note_failsafes(self, state: VehicleState) -> None:
        """Name each failsafe; one that speaks just after the mode has changed is what changed it."""
        for text in self.status_texts.fresh_failsafes():
            self.tell(f"failsafe: {text.text}")
            soon = self.hands_off and (text.t_s or 0.0) - self._off_since_s <= NEAR_S
            if soon and self.cuts and self.cuts[-1].outcome is Outcome.TAKEN_OVER:
                words = f"{mode_name(state.mode)} by a failsafe: {text.text}"
                self.cuts[-1] = replace(self.cuts[-1], outcome=Outcome.FAILSAFE, words=words)

    def record_cut(self, outcome: Outcome, words: str, *, on_scene: bool = False) -> None:
        """Something takes the flight off its plan; `on_scene`: in its stay, however late that is noticed."""
        before_return = on_scene or self.recorder.return_t_s is None or not self.returning
        t_s = self.vehicle.state.t_s
        self.cuts.append(Cut(outcome=outcome, t_s=t_s, words=words, before_return=before_return))

    def begin_task(self) -> None:
        """A new task is begun in flight: what took it off the last one no longer counts."""
        self.returning, self._before_stay_s = False, None
        self.cuts.clear()

    def watch_stay(self, plan: FlightPlan, state: VehicleState) -> None:
        """A stay that is over before its time was ended by somebody who moved the mission on.

        Measured from when an item before it was last told, until the clock is newer than the first telling of
        one after it: after a gap of the link, the item known is old, and so is the clock.
        """
        stays = [n for n, item in enumerate(plan.items, 1) if item.command == Command.NAV_LOITER_TIME]
        seq, told_t_s = state.mission_seq, state.mission_seq_t_s
        if not stays or seq is None or state.mode != CopterMode.AUTO or state.t_s is None or told_t_s is None:
            return
        if seq < stays[-1]:
            self._before_stay_s, self._after_stay_s = told_t_s, None
        elif seq > stays[-1] and self._before_stay_s is not None:
            self._after_stay_s = told_t_s if self._after_stay_s is None else self._after_stay_s
            if state.t_s <= self._after_stay_s:
                return
            took_s, asked_s = state.t_s - self._before_stay_s, plan.items[stays[-1] - 1].params[0]
            self._before_stay_s = None
            if took_s < asked_s:
                self._moved_on(f"its stay of {asked_s:.0f} s was over in {took_s:.0f} s")

    def _moved_on(self, how: str) -> None:
        self.taken_over = True
        self.record_cut(Outcome.TAKEN_OVER, f"{how}: somebody advanced the mission", on_scene=True)
        self.tell(self.cuts[-1].words)

    def leave_alone(self, state: VehicleState, words: str) -> None:
        """It is somebody else's: found so, or its plan has been exchanged."""
        self._hands_off(state)
        self.record_cut(Outcome.TAKEN_OVER, words)

    def expect_auto(self) -> None:
        """Armed in GUIDED, and AUTO is asked for: no stay has begun."""
        self._before_stay_s = self.vehicle.state.t_s
        self.expected, self.asked = CopterMode.GUIDED, CopterMode.AUTO

    def confirm_mode(self, mode: CopterMode) -> None:
        """A mode of ours was seen."""
        self.expected, self.asked = mode, None

    def go_to(self, place: Position, height_m: float) -> None:
        """Fly there in GUIDED, unless somebody else has taken over meanwhile."""
        if self._still_ours():
            self._note_asked_mode(CopterMode.GUIDED)
            self.vehicle.go_to(place, height_m_home=height_m)
            self.confirm_mode(CopterMode.GUIDED)

    def change_mode(self, mode: CopterMode) -> None:
        """Change the mode, unless somebody else has taken over meanwhile."""
        if self._still_ours():
            self._note_asked_mode(mode)
            self.vehicle.set_mode(mode)
            self.confirm_mode(mode)

    def ask_again(self) -> None:
        """A change of mode in the air that did not get through; a hold has its own next try."""
        mode = self.asked
        if mode in (None, CopterMode.GUIDED) or not self.recorder.air.hops:
            return
        if time.monotonic() - self._asked_at > ASK_AGAIN_S:
            self.change_mode(CopterMode(mode))

    def _still_ours(self) -> bool:
        """Look once more before a command: the pilot's change of mode may have come this very moment."""
        self.check_mode(self.vehicle.state)
        return not self.hands_off and not self.wrecked()

    def _note_asked_mode(self, mode: CopterMode) -> None:
        """From now on the mode asked for is as much ours as the one before, for its answer may be lost."""
        self.asked, self._asked_at = mode, time.monotonic()

    def _hands_off(self, state: VehicleState) -> None:
        self.hands_off = self.taken_over = True
        self.asked, self._off_since_s = None, state.t_s or 0.0

    def _hand_over(self, state: VehicleState) -> None:
        self._hands_off(state)
        name, failsafe = mode_name(state.mode), self.status_texts.failsafe_near(self._off_since_s)
        if failsafe:
            self.record_cut(Outcome.FAILSAFE, f"{name} by a failsafe: {failsafe}")
            self.tell(f"failsafe has control: {name}: {failsafe}: hands off")
        else:
            self.record_cut(Outcome.TAKEN_OVER, f"{name} by the pilot")
            self.tell(f"pilot has control: {name} by the pilot or a failsafe: hands off")

    def _take_back(self, state: VehicleState) -> float:
        away_s = (state.t_s or 0.0) - self._off_since_s
        self.hands_off, self.expected = False, CopterMode(state.mode or CopterMode.AUTO)
        if self.cuts and self.expected == CopterMode.AUTO:
            self.cuts.pop()
        self.tell(f"given back in {self.expected.name} after {away_s:.0f} s: control continues")
        return away_s
