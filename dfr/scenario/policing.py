"""How calls are policed beyond sending one drone to each (`Policing`): policies, all off by default."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dfr.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolFigures:
    """Patrols as a queue: how many, how long one is busy at a call, and when a drone has seen enough, s.

    The shape is that of a duration of the scenario. `on_duty` is how many are on duty in each local hour of
    the day or, where it has 168, of the week from Monday on; where it is empty all of them always are.
    """

    units: int
    on_scene_shape: str
    on_scene_median_s: float
    on_scene_p90_s: float
    clears_after_s: float
    on_duty: tuple[int, ...] = ()

    def on_duty_at(self, local: datetime) -> int:
        """How many are on duty in the hour that begins at a local time."""
        hours = self.on_duty or (self.units,)
        return hours[(24 * local.weekday() + local.hour) % len(hours)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstFigures:
    """Calls that come in bursts: how many more follow the first of an incident on average, and how soon, s.

    `joined_share` of those is known to be about the same incident, and no call of its own.
    """

    further_calls: float
    within_mean_s: float
    joined_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policing:
    """The policies of a deployment.

    With `re_task` a drone in the air is sent on to a call that finds none in a dock (`dfr.sim.retask`).
    With `stand_down_s` a drone is released so long after the first officers have arrived.
    `second_drone` is the share of each grade's calls that want two drones. With `patrols` the officers on the
    ground are a queue, from which calls that a drone has cleared are taken. `bursts` are several calls of one
    incident. `patience_by_hour` are factors on how long callers wait, for each local hour of the day. With
    `recall_few` a drop of crew calls only as many drones home as must be, the ones sent last. `triage` is,
    for a grade that a call turns out to have, the share of each grade that it is given when it is heard.
    For `handover_s` a shift that takes over from another sends no drone.
    """

    re_task: bool = False
    stand_down_s: float | None = None
    second_drone: tuple[tuple[str, float], ...] = ()
    patrols: PatrolFigures | None = None
    bursts: BurstFigures | None = None
    patience_by_hour: tuple[float, ...] = ()
    recall_few: bool = False
    triage: tuple[tuple[str, tuple[tuple[str, float], ...]], ...] = ()
    handover_s: float = 0.0

    def without(self, names: Iterable[str]) -> Policing:
        """The same with some policies off. Raises InputError for a policy that there is not."""
        wanted = list(names)
        for name in wanted:
            if name not in POLICIES:
                raise InputError(f"there is no policy {name!r}", do=f"choose {', '.join(POLICIES)}")
        return replace(self, **{POLICIES[name]: getattr(NO_POLICING, POLICIES[name]) for name in wanted})

    def list_on(self) -> list[str]:
        """The policies that are on, by name."""
        return [
            name for name, field in POLICIES.items() if getattr(self, field) != getattr(NO_POLICING, field)
        ]


NO_POLICING = Policing()

POLICIES: Mapping[str, str] = types.MappingProxyType(
    {
        "re_task": "re_task",
        "stand_down": "stand_down_s",
        "second_drone": "second_drone",
        "patrols": "patrols",
        "bursts": "bursts",
        "patience_by_hour": "patience_by_hour",
        "recall_few": "recall_few",
        "triage": "triage",
        "handover": "handover_s",
    }
)
"""The field of each policy by its name in a scenario file."""
