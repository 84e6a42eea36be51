"""`dfr upload`: uploads a mission file to a vehicle and proves that it arrived whole."""

from __future__ import annotations

from typing import Annotated

import typer

from dfr.api.vehicles import upload as upload_mission
from dfr.ardupilot.commands import MissionType
from dfr.cli.options import with_option_groups
from dfr.cli.output import AsJson, emit_json, operator_at_terminal, say
from dfr.cli.vehicle_options import AuthorityOptions, LinkOptions, MissionFile, ReplaceAll
from dfr.findings import counted_noun
from dfr.link.onboard import count_words
from dfr.link.transfer import TransferReport

app = typer.Typer(add_completion=False, rich_markup_mode=None)

EXIT_DIFFERENT = 5


@app.command()
@with_option_groups
def upload(
    file: MissionFile,
    *,
    link: LinkOptions,
    replace_all: ReplaceAll = False,
    dry_run: Annotated[
        bool, typer.Option(help="Send nothing; compare the file with what is on board.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Overwrite without asking.")] = False,
    while_active: Annotated[
        bool, typer.Option(help="Upload even to a vehicle that is armed or in AUTO.")
    ] = False,
    options: AuthorityOptions,
    as_json: AsJson = False,
) -> None:
    """Upload mission, fence, rally points and parameters, then read them back and compare.

    A fence or rally points that the file does not contain stay on board, and dfr checks the plan against
    them; `--replace-all` deletes them. Before it asks, it lists what stays, what goes, and which failsafes of
    the vehicle are off. It changes nothing before you confirm (or give `--yes` or `--simulated`), except on
    the built-in vehicle.

    \b
    Exit codes:
      0  uploaded, and every item reads back as sent
      3  the plan conflicts with what stays on board; or the file's verdict is
         not a GO, has expired, or belongs to another mission or an exercise
      5  the vehicle, the link or the comparison failed
    """
    report = upload_mission(
        file,
        link.vehicle,
        simulated=link.simulated,
        connection=link.connection(),
        authority=options.authority(confirmed=yes),
        replace_all=replace_all,
        while_active=while_active,
        dry_run=dry_run,
        operator=operator_at_terminal(),
    )
    if as_json:
        emit_json(report.as_dict())
    else:
        print_report(report)
    if not report.verified:
        raise typer.Exit(EXIT_DIFFERENT)


def print_report(report: TransferReport) -> None:
    """Print what arrived."""
    word = "verified" if report.verified else "DIFFERENT"
    say(
        f"{word}: {counted_noun(report.mission_items, 'mission item')}, "
        f"{counted_noun(report.fence_items, 'fence item')}, "
        f"{counted_noun(report.rally_items, 'rally point')}, "
        f"{counted_noun(report.params, 'parameter')} in {report.seconds:.2f} s "
        f"({report.retries} repeated, {counted_noun(report.lost_packets, 'packet')} lost)"
    )
    kept = {MissionType.FENCE: report.kept_fence_items, MissionType.RALLY: report.kept_rally_points}
    if any(kept.values()):
        say(f"  also still on board: {count_words(kept)}")
    for text in report.differences:
        say(f"  {text}")
