"""Continuous overwatch: a relief drone is to be overhead before the one on scene has to leave.

Once it is clear that a drone must leave for energy before its call is over, the control room asks for a
relief, early enough for the usual launch, the flight from the nearest dock and the handover. The relief waits
its turn like a call of that grade, for as long as the need lasts, and may be relieved itself. The gap is the
time of the need without a drone overhead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import simpy

from dfr.sim.dispatch import Case, DeploymentState, OverwatchNeed
from dfr.sim.event_log import EventLog
from dfr.sim.events import OverwatchRecord


@dataclass(slots=True, eq=False)
class Overwatch:
    """Asks for reliefs by `ask`, and writes an `OverwatchRecord` of each need when it is over."""

    field: DeploymentState
    ask: Callable[[Case, float], None]
    log: EventLog

    def must_leave(self, case: Case, leaves_s: float) -> simpy.Event | None:
        """The moment at which a relief is asked for; None where one is not worth it."""
        env, inputs = self.field.env, self.field.inputs
        need = case.need or self._begin_need(case)
        if need.until_s - leaves_s < inputs.min_on_scene_s:
            return None
        condition, zone = self.field.condition(env.now), case.call.zone
        legs = (condition.legs[dock][zone] for dock in condition.nearest[zone][:1])
        way_s = sum(leg.overhead_s for leg in legs if leg)
        lead_s = inputs.launch.median_s + way_s + inputs.handover_s
        return self._schedule_at(max(env.now, leaves_s - lead_s), lambda: self._ask_for_relief(case, need))

    def close(self, horizon_s: float) -> None:
        """Write the needs that the horizon cuts short."""
        for need in tuple(self.field.overwatch_needs):
            self._end_need(need, min(horizon_s, need.until_s))

    def end_early(self, need: OverwatchNeed, t_s: float) -> None:
        """No drone is needed any more."""
        if need in self.field.overwatch_needs:
            self._end_need(need, t_s)

    def _begin_need(self, case: Case) -> OverwatchNeed:
        need = OverwatchNeed(case.call, case.overhead_s, case.overhead_s + case.call.on_scene_s)
        case.need = need
        self.field.overwatch_needs.append(need)
        self._schedule_at(need.until_s, lambda: self.end_early(need, need.until_s))
        return need

    def _ask_for_relief(self, case: Case, need: OverwatchNeed) -> None:
        """Ask for a relief, whose landing has random numbers of its own."""
        if need not in self.field.overwatch_needs:
            return
        now, turn = self.field.env.now, need.drones % len(need.call.landing)
        call = need.call._replace(landing=need.call.landing[turn:] + need.call.landing[:turn])
        relief = Case(call, now, case.rank, need.until_s, decided_s=now, need=need, relief=True)
        self.ask(relief, now)

    def _end_need(self, need: OverwatchNeed, end_s: float) -> None:
        need.close(end_s)
        self.field.overwatch_needs.remove(need)
        zone = self.field.inputs.zones[need.call.zone].id
        record = OverwatchRecord(
            call=need.call.id,
            zone=zone,
            start_s=need.start_s,
            end_s=end_s,
            drones=need.drones,
            gap_s=need.gap_s,
        )
        self.log.overwatch.write(record)

    def _schedule_at(self, t_s: float, act: Callable[[], None]) -> simpy.Event:
        env = self.field.env
        moment = env.timeout(max(0.0, t_s - env.now))
        moment.callbacks.append(lambda _: act())
        return moment
