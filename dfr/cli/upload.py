"""`dfr upload`: a mission file on a vehicle, and the proof that it arrived whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.api.vehicles import Authority, Connection
from dfr.api.vehicles import upload as upload_mission
from dfr.ardupilot.commands import MissionType
from dfr.cli.options import Now, Override, PlanInForce, SigningKey, moment, signing_key
from dfr.cli.output import emit_json, operator_at_terminal, say
from dfr.findings import counted_noun
from dfr.link.onboard import count_words
from dfr.link.transfer import TransferReport

app = typer.Typer()

EXIT_DIFFERENT = 5


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="A .plan, .waypoints, .kml or .geojson file.")],
    *,
    vehicle: Annotated[
        str, typer.Option(help="tcp:, tcpin:, udp: or udpout:HOST:PORT, or serial:PATH[:BAUD].")
    ],
    system: Annotated[int | None, typer.Option(help="System id, if several vehicles share the line.")] = None,
    key: SigningKey = None,
    replace_all: Annotated[
        bool,
        typer.Option(
            "--replace-all", help="Also delete the fence and rally points that the file does not contain."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option(help="Send nothing; compare the file with what is on board.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Overwrite without asking.")] = False,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The vehicle is SITL: no confirmation is needed.")
    ] = False,
    while_active: Annotated[
        bool, typer.Option(help="Allow it on a vehicle that is armed or in AUTO.")
    ] = False,
    override: Override = None,
    in_force: PlanInForce = None,
    now: Now = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Upload mission, fence, rally points and parameters, then read them back and compare.

    A fence or rally points that the file does not contain stay on board, and the plan is checked against
    them; `--replace-all` deletes them. You are told first what stays, what goes, and which failsafes of the
    vehicle are off. Nothing is changed before you confirm (or give `--yes` or `--simulated`), except on the
    built-in vehicle.

    Exit code 3 where the plan conflicts with what stays on board, or where the file's verdict is not a GO,
    has expired, or belongs to another mission or an exercise; 5 where the vehicle, the link or the
    comparison fails.
    """
    report = upload_mission(
        file,
        vehicle,
        simulated=simulated,
        connection=Connection(system=system, signing_key=signing_key(key)),
        authority=Authority(confirmed=yes, override=override, plan_in_force=in_force, now=moment(now)),
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
    """What arrived, for people."""
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
