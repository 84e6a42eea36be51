"""What a flight came to: as JSON, in a few lines, and its track as CSV."""

from __future__ import annotations

from dfr.cli.output import say
from dfr.link.outcome import FlownDispatch
from dfr.link.transfer import TransferReport
from dfr.track import FlightTrack


def flight_document(flown: FlownDispatch, report: TransferReport) -> dict[str, object]:
    """The flight as `dfr fly --json` prints it."""
    ending = flown.ending
    return {
        "upload": report.as_dict(),
        "outcome": flown.outcome.value,
        "as_asked": ending.as_asked,
        "on_scene": ending.on_scene,
        "cut_short_by": None if ending.cut_short is None else ending.cut_short.words,
        "failsafes": list(flown.failsafes),
        "position_doubts": list(ending.doubts),
        "crash": ending.crash or None,
        "in_flight": not flown.disarmed,
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
        "phases": flown.phases,
        "events": [{"t_s": event.t_s, "what": event.what} for event in flown.events],
        "texts": [{"t_s": text.t_s, "severity": text.severity, "text": text.text} for text in flown.texts],
    }


def print_flight(flown: FlownDispatch) -> None:
    """The flight for people."""
    for name, seconds in flown.phases.items():
        say(f"{name:>9}: " + ("did not end" if seconds is None else f"{seconds:.1f} s"))
    for near in flown.traffic:
        say(f"nearest {near.name}: {near.horizontal_m:.0f} m across, {near.vertical_m:.0f} m in height")
    for words in flown.failsafes:
        say(f"failsafe: {words}")
    for words in flown.ending.doubts:
        say(f"position in doubt: {words}")
    say(f"dispatch {flown.summary}")
    say(flown.landing)


def track_csv(track: FlightTrack) -> str:
    """The flown track: seconds of the vehicle's clock, metres east and north of home, metres above it."""
    rows = zip(track.t_s, track.east_m, track.north_m, track.height_m, strict=True)
    lines = [f"{t:.3f},{east:.3f},{north:.3f},{height:.3f}" for t, east, north, height in rows]
    return "\n".join(["t_s,east_m,north_m,height_m", *lines]) + "\n"
