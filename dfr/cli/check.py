"""`dfr check`: a scenario and its plan against every rule; exit code 3 where something blocks a go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.api.planning import check as check_plan
from dfr.api.planning import load_plan, load_scenario
from dfr.cli.options import Day, Forecast, Metar, Notam, Now, Taf, moment
from dfr.cli.output import emit_json, note, print_findings, print_verdict
from dfr.errors import InputError, NonCompliantError
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_edit import brought_up_to_date
from dfr.io.scenario_files import find_scenario, shipped_folder

app = typer.Typer()


@app.command()
def check(  # noqa: PLR0917 - one parameter for each option
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")],
    plan: Annotated[
        Path | None, typer.Option(help="A plan.json of this scenario; without one, a plan is made.")
    ] = None,
    metar: Metar = None,
    taf: Taf = None,
    forecast: Forecast = None,
    notam: Notam = None,
    day: Day = False,
    now: Now = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="First update old forms in the file, where nothing has to be guessed."),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Show only what is wrong, unknown or worth a note.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Check airspace, restrictions, fences, heights, crowds, sight, weather, crew, energy and procedures.

    Reports every rule, also where it is met, and then the verdict: GO for N of M hours, NO GO, or UNKNOWN
    with what is missing. Until 24 h before the start, a go is subject to the NOTAMs and weather of the day.
    From then on, or with --day, they are unknown until you give them. METARs take precedence over TAFs,
    TAFs over an hourly forecast, and that over the scenario's own hours. Exit code 0 for GO, 3 for NO GO
    and UNKNOWN, 4 where no plan fits the scenario.
    """
    if fix:
        _fixed(find_scenario(scenario))
    world = load_scenario(scenario, metar=metar, taf=taf, forecast=forecast, notams=notam or ())
    given = None if plan is None else load_plan(world, plan)
    checked = check_plan(world, given, day=day, now=moment(now))
    proposed, verdict = checked.plan, checked.verdict
    if as_json:
        emit_json(
            {
                "scenario": proposed.scenario,
                "scenario_sha256": proposed.scenario_sha256,
                "weather": world.scenario.weather.source,
                "sites": [site.id for site in proposed.sites],
                "go": verdict.go,
                "verdict": verdict.as_dict(),
                "findings": [finding.as_dict() for finding in proposed.findings],
            }
        )
    else:
        print_findings(proposed.findings, quiet=quiet)
        print_verdict(verdict)
    if not verdict.go:
        raise typer.Exit(NonCompliantError.exit_code)


def _fixed(path: Path) -> None:
    """Rewrite old forms in a scenario file and say which. Raises InputError for a shipped one."""
    if path.resolve().is_relative_to(shipped_folder("scenarios").resolve()):
        raise InputError(f"{path.name} came with dfr", do="copy it with `dfr init --like`, and fix the copy")
    data, done = brought_up_to_date(read_bounded(path))
    if done:
        write_atomically(path, data)
    note(f"{path}: {'; '.join(done) or 'no old form that can be updated without guessing'}")
