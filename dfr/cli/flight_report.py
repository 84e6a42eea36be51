"""What a flight came to: as JSON, in a few lines, and its track as CSV."""

from __future__ import annotations

from dfr.cli.output import say
from dfr.geo import LocalFrame
from dfr.link.dispatched import FlownDispatch
from dfr.link.transfer import TransferReport
from dfr.mission.items import Command, FlightPlan
from dfr.track import FlightTrack, phase_seconds


def _phases(plan: FlightPlan, flown: FlownDispatch) -> dict[str, float | None]:
    holds = [i for i in plan.items if i.command == Command.NAV_LOITER_TIME and i.position is not None]
    if not holds:
        return {}
    hold = holds[-1]
    assert hold.position is not None
    east_m, north_m = LocalFrame(plan.home).point(hold.position)
    seconds = phase_seconds(
        flown.track, target_east_m=east_m, target_north_m=north_m, cruise_height_m=hold.z_m
    )
    return {phase.value: value for phase, value in seconds.items()}


def flight_document(plan: FlightPlan, flown: FlownDispatch, report: TransferReport) -> dict[str, object]:
    """The flight as `dfr fly --json` prints it."""
    return {
        "upload": report.as_dict(),
        "docked": flown.docked,
        "landed": flown.disarmed,
        "disarmed": flown.disarmed,
        "taken_over": flown.taken_over,
        "dock_error_m": flown.dock_error_m,
        "dock_tolerance_m": flown.dock_tolerance_m,
        "dock_error_by": "the vehicle's own estimate",
        "energy_wh": flown.energy_wh,
        "traffic": [near.as_dict() for near in flown.traffic],
        "firmware": flown.firmware,
        "simulated": flown.simulated,
        "phases": _phases(plan, flown),
        "events": [{"t_s": event.t_s, "what": event.what} for event in flown.events],
        "texts": [{"t_s": text.t_s, "severity": text.severity, "text": text.text} for text in flown.texts],
    }


def print_flight(plan: FlightPlan, flown: FlownDispatch) -> None:
    """The flight for people."""
    for name, seconds in _phases(plan, flown).items():
        say(f"{name:>9}: " + ("did not end" if seconds is None else f"{seconds:.1f} s"))
    for near in flown.traffic:
        say(f"nearest {near.name}: {near.horizontal_m:.0f} m across, {near.vertical_m:.0f} m in height")
    say(flown.landing)


def track_csv(track: FlightTrack) -> str:
    """The flown track: seconds of the vehicle's clock, metres east and north of home, metres above it."""
    rows = zip(track.t_s, track.east_m, track.north_m, track.height_m, strict=True)
    lines = [f"{t:.3f},{east:.3f},{north:.3f},{height:.3f}" for t, east, north, height in rows]
    return "\n".join(["t_s,east_m,north_m,height_m", *lines]) + "\n"
