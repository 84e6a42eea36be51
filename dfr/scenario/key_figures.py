"""The registry of key figures: name, unit, clock, what each says, and whether more or less of it is better.

`dfr.metrics` makes them. A scenario's `primary_figure`, `dfr sweep --rank-by` and `dfr simulate
--until-halfwidth` take their names, and the reference page of key figures lists them. A new figure is an
entry here, which has to say all of this, and a line where it is made.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dfr.errors import InputError

SHARE = "share"
"""The unit of figures from 0 to 1."""


class Better(StrEnum):
    """Which way a figure is better. Of some nobody can say it: many flights may be good or bad."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A key figure. The name of a family has its member in braces: `within_target.zone.{zone}`.

    `clock` says over which time it counts: from what to what, or in which part of the period.
    """

    name: str
    unit: str
    clock: str
    better: Better
    what: str

    def of(self, member: str) -> KeyFigure:
        """One figure of a family, such as that of one zone."""
        name, what, clock = (
            re.sub(r"\{\w+\}", lambda _: member, text) for text in (self.name, self.what, self.clock)
        )
        return replace(self, name=name, what=what, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFigure(KeyFigure):
    """Seconds between two clocks of a call's record (`dfr.sim.events.CallRecord`)."""

    start: str
    end: str


PERIOD = "all of the period"
DAY = "each 24 h of the period"
DUTY = "hours with people on duty"


CLOCKS = (
    ClockFigure(
        name="call_to_decision_s",
        unit="s",
        clock="the call to the decision",
        better=Better.LESS,
        what="time from the call to the decision to send a drone",
        start="call_s",
        end="decided_s",
    ),
    ClockFigure(
        name="decision_to_dispatch_s",
        unit="s",
        clock="the decision to dispatch",
        better=Better.LESS,
        what="time from the decision until a drone is free and sent",
        start="decided_s",
        end="dispatched_s",
    ),
    ClockFigure(
        name="decision_to_airborne_s",
        unit="s",
        clock="the decision to lift-off",
        better=Better.LESS,
        what="time from the decision to lift-off",
        start="decided_s",
        end="airborne_s",
    ),
    ClockFigure(
        name="call_to_airborne_s",
        unit="s",
        clock="the call to lift-off",
        better=Better.LESS,
        what="time from the call to lift-off",
        start="call_s",
        end="airborne_s",
    ),
    ClockFigure(
        name="airborne_to_overhead_s",
        unit="s",
        clock="lift-off to arrival overhead",
        better=Better.LESS,
        what="time from lift-off to arrival overhead",
        start="airborne_s",
        end="overhead_s",
    ),
    ClockFigure(
        name="decision_to_overhead_s",
        unit="s",
        clock="the decision to arrival overhead",
        better=Better.LESS,
        what="time from the decision to arrival overhead",
        start="decided_s",
        end="overhead_s",
    ),
    ClockFigure(
        name="call_to_overhead_s",
        unit="s",
        clock="the call to arrival overhead",
        better=Better.LESS,
        what="time from the call to arrival overhead",
        start="call_s",
        end="overhead_s",
    ),
    ClockFigure(
        name="overhead_to_video_s",
        unit="s",
        clock="arrival overhead to usable video",
        better=Better.LESS,
        what="time from arrival overhead to usable video in the control room",
        start="overhead_s",
        end="video_s",
    ),
    ClockFigure(
        name="call_to_video_s",
        unit="s",
        clock="the call to usable video",
        better=Better.LESS,
        what="time from the call to usable video in the control room",
        start="call_s",
        end="video_s",
    ),
    ClockFigure(
        name="call_to_ground_s",
        unit="s",
        clock="the call to the first officers",
        better=Better.LESS,
        what="time from the call to the arrival of the first officers",
        start="call_s",
        end="ground_s",
    ),
)
"""The response times."""

