"""`dfr log`: shows what a flight log says; reads DataFlash, tlog, PX4, DJI tables and GPX."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.log_calibrate import calibrate
from dfr.cli.log_compare import compare
from dfr.cli.log_verify import verify
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.findings import counted_noun
from dfr.io.files import write_atomically
from dfr.io.logs.dataflash_writing import write_dataflash
from dfr.io.logs.files import read_log
from dfr.logs.anonymising import anonymise_log
from dfr.logs.flights import LoggedFlight, ended_away_m, find_flights, gone_m
from dfr.logs.health import HealthFinding, assess_health
from dfr.logs.model import EventKind, FlightLog, LogEvent
from dfr.logs.wind import UnknownWind, WindSource, estimate_wind

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="Read flight logs.")

app.command(short_help="Measure a drone by its flight logs.")(calibrate)
app.command(short_help="Compare flights in logs with their prediction.")(compare)
app.command(short_help="Check that the log of a live shift is as it was written.")(verify)

SHOWN_EVENTS = frozenset(EventKind) - {EventKind.MESSAGE, EventKind.ITEM}


STAYS = (
    "Heights above home, motion, attitude, power, modes, arming and settings stay. Altitudes above the sea, "
    "dates, texts, and parameters that number a device are gone. Check the file before you share it."
)
SHIFTED = f"Positions are shifted into the sea; each path keeps its shape, which may tell a place. {STAYS}"
CUT = f"Positions are left out. {STAYS}"


@app.callback()
def log() -> None:
    """Read flight logs: DataFlash (.bin, .log), tlog, PX4 (.ulg), DJI records as CSV, GPX."""


@app.command(short_help="Show the flights in a log, their parts, events and health.")
def show(
    file: Annotated[Path, typer.Argument(help="The flight log. Its content tells its format.")],
    *,
    system: Annotated[
        int | None, typer.Option(help="The MAVLink system to read where a tlog holds several.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot of the log to this SVG file.")] = None,
    anonymise: Annotated[
        Path | None,
        typer.Option(help="Write the log to this DataFlash file (.bin) without its place, date and names."),
    ] = None,
    cut_positions: Annotated[
        bool,
        typer.Option("--cut-positions", help="With --anonymise: leave positions out instead of shifting."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the flights in a log.

    Each flight is divided into its parts: takeoff, climb, legs, turns, hover, return, descent, landing. Wind,
    modes, arming, errors, gaps, the health of the drone and what could not be read follow.

    Exit codes: 0 if the log was read, 2 if the file is not a flight log or holds no flight data.
    """
    found = read_log(file, system=system)
    flights = find_flights(found)
    health = assess_health(found, flights)
    if plot is not None:
        from dfr.report.log_chart import write_log_chart  # loads matplotlib, which the words do without

        write_log_chart(plot, found, flights)
    if anonymise is not None:
        write_atomically(anonymise, write_dataflash(anonymise_log(found, cut=cut_positions)))
        note(CUT if cut_positions else SHIFTED)
    if as_json:
        emit_json(_document(found, flights, health))
    else:
        _print_log(found, flights, health)


def _print_log(log: FlightLog, flights: tuple[LoggedFlight, ...], health: tuple[HealthFinding, ...]) -> None:
    for line in _heading(log):
        say(line)
    for flight in flights:
        _print_flight(log, flight)
    if not flights:
        say("no flight in it")
    say("health:")
    for finding in health:
        say(f"  {finding.part:<11} {finding.level.value:<8} {finding.text}")
    events = [event for event in log.events if event.kind in SHOWN_EVENTS]
    if events:
        say("modes, arming, errors:")
    for event in events:
        say(f"  {event.t_s:9.1f} s  {event.kind.value:<9} {event.text}")
    for gap in log.gaps:
        say(f"gap: nothing from {gap.start_s:.1f} to {gap.end_s:.1f} s ({gap.length_s:.0f} s)")
    for line in log.notes:
        say(f"note: {line}")


def _heading(log: FlightLog) -> list[str]:
    start_s, end_s = log.span_s
    began = log.moment(start_s)
    date = "date unknown" if began is None else began.strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [
        f"{log.name}: {log.file_format}, {log.firmware or log.autopilot or 'autopilot unknown'}",
        f"{date}, {end_s - start_s:.0f} s, {counted_noun(len(log.parameters), 'parameter')}, "
        f"{counted_noun(len(log.missions), 'mission')}",
    ]
    if len(log.systems) > 1:
        others = ", ".join(str(number) for number in log.systems[1:])
        lines.append(f"system {log.systems[0]} is shown; choose another by --system: {others}")
    return lines


