"""`dfr mission`: compiles a dispatch to mission, fence, rally points and parameters, in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.api.planning import compile_mission, load_plan
from dfr.ardupilot.commands import MissionType, command_name
from dfr.cli.options import PlanFile, ScenarioName, VerdictOptions, with_option_groups
from dfr.cli.output import AsJson, emit_json, note, print_verdict, say
from dfr.errors import InputError, NonCompliantError
from dfr.findings import Finding, Severity, counted_noun, finding_text, is_compliant
from dfr.geo import Position
from dfr.mission.compile import DEFAULT_ON_SCENE_S
from dfr.mission.formats import format_of
from dfr.mission.formats.common import item_record
from dfr.mission.items import FlightPlan, MissionItem
from dfr.mission.reliance import relied_on
from dfr.mission.wire import wire_lists

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
    even_if_blocked: Annotated[
        bool,
        typer.Option("--even-if-blocked", help="Write the mission although `dfr check` does not say GO."),
    ] = False,
    options: VerdictOptions,
    as_json: AsJson = False,
) -> None:
    """Make the mission, fence and rally points of a dispatch (.plan, .waypoints, .kml, .geojson).

    A .plan carries the verdict, when its GO expires, and whether it is an exercise. `dfr upload` and
    `dfr fly` obey that. dfr writes no exercise to .waypoints, because that format has no place for the mark.

    \b
    Exit codes:
      0  made, and written to the files named
      3  nothing is written: the plan is not a GO, or ArduCopter would drop,
         change or refuse part of the mission
      4  there is no route, or the stay would use up the battery reserve
    """
    for path in out or []:
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
    formats = [(path, compiled.format_for(path)) for path in out or []]
    good = compiled.sound and (even_if_blocked or verdict.go)
    written: list[tuple[str, str, tuple[str, ...]]] = []
    for path, chosen in formats if good else []:
        missing = compiled.save(path, even_if_blocked=even_if_blocked)
        written.append((str(path), chosen.name, missing))
        if missing:
            note(f"{path}: {chosen.name} has no place for {', '.join(missing)}")
    if as_json:
        files = [{"path": path, "format": kind, "left_out": list(gone)} for path, kind, gone in written]
        against = [finding.as_dict() for finding in blocking]
        judged = {"go": verdict.go, "verdict": verdict.as_dict(), "blocking": against}
        emit_json(_mission_document(flight, findings) | judged | {"files": files})
    else:
        _print_mission(flight, (*blocking, *findings), [path for path, _, _ in written])
        print_verdict(verdict)
        if not verdict.go:
            say(f"{_outcome_words(bool(written), compiled.sound)}; `dfr check` shows all findings")
    if not good:
        raise typer.Exit(NonCompliantError.exit_code)


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


def _mission_document(flight: FlightPlan, findings: tuple[Finding, ...]) -> dict[str, object]:
    counts = {kind: len(items) for kind, items in wire_lists(flight).items()}
    return {
        "name": flight.name,
        "home": flight.home.as_dict() | {"height_m_amsl": flight.home_m_amsl},
        "items": [_item_document(seq, item) for seq, item in enumerate(flight.items, start=1)],
        "mission_items": len(flight.items),
        "fence_items": counts[MissionType.FENCE],
        "rally_items": counts[MissionType.RALLY],
        "params": flight.params,
        "relies_on": list(relied_on(flight)),
        "findings": [finding.as_dict() for finding in findings],
        "compliant": is_compliant(findings),
    }


def _item_document(seq: int, item: MissionItem) -> dict[str, object]:
    place = None if item.position is None else item.position.as_dict()
    return {"seq": seq, **item_record(item), "place": place}


def _print_mission(flight: FlightPlan, findings: tuple[Finding, ...], written: list[str]) -> None:
    say(flight.name)
    for seq, item in enumerate(flight.items, start=1):
        where = "" if item.position is None else f"{item.position}  {item.z_m:.0f} m above home"
        say(f"{seq:>4}  {command_name(item.command):<22} {where}")
    corners = len(wire_lists(flight)[MissionType.FENCE])
    say(
        f"fence: {counted_noun(len(flight.fence), 'area')}, {counted_noun(corners, 'corner')}; "
        f"{counted_noun(len(flight.rally), 'rally point')}"
    )
    if words := relied_on(flight):
        say(f"relies on {', '.join(words)}: `dfr fly` does not fly it while any of these is off")
    for finding in findings:
        if finding.severity is not Severity.OK:
            say(finding_text(finding))
    for path in written:
        say(f"wrote {path}")