FIGURES = (
    *CLOCKS,
    KeyFigure(
        name="attended",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what="share of all calls at which a drone arrived overhead",
    ),
    KeyFigure(
        name="first_on_scene",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what="share of attended calls at which the drone arrived before any officer",
    ),
    KeyFigure(
        name="served_at_once",
        unit=SHARE,
        clock="the decision",
        better=Better.MORE,
        what="share of all calls for which a drone was sent at the moment of the decision",
    ),
    KeyFigure(
        name="missed_for_traffic",
        unit=SHARE,
        clock=PERIOD,
        better=Better.LESS,
        what="share of all calls missed because of other traffic",
    ),
    KeyFigure(
        name="missed_for_{weather}",
        unit=SHARE,
        clock=PERIOD,
        better=Better.LESS,
        what=(
            "share of all calls missed while the docks were shut because of {weather}, alone or with "
            "other weather"
        ),
    ),
    KeyFigure(
        name="cleared_without_patrol",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what=(
            "share of all calls closed without officers: the attended ones times a share that the "
            "scenario assumes"
        ),
    ),
    KeyFigure(
        name="calls_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.NEITHER,
        what="calls",
    ),
    KeyFigure(
        name="calls_per_duty_hour",
        unit="1/h",
        clock=DUTY,
        better=Better.NEITHER,
        what="calls",
    ),
    KeyFigure(
        name="within_target",
        unit=SHARE,
        clock="the call to arrival overhead",
        better=Better.MORE,
        what="share of all calls with a drone overhead within the target time of their priority",
    ),
    KeyFigure(
        name="within_target.priority.{priority}",
        unit=SHARE,
        clock="the call to arrival overhead",
        better=Better.MORE,
        what="share of calls of priority {priority} with a drone overhead within their target time",
    ),
    KeyFigure(
        name="within_target.zone.{zone}",
        unit=SHARE,
        clock="the call to arrival overhead",
        better=Better.MORE,
        what="share of calls from zone {zone} with a drone overhead within their target time",
    ),
    KeyFigure(
        name="within_{seconds}_s",
        unit=SHARE,
        clock="the decision to arrival overhead",
        better=Better.MORE,
        what="share of all calls with a drone overhead within {seconds} s of the decision",
    ),
    KeyFigure(
        name="flights_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.NEITHER,
        what="flights",
    ),
    KeyFigure(
        name="flights_per_duty_hour",
        unit="1/h",
        clock=DUTY,
        better=Better.NEITHER,
        what="flights",
    ),
    KeyFigure(
        name="on_scene_camera_minutes_per_day",
        unit="min/day",
        clock=DAY,
        better=Better.LESS,
        what="minutes with a camera on scene, over homes or not",
    ),
    KeyFigure(
        name="airborne_minutes_per_day",
        unit="min/day",
        clock=DAY,
        better=Better.LESS,
        what="minutes in the air, all drones together",
    ),
    KeyFigure(
        name="yields_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.LESS,
        what="times that a drone gave way to other traffic",
    ),
    KeyFigure(
        name="yield_minutes_per_day",
        unit="min/day",
        clock=DAY,
        better=Better.LESS,
        what="minutes spent giving way to other traffic",
    ),
    KeyFigure(
        name="on_scene_s",
        unit="s",
        clock="arrival overhead to departure",
        better=Better.LESS,
        what="time that a drone stayed overhead",
    ),
    KeyFigure(
        name="reserve_at_landing",
        unit=SHARE,
        clock="touchdown",
        better=Better.MORE,
        what="battery charge left at touchdown",
    ),
    KeyFigure(
        name="landing_first_try",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what="share of landings that ended in the dock at the first attempt",
    ),
    KeyFigure(
        name="landing_after_retry",
        unit=SHARE,
        clock=PERIOD,
        better=Better.NEITHER,
        what="share of landings that ended in the dock after a retry",
    ),
    KeyFigure(
        name="landing_diverted",
        unit=SHARE,
        clock=PERIOD,
        better=Better.LESS,
        what="share of landings outside the dock, after which a person fetches the drone",
    ),
    KeyFigure(
        name="landing_not_disarmed",
        unit=SHARE,
        clock=PERIOD,
        better=Better.LESS,
        what="share of landings in the dock after which the motors did not stop by themselves",
    ),
    KeyFigure(
        name="drone_ready",
        unit=SHARE,
        clock=DUTY,
        better=Better.MORE,
        what="share of the time on duty with at least one charged drone in a dock",
    ),
    KeyFigure(
        name="utilisation",
        unit=SHARE,
        clock=DUTY,
        better=Better.NEITHER,
        what="share of the drones' time on duty that they spend between dispatch and touchdown",
    ),
    KeyFigure(
        name="crew_utilisation",
        unit=SHARE,
        clock=DUTY,
        better=Better.NEITHER,
        what="share of the drones that the crew may fly at once, over time, that are out",
    ),
    KeyFigure(
        name="docks_open",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what="share of all time in which the weather lets the docks open",
    ),
    KeyFigure(
        name="camera_minutes_over_homes_per_day",
        unit="min/day",
        clock=DAY,
        better=Better.LESS,
        what=(
            "minutes in the air over people's homes, from the share of homes in each zone and along "
            "each route"
        ),
    ),
    KeyFigure(
        name="overwatch_gap_s",
        unit="s",
        clock="the first arrival overhead to the end of the need",
        better=Better.LESS,
        what=(
            "time without a drone overhead at calls that need longer than one drone can stay, from "
            "the first arrival until the need ends"
        ),
    ),
    KeyFigure(
        name="overwatch_unbroken",
        unit=SHARE,
        clock="the first arrival overhead to the end of the need",
        better=Better.MORE,
        what="share of calls that need longer than one drone can stay with no gap between drones",
    ),
    KeyFigure(
        name="re_tasks_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.NEITHER,
        what="times that a drone in the air was sent on to another call, from its return or from a call",
    ),
    KeyFigure(
        name="pre_empted_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.LESS,
        what="times that a drone in the air was taken from a call of a lower grade for one of a higher",
    ),
    KeyFigure(
        name="served_from_the_air",
        unit=SHARE,
        clock=PERIOD,
        better=Better.NEITHER,
        what="share of all calls to which a drone in the air was sent on that then arrived",
    ),
    KeyFigure(
        name="second_drones_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.NEITHER,
        what="calls that wanted a second drone",
    ),
    KeyFigure(
        name="second_drone_arrived",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what="share of the calls that wanted a second drone at which one arrived overhead",
    ),
    KeyFigure(
        name="decision_to_second_overhead_s",
        unit="s",
        clock="the decision to arrival overhead",
        better=Better.LESS,
        what="time from the decision to the arrival of the second drone overhead",
    ),
    KeyFigure(
        name="recalled_for_crew_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.LESS,
        what="stays cut short to be home before docks shut, or before the crew is too few for the drone",
    ),
    KeyFigure(
        name="graded_too_low",
        unit=SHARE,
        clock="the call",
        better=Better.LESS,
        what="share of all calls that are given a lower grade than turns out to be theirs",
    ),
    KeyFigure(
        name="graded_too_high",
        unit=SHARE,
        clock="the call",
        better=Better.LESS,
        what="share of all calls that are given a higher grade than turns out to be theirs",
    ),
    KeyFigure(
        name="patrols_freed_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.MORE,
        what="calls that a drone cleared before officers arrived, so that no patrol was needed",
    ),
    KeyFigure(
        name="patrol_wait_s",
        unit="s",
        clock="asking for a patrol to one being sent",
        better=Better.LESS,
        what="time that calls wait for a patrol to be free",
    ),
    KeyFigure(
        name="patrol_utilisation",
        unit=SHARE,
        clock=PERIOD,
        better=Better.NEITHER,
        what="share of the patrols' time on duty, overtime with it, that they are on their way or busy",
    ),
    KeyFigure(
        name="stood_down",
        unit=SHARE,
        clock=PERIOD,
        better=Better.NEITHER,
        what="share of all calls that officers had in hand before a drone had arrived, or while it was there",
    ),
    KeyFigure(
        name="move_ups_per_day",
        unit="1/day",
        clock=DAY,
        better=Better.NEITHER,
        what="flights from dock to dock",
    ),
    KeyFigure(
        name="move_ups_arrived",
        unit=SHARE,
        clock=PERIOD,
        better=Better.MORE,
        what="share of move-ups that reached their dock, not turned back for other traffic or a lost link",
    ),
)

