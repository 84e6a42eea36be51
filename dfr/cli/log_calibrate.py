"""`dfr log calibrate`: a drone's own figures from its flight logs, as a file that a scenario can name."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft.catalogue import own_figure_names
from dfr.api.logs import calibrate as calibrate_logs
from dfr.api.logs import drone_file_text
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.logs.calibration import Calibration
from dfr.scenario.own_drone import OwnFigure


def calibrate(
    logs: Annotated[list[Path], typer.Argument(help="Flight logs of one drone, or folders of them.")],
    *,
    out: Annotated[Path, typer.Option(help="Write the drone to this YAML file.")],
    based_on: Annotated[
        str, typer.Option(help="The drone of dfr's catalogue whose figures stand where the logs tell none.")
    ],
    key: Annotated[
        str | None, typer.Option(help="The drone's key; if not given, the name of the file.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The drone's name; if not given, its key.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A figure that you know, such as mass_kg=2.4. Repeat it for more."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot of every figure to this SVG file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a drone by its own flights.

    Each figure comes with its interval, the number of flights and its logs; what is not in the logs is said.
    Name the file by `catalogue:` in a scenario, and every verb plans with it.

    Exit codes: 0 if the file was written, 2 if a file is no flight log, or the logs are of two drones.
    """
    refuse_unwritable(out)
    found = calibrate_logs(
        logs, key=key or out.stem.lower(), based_on=based_on, name=name, entered=_read_figures(set_ or [])
    )
    if plot is not None:
        from dfr.report.calibration_chart import write_calibration_chart  # loads matplotlib

        write_calibration_chart(plot, found)
    write_atomically(out, drone_file_text(found))
    if as_json:
        emit_json(_document(found))
    else:
        _print_calibration(found)
    note(f"written: {out}")


def _read_figures(texts: list[str]) -> dict[str, float]:
    """Figures given as FIELD=NUMBER. Raises InputError for another form and for unknown fields."""
    found = {}
    for text in texts:
        field, _, number = text.partition("=")
        if field not in own_figure_names():
            names = ", ".join(sorted(own_figure_names()))
            raise InputError(f"--set {text}: no such figure of a drone", do=f"one of {names}")
        try:
            found[field] = float(number)
        except ValueError:
            raise InputError(f"--set {text}: {number!r} is no number", do=f"write {field}=1.5") from None
    return found


def _print_calibration(found: Calibration) -> None:
    logs = len({one.log.name for one in found.flights})
    flights = counted_noun(len(found.flights), "flight")
    say(f"{found.own.key}: {flights} in {counted_noun(logs, 'log')}, over {found.own.based_on}")
    for figure in found.own.figures:
        _print_figure(figure)
    if found.observed:
        say("seen besides, and not planned with:")
    for figure in found.observed:
        _print_figure(figure)
    say("not in these logs:")
    for field, why in found.missing.items():
        say(f"  {field}: {why}")


def _print_figure(figure: OwnFigure) -> None:
    say(f"  {figure.field:<34} {figure.value:<9.4g} {figure.status}")


def _document(found: Calibration) -> dict[str, object]:
    return {
        "key": found.own.key,
        "name": found.own.name,
        "based_on": found.own.based_on,
        "figures": {figure.field: asdict(figure) for figure in found.own.figures},
        "observed": {figure.field: asdict(figure) for figure in found.observed},
        "not_in_these_logs": dict(found.missing),
        "flights": [
            {"log": one.log.name, "number": one.flight.number, "values": dict(one.values)}
            for one in found.flights
        ],
    }
