"""`dfr check`: a scenario and its plan against every rule; exit code 3 where something blocks a go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import emit_json, say
from dfr.cli.plan import print_findings
from dfr.errors import NonCompliantError
from dfr.findings import compliant
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import find_scenario, load_world, with_notam_files
from dfr.io.weather_files import WeatherFiles, with_weather
from dfr.plan.compliance import check as check_plan
from dfr.plan.planner import make_plan

app = typer.Typer()


@app.command()
def check(  # noqa: PLR0917 - one parameter for each option
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")],
    plan: Annotated[
        Path | None, typer.Option(help="A plan.json of this scenario; planned anew without.")
    ] = None,
    metar: Annotated[Path | None, typer.Option(help="METARs: the weather as it was observed.")] = None,
    taf: Annotated[Path | None, typer.Option(help="TAFs: the worst they allow in each hour.")] = None,
    forecast: Annotated[
        Path | None, typer.Option(help="An hourly forecast: Open-Meteo's JSON or CSV, or a plain CSV.")
    ] = None,
    notam: Annotated[
        list[Path] | None, typer.Option(help="NOTAMs as copied: text, or the XML of a briefing.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Leave out what holds.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Check airspace, restrictions, fences, heights, crowds, sight, weather, crew, energy and procedures.

    Every rule is reported, also where it holds. Exit code 3 where a finding is a violation or unknown,
    4 where no plan fits the scenario. METARs stand before TAFs, those before an hourly forecast, and that
    before the scenario's own hours.
    """
    world = with_notam_files(load_world(find_scenario(scenario)), notam or [])
    files = WeatherFiles(metar=metar, taf=taf, forecast=forecast)
    world = replace(world, scenario=with_weather(world.scenario, files))
    proposed = make_plan(world) if plan is None else read_plan(plan, world.scenario)
    proposed = replace(proposed, findings=check_plan(world, proposed))
    go = compliant(proposed.findings)
    if as_json:
        emit_json(
            {
                "scenario": proposed.scenario,
                "scenario_sha256": proposed.scenario_sha256,
                "weather": world.scenario.weather.source,
                "sites": [site.id for site in proposed.sites],
                "go": go,
                "findings": [finding.as_dict() for finding in proposed.findings],
            }
        )
    else:
        print_findings(proposed.findings, quiet=quiet)
        say("go: nothing found blocks it" if go else "NO GO: see the violations and unknowns above")
    if not go:
        raise typer.Exit(NonCompliantError.exit_code)
