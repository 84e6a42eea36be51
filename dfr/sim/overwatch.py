"""Continuous overwatch: a relief drone is to be overhead before the one on scene has to leave.

Once it is clear that a drone must leave for energy before its call is over, a relief is asked for
in time: the usual launch, the flight from the nearest dock, and the handover before the first leaves. The
relief waits its turn like a call of that grade, for as long as the need lasts, and may be relieved
in turn. Seconds of the need without a drone overhead are the gap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dfr.sim.dispatch import Case, Field, Watch
from dfr.sim.event_log import EventLog
from dfr.sim.events import OverwatchRecord


@dataclass(slots=True, eq=False)
class Overwatch:
    """Asks for reliefs by `ask`, and writes an `OverwatchRecord` of each need when it is over."""

    field: Field
    ask: Callable[[Case, float], None]
    log: EventLog

    def must_leave(self, case: Case, leaves_s: float) -> None:
        """A drone overhead will have to leave before its call is over."""
        env, inputs = self.field.env, self.field.inputs
        watch = case.watch or self._begin_need(case)
        if watch.until_s - leaves_s < inputs.min_on_scene_s:
            return
        nearest = self.field.condition(env.now).nearest[case.call.zone]
        way_s = self.field.leg(nearest[0], case.call.zone).overhead_s if nearest else 0.0
        lead_s = inputs.launch.median_s + way_s + inputs.handover_s
        self._schedule_at(max(env.now, leaves_s - lead_s), lambda: self._ask_for_relief(case, watch))

    def close(self, horizon_s: float) -> None:
        """Write the needs that the horizon cuts short."""
        for watch in tuple(self.field.watches):
            self._end_need(watch, min(horizon_s, watch.until_s))

    def _begin_need(self, case: Case) -> Watch:
        watch = Watch(case.call, case.overhead_s, case.overhead_s + case.call.on_scene_s)
        case.watch = watch
        self.field.watches.append(watch)
        self._schedule_at(watch.until_s, lambda: self._end_need(watch, watch.until_s))
        return watch

    def _ask_for_relief(self, case: Case, watch: Watch) -> None:
        """Ask for a relief, whose landing has random numbers of its own."""
        now, turn = self.field.env.now, watch.drones % len(watch.call.landing)
        call = watch.call._replace(landing=watch.call.landing[turn:] + watch.call.landing[:turn])
        relief = Case(call, now, case.rank, watch.until_s, decided_s=now, watch=watch, relief=True)
        self.ask(relief, now)

    def _end_need(self, watch: Watch, end_s: float) -> None:
        watch.close(end_s)
        self.field.watches.remove(watch)
        zone = self.field.inputs.zones[watch.call.zone].id
        record = OverwatchRecord(
            call=watch.call.id,
            zone=zone,
            start_s=watch.start_s,
            end_s=end_s,
            drones=watch.drones,
            gap_s=watch.gap_s,
        )
        self.log.overwatch.write(record)

    def _schedule_at(self, t_s: float, act: Callable[[], None]) -> None:
        env = self.field.env
        env.timeout(max(0.0, t_s - env.now)).callbacks.append(lambda _: act())
