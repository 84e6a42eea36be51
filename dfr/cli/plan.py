"""`dfr plan`: where the docks go, how the drones fly, and what was found."""

from __future__ import annotations

import math
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from dfr.api.planning import load_scenario
from dfr.api.planning import plan as make_plan
from dfr.cli.options import Day, Forecast, Metar, Notam, Now, Taf, verdict_now
from dfr.cli.output import (
    emit_json,
    json_text,
    note,
    operator_at_terminal,
    print_findings,
    print_verdict,
    say,
)
from dfr.errors import NonCompliantError
from dfr.io.files import write_atomically
from dfr.io.volume_files import volumes_document
from dfr.plan.layouts import OnProgress
from dfr.plan.model import Plan
from dfr.plan.objectives import Objective
from dfr.plan.planner import with_roles
from dfr.plan.restricted_area import aip_corner
from dfr.plan.worksheet import worksheet
from dfr.units import FOOT_M
from dfr.world.model import World

app = typer.Typer()

TELL_EVERY_S = 5.0


@app.command()
def plan(  # noqa: PLR0917 - typer makes each an option
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")],
    docks: Annotated[
        int | None, typer.Option(help="How many docks to place; the scenario's without.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write plan.json.")] = None,
    volumes: Annotated[
        Path | None, typer.Option(help="Write volumes and the proposed restricted area: .kml or .geojson.")
    ] = None,
    risk: Annotated[
        Path | None, typer.Option(help="Write the ground and air risk worksheet: .md or .json.")
    ] = None,
    objective: Annotated[
        Objective,
        typer.Option(
            help="What is best: mclp most calls overhead in time; median least mean time; center least worst "
            "time; p90 least time for 90 % of calls; mexclp most calls when drones are busy at times; "
            "backup most calls in reach of two docks."
        ),
    ] = Objective.MCLP,
    busy: Annotated[
        float | None,
        typer.Option(help="Busy fraction of a drone for mexclp, 0 to 1; else that of the docks themselves."),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(help="What all docks may cost (`cost` of candidates): those that cover most for it."),
    ] = None,
    capacity: Annotated[
        float | None, typer.Option(help="Calls that a dock can serve in an hour: covers no more than these.")
    ] = None,
    require: Annotated[list[str] | None, typer.Option(help="A candidate that must be a dock.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(help="A candidate that must not be one.")] = None,
    pareto: Annotated[
        Path | None,
        typer.Option(
            help="A folder for front.json and front.svg: the best coverage, mean, P90 and worst time of 1, "
            "2, 3 ... docks, and every compromise of coverage and worst time, proven."
        ),
    ] = None,
    metar: Metar = None,
    taf: Taf = None,
    forecast: Forecast = None,
    notam: Notam = None,
    day: Day = False,
    now: Now = None,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as one JSON document on stdout.")] = False,
) -> None:
    """Site the docks by exact optimisation, route the flights and check the plan.

    With --json, `sited_by` holds the objective, its value, bound, gap and status; `objective`, `bound`
    and `gap` at the top are always the share of calls overhead within `siting_limit_s`.
    `verdict` and `go` are those of `dfr check`, which exits by them; findings are reported and stop nothing
    here. Exit code 3 where no hour can be flown, 4 where no plan fits what is asked.
    """
    world = load_scenario(scenario, metar=metar, taf=taf, forecast=forecast, notams=notam or ())
    world = with_roles(world, require=require or (), forbid=forbid or ())
    proposed = make_plan(
        world,
        docks=docks,
        objective=objective,
        busy=busy,
        budget=budget,
        capacity_per_h=capacity,
        on_progress=_live_gap(),
    )
    verdict = verdict_now(world, proposed, day=day, now=now)
    document = {**proposed.as_dict(), "go": verdict.go, "verdict": verdict.as_dict()}
    if out is not None:
        write_atomically(out, json_text(document))
    if volumes is not None:
        write_atomically(volumes, volumes_document(proposed, volumes))
    if risk is not None:
        _write_worksheet(world, proposed, risk)
    if pareto is not None:
        from dfr.rehearsal.studies import write_fronts  # loads matplotlib, which a plan does without

        write_fronts(world, len(proposed.sites), pareto, operator=operator_at_terminal())
    if as_json:
        emit_json(document)
    else:
        _print(proposed)
        print_verdict(verdict)
    for what, path in (("plan", out), ("volumes", volumes), ("worksheet", risk), ("fronts", pareto)):
        if path is not None:
            note(f"{what}: {path}")
    if not verdict.flyable_hours:
        raise typer.Exit(NonCompliantError.exit_code)


def _write_worksheet(world: World, proposed: Plan, path: Path) -> None:
    """The ground and air risk worksheet, as JSON or Markdown by the suffix."""
    sheet = worksheet(world, proposed)
    text = json_text(sheet.as_dict()) if path.suffix.lower() == ".json" else sheet.as_markdown()
    write_atomically(path, text)


def _live_gap() -> OnProgress:
    """Tells the gap of a layout that takes long, every few seconds."""
    told = monotonic()

    def tell(docks: int, share: float, bound: float) -> None:
        nonlocal told
        if monotonic() - told >= TELL_EVERY_S and math.isfinite(bound):
            told = monotonic()
            note(f"{docks} docks: {share:.2%} so far, at most {bound:.2%}")

    return tell


def _print(proposed: Plan) -> None:
    """The plan for people."""
    say(f"{proposed.scenario}: {len(proposed.sites)} docks")
    if proposed.sited_by is not None:
        say(f"  {proposed.sited_by}")
    for site in proposed.sites:
        say(f"  {site.id:20} {site.position}  {site.drones} drone(s)  {site.name}")
    say("share of calls in flyable hours overhead within (decision to overhead, a drone being free):")
    say("  " + ", ".join(f"{limit:g} s: {share:.0%}" for limit, share in sorted(proposed.coverage.items())))
    if proposed.flyable_share < 1:
        say(f"  {1 - proposed.flyable_share:.0%} of calls arise in hours that may not be flown")
    if proposed.layouts:
        say("docks and the best they reach within " + f"{proposed.siting_limit_s:g} s:")
        say("  " + ", ".join(f"{gain.docks}: {gain.share:.0%}" for gain in proposed.layouts))
    _print_hours(proposed)
    _print_routes(proposed)
    _print_area(proposed)
    print_findings(proposed.findings, quiet=True)


def _print_hours(proposed: Plan) -> None:
    """The hours of the forecast in which these docks reach most and least; all stand in the plan file."""
    flown = [hour for hour in proposed.coverage_by_hour if hour.flyable]
    if not flown:
        return
    ends = (max(flown, key=lambda hour: hour.share), min(flown, key=lambda hour: hour.share))
    words = (
        f"{hour.share:.0%} at {hour.hour[:16]} in {hour.wind_mps:g} m/s from {hour.wind_from_deg:.0f} deg"
        for hour in ends
    )
    say(f"by hour of the forecast ({len(flown)} flown): from {' to '.join(words)}")


def _print_routes(proposed: Plan) -> None:
    wind = proposed.planning_wind
    if wind is not None:
        say(f"routes in wind {wind.wind_mps:g} m/s from {wind.wind_from_deg:.0f} deg, lift-off to overhead:")
    for route in proposed.routes:
        where = f"  {route.site_id} to {route.zone_id}:"
        if route.overhead_s is None:
            say(f"{where} not reachable: {route.limited_by}")
        else:
            words = f"; {route.limited_by}" if route.limited_by else ""
            say(f"{where} {route.length_m:.0f} m, {route.overhead_s:.0f} s, {route.energy_wh:.0f} Wh{words}")


def _print_area(proposed: Plan) -> None:
    area = proposed.restricted_area
    if area is None:
        return
    known = area.upper_m_amsl
    top = "height unknown: no terrain" if known is None else f"SFC to {known / FOOT_M:.0f} ft AMSL"
    spare = area.area_m2 / area.needed_m2 - 1
    say(f"restricted area to propose: {top}, {area.area_m2 / 1e6:.2f} km2 ({spare:.0%} more than needed):")
    say("  " + ", ".join(aip_corner(corner) for corner in area.ring))
