"""`dfr mission-file`: checks and converts mission, fence and rally files, without a vehicle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft.catalogue import find_drone
from dfr.cli.mission_output import mission_document, print_mission
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError, NonCompliantError
from dfr.findings import is_compliant
from dfr.io.drawn_paths import is_drawn, read_drawn_path
from dfr.io.files import read_bounded, write_atomically
from dfr.mission.formats import Home, format_for, left_out, read_plan
from dfr.mission.items import FlightPlan
from dfr.mission.validate import validate

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

READ = ".plan, .waypoints, .txt, .fen, .kml, .geojson or .kmz (DJI), or a path drawn in KML or KMZ"
HomeText = Annotated[
    str | None,
    typer.Option("--home", help="Home, LAT,LON or LAT,LON,HEIGHT (m AMSL), in place of that of the file."),
]
HeightText = Annotated[
    float | None,
    typer.Option(
        "--height-m-agl",
        min=1.0,
        max=1000.0,
        help="Height above the ground at which a drawn path is flown, whatever its file says, m.",
    ),
]
PathName = Annotated[
    str | None,
    typer.Option("--path", help="The drawn path to read, by name or number, where there are several."),
]


@app.callback()
def mission_file() -> None:
    """Check and convert mission, fence and rally files, without a vehicle."""


@app.command(short_help="Show a mission file and check what ArduCopter would do with it.")
def check(
    file: Annotated[Path, typer.Argument(help=f"The file: {READ}.")],
    *,
    home: HomeText = None,
    height_m_agl: HeightText = None,
    path: PathName = None,
    as_json: AsJson = False,
) -> None:
    """Show a mission file item by item, and what ArduCopter would drop, change, refuse or fly otherwise.

    It is what `dfr upload` checks before it sends anything; with a vehicle, what is on board counts as well.

    \b
    Exit codes:
      0  nothing is against it
      2  the file cannot be read whole; the error names the item
      3  ArduCopter would drop, change or refuse part of it, or something is not
         known
    """
    plan = _read_file(file, home, height_m_agl, path)
    findings = validate(plan)
    if as_json:
        emit_json(mission_document(plan, findings))
    else:
        print_mission(plan, findings, [])
    if not is_compliant(findings):
        raise typer.Exit(NonCompliantError.exit_code)


@app.command(short_help="Write a mission file in another format; join mission, fence and rally files.")
def convert(
    file: Annotated[Path, typer.Argument(help=f"The file: {READ}.")],
    out: Annotated[Path, typer.Argument(help="The file to write; its suffix chooses the format.")],
    *,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="A file whose fence and rally points are added. Repeatable."),
    ] = None,
    home: HomeText = None,
    height_m_agl: HeightText = None,
    path: PathName = None,
    drone: Annotated[
        str | None,
        typer.Option(help="The drone of the catalogue that flies it: a DJI route (.kmz) names it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a mission file in another format, and say what of it that format has no place for.

    A mission that changes by `--also` or `--home` loses the verdict that it carries, because the verdict was
    given for another mission. A path that was drawn in KML or KMZ becomes waypoints, and nothing else; it is
    refused where neither its file nor --height-m-agl says how high to fly it.

    Exit codes: 0 written whole, 2 a file cannot be read, 3 written without a part, which is named.
    """
    plan = _read_file(file, home, height_m_agl, path)
    for other in also or []:
        plan = _joined(plan, _read_file(other, None))
    chosen = format_for(out, None if drone is None else find_drone(drone))
    if plan.exercise and not chosen.keeps_name:
        raise NonCompliantError(
            f"{out}: an EXERCISE, and {chosen.name} has no place for that mark", do="write .plan or .kml"
        )
    missing = left_out(plan, chosen)
    write_atomically(out, chosen.write(plan))
    if as_json:
        emit_json(
            {"file": str(out), "format": chosen.name, "items": len(plan.items), "left_out": list(missing)}
        )
    else:
        say(f"wrote {out}: {chosen.name}")
    if missing:
        note(f"{out}: {chosen.name} has no place for {', '.join(missing)}")
        raise typer.Exit(NonCompliantError.exit_code)


def _read_file(
    path: Path, home_text: str | None, height_m_agl: float | None = None, drawn: str | None = None
) -> FlightPlan:
    """The flight plan of a file; `drawn` is the path of a map file that is meant."""
    data, home = read_bounded(path), None if home_text is None else _parse_home(home_text)
    if not is_drawn(data, name=str(path)):
        if height_m_agl is not None or drawn is not None:
            raise InputError(f"{path}: no drawn path", do="leave out --height-m-agl and --path")
        return read_plan(data, name=str(path), home=home)
    mission = read_drawn_path(data, name=str(path), height_m_agl=height_m_agl, path=drawn, home=home)
    for words in mission.notes:
        note(words)
    return mission.plan


def _parse_home(text: str) -> Home:
    try:
        lat, lon, *height = (float(part) for part in text.split(","))
    except ValueError:
        lat, lon, height = 0.0, 0.0, [0.0, 0.0]
    if len(height) > 1:
        raise InputError(f"--home {text!r} is not LAT,LON or LAT,LON,HEIGHT", do="as in 50.78,-1.09,3")
    return Home.at(lat, lon, height[0] if height else None)


def _joined(plan: FlightPlan, other: FlightPlan) -> FlightPlan:
    """A plan with the fence and the rally points of another one; the verdict was not given for that."""
    return replace(plan, fence=(*plan.fence, *other.fence), rally=(*plan.rally, *other.rally), verdict=None)
