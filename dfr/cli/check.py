"""`dfr check`: checks a scenario and its plan against every rule; exit code 3 if something blocks a go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.api.planning import check as check_plan
from dfr.api.planning import load_plan
from dfr.cli.options import PlanFile, ScenarioName, VerdictOptions, with_option_groups
from dfr.cli.output import AsJson, emit_json, note, print_findings, print_verdict
from dfr.errors import InputError, NonCompliantError
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_files import find_scenario, shipped_folder

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@with_option_groups
def check(
    scenario: ScenarioName,
    *,
    plan: PlanFile = None,
    options: VerdictOptions,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="First rewrite old forms in the scenario file where dfr need not guess."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Leave out the rules that are met.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check airspace, restrictions, fences, heights, crowds, sight, weather, crew, energy and procedures.

    dfr reports every rule, even if it is met, and then the verdict: GO for N of M hours, NO GO, or UNKNOWN
    with what is missing. Until 24 h before the start, a go is subject to the NOTAMs and weather of the day.
    From then on, or with --day, they are unknown until you give them. METARs take precedence over TAFs,
    TAFs over an hourly forecast, and that over the scenario's own hours.

    The exit code is 0 for GO, 3 for NO GO and UNKNOWN, and 4 if no plan fits the scenario.
    """
    if fix:
        _update_old_forms(find_scenario(scenario))
    world = options.load_scenario(scenario)
    given = None if plan is None else load_plan(world, plan)
    checked = check_plan(world, given, day=options.day, now=options.moment)
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


def _update_old_forms(path: Path) -> None:
    """Rewrite old forms in a scenario file and say which. Raises InputError for a shipped one."""
    from dfr.io.scenario_edit import update_old_form

    if path.resolve().is_relative_to(shipped_folder("scenarios").resolve()):
        raise InputError(f"{path.name} came with dfr", do="copy it with `dfr init --like`, and fix the copy")
    data, done = update_old_form(read_bounded(path))
    if done:
        write_atomically(path, data)
    note(f"{path}: {'; '.join(done) or 'no old form that can be updated without guessing'}")
