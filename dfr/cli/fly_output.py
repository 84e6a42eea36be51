"""What `dfr fly` prints: events on stderr as they happen, and at the end how the flight went.

A separate thread writes to stderr, so that a stopped, slow or closed terminal does not delay the flight.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue

from dfr.cli.output import note, say
from dfr.link.outcome import Event, FlownDispatch
from dfr.link.transfer import TransferReport
from dfr.link.vehicle import Text, VehicleState
from dfr.track import FlightTrack

TELL_EVERY_S = 5.0
LAST_LINES_S = 2.0
"""How long to wait for a slow terminal to take the last lines (assumed)."""


class FlightTeller:
    """Prints events, messages from the vehicle, and its position every few seconds of its clock."""

    def __init__(self) -> None:
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._next_s = 0.0
        self._thread = threading.Thread(target=self._write_lines, daemon=True, name="flight-teller")

    def __enter__(self) -> FlightTeller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.put(None)
        self._thread.join(timeout=LAST_LINES_S)

    def tell_state(self, state: VehicleState) -> None:
        """Print its position, if the last line is old enough."""
        t_s = state.t_s or 0.0
        if t_s < self._next_s:
            return
        self._next_s = t_s + TELL_EVERY_S
        height = "?" if state.height_m_home is None else f"{state.height_m_home:.0f}"
        place = "no position" if state.position is None else str(state.position)
        self._queue_line(t_s, f"{state.mode_name:<8} item {state.mission_seq}  {height:>4} m  {place}")

    def tell_event(self, event: Event) -> None:
        """Print what the director did or noticed."""
        self._queue_line(event.t_s, f"** {event.what}")

    def tell_text(self, text: Text) -> None:
        """Print a message from the vehicle."""
        self._queue_line(text.t_s, f"vehicle, {text.severity_name}: {text.text}")

    def _queue_line(self, t_s: float | None, words: str) -> None:
        moment = "      ?" if t_s is None else f"{t_s:7.1f}"
        self._lines.put(f"{moment} s  {words}")

    def _write_lines(self) -> None:
        while (line := self._lines.get()) is not None:
            note(line)


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
    """Print how the flight went."""
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
