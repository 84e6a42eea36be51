"""What happens in a flight, told on stderr as it happens.

A thread of its own writes: a terminal that is stopped, slow or closed holds nothing up in the air.
"""

from __future__ import annotations

import threading
from queue import SimpleQueue

from dfr.cli.output import note
from dfr.link.outcome import Event
from dfr.link.vehicle import Text, VehicleState

TELL_EVERY_S = 5.0
LAST_LINES_S = 2.0
"""A terminal that has not taken the last lines by then does not take them (assumed)."""


class FlightTeller:
    """Tells events, what the vehicle says, and every few seconds of the vehicle where it is."""

    def __init__(self) -> None:
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._next_s = 0.0
        self._thread = threading.Thread(target=self._write, daemon=True, name="flight-teller")

    def __enter__(self) -> FlightTeller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.put(None)
        self._thread.join(timeout=LAST_LINES_S)

    def state(self, state: VehicleState) -> None:
        """Where it is, now and then."""
        t_s = state.t_s or 0.0
        if t_s < self._next_s:
            return
        self._next_s = t_s + TELL_EVERY_S
        height = "?" if state.height_m_home is None else f"{state.height_m_home:.0f}"
        place = "no position" if state.position is None else str(state.position)
        self._tell(t_s, f"{state.mode_name:<8} item {state.mission_seq}  {height:>4} m  {place}")

    def event(self, event: Event) -> None:
        """What the director did or noticed."""
        self._tell(event.t_s, f"** {event.what}")

    def text(self, text: Text) -> None:
        """What the vehicle said."""
        self._tell(text.t_s, f"vehicle, {text.severity_name}: {text.text}")

    def _tell(self, t_s: float | None, words: str) -> None:
        moment = "      ?" if t_s is None else f"{t_s:7.1f}"
        self._lines.put(f"{moment} s  {words}")

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            note(line)
