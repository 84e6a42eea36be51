"""What `dfr vehicle status` prints: one paragraph a vehicle, or one JSON object."""

from __future__ import annotations

from typing import Any

from dfr.cli.output import say
from dfr.link.roll_call import RollCall, VehicleReport


def roll_call_document(found: RollCall) -> dict[str, Any]:
    """The vehicles of a link as `dfr vehicle status --json` prints them; null is unknown."""
    others = [{"system": source[0], "component": source[1], "what": what} for source, what in found.others]
    return {"vehicles": [_vehicle_document(report) for report in found.vehicles], "others": others}


def print_roll_call(found: RollCall) -> None:
    """Print the vehicles of a link."""
    for report in found.vehicles:
        state = report.state
        say(f"{report.words}")
        say(f"    {report.firmware or 'firmware not known'}; {_air_text(report)}; {_battery_text(report)}")
        fix = "unknown" if state.gps_fix is None else f"fix {state.gps_fix}, {state.satellites} satellites"
        say(f"    GNSS {fix}")
        if state.armed:
            say(f"    if its link is lost: {report.lost_link.describe_from(state)}")
        for text in report.texts[-3:]:
            say(f"    vehicle, {text.severity_name}: {text.text}")
    for source, what in found.others:
        say(f"system {source[0]} is {what}, not ArduCopter")


def _vehicle_document(report: VehicleReport) -> dict[str, Any]:
    state = report.state
    return {
        "system": report.source[0],
        "component": report.source[1],
        "firmware": None if report.firmware is None else str(report.firmware),
        "armed": state.armed,
        "in_air": report.in_air,
        "mode": state.mode_name,
        "position": None if state.position is None else state.position.as_dict(),
        "height_m_home": state.height_m_home,
        "mission_item": state.mission_seq,
        "battery_remaining": state.battery_remaining,
        "battery_volt": state.battery_volt,
        "gnss_fix": state.gps_fix,
        "satellites": state.satellites,
        "on_lost_link": report.lost_link.describe_from(state),
        "words": report.words,
    }


def _air_text(report: VehicleReport) -> str:
    return {True: "IN THE AIR", False: "on the ground", None: "in the air or not is not known"}[report.in_air]


def _battery_text(report: VehicleReport) -> str:
    share, volt = report.state.battery_remaining, report.state.battery_volt
    left = "battery not known" if share is None else f"battery {share:.0%}"
    return left if volt is None else f"{left}, {volt:.1f} V"
