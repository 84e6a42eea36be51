"""What ArduCopter would drop, change or refuse of a flight plan, found before any upload.

Rules of a board's room are in `dfr.mission.capacity`, of single items in `dfr.mission.validate_items`,
those of fence, rally points and geometry in `dfr.mission.validate_places`.
"""

from __future__ import annotations

from dfr.findings import Finding
from dfr.mission.capacity import capacity_findings
from dfr.mission.items import FlightPlan
from dfr.mission.validate_items import item_findings
from dfr.mission.validate_places import fence_findings, geometry_findings, rally_findings
from dfr.mission.validate_whole import parameter_findings, sequence_findings


def validate(plan: FlightPlan) -> tuple[Finding, ...]:
    """Findings on a flight plan: violations for what would be dropped, changed, refused or unsafe."""
    items = tuple(
        finding for seq, item in enumerate(plan.items, 1) for finding in item_findings(seq, item, plan)
    )
    return (
        *sequence_findings(plan),
        *capacity_findings(plan),
        *items,
        *fence_findings(plan.fence),
        *geometry_findings(plan),
        *rally_findings(plan),
        *parameter_findings(plan),
    )
