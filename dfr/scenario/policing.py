"""How calls are policed beyond sending one drone to each (`Policing`): policies, all off by default."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dfr.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Policing:
    """The policies of a deployment.

    With `re_task` a drone in the air is sent on to a call that finds none in a dock (`dfr.sim.retask`).
    With `stand_down_s` a drone is released so long after the first officers have arrived.
    `second_drone` is the share of each grade's calls that want two drones.
    """

    re_task: bool = False
    stand_down_s: float | None = None
    second_drone: tuple[tuple[str, float], ...] = ()

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
    {"re_task": "re_task", "stand_down": "stand_down_s", "second_drone": "second_drone"}
)
"""The field of each policy by its name in a scenario file."""
