"""`dfr vehicle`: checks, commands and backs up a vehicle on a link, and reads its logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.vehicles import Authority, load_mission, refuse_unattended, vehicle_at
from dfr.ardupilot.modes import CopterMode
from dfr.cli.options import with_option_groups
from dfr.cli.output import (
    AsJson,
    emit_json,
    note,
    operator_at_terminal,
    print_findings,
    say,
    show_progress,
)
from dfr.cli.stopping import stop_once
from dfr.cli.vehicle_options import LinkOptions
from dfr.cli.vehicle_output import print_roll_call, roll_call_document
from dfr.errors import InputError, NonCompliantError, StoppedError
from dfr.findings import counted_noun
from dfr.io.files import open_atomically, read_bounded, refuse_unwritable, write_atomically
from dfr.link.backup import backup_text, read_backup, refuse_unlike, restore_backup, take_backup
from dfr.link.log_download import OnboardLog, download_log, list_logs
from dfr.link.lost_link import TAKE_OVER, describe_left_vehicle
from dfr.link.manual_control import (
    HOLD,
    LAND,
    RECALL,
    HandOrder,
    follow_down,
    give_order,
    refuse_grounded,
)
from dfr.link.mavlink import MavlinkVehicle, open_port
from dfr.link.onboard import read_kept
from dfr.link.preflight import preflight_findings, vehicle_findings, wait_reported
from dfr.link.roll_call import call_roll
from dfr.link.survey import ask_operator
from dfr.link.transfer import inspect_onboard
from dfr.link.vehicle import OnboardPlan

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

EXIT_NOT_DONE = 5
HEARD_WITHIN_S = 10.0
LATEST = "last"

Yes = Annotated[bool, typer.Option("--yes", help="Send the command without asking.")]
Leave = Annotated[
    bool,
    typer.Option(
        "--leave",
        help="Send the command and exit. dfr then sends no heartbeats, so that the vehicle does not take its "
        "exit for a lost ground station.",
    ),
]


@app.callback()
def vehicle() -> None:
    """Check a vehicle on a link, command it by hand, back it up and download its logs."""


@app.command(short_help="Show every vehicle on a link; nothing is changed or armed.")
@with_option_groups
def status(*, link: LinkOptions, as_json: AsJson = False) -> None:
    """Show every vehicle on a link: armed or not, mode, place, battery, GNSS and what it does on a lost link.

    dfr only asks. It sends no heartbeats, so no vehicle takes it for its ground station.

    Exit codes: 0 if a vehicle answered, 5 if none did or two speak under one system id.
    """
    connection = link.connection()
    with open_port(
        link.vehicle, our_system=connection.source_system, signing_key=connection.signing_key, silent=True
    ) as port:
        found = call_roll(port, system=connection.system, timeout_s=HEARD_WITHIN_S, url=link.vehicle)
    if as_json:
        emit_json(roll_call_document(found))
    else:
        print_roll_call(found)


@app.command(short_help="Call a flying vehicle home (RTL), and stay with it until it is down.")
@with_option_groups
def recall(*, link: LinkOptions, yes: Yes = False, leave: Leave = False, as_json: AsJson = False) -> None:
    """Call a flying vehicle home with RTL, whoever has flown it so far, and stay until its motors are off.

    It flies straight, at RTL_ALT, to home or a nearer rally point. Another dfr that is flying it lets go of
    it. With a real vehicle dfr asks you first, unless you give `--yes`. Ctrl-C leaves the drone flying, and
    dfr says what it will do.

    Exit codes: 0 if it is down as ordered, 5 if it refused, somebody else took it or the link was lost.
    """
    _order(RECALL, link, yes=yes, leave=leave, as_json=as_json)


@app.command(short_help="Land a flying vehicle where it is, and stay with it until it is down.")
@with_option_groups
def land(*, link: LinkOptions, yes: Yes = False, leave: Leave = False, as_json: AsJson = False) -> None:
    """Land a flying vehicle where it is now, whatever is below, and stay until its motors are off.

    With a real vehicle dfr asks you first, unless you give `--yes`.

    Exit codes: 0 if it is down as ordered, 5 if it refused, somebody else took it or the link was lost.
    """
    _order(LAND, link, yes=yes, leave=leave, as_json=as_json)


@app.command(short_help="Stop a flying vehicle where it is (BRAKE), and keep it there until Ctrl-C.")
@with_option_groups
def hold(*, link: LinkOptions, yes: Yes = False, leave: Leave = False, as_json: AsJson = False) -> None:
    """Stop a flying vehicle where it is, in BRAKE, and stay with it until Ctrl-C or until it is down.

    While dfr runs it sends heartbeats, so the ground-station failsafe does not end the hold. With `--leave`,
    the failsafe may end it. With a real vehicle dfr asks you first, unless you give `--yes`.

    Exit codes: 0 if it is down, 5 if it refused or the link was lost, 130 after Ctrl-C: it holds on.
    """
    _order(HOLD, link, yes=yes, leave=leave, as_json=as_json)


@app.command(short_help="Change the flight mode of a vehicle.")
@with_option_groups
def mode(
    name: Annotated[str, typer.Argument(help="The mode: " + ", ".join(each.name for each in CopterMode))],
    *,
    link: LinkOptions,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Change the flight mode of a vehicle, in the air or on the ground, and see it changed; then end.

    dfr sends no heartbeats, so that its end is no lost ground station to the vehicle. On hardware you are
    asked first, or give `--yes`.

    Exit codes: 0 if the mode has changed, 2 for no such mode, 5 if the vehicle refused it.
    """
    if name.upper() not in CopterMode.__members__:
        raise InputError(f"{name!r} is no mode of ArduCopter", do=", ".join(CopterMode.__members__))
    wanted = CopterMode[name.upper()]
    with _asked_vehicle(link, yes=yes) as target:
        question = f"{target.describe_whereabouts()}. Change its mode to {wanted.name}?"
        _confirm(question, target, yes=yes)
        give_order(target, wanted)
        if as_json:
            emit_json({"system": target.target[0], "mode": wanted.name})
        else:
            say(target.describe_whereabouts())


