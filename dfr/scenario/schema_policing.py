"""The policies of `simulation.policing` as they are written in a scenario file, each with its source."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from dfr.scenario import policing as domain
from dfr.scenario.schema_parts import Block, Strict


class PolicyIn(Block):
    """A policy; false switches it off and keeps its figures."""

    enabled: bool = Field(default=True, description="false: off, as if it were left out")


class StandDownIn(PolicyIn):
    """A drone is released once officers have its call in hand."""

    after_s: float = Field(ge=0, le=86400, description="seconds from the arrival of the first officers")


class PolicingIn(Strict):
    """How calls are policed beyond sending one drone to each; a policy that is left out is off."""

    re_task: PolicyIn | None = Field(
        default=None,
        description="send a drone in the air on to a call that finds none in a dock, also from a lower grade",
    )
    stand_down: StandDownIn | None = Field(
        default=None, description="release a drone once officers have its call in hand"
    )
    becomes: ClassVar[Any] = domain.Policing

    def differing_fields(self) -> dict[str, Any]:
        """The figures of the policies that are on."""
        return {
            "re_task": _is_on(self.re_task),
            "stand_down_s": self.stand_down.after_s if self.stand_down and self.stand_down.enabled else None,
        }


def _is_on(policy: PolicyIn | None) -> bool:
    return policy is not None and policy.enabled
