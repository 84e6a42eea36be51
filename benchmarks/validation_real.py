"""Writes the table of real flights in docs/validation.md, from logs that other people flew.

    python benchmarks/validation_real.py FOLDER

FOLDER holds the logs; they are not part of dfr. A log is found by the number that its name begins with. Each
set of three or more comparable flights is judged with one flight left out: what it is predicted by comes from
the other flights of its set.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from validation_rows import ROOT

from dfr.aircraft.catalogue import find_drone
from dfr.api.logs import read_log
from dfr.geo import FloatArray
from dfr.logs.calibration import pool_values
from dfr.logs.comparison import FlightComparison, compare_flight
from dfr.logs.effort import flown_wh, hover_seconds
from dfr.logs.flights import find_flights
from dfr.logs.measures import measure_flight
from dfr.logs.model import FlightLog
from dfr.logs.wind import FlightWind, wind_from_lean

BEGIN, END = "<!-- real flights -->", "<!-- end of real flights -->"
MISSION, BY_HAND, COURSES = "01", "04", ("03", "15")
"""The sets: five flights of one mission; eight of one quad by hand; two flights with several courses."""

CRAFT = find_drone("arducopter-sitl-quad")
"""Whose figures stand where a log tells none: nobody knows the masses of the drones in the logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRow:
    """One row: what, errors of each flight as shares, firmware, and the aims in per cent."""

    what: str
    errors: FloatArray
    firmware: str
    median_percent: float = 5.0
    p90_percent: float = 12.0

    @property
    def text(self) -> str:
        """The row as the page has it."""
        sizes = 100.0 * np.abs(self.errors)
        median, p90 = float(np.median(sizes)), float(np.quantile(sizes, 0.9))
        holds = median <= self.median_percent and p90 <= self.p90_percent
        aim = f"{self.median_percent:g} %, {self.p90_percent:g} %"
        end = "yes" if holds else "**no**"
        count = len(self.errors)
        return f"| {self.what} | {count} | {self.firmware} | {median:.1f} % | {p90:.1f} % | {aim} | {end} |"


def left_out(flown: FloatArray, predicted: FloatArray) -> FloatArray:
    """Errors of each flight by the middle ratio of the others, flown over predicted by it."""
    ratios = flown / predicted
    others = np.array([np.median(np.delete(ratios, one)) for one in range(len(ratios))])
    return flown / (predicted * others) - 1.0


def mission_rows(log: FlightLog) -> Iterator[RealRow]:
    """Climb, way out and landing of the flights of one mission."""
    firmware = "Copter 3.5.7"
    flights = find_flights(log)
    compared = [compare_flight(log, flight, CRAFT) for flight in flights]
    climbs = phase_seconds(compared, "climb")
    yield RealRow(
        what="climb to 20 m, by the log's parameters", errors=climbs[0] / climbs[1] - 1.0, firmware=firmware
    )
    rates = np.array([measure_flight(log, flight)["climb_mps"] for flight in flights])
    others = [replace(CRAFT, climb_mps=pool_values(np.delete(rates, one))[0]) for one in range(len(rates))]
    again = [
        compare_flight(log, flight, craft, measured=frozenset({"climb_mps"}))
        for flight, craft in zip(flights, others, strict=True)
    ]
    climbs = phase_seconds(again, "climb")
    yield RealRow(what="climb to 20 m, left out", errors=climbs[0] / climbs[1] - 1.0, firmware=firmware)
    out = phase_seconds(compared, "out")
    yield RealRow(
        what="way out, 94 m at 5 m/s, profile before 4.1", errors=out[0] / out[1] - 1.0, firmware=firmware
    )
    landings = phase_seconds(compared, "land")
    yield RealRow(
        what="landing from 17 m, by the log's parameters",
        errors=landings[0] / landings[1] - 1.0,
        firmware=firmware,
    )
    yield RealRow(what="landing from 17 m, left out", errors=left_out(*landings), firmware=firmware)


def phase_seconds(compared: Sequence[FlightComparison], name: str) -> tuple[FloatArray, FloatArray]:
    """(flown, predicted) of a phase, of the flights whose log tells it."""
    phases = [phase for one in compared for phase in one.phases if phase.phase.value == name]
    known = [(phase.flown_s, phase.predicted_s) for phase in phases if phase.flown_s is not None]
    flown, predicted = np.array(known, dtype=float).T
    return flown, predicted


def energy_rows(log: FlightLog) -> Iterator[RealRow]:
    """Energy of flights by hand: by what their motion takes over a hover, and by the time in the air."""
    firmware = "Copter 3.2.1"
    flights = find_flights(log)
    flown = np.array([flown_wh(log, flight) for flight in flights], dtype=float)
    effort = np.array([hover_seconds(log, flight, CRAFT) for flight in flights], dtype=float)
    lasted = np.array([flight.end_s - flight.start_s for flight in flights])
    for what, seconds in (("by its motion", effort), ("by its time in the air", lasted)):
        yield RealRow(
            what=f"energy {what}, left out",
            errors=left_out(flown, seconds),
            firmware=firmware,
            p90_percent=10.0,
        )


def wind_words(logs: Sequence[FlightLog]) -> str:
    """The winds by lean of flights with several courses."""
    told = []
    for log in logs:
        wind = wind_from_lean(log, find_flights(log)[-1])
        assert isinstance(wind, FlightWind)
        told.append(f"{wind.speed_mps:.1f} ± {wind.error_mps:.1f} m/s from {wind.from_deg:.0f}°")
    quad, phantom = told
    return (
        f"- **Wind by lean** where several courses are flown: {quad} in the mission of a quad on\n"
        f"  Copter 3.2.1, {phantom} in that of a Phantom 4 Pro. Nobody measured either otherwise."
    )


def table(folder: Path) -> str:
    """The table and what is measured beside it."""
    numbers = (MISSION, BY_HAND, *COURSES)
    logs = {number: read_log(next(folder.glob(f"{number}_*"))) for number in numbers}
    rows = [*mission_rows(logs[MISSION]), *energy_rows(logs[BY_HAND])]
    head = "| what | n | firmware | median error | 90th percentile | aim | holds |"
    return "\n".join(
        [
            head,
            "|---|---|---|---|---|---|---|",
            *(one.text for one in rows),
            "",
            wind_words([logs[number] for number in COURSES]),
        ]
    )


def main() -> None:
    path = ROOT / "docs" / "validation.md"
    head, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n\n{table(Path(sys.argv[1]))}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