def _print_flight(log: FlightLog, flight: LoggedFlight) -> None:
    began = log.moment(flight.start_s)
    at = "" if began is None else f" ({began:%H:%M:%S} UTC)"
    track = flight.track
    top_m = float(track.height_m.max()) - track.ground_before_m
    energy = "" if track.energy_wh is None else f", {track.energy_wh:.1f} Wh"
    say(
        f"flight {flight.number}: {flight.start_s:.1f} to {flight.end_s:.1f} s{at}: "
        f"{flight.end_s - flight.start_s:.0f} s, up to {top_m:.1f} m{_where(flight)}{energy}"
    )
    say(f"  wind {_wind(log, flight)}")
    for part in flight.parts:
        climb = f"{part.climb_m:+.1f} m" if abs(part.climb_m) >= 0.05 else ""
        kind = part.kind.value.replace("_", " ")
        say(f"  {part.start_s:9.1f} s  {kind:<15} {part.length_s:6.1f} s {part.distance_m:7.0f} m  {climb}")


def _wind(log: FlightLog, flight: LoggedFlight) -> str:
    """The wind of a flight in words, or why it is unknown."""
    wind = estimate_wind(log, flight)
    if isinstance(wind, UnknownWind):
        return f"unknown: {wind.reason}"
    by = "the autopilot's estimate" if wind.source is WindSource.AUTOPILOT else "from how far it leans"
    return f"{wind.speed_mps:.1f} ± {wind.error_mps:.1f} m/s from {wind.from_deg:.0f}°, {by}"


def _where(flight: LoggedFlight) -> str:
    """How far it went and where it ended, as far as the log tells."""
    if flight.home is None:
        return ", no position logged" if flight.landed else ", no position and no touchdown logged"
    ends = f"lands {ended_away_m(flight):.0f} m from its lift-off" if flight.landed else "no touchdown logged"
    return f", {gone_m(flight):.0f} m away, {ends}"


def _document(
    log: FlightLog, flights: tuple[LoggedFlight, ...], health: tuple[HealthFinding, ...]
) -> dict[str, object]:
    start_s, end_s = log.span_s
    began = log.moment(start_s)
    return {
        "file": log.name,
        "format": log.file_format,
        "autopilot": log.autopilot or None,
        "firmware": log.firmware,
        "began": None if began is None else began.isoformat(),
        "start_s": start_s,
        "end_s": end_s,
        "systems": list(log.systems),
        "flights": [_flight(log, flight) for flight in flights],
        "health": [{"part": h.part, "level": h.level.value, "text": h.text} for h in health],
        "events": [_event(event) for event in log.events],
        "gaps": [{"start_s": gap.start_s, "end_s": gap.end_s} for gap in log.gaps],
        "missions": [len(items) for items in log.missions],
        "parameters": dict(log.parameters),
        "series": {
            quantity.value: {
                "count": len(series.t_s),
                "least": float(series.values.min()),
                "most": float(series.values.max()),
            }
            for quantity, series in log.series.items()
        },
        "notes": list(log.notes),
    }


def _event(event: LogEvent) -> dict[str, object]:
    return {"t_s": event.t_s, "kind": event.kind.value, "text": event.text}


def _flight(log: FlightLog, flight: LoggedFlight) -> dict[str, object]:
    track, hop = flight.track, flight.hop
    wind = estimate_wind(log, flight)
    return {
        "number": flight.number,
        "lift_s": flight.start_s,
        "touch_s": hop.touch_t_s,
        "home": None if flight.home is None else flight.home.as_dict(),
        "top_m": float(track.height_m.max()) - track.ground_before_m,
        "farthest_m": gone_m(flight),
        "energy_wh": track.energy_wh,
        "ground_before_m": hop.ground_before_m,
        "ground_after_m": hop.ground_after_m,
        "impact_mps": hop.impact_mps,
        "return_s": track.return_t_s,
        "wind": asdict(wind),
        "parts": [
            {
                "kind": part.kind.value,
                "start_s": part.start_s,
                "end_s": part.end_s,
                "distance_m": part.distance_m,
                "climb_m": part.climb_m,
            }
            for part in flight.parts
        ],
    }
