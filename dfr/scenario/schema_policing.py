"""The policies of `simulation.policing` as they are written in a scenario file, each with its source."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from dfr.scenario import policing as domain
from dfr.scenario.schema_parts import Block, Strict


class PolicyIn(Block):
    """A policy; false switches it off and keeps its figures."""

    enabled: bool = Field(default=True, description="false: off, as if it were left out")


class StandDownIn(PolicyIn):
    """A drone is released once officers have its call in hand."""

    after_s: float = Field(ge=0, le=86400, description="seconds from the arrival of the first officers")


class SecondDroneIn(PolicyIn):
    """A second drone for big incidents, which stays as long as is usual for the grade."""

    shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        min_length=1, description="share of the calls of each grade that want two drones: grade: share"
    )


class PolicingIn(Strict):
    """How calls are policed beyond sending one drone to each; a policy that is left out is off."""

    re_task: PolicyIn | None = Field(
        default=None,
        description="send a drone in the air on to a call that finds none in a dock, also from a lower grade",
    )
    stand_down: StandDownIn | None = Field(
        default=None, description="release a drone once officers have its call in hand"
    )
    second_drone: SecondDroneIn | None = Field(
        default=None, description="send two drones to a share of the calls of some grades"
    )
    becomes: ClassVar[Any] = domain.Policing

    def differing_fields(self) -> dict[str, Any]:
        """The figures of the policies that are on."""
        stand_down, second = _if_on(self.stand_down), _if_on(self.second_drone)
        return {
            "re_task": _if_on(self.re_task) is not None,
            "stand_down_s": None if stand_down is None else stand_down.after_s,
            "second_drone": () if second is None else tuple(second.shares.items()),
        }


P = TypeVar("P", bound=PolicyIn)


def _if_on(policy: P | None) -> P | None:
    return policy if policy is not None and policy.enabled else None
