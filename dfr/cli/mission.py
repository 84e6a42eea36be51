"""`dfr mission`: compiles a dispatch to mission, fence, rally points and parameters, in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft.catalogue import Drone
from dfr.api.planning import compile_mission, load_plan
from dfr.cli.mission_output import mission_document, print_mission
from dfr.cli.options import PlanFile, ScenarioName, VerdictOptions, with_option_groups
from dfr.cli.output import AsJson, emit_json, note, print_verdict, say
from dfr.errors import InputError, NonCompliantError
from dfr.geo import Position
from dfr.mission.compile import DEFAULT_ON_SCENE_S
from dfr.mission.formats import format_of

SUFFIXES = {"plan": ".plan", "waypoints": ".waypoints", "kml": ".kml", "geojson": ".geojson", "wpml": ".kmz"}
SOURCED = "S"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@with_option_groups
def mission(
    scenario: ScenarioName,
    *,
    site: Annotated[
        str | None,
        typer.Option(help="Dock to start from; if not given, the one that reaches the zone soonest."),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="The demand zone to fly to.")] = None,
    lat: Annotated[
        float | None, typer.Option(help="Latitude of the target, degrees north, instead of a zone.")
    ] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude of the target, degrees east.")] = None,
    on_scene: Annotated[
        float, typer.Option(min=0.0, help="Seconds to stay over the target.")
    ] = DEFAULT_ON_SCENE_S,
    orbit: Annotated[
        float | None, typer.Option(help="Circle the target at this radius, m, instead of hovering over it.")
    ] = None,
    plan: PlanFile = None,
    out: Annotated[
        list[Path] | None, typer.Option(help="File to write; the suffix chooses the format. Repeatable.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"One of {', '.join(SUFFIXES)}; without --out, it writes the file `dispatch`. wpml is a "
            "route for DJI Pilot 2 and FlightHub 2 (.kmz).",
        ),
    ] = None,
    even_if_blocked: Annotated[
        bool,
        typer.Option("--even-if-blocked", help="Write the mission although `dfr check` does not say GO."),
    ] = False,
    options: VerdictOptions,
    as_json: AsJson = False,
) -> None:
    """Make the mission, fence and rally points of a dispatch (.plan, .waypoints, .kml, .geojson, .kmz).

    A .plan carries the verdict, when its GO expires, and whether it is an exercise. `dfr upload` and
    `dfr fly` obey that. dfr writes no exercise to .waypoints or .kmz, which have no place for the mark. A
    DJI route (.kmz) holds path, heights, speeds, camera, end and lost-link action, but no fence and no rally
    points; no such route of dfr has been flown.

    \b
    Exit codes:
      0  made, and written to the files named
      3  nothing is written: the plan is not a GO, or ArduCopter would drop,
         change or refuse part of the mission
      4  there is no route, or the stay would use up the battery reserve
    """
    out = _files_to_write(out, form)
    for path in out:
        format_of(path)
    world = options.load_scenario(scenario)
    compiled = compile_mission(
        world,
        None if plan is None else load_plan(world, plan),
        zone=zone,
        site=site,
        target=_parse_target(zone, lat, lon),
        on_scene_s=on_scene,
        orbit_radius_m=orbit,
        day=options.day,
        now=options.moment,
    )
    flight, findings, verdict = compiled.flight, compiled.findings, compiled.checked.verdict
    blocking = compiled.checked.blocking
    formats = [(path, compiled.format_for(path)) for path in out]
    good = compiled.sound and (even_if_blocked or verdict.go)
    written: list[tuple[str, str, tuple[str, ...]]] = []
    for path, chosen in formats if good else []:
        missing = compiled.save(path, even_if_blocked=even_if_blocked)
        written.append((str(path), chosen.name, missing))
        if missing:
            note(f"{path}: {chosen.name} has no place for {', '.join(missing)}")
        if path.suffix.lower() == SUFFIXES["wpml"]:
            _note_model(compiled.drone)
    if as_json:
        files = [{"path": path, "format": kind, "left_out": list(gone)} for path, kind, gone in written]
        against = [finding.as_dict() for finding in blocking]
        judged = {"go": verdict.go, "verdict": verdict.as_dict(), "blocking": against}
        emit_json(mission_document(flight, findings) | judged | {"files": files})
    else:
        print_mission(flight, (*blocking, *findings), [path for path, _, _ in written])
        print_verdict(verdict)
        if not verdict.go:
            say(f"{_outcome_words(bool(written), compiled.sound)}; `dfr check` shows all findings")
    if not good:
        raise typer.Exit(NonCompliantError.exit_code)


def _files_to_write(out: list[Path] | None, form: str | None) -> list[Path]:
    """The files that are asked for. Raises InputError for an unknown format, or one that a suffix denies."""
    if form is None:
        return out or []
    if form not in SUFFIXES:
        raise InputError(f"--format {form!r} is not known", do=f"one of {', '.join(SUFFIXES)}")
    files = out or [Path(f"dispatch{SUFFIXES[form]}")]
    for path in files:
        if path.suffix.lower() != SUFFIXES[form]:
            raise InputError(f"--out {path}: not a file of --format {form}", do=f"end it in {SUFFIXES[form]}")
    return files


def _note_model(drone: Drone | None) -> None:
    """Say where DJI's numbers of a drone and its camera are only from memory."""
    if drone is not None and drone.statuses.get("wpml") != SOURCED:
        note(
            f"the type numbers of {drone.name} ({drone.wpml}) are not confirmed: compare them with a route "
            "that your own controller exports"
        )


def _outcome_words(wrote: bool, sound: bool) -> str:
    if wrote:
        return "written in spite of that"
    return "nothing is written" if sound else "nothing is written: the mission itself has errors"


def _parse_target(zone: str | None, lat: float | None, lon: float | None) -> Position | None:
    if zone is not None and (lat is not None or lon is not None):
        raise InputError("both --zone and --lat/--lon", do="give one of them")
    if (lat is None) != (lon is None):
        raise InputError("a place needs both", do="--lat and --lon")
    return None if lat is None or lon is None else Position(lat_deg=lat, lon_deg=lon)
