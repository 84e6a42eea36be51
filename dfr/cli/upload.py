"""`dfr upload`: a mission file on a vehicle, and the proof that it arrived whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dfr.ardupilot.commands import MissionType
from dfr.cli.before_upload import ask, refuse_without_terminal, survey, tell
from dfr.cli.gate import Override, PlanInForce, heed_verdict
from dfr.cli.options import Now, moment
from dfr.cli.output import emit_json, finding_line, note, say
from dfr.cli.signing import SigningKey, signing_key
from dfr.findings import Severity
from dfr.io.files import read_bounded
from dfr.link.mavlink import connect
from dfr.link.onboard import Kept, count_words, read_kept
from dfr.link.transfer import TransferReport, inspect_onboard, refuse_bad_plan, upload_verified
from dfr.mission.formats import read_plan
from dfr.mission.items import FlightPlan
from dfr.mission.validate import validate

app = typer.Typer()

EXIT_DIFFERENT = 5


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(help="A .plan, .waypoints, .kml or .geojson file.")],
    *,
    vehicle: Annotated[
        str, typer.Option(help="tcp:, tcpin:, udp: or udpout:HOST:PORT, or serial:PATH[:BAUD].")
    ],
    system: Annotated[int | None, typer.Option(help="System id, where several share the line.")] = None,
    key: SigningKey = None,
    replace_all: Annotated[
        bool,
        typer.Option("--replace-all", help="Delete fence and rally points that the file does not bring."),
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Send nothing: compare with what is on board.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before overwriting.")] = False,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The vehicle is SITL: no confirmation is needed.")
    ] = False,
    while_active: Annotated[
        bool, typer.Option(help="Permit it on a vehicle that is armed or in AUTO.")
    ] = False,
    override: Override = None,
    in_force: PlanInForce = None,
    now: Now = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Upload mission, fence, rally points and parameters, then read them back and compare.

    A fence or rally points that the file does not bring stay on board, and the plan is checked against them;
    `--replace-all` deletes them. What stays, what goes, and what of the vehicle's failsafes is off, is said
    first. Nothing is changed before a person's yes, `--yes` or `--simulated`, but on the built-in vehicle.

    Exit code 3 where the plan does not fit what stays on board, or where the verdict that the file carries is
    no go, has ended, is of another mission or of an exercise; 5 where the vehicle, the link or the comparison
    fails.
    """
    plan = load_flight_plan(file)
    refuse_bad_plan(plan)
    for finding in validate(plan):
        if finding.severity is not Severity.OK:
            note(finding_line(finding))
    with connect(vehicle, system=system, simulated=simulated, signing_key=signing_key(key)) as target:
        note(f"{target.firmware}, system {target.target[0]}, {target.state.mode_name}")
        # Our own built-in vehicle needs nobody's yes: it says what it is, and no hardware says the same.
        sure = yes or simulated or target.firmware.built_in
        if dry_run:
            target.kept = Kept() if replace_all else read_kept(target, plan)
            report = inspect_onboard(target, plan)
        else:
            marked = simulated or target.firmware.built_in
            heed_verdict(plan, file, simulated=marked, override=override, now=moment(now), in_force=in_force)
            if not sure:
                refuse_without_terminal(
                    f"system {target.target[0]} is not known to be simulated, nothing was uploaded -> "
                    "confirm with --yes, or say --simulated where it is SITL"
                )
            found = survey(target, plan, replace_all=replace_all, while_active=while_active)
            tell(found)
            if not sure:
                also = f" ({found.changes()})" if found.changes() else ""
                name = f"system {target.target[0]}"
                ask(f"Overwrite the plan of {name} with {plan.name!r}{also}?", "nothing was uploaded")
            report = upload_verified(target, plan, while_active=while_active, replace_all=replace_all)
    if as_json:
        emit_json(report.as_dict())
    else:
        print_report(report)
    if not report.verified:
        raise typer.Exit(EXIT_DIFFERENT)


def load_flight_plan(file: Path) -> FlightPlan:
    """The flight plan of a file; the suffix says the format."""
    return read_plan(read_bounded(file), name=str(file))


def print_report(report: TransferReport) -> None:
    """What arrived, for people."""
    word = "verified" if report.verified else "DIFFERENT"
    say(
        f"{word}: {report.mission_items} mission items, {report.fence_items} fence items, "
        f"{report.rally_items} rally points, {report.params} parameters in {report.seconds:.2f} s "
        f"({report.retries} retries, {report.lost_packets} packets lost)"
    )
    kept = {MissionType.FENCE: report.kept_fence_items, MissionType.RALLY: report.kept_rally_points}
    if any(kept.values()):
        say(f"  still on board, read back: {count_words(kept)}")
    for text in report.differences:
        say(f"  {text}")
