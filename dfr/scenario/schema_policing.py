"""The policies of `simulation.policing` as they are written in a scenario file, each with its source."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import Field, model_validator

from dfr.scenario import policing as domain
from dfr.scenario.schema_parts import Block, DurationIn, Strict, schema_error

SHARE_TOLERANCE = 1e-6
"""How far shares that are to sum to 1 may miss it."""

ROSTER_HOURS = (24, 168)


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


class PatrolsIn(PolicyIn):
    """Officers on the ground as a queue; their posts are those of `demand.ground`, in turn."""

    units: int = Field(ge=1, le=1000, description="patrols, all always on duty where there is no on_duty")
    on_scene: DurationIn = Field(description="how long a patrol is busy at a call")
    clears_after_s: float = Field(
        ge=0, le=86400, description="a drone overhead for so long shows whether officers are needed"
    )
    on_duty: list[Annotated[int, Field(ge=0)]] | None = Field(
        default=None,
        description="patrols on duty in each local hour 0..23, or in the 168 of a week from Monday 0:00",
    )

    @model_validator(mode="after")
    def _roster_is_whole(self) -> Self:
        roster = self.on_duty
        if roster is None:
            return self
        if len(roster) not in ROSTER_HOURS:
            raise schema_error(
                f"on_duty has {len(roster)} numbers", "give 24, one for each hour, or 168 from Monday 0:00 on"
            )
        if max(roster) > self.units:
            raise schema_error(
                f"on_duty: {max(roster)} patrols of {self.units}", f"make units at least {max(roster)}"
            )
        return self


class BurstsIn(PolicyIn):
    """Several calls about one incident; the totals of `demand.days` count all of them."""

    further_calls: float = Field(ge=0, le=100, description="calls after the first of an incident, on average")
    within_mean_s: float = Field(
        gt=0, le=86400, description="how long after the first they come, on average (exponential)"
    )
    joined_share: float = Field(
        ge=0, le=1, description="share of them that is joined to the incident and is no call of its own"
    )


class PatienceByHourIn(PolicyIn):
    """Callers wait for longer or shorter than their grade says, by the hour of the call."""

    factors: list[Annotated[float, Field(gt=0, le=100)]] = Field(
        min_length=24, max_length=24, description="factor on the patience in each local hour 0..23"
    )


class TriageIn(PolicyIn):
    """Calls are graded by what the caller says, and queue by that; what they need is by their own grade."""

    given: dict[str, dict[str, Annotated[float, Field(ge=0, le=1)]]] = Field(
        min_length=1,
        description="for a call's own grade the share of each grade that it is given; others get their own",
    )

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        for grade, shares in self.given.items():
            if abs(sum(shares.values()) - 1.0) > SHARE_TOLERANCE:
                raise schema_error(
                    f"given.{grade}: the shares sum to {sum(shares.values()):.6g}", "make them sum to 1"
                )
        return self


class HandoverIn(PolicyIn):
    """Taking over costs a shift time: what flies and what waits is told, and the drones are handed over."""

    takes_s: float = Field(
        ge=0, le=7200, description="so long a shift that takes over from another sends no drone"
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
    patrols: PatrolsIn | None = Field(
        default=None,
        description="officers as a queue with places and travel; the share of calls that drones clear is "
        "demand.cleared_without_patrol",
    )
    bursts: BurstsIn | None = Field(default=None, description="several calls about one incident")
    patience_by_hour: PatienceByHourIn | None = Field(
        default=None, description="factors on the patience of callers by the hour of their call"
    )
    recall_few: PolicyIn | None = Field(
        default=None,
        description="where the crew drops, call home only as many drones as must be, the last sent",
    )
    triage: TriageIn | None = Field(
        default=None, description="grades given by what callers say, which need not be those of the calls"
    )
    handover: HandoverIn | None = Field(
        default=None, description="how long a shift is occupied with taking over from another"
    )
    becomes: ClassVar[Any] = domain.Policing

    def differing_fields(self) -> dict[str, Any]:
        """The figures of the policies that are on."""
        stand_down, second = _if_on(self.stand_down), _if_on(self.second_drone)
        patience, triage = _if_on(self.patience_by_hour), _if_on(self.triage)
        handover = _if_on(self.handover)
        return {
            "re_task": _if_on(self.re_task) is not None,
            "recall_few": _if_on(self.recall_few) is not None,
            "stand_down_s": None if stand_down is None else stand_down.after_s,
            "triage": () if triage is None else tuple((g, tuple(s.items())) for g, s in triage.given.items()),
            "handover_s": 0.0 if handover is None else handover.takes_s,
            "bursts": _bursts(_if_on(self.bursts)),
            "patience_by_hour": () if patience is None else tuple(patience.factors),
            "patrols": _patrols(_if_on(self.patrols)),
            "second_drone": () if second is None else tuple(second.shares.items()),
        }


def _patrols(part: PatrolsIn | None) -> domain.PatrolFigures | None:
    if part is None:
        return None
    stay = part.on_scene.to_domain()
    return domain.PatrolFigures(
        units=part.units,
        on_scene_shape=stay.shape.value,
        on_scene_median_s=stay.median_s,
        on_scene_p90_s=stay.p90_s,
        clears_after_s=part.clears_after_s,
        on_duty=tuple(part.on_duty or ()),
    )


def _bursts(part: BurstsIn | None) -> domain.BurstFigures | None:
    if part is None:
        return None
    return domain.BurstFigures(
        further_calls=part.further_calls, within_mean_s=part.within_mean_s, joined_share=part.joined_share
    )


P = TypeVar("P", bound=PolicyIn)


def _if_on(policy: P | None) -> P | None:
    return policy if policy is not None and policy.enabled else None
