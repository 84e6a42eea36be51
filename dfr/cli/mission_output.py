"""What `dfr mission` and `dfr mission-file` print of a mission."""

from __future__ import annotations

from dfr.ardupilot.commands import Frame, MissionType, command_name
from dfr.cli.output import say
from dfr.findings import Finding, Severity, counted_noun, finding_text, is_compliant
from dfr.mission.formats.common import item_record
from dfr.mission.items import FlightPlan, MissionItem
from dfr.mission.reliance import relied_on
from dfr.mission.wire import wire_lists

COUNTED: dict[int, str] = {
    Frame.GLOBAL: "AMSL",
    Frame.GLOBAL_RELATIVE_ALT: "above home",
    Frame.GLOBAL_TERRAIN_ALT: "above the ground",
}
"""What heights count from in each frame."""


def mission_document(flight: FlightPlan, findings: tuple[Finding, ...]) -> dict[str, object]:
    """A mission and what was found about it, as JSON."""
    counts = {kind: len(items) for kind, items in wire_lists(flight).items()}
    return {
        "name": flight.name,
        "home": flight.home.as_dict() | {"height_m_amsl": flight.home_m_amsl},
        "items": [_item_document(seq, item) for seq, item in enumerate(flight.items, start=1)],
        "mission_items": len(flight.items),
        "fence_items": counts[MissionType.FENCE],
        "rally_items": counts[MissionType.RALLY],
        "params": flight.params,
        "relies_on": list(relied_on(flight)),
        "findings": [finding.as_dict() for finding in findings],
        "compliant": is_compliant(findings),
    }


def _item_document(seq: int, item: MissionItem) -> dict[str, object]:
    place = None if item.position is None else item.position.as_dict()
    return {"seq": seq, **item_record(item), "place": place}


def print_mission(flight: FlightPlan, findings: tuple[Finding, ...], written: list[str]) -> None:
    """Print a mission item by item, what was found about it, and which files were written."""
    say(flight.name)
    for seq, item in enumerate(flight.items, start=1):
        counted = COUNTED.get(item.frame, "")
        where = "" if item.position is None else f"{item.position}  {item.z_m:.0f} m {counted}"
        say(f"{seq:>4}  {command_name(item.command):<22} {where}")
    corners = len(wire_lists(flight)[MissionType.FENCE])
    say(
        f"fence: {counted_noun(len(flight.fence), 'area')}, {counted_noun(corners, 'corner')}; "
        f"{counted_noun(len(flight.rally), 'rally point')}"
    )
    if words := relied_on(flight):
        say(f"relies on {', '.join(words)}: `dfr fly` does not fly it while any of these is off")
    for finding in findings:
        if finding.severity is not Severity.OK:
            say(finding_text(finding))
    for path in written:
        say(f"wrote {path}")
