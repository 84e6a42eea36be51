"""The registry of key figures: name, unit, what each says, and whether less of it is better.

`kpi` and `use` make them, `dfr sweep --rank-by` and `dfr simulate --until-halfwidth` take their names, and
the reference page of key figures lists them. A new figure is an entry here and a line where it is made.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace

SHARE = "share"
"""The unit of figures from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A key figure. The name of a family has its member in braces: `within_target.zone.{zone}`."""

    name: str
    unit: str
    what: str
    smaller_is_better: bool = False

    def of(self, member: str) -> KeyFigure:
        """One figure of a family, such as that of one zone."""
        name, what = (re.sub(r"\{\w+\}", lambda _: member, text) for text in (self.name, self.what))
        return replace(self, name=name, what=what)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFigure(KeyFigure):
    """Seconds between two clocks of a call's record (`dfr.sim.events.CallRecord`)."""

    start: str
    end: str


def _clock_figure(name: str, start: str, end: str, what: str) -> ClockFigure:
    return ClockFigure(name=name, unit="s", what=what, smaller_is_better=True, start=start, end=end)


def _share_figure(name: str, what: str, *, smaller_is_better: bool = False) -> KeyFigure:
    return KeyFigure(name=name, unit=SHARE, what=f"share of {what}", smaller_is_better=smaller_is_better)


def _other_figure(name: str, unit: str, what: str, *, smaller_is_better: bool = False) -> KeyFigure:
    return KeyFigure(name=name, unit=unit, what=what, smaller_is_better=smaller_is_better)


CLOCKS = (
    _clock_figure(
        "call_to_decision_s", "call_s", "decided_s", "time from the call to the decision to send a drone"
    ),
    _clock_figure(
        "decision_to_dispatch_s",
        "decided_s",
        "dispatched_s",
        "time from the decision until a drone is free and sent",
    ),
    _clock_figure("decision_to_airborne_s", "decided_s", "airborne_s", "time from the decision to lift-off"),
    _clock_figure("call_to_airborne_s", "call_s", "airborne_s", "time from the call to lift-off"),
    _clock_figure(
        "airborne_to_overhead_s", "airborne_s", "overhead_s", "time from lift-off to arrival overhead"
    ),
    _clock_figure(
        "decision_to_overhead_s", "decided_s", "overhead_s", "time from the decision to arrival overhead"
    ),
    _clock_figure("call_to_overhead_s", "call_s", "overhead_s", "time from the call to arrival overhead"),
    _clock_figure(
        "overhead_to_video_s",
        "overhead_s",
        "video_s",
        "time from arrival overhead to usable video in the control room",
    ),
    _clock_figure(
        "call_to_video_s", "call_s", "video_s", "time from the call to usable video in the control room"
    ),
    _clock_figure(
        "call_to_ground_s", "call_s", "ground_s", "time from the call to the arrival of the first officers"
    ),
)
"""The response times."""

FIGURES = (
    *CLOCKS,
    _share_figure("attended", "all calls at which a drone arrived overhead"),
    _share_figure("first_on_scene", "attended calls at which the drone arrived before any officer"),
    _share_figure("served_at_once", "all calls for which a drone was sent at the moment of the decision"),
    _share_figure("missed_for_traffic", "all calls missed because of other traffic", smaller_is_better=True),
    _share_figure(
        "cleared_without_patrol",
        "all calls closed without officers: the attended ones times a share that the scenario assumes",
    ),
    _other_figure("calls_per_day", "1/day", "calls"),
    _other_figure("calls_per_duty_hour", "1/h", "calls"),
    _share_figure(
        "within_target", "all calls with a drone overhead within the target time of their priority"
    ),
    _share_figure(
        "within_target.priority.{priority}",
        "calls of priority {priority} with a drone overhead within their target time",
    ),
    _share_figure(
        "within_target.zone.{zone}", "calls from zone {zone} with a drone overhead within their target time"
    ),
    _share_figure("within_{seconds}_s", "all calls with a drone overhead within {seconds} s of the decision"),
    _other_figure("flights_per_day", "1/day", "flights"),
    _other_figure("flights_per_duty_hour", "1/h", "flights"),
    _other_figure(
        "on_scene_camera_minutes_per_day",
        "min/day",
        "minutes with a camera on scene, over homes or not",
        smaller_is_better=True,
    ),
    _other_figure(
        "airborne_minutes_per_day",
        "min/day",
        "minutes in the air, all drones together",
        smaller_is_better=True,
    ),
    _other_figure(
        "yields_per_day", "1/day", "times that a drone gave way to other traffic", smaller_is_better=True
    ),
    _other_figure(
        "yield_minutes_per_day",
        "min/day",
        "minutes spent giving way to other traffic",
        smaller_is_better=True,
    ),
    _other_figure("on_scene_s", "s", "time that a drone stayed overhead", smaller_is_better=True),
    _other_figure("reserve_at_landing", SHARE, "battery charge left at touchdown"),
    _share_figure("landing_first_try", "landings that ended in the dock at the first attempt"),
    _share_figure("landing_after_retry", "landings that ended in the dock after a retry"),
    _share_figure(
        "landing_diverted",
        "landings outside the dock, after which a person fetches the drone",
        smaller_is_better=True,
    ),
    _share_figure(
        "landing_not_disarmed",
        "landings in the dock after which the motors did not stop by themselves",
        smaller_is_better=True,
    ),
    _share_figure("drone_ready", "the time on duty with at least one charged drone in a dock"),
    _share_figure("utilisation", "the drones' time on duty that they spend between dispatch and touchdown"),
    _share_figure("crew_utilisation", "the drones that the crew may fly at once, over time, that are out"),
    _share_figure("docks_open", "all time in which the weather lets the docks open"),
    _other_figure(
        "camera_minutes_over_homes_per_day",
        "min/day",
        "minutes in the air over people's homes, from the share of homes in each zone and along each route",
        smaller_is_better=True,
    ),
    _other_figure(
        "overwatch_gap_s",
        "s",
        "time without a drone overhead at calls that need longer than one drone can stay, "
        "from the first arrival until the need ends",
        smaller_is_better=True,
    ),
    _share_figure(
        "overwatch_unbroken", "calls that need longer than one drone can stay with no gap between drones"
    ),
    _other_figure("move_ups_per_day", "1/day", "flights from dock to dock"),
    _share_figure(
        "move_ups_arrived",
        "move-ups that reached their dock, not turned back for other traffic or a lost link",
    ),
)

KEY_FIGURES: Mapping[str, KeyFigure] = types.MappingProxyType({figure.name: figure for figure in FIGURES})
"""Every key figure that a run can have, by name; families by the name with its member in braces."""


def find_key_figure(name: str) -> KeyFigure | None:
    """The entry of a figure of a run, that of its family included; None where there is none.

    >>> find_key_figure("within_target.zone.beach").name
    'within_target.zone.{zone}'
    """
    for figure in FIGURES:
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(figure.name))
        if re.fullmatch(pattern, name):
            return figure
    return None
