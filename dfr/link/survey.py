"""What a person reads before confirming an upload, and the question; until then the vehicle was only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dfr.ardupilot.commands import MissionType
from dfr.errors import VehicleRefusedError
from dfr.findings import Finding, Severity, finding_text
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.onboard import ASIDE, Kept, count_replaced, count_words, read_kept
from dfr.link.operator import Operator
from dfr.link.preflight import standing_findings
from dfr.link.transfer import refuse_active
from dfr.mission.items import FlightPlan
from dfr.mission.wire import wire_lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What an upload leaves, replaces and deletes on board, and what the vehicle's parameters say to that."""

    kept: Kept
    replaced: Mapping[MissionType, int]
    deleted: Mapping[MissionType, int]
    findings: Sequence[Finding]

    def describe_changes(self) -> str:
        """What goes, for the question; empty where nothing does."""
        words = [f"DELETE {count_words(self.deleted)}" if self.deleted else ""]
        words.append(f"replace {count_words(self.replaced)}" if self.replaced else "")
        return " and ".join(filter(None, words))


def survey_vehicle(
    vehicle: MavlinkVehicle, plan: FlightPlan, *, replace_all: bool, while_active: bool = False
) -> Survey:
    """Ask the vehicle what is on board, and judge the plan by it; nothing that changes it is sent.

    Raises VehicleRefusedError where the vehicle is active, NonCompliantError where the plan does not fit what
    stays.
    """
    refuse_active(vehicle, while_active)
    kept = Kept() if replace_all else read_kept(vehicle, plan)
    vehicle.kept = kept
    brought = wire_lists(plan)
    gone = count_replaced(vehicle, plan, replace_all=replace_all)
    return Survey(
        kept=kept,
        replaced={kind: count for kind, count in gone.items() if brought[kind]},
        deleted={kind: count for kind, count in gone.items() if not brought[kind]},
        findings=[
            *kept.advice,
            *(f for f in standing_findings(vehicle, plan) if f.severity is not Severity.OK),
        ],
    )


def tell_survey(found: Survey, operator: Operator) -> None:
    """Tell the operator, before the question."""
    note = operator.tell
    stays = count_words({kind: found.kept.count_items(kind) for kind in ASIDE})
    if stays:
        note(f"stays on board: {stays}, because the file has none; the plan was checked against it")
    if found.replaced:
        note(f"the file replaces {count_words(found.replaced)} on board")
    if found.deleted:
        note(f"--replace-all DELETES from the vehicle: {count_words(found.deleted)}")
    for finding in found.findings:
        note(finding_text(finding))


def ask_operator(question: str, refusal: str, operator: Operator) -> None:
    """Have the operator say yes. Raises VehicleRefusedError with what was not done."""
    if operator.confirm is None or not operator.confirm(question):
        raise VehicleRefusedError(f"not confirmed, {refusal}")
