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


MOMENTS = {
    "call_s": "the call",
    "decided_s": "the decision",
    "dispatched_s": "dispatch",
    "airborne_s": "lift-off",
    "overhead_s": "arrival overhead",
    "video_s": "usable video",
    "ground_s": "the first officers",
}
"""The clocks of a call's record in words."""

PERIOD = "all of the period"
DAY = "each 24 h of the period"
DUTY = "hours with people on duty"


def _clock_figure(name: str, start: str, end: str, what: str) -> ClockFigure:
    clock = f"{MOMENTS[start]} to {MOMENTS[end]}"
    return ClockFigure(name=name, unit="s", clock=clock, better=Better.LESS, what=what, start=start, end=end)


def _share_figure(name: str, better: Better, clock: str, what: str) -> KeyFigure:
    return KeyFigure(name=name, unit=SHARE, clock=clock, better=better, what=f"share of {what}")


def _other_figure(name: str, unit: str, better: Better, clock: str, what: str) -> KeyFigure:
    return KeyFigure(name=name, unit=unit, clock=clock, better=better, what=what)


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
    _share_figure("attended", Better.MORE, PERIOD, "all calls at which a drone arrived overhead"),
    _share_figure(
        "first_on_scene", Better.MORE, PERIOD, "attended calls at which the drone arrived before any officer"
    ),
    _share_figure(
        "served_at_once",
        Better.MORE,
        "the decision",
        "all calls for which a drone was sent at the moment of the decision",
    ),
    _share_figure("missed_for_traffic", Better.LESS, PERIOD, "all calls missed because of other traffic"),
    _share_figure(
        "missed_for_{weather}",
        Better.LESS,
        PERIOD,
        "all calls missed while the docks were shut because of {weather}, alone or with other weather",
    ),
    _share_figure(
        "cleared_without_patrol",
        Better.MORE,
        PERIOD,
        "all calls closed without officers: the attended ones times a share that the scenario assumes",
    ),
    _other_figure("calls_per_day", "1/day", Better.NEITHER, DAY, "calls"),
    _other_figure("calls_per_duty_hour", "1/h", Better.NEITHER, DUTY, "calls"),
    _share_figure(
        "within_target",
        Better.MORE,
        "the call to arrival overhead",
        "all calls with a drone overhead within the target time of their priority",
    ),
    _share_figure(
        "within_target.priority.{priority}",
        Better.MORE,
        "the call to arrival overhead",
        "calls of priority {priority} with a drone overhead within their target time",
    ),
    _share_figure(
        "within_target.zone.{zone}",
        Better.MORE,
        "the call to arrival overhead",
        "calls from zone {zone} with a drone overhead within their target time",
    ),
    _share_figure(
        "within_{seconds}_s",
        Better.MORE,
        "the decision to arrival overhead",
        "all calls with a drone overhead within {seconds} s of the decision",
    ),
    _other_figure("flights_per_day", "1/day", Better.NEITHER, DAY, "flights"),
    _other_figure("flights_per_duty_hour", "1/h", Better.NEITHER, DUTY, "flights"),
    _other_figure(
        "on_scene_camera_minutes_per_day",
        "min/day",
        Better.LESS,
        DAY,
        "minutes with a camera on scene, over homes or not",
    ),
    _other_figure(
        "airborne_minutes_per_day",
        "min/day",
        Better.LESS,
        DAY,
        "minutes in the air, all drones together",
    ),
    _other_figure(
        "yields_per_day", "1/day", Better.LESS, DAY, "times that a drone gave way to other traffic"
    ),
    _other_figure(
        "yield_minutes_per_day",
        "min/day",
        Better.LESS,
        DAY,
        "minutes spent giving way to other traffic",
    ),
    _other_figure(
        "on_scene_s", "s", Better.LESS, "arrival overhead to departure", "time that a drone stayed overhead"
    ),
    _other_figure("reserve_at_landing", SHARE, Better.MORE, "touchdown", "battery charge left at touchdown"),
    _share_figure(
        "landing_first_try", Better.MORE, PERIOD, "landings that ended in the dock at the first attempt"
    ),
    _share_figure(
        "landing_after_retry", Better.NEITHER, PERIOD, "landings that ended in the dock after a retry"
    ),
    _share_figure(
        "landing_diverted",
        Better.LESS,
        PERIOD,
        "landings outside the dock, after which a person fetches the drone",
    ),
    _share_figure(
        "landing_not_disarmed",
        Better.LESS,
        PERIOD,
        "landings in the dock after which the motors did not stop by themselves",
    ),
    _share_figure(
        "drone_ready", Better.MORE, DUTY, "the time on duty with at least one charged drone in a dock"
    ),
    _share_figure(
        "utilisation",
        Better.NEITHER,
        DUTY,
        "the drones' time on duty that they spend between dispatch and touchdown",
    ),
    _share_figure(
        "crew_utilisation",
        Better.NEITHER,
        DUTY,
        "the drones that the crew may fly at once, over time, that are out",
    ),
    _share_figure("docks_open", Better.MORE, PERIOD, "all time in which the weather lets the docks open"),
    _other_figure(
        "camera_minutes_over_homes_per_day",
        "min/day",
        Better.LESS,
        DAY,
        "minutes in the air over people's homes, from the share of homes in each zone and along each route",
    ),
    _other_figure(
        "overwatch_gap_s",
        "s",
        Better.LESS,
        "the first arrival overhead to the end of the need",
        "time without a drone overhead at calls that need longer than one drone can stay, "
        "from the first arrival until the need ends",
    ),
    _share_figure(
        "overwatch_unbroken",
        Better.MORE,
        "the first arrival overhead to the end of the need",
        "calls that need longer than one drone can stay with no gap between drones",
    ),
    _other_figure("move_ups_per_day", "1/day", Better.NEITHER, DAY, "flights from dock to dock"),
    _share_figure(
        "move_ups_arrived",
        Better.MORE,
        PERIOD,
        "move-ups that reached their dock, not turned back for other traffic or a lost link",
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
