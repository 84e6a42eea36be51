"""What stays on board under a plan whose file brings no fence or no rally points: read, checked and reported.

Nothing on board goes in silence: what a plan does not bring stays, once the plan was checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dfr.ardupilot.commands import MissionType
from dfr.ardupilot.items import WireItem
from dfr.errors import DfrError, NonCompliantError
from dfr.findings import Finding
from dfr.link.params import get_param
from dfr.link.peer import Peer
from dfr.link.readback import ListReading, read_when_free
from dfr.mission.items import FenceArea, FlightPlan, RallyPoint
from dfr.mission.on_board import JUDGED_BY, kept_fence, kept_findings, kept_rally, with_kept
from dfr.mission.reliance import fence_is_on
from dfr.mission.wire import wire_lists

ASIDE = (MissionType.FENCE, MissionType.RALLY)
"""The lists that a plan may leave as they are; its mission always goes up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Lists that stay as they are on board: their items as read, what they mean, and what to know of them."""

    lists: Mapping[MissionType, tuple[WireItem, ...]] = field(default_factory=dict)
    fence: tuple[FenceArea, ...] = ()
    rally: tuple[RallyPoint, ...] = ()
    advice: tuple[Finding, ...] = ()

    def complete_plan(self, plan: FlightPlan) -> FlightPlan:
        """The plan with what stays on board under it."""
        return with_kept(plan, fence=self.fence, rally=self.rally)

    def count_items(self, kind: MissionType) -> int:
        """How many items of a list stay."""
        return len(self.lists.get(kind, ()))


def read_kept(vehicle: Peer, plan: FlightPlan, *, check: bool = True) -> Kept:
    """What stays on board under a plan; nothing is sent but questions.

    Raises NonCompliantError where the plan does not fit it: what, where and by how much.
    """
    brought = wire_lists(plan)
    lists = {kind: read_when_free(vehicle, kind) for kind in ASIDE if not brought[kind]}
    home_m_amsl = vehicle.state.home_m_amsl if plan.home_m_amsl is None else plan.home_m_amsl
    try:
        kept = Kept(
            lists=lists,
            fence=kept_fence(lists.get(MissionType.FENCE, ())),
            rally=kept_rally(lists.get(MissionType.RALLY, ()), home_m_amsl=home_m_amsl),
        )
    except DfrError as error:
        raise NonCompliantError(
            f"what stays on board cannot be checked: {error}", do=f"{WAYS_OUT}"
        ) from error
    return replace(kept, advice=_advice_on_kept(vehicle, plan, kept)) if check else kept


WAYS_OUT = "fit the plan to it, or have it deleted with --replace-all"


def count_replaced(vehicle: Peer, plan: FlightPlan, *, replace_all: bool) -> dict[MissionType, int]:
    """How many items of the fence and the rally list on board an upload takes away."""
    brought = wire_lists(plan)
    kinds = [kind for kind in ASIDE if replace_all or brought[kind]]
    lengths = {kind: ListReading(vehicle, kind).read_length() for kind in kinds}
    return {kind: length for kind, length in lengths.items() if length}


def count_words(counts: Mapping[MissionType, int]) -> str:
    """A fence and rally points, counted in words; empty for none."""
    fence, rally = (counts.get(kind, 0) for kind in ASIDE)
    words = [f"a fence of {fence} item{'s' if fence > 1 else ''}"] if fence else []
    words += [f"{rally} rally point{'s' if rally > 1 else ''}"] if rally else []
    return " and ".join(words)


def _advice_on_kept(vehicle: Peer, plan: FlightPlan, kept: Kept) -> tuple[Finding, ...]:
    """Advice on the plan with the lists that stay, and with a fence of the vehicle's that is on without any.

    Raises NonCompliantError where it does not fit.
    """
    on = None if "FENCE_ENABLE" in plan.params else fence_is_on(lambda name: get_param(vehicle, name))
    if not (kept.fence or kept.rally or on):
        return ()
    values = {name: get_param(vehicle, name) for name in JUDGED_BY if name not in plan.params}
    known = {name: value for name, value in values.items() if value is not None}
    if on is not None:
        known["FENCE_ENABLE"] = float(on)
    found = kept_findings(with_kept(plan, fence=kept.fence, rally=kept.rally, params=known))
    if against := [finding.message for finding in found if finding.blocks]:
        stays = count_words({kind: kept.count_items(kind) for kind in ASIDE}) or "the vehicle's own fence"
        raise NonCompliantError(
            f"{stays} would stay on board, and the plan does not fit: {'; '.join(against)}", do=f"{WAYS_OUT}"
        )
    return found