@app.command(short_help="Check whether a vehicle is fit to fly, by itself or with a mission file.")
@with_option_groups
def preflight(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The mission file that should be on board; if not given, dfr checks only the vehicle."
        ),
    ] = None,
    *,
    link: LinkOptions,
    as_json: AsJson = False,
) -> None:
    """Check a vehicle as `dfr fly` does before it arms: sensors, battery, failsafes, ground station.

    With a mission file also whether exactly that is on board, with its parameters and its home. dfr only
    asks, and sends no heartbeats.

    Exit codes: 0 if nothing is against a flight, 3 if something is or is not known, 5 if it does not answer.
    """
    plan = None if file is None else load_mission(file)
    with vehicle_at(link.vehicle, link.connection(silent=True), simulated=link.simulated) as target:
        wait_reported(target)
        differences: tuple[str, ...] = ()
        if plan is None:
            findings = vehicle_findings(target)
        else:
            target.kept = read_kept(target, plan, check=False)
            differences = inspect_onboard(target, plan).differences
            target.plan = OnboardPlan.UNKNOWN if differences else OnboardPlan.VERIFIED
            findings = preflight_findings(target, plan)
    go = not any(finding.blocks for finding in findings)
    if as_json:
        documents = [finding.as_dict() for finding in findings]
        emit_json({"go": go, "findings": documents, "differences": list(differences)})
    else:
        print_findings(findings, quiet=True)
        for text in differences:
            say(f"  {text}")
        say("nothing is against a flight" if go else "NO GO")
    if not go:
        raise typer.Exit(NonCompliantError.exit_code)


@app.command(short_help="Save mission, fence, rally points and all parameters of a vehicle to a file.")
@with_option_groups
def backup(
    out: Annotated[Path, typer.Argument(help="The file to write, JSON.")],
    *,
    link: LinkOptions,
    as_json: AsJson = False,
) -> None:
    """Save all that a vehicle carries: mission, fence, rally points, and every parameter as it is stored.

    dfr only asks, and sends no heartbeats. `dfr vehicle restore` puts it back.

    Exit codes: 0 if all of it was read and saved, 5 if the vehicle or the link failed.
    """
    refuse_unwritable(out)
    with vehicle_at(link.vehicle, link.connection(silent=True), simulated=link.simulated) as target:
        taken = take_backup(target)
    write_atomically(out, backup_text(taken))
    if as_json:
        counts = {kind.label: len(items) for kind, items in taken.lists.items()}
        emit_json(
            {"file": str(out), "firmware": taken.firmware, "parameters": len(taken.parameters)} | counts
        )
    else:
        say(f"wrote {out}: system {taken.system}, {taken.firmware}: {taken.summary}")