KEY_FIGURES: Mapping[str, KeyFigure] = types.MappingProxyType({figure.name: figure for figure in FIGURES})
"""Every key figure that a run can have, by name; families by the name with its member in braces."""

PRIMARY = "within_target"
"""The primary figure of a scenario that names none."""


def find_key_figure(name: str) -> KeyFigure | None:
    """The entry of a figure of a run, that of its family included; None where there is none.

    >>> find_key_figure("within_target.zone.beach").name
    'within_target.zone.{zone}'
    """
    if name in KEY_FIGURES:
        return KEY_FIGURES[name]
    for figure in FIGURES:
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(figure.name))
        if "{" not in name and re.fullmatch(pattern, name):
            return figure
    return None


def judged_figure(name: str) -> KeyFigure:
    """A figure by which deployments can be ranked. Raises InputError where less or more is no better."""
    figure = find_key_figure(name)
    if figure is None:
        raise InputError(f"there is no key figure {name!r}", do=f"choose {', '.join(_judged_names())}")
    if figure.better is Better.NEITHER:
        raise InputError(
            f"neither more nor less {name} makes a deployment better",
            do=f"choose {', '.join(_judged_names())}",
        )
    return figure


def _judged_names() -> list[str]:
    return [figure.name for figure in FIGURES if figure.better is not Better.NEITHER]
