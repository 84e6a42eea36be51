"""`dfr fly`: uploads a mission file, flies it and follows the drone to its dock."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.vehicles import load_mission, prepare_flight, refuse_unattended, vehicle_at
from dfr.cli.fly_orders import order_desk
from dfr.cli.fly_output import FlightTeller, flight_document, print_flight, track_csv
from dfr.cli.options import with_option_groups
from dfr.cli.output import AsJson, emit_json, note, operator_at_terminal
from dfr.cli.stopping import give_up_stdout, stop_once
from dfr.cli.upload import print_report
from dfr.cli.vehicle_options import (
    AuthorityOptions,
    LimitOptions,
    LinkOptions,
    MissionFile,
    ReceiverOptions,
    ReplaceAll,
)
from dfr.errors import LinkError, StoppedError
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.link.cot import CotFeed, Sink, open_sink
from dfr.link.director import OnState
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.outcome import DOCK_TOLERANCE_M, LeftInFlight
from dfr.link.transfer import TransferReport
from dfr.link.vehicle import VehicleState

app = typer.Typer(add_completion=False, rich_markup_mode=None)

EXIT_NOT_SERVED = 5


@app.command()
@with_option_groups
def fly(
    file: MissionFile,
    *,
    link: LinkOptions,
    yes: Annotated[bool, typer.Option("--yes", help="Arm and fly this vehicle now, without asking.")] = False,
    replace_all: ReplaceAll = False,
    force_disarm: Annotated[
        bool,
        typer.Option(help="Stop the motors by force if it landed but does not disarm (always on SITL)."),
    ] = False,
    dock_tolerance_m: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=20.0,
            help="How far from the dock's centre still counts as docked, m; the default is an open pad's.",
        ),
    ] = DOCK_TOLERANCE_M,
    held_to: LimitOptions,
    hears: ReceiverOptions,
    cot: Annotated[
        str | None,
        typer.Option(help="Send Cursor on Target once a second: udp:HOST:PORT, tcp:HOST:PORT or file:PATH."),
    ] = None,
    orders: Annotated[
        str | None,
        typer.Option(
            help="Read orders in flight from this file or pipe (- for standard input), one a line: "
            "'go LAT,LON [LAT,LON ...] for SECONDS', 'home' or 'wait SECONDS'."
        ),
    ] = None,
    options: AuthorityOptions,
    tlog: Annotated[Path | None, typer.Option(help="Record every packet in this file.")] = None,
    track: Annotated[Path | None, typer.Option(help="Write the flown track as CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """Confirm, upload, check, arm and fly a mission, and report how it ended.

    If the vehicle is already in the air with this very plan, for example after this program was killed, it is
    followed and controlled from there: nothing is uploaded or armed. If it flies another plan, dfr leaves it
    alone.

    Until you confirm (or give `--yes`), dfr only queries the vehicle and changes nothing, unless you say that
    it is `--simulated`. Before it asks, it lists what stays on board, what goes, and which failsafes are off.
    It does not fly a plan that relies on its fence or on the ground-station failsafe while that is off. On
    hardware it sends an order in flight (`--orders`) only if the next line is `yes`.

    Ctrl-C, `kill` or a closed terminal leave an airborne drone flying. dfr says what the drone will do, and
    keeps track, tlog and JSON. Whether a drone docked is judged by its own estimate of its position.

    \b
    Exit codes:
      0    it reached the scene and ended docked
      3    the file's verdict, or a failsafe that is off, forbids the flight
      5    not confirmed; or cut short by a failsafe, a limit or a pilot;
           or never on scene, crashed or not docked
      130  stopped; an airborne drone flies on
    """
    plan = load_mission(file)
    if track is not None:
        refuse_unwritable(track)
    limits = held_to.limits(simulated=link.simulated)
    sink = None if cot is None else open_sink(cot)
    operator = operator_at_terminal()
    authority = options.authority(confirmed=yes)
    if not link.simulated:
        refuse_unattended(link.vehicle, authority, operator)
    connection = link.connection(tlog=tlog)
    with stop_once():
        left: LeftInFlight | None = None
        with (
            hears.receivers() as receivers,
            order_desk(orders, ask=not link.simulated) as desk,
            vehicle_at(link.vehicle, connection, simulated=link.simulated) as target,
            _report_stop_before_arming(target),
            FlightTeller() as teller,
            target.overhearing(teller.tell_text),
            _feed_cot(sink, target),
        ):
            ready = prepare_flight(
                target,
                plan,
                file,
                url=link.vehicle,
                authority=authority,
                replace_all=replace_all,
                operator=operator,
            )
            try:
                flown = fly_dispatch(
                    target,
                    plan,
                    confirmed=yes or not link.simulated,
                    on_state=_call_each(teller.tell_state, _DoubleWarning(target), desk),
                    on_event=teller.tell_event,
                    orders=desk.orders,
                    may_force_disarm=True if force_disarm else None,
                    dock_tolerance_m=dock_tolerance_m,
                    limits=limits,
                    aloft=ready.aloft,
                    before_arming=ready.heed_again,
                    traffic=receivers,
                    qnh_hpa=hears.qnh_hpa,
                )
            except LeftInFlight as stop:
                flown, left = stop.flown, stop
        if track is not None:
            write_atomically(track, track_csv(flown.track))
        if left is not None:
            raise typer.Exit(_report_left_flying(left, ready.upload, as_json=as_json))
    if as_json:
        emit_json(flight_document(flown, ready.upload))
    else:
        print_report(ready.upload)
        print_flight(flown)
    if not flown.ending.as_asked:
        raise typer.Exit(EXIT_NOT_SERVED)


@contextmanager
def _report_stop_before_arming(target: MavlinkVehicle) -> Iterator[None]:
    """If Ctrl-C comes before anything was armed, say so, and which plan is on board."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise StoppedError(
            f"stopped before arming; the plan on board is {target.plan.value}", do="start it again to fly it"
        ) from stop


def _report_left_flying(left: LeftInFlight, report: TransferReport, *, as_json: bool) -> int:
    """The exit code, after reporting on a flight that continues without us; the terminal may be closed."""
    words = f"stopped: {left}"
    note(f"error[{StoppedError.code}]: {words}")
    error = {"code": StoppedError.code, "message": words, "exit_code": StoppedError.exit_code}
    document = flight_document(left.flown, report)
    try:
        if as_json:
            emit_json(document | {"error": error})
            sys.stdout.flush()
    except OSError:
        give_up_stdout()
    return StoppedError.exit_code


def _feed_cot(sink: Sink | None, vehicle: MavlinkVehicle) -> AbstractContextManager[object]:
    """Send the drone's position to the control room's map, if there is one."""
    if sink is None:
        return nullcontext()
    uid = f"dfr.{socket.gethostname()}.{vehicle.target[0]}"
    return CotFeed(sink, lambda: vehicle.state, uid=uid, callsign=f"DFR-{vehicle.target[0]}", tell=note)


def _call_each(*listeners: OnState) -> OnState:
    """A listener that hands every state of the vehicle to these listeners, one after another."""

    def call_listeners(state: VehicleState) -> None:
        for listener in listeners:
            listener(state)

    return call_listeners


class _DoubleWarning:
    """Warns once, on stderr, that another vehicle has begun to send under this one's system id."""

    def __init__(self, vehicle: MavlinkVehicle) -> None:
        self._vehicle = vehicle
        self._warned = False

    def __call__(self, _: VehicleState) -> None:
        if self._warned:
            return
        try:
            self._vehicle.refuse_double()
        except LinkError as error:
            self._warned = True
            note(f"warning: {error}")
