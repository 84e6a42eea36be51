"""The scenario file's section `simulation`, all of it optional."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dfr.scenario import simulated as domain
from dfr.scenario.schema_parts import Area, Block, Sourced, Strict


class FailureIn(Block):
    """How often each part of a kind fails: exponential times up and down, by their means."""

    part: domain.FailingPart = Field(strict=False, description="dock, link or drone")
    between_h: float = Field(gt=0, le=1e6, description="mean hours up until it fails")
    repair_h: float = Field(gt=0, le=1e6, description="mean hours until it works again")
    becomes: ClassVar[Any] = domain.FailureFigures

    def differing(self) -> dict[str, Any]:
        """The means in seconds."""
        return {"between_s": self.between_h * 3600.0, "repair_s": self.repair_h * 3600.0}


class HomesIn(Sourced):
    """An area where people live: camera minutes over it are the privacy footprint."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    area: Area


class SimulationIn(Strict):
    """How drones are sent, what fails, and where people live."""

    dispatch: domain.DispatchPolicy = Field(
        default=domain.DispatchPolicy.NEAREST,
        strict=False,
        description="nearest, energy_aware or coverage_keeping",
    )
    overwatch: bool = Field(
        default=False, description="send a relief drone where the first cannot stay as long as needed"
    )
    move_up: bool = Field(
        default=False, description="move ready drones to docks with a free slot to restore coverage"
    )
    failures: list[FailureIn] = Field(default_factory=list, max_length=3)
    homes: list[HomesIn] = Field(default_factory=list, max_length=500)
    becomes: ClassVar[Any] = domain.Simulation

    def differing(self) -> dict[str, Any]:
        """Homes as pairs."""
        return {"homes": tuple((item.id, item.area) for item in self.homes)}