@app.command(short_help="Put a backup back on board, and prove it by reading everything back.")
@with_option_groups
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dfr vehicle backup` wrote.")],
    *,
    link: LinkOptions,
    yes: Yes = False,
    other_firmware: Annotated[
        bool, typer.Option("--other-firmware", help="Restore even if the vehicle runs another firmware.")
    ] = False,
    other_vehicle: Annotated[
        bool, typer.Option("--other-vehicle", help="Restore even if the backup is of another system id.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put mission, fence, rally points and parameters of a backup back on board; all of it is read back.

    Counters of the vehicle and its system id stay as they are. Some parameters act only after a restart. The
    vehicle must be disarmed. On hardware you are asked first, or give `--yes`.

    Exit codes: 0 if everything reads back as it was, 2 for another file, 5 if not, or it is not confirmed.
    """
    saved = read_backup(read_bounded(file), name=str(file))
    with _asked_vehicle(link, yes=yes) as target:
        refuse_unlike(target, saved, other_firmware=other_firmware, other_vehicle=other_vehicle)
        note(f"{file}: taken from system {saved.system} at {saved.taken:%Y-%m-%d %H:%M} UTC: {saved.summary}")
        question = (
            f"Overwrite the plan and the parameters of system {target.target[0]} with those that system "
            f"{saved.system} had at {saved.taken:%Y-%m-%d %H:%M} UTC?"
        )
        _confirm(question, target, yes=yes)
        done = restore_backup(target, saved, note)
    if as_json:
        emit_json(done.as_dict())
    else:
        say(f"{counted_noun(len(done.parameters.written), 'parameter')} set, the others were the same")
        for text in done.differences:
            say(f"  {text}")
        say("verified; restart the vehicle before it flies" if done.verified else "DIFFERENT")
    if not done.verified:
        raise typer.Exit(EXIT_NOT_DONE)


@app.command(short_help="List the DataFlash logs of a vehicle, or download one.")
@with_option_groups
def logs(
    which: Annotated[
        str | None, typer.Argument(help="The number of a log, or `last`; if not given, dfr lists the logs.")
    ] = None,
    *,
    link: LinkOptions,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; if not given, vehicle-SYSTEM-log-NUMBER.bin.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the logs that a vehicle has written, or download one; `dfr log show` reads it.

    dfr only asks, and sends no heartbeats. An armed vehicle sends no logs.

    Exit codes: 0 if listed or downloaded whole, 2 for no such log, 5 if the vehicle or the link failed.
    """
    with vehicle_at(link.vehicle, link.connection(silent=True), simulated=link.simulated) as target:
        found = list_logs(target)
        if which is None:
            _print_logs(found, as_json=as_json)
            return
        log = _choose_log(found, which)
        path = Path(f"vehicle-{target.target[0]}-log-{log.number}.bin") if out is None else out
        with (
            open_atomically(path, room_for=log.size) as file,
            show_progress(f"log {log.number}", total=log.size) as on_bytes,
        ):
            size = download_log(target, log, file, on_bytes)
    if as_json:
        emit_json(log.as_dict() | {"file": str(path), "bytes": size})
    else:
        say(f"wrote {path}: {size:,} bytes; `dfr log show {path}` reads it")


def _order(order: HandOrder, link: LinkOptions, *, yes: bool, leave: bool, as_json: bool) -> None:
    with stop_once(), _asked_vehicle(link, yes=yes) as target:
        refuse_grounded(target, order)
        question = f"{target.describe_whereabouts()}. Order it to {order.does}?"
        _confirm(question, target, yes=yes)
        with _say_what_flies_on(target):
            if not leave:
                target.take_station()
            give_order(target, order.mode)
            note(f"{target.describe_whereabouts()}: ordered to {order.does}")
            if leave:
                _print_left(target, as_json=as_json)
                return
            with target.overhearing(lambda text: note(f"vehicle, {text.severity_name}: {text.text}")):
                done = follow_down(target, order.mode, note)
    if as_json:
        emit_json({"system": target.target[0]} | done.as_dict())
    else:
        away = (
            "" if done.home_error_m is None else f", {done.home_error_m:.1f} m from home by its own estimate"
        )
        say(f"system {target.target[0]}: its motors are off{away}; modes: {', '.join(done.modes)}")
    if not done.obeyed:
        raise typer.Exit(EXIT_NOT_DONE)


@contextmanager
def _asked_vehicle(link: LinkOptions, *, yes: bool) -> Iterator[MavlinkVehicle]:
    """The vehicle, connected without heartbeats; refused at once where nobody could say yes."""
    if not link.simulated:
        refuse_unattended(link.vehicle, Authority(confirmed=yes), operator_at_terminal())
    with vehicle_at(link.vehicle, link.connection(silent=True), simulated=link.simulated) as target:
        yield target


def _confirm(question: str, target: MavlinkVehicle, *, yes: bool) -> None:
    """Have a person say yes, unless it was given or the vehicle is simulated."""
    if not (yes or target.simulated):
        ask_operator(question, "nothing was sent to the vehicle", operator_at_terminal())


@contextmanager
def _say_what_flies_on(target: MavlinkVehicle) -> Iterator[None]:
    """If a person stops the program in flight, say what the drone will do, and how to take it over."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if target.state.armed is False:
            raise
        raise StoppedError(f"stopped: {describe_left_vehicle(target)}", do=f"{TAKE_OVER}") from stop


def _print_left(target: MavlinkVehicle, *, as_json: bool) -> None:
    if as_json:
        emit_json({"system": target.target[0], "ordered": target.state.mode_name, "left": True})
    else:
        say(f"{target.describe_whereabouts()}: left to itself")


def _print_logs(found: tuple[OnboardLog, ...], *, as_json: bool) -> None:
    if as_json:
        emit_json({"logs": [log.as_dict() for log in found]})
        return
    for log in found:
        begun = "begun at an unknown time" if log.begun is None else f"begun {log.begun:%Y-%m-%d %H:%M} UTC"
        say(f"{log.number:>5}  {log.size:>12,} bytes  {begun}")
    if not found:
        say("no logs on board")


def _choose_log(found: tuple[OnboardLog, ...], which: str) -> OnboardLog:
    """The log that was asked for. Raises InputError where there is none such."""
    if which == LATEST and found:
        return found[-1]
    for log in found:
        if which == str(log.number):
            return log
    there = ", ".join(str(log.number) for log in found) or "none"
    raise InputError(f"no log {which} on board", do=f"choose one of: {there}")
