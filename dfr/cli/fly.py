"""`dfr fly`: upload a mission file, fly it and follow the drone to its dock."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.vehicles import Authority, load_mission, prepare_flight, refuse_unattended
from dfr.cli.fly_orders import order_desk
from dfr.cli.fly_output import FlightTeller, flight_document, print_flight, track_csv
from dfr.cli.options import Now, Override, PlanInForce, SigningKey, moment, signing_key
from dfr.cli.output import emit_json, note, operator_at_terminal
from dfr.cli.stopping import give_up_stdout, one_stop
from dfr.cli.upload import print_report
from dfr.errors import LinkError, StoppedError
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.link.cot import CotFeed, Sink, open_sink
from dfr.link.director import OnState
from dfr.link.dispatch import fly_dispatch
from dfr.link.limits import DEFAULT_HOLD_LOW_M, GAP_S, GIVE_UP_S, Action, FlightLimits, TrafficLimit
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.outcome import DOCK_TOLERANCE_M, LeftInFlight
from dfr.link.transfer import TransferReport
from dfr.link.vehicle import VehicleState

app = typer.Typer()

EXIT_NOT_SERVED = 5


@app.command()
def fly(
    file: Annotated[Path, typer.Argument(help="A .plan, .waypoints, .kml or .geojson file.")],
    *,
    vehicle: Annotated[
        str, typer.Option(help="tcp:, tcpin:, udp: or udpout:HOST:PORT, or serial:PATH[:BAUD].")
    ],
    system: Annotated[int | None, typer.Option(help="System id, if several vehicles share the line.")] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The vehicle is SITL: no confirmation is needed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Arm and fly this vehicle now, without asking.")] = False,
    key: SigningKey = None,
    replace_all: Annotated[
        bool,
        typer.Option(
            "--replace-all", help="Also delete the fence and rally points that the file does not contain."
        ),
    ] = False,
    force_disarm: Annotated[
        bool,
        typer.Option(help="Stop the motors by force if it has landed but does not disarm (always on SITL)."),
    ] = False,
    dock_tolerance_m: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=20.0,
            help="How far from the centre still counts as docked, m; by default that of an open pad.",
        ),
    ] = DOCK_TOLERANCE_M,
    max_wind: Annotated[
        float | None,
        typer.Option(min=0.0, help="Call the drone home above this wind, m/s, by its own estimate."),
    ] = None,
    max_gap: Annotated[
        float,
        typer.Option(
            min=0.5,
            help="Call the drone home after a gap in the link longer than this, s (assumed); not on SITL.",
        ),
    ] = GAP_S,
    give_up_after: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="How long an armed vehicle is still watched after its flight should have ended, s, "
            "heard or not; no battery in the catalogue lasts an hour.",
        ),
    ] = GIVE_UP_S,
    traffic: Annotated[
        Action, typer.Option(help="What to do when other traffic (ADS-B) comes near.")
    ] = Action.HOLD_LOW,
    hold_low_m: Annotated[
        float,
        typer.Option(min=2.0, help="Height above home, m, at which it waits for other traffic to pass."),
    ] = DEFAULT_HOLD_LOW_M,
    cot: Annotated[
        str | None,
        typer.Option(help="Cursor on Target, once a second: udp:HOST:PORT, tcp:HOST:PORT, file:PATH."),
    ] = None,
    orders: Annotated[
        str | None,
        typer.Option(
            help="Read orders in flight from this file or pipe, - for standard input, a line each: "
            "'go LAT,LON [LAT,LON ...] for SECONDS', 'home', 'wait SECONDS'."
        ),
    ] = None,
    override: Override = None,
    in_force: PlanInForce = None,
    now: Now = None,
    tlog: Annotated[Path | None, typer.Option(help="Record every packet in this file.")] = None,
    track: Annotated[Path | None, typer.Option(help="Write the flown track as CSV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Confirm, upload, check, arm and fly a mission, and report how it ended.

    If the vehicle is already in the air with this very plan, for example after this program was killed, it is
    followed and controlled from there: nothing is uploaded or armed. If it flies another plan, it is left
    alone.

    Until you confirm (or give `--yes`), the vehicle is only queried, not changed, unless you say that it is
    `--simulated`. You are told first what stays on board, what goes, and which failsafes are off. A plan that
    relies on its fence or on the ground-station failsafe is not flown while that is off (exit code 3).
    On hardware, an order in flight (`--orders`) is sent only if the next line is `yes`.
    Whether it docked is judged by the vehicle's own estimate of its position.
    Exit code 3 where the file's verdict forbids the flight.
    Exit code 5 where the flight was not confirmed, was cut short by a failsafe, a limit or a pilot, never
    reached the scene, crashed, or did not end docked. Ctrl-C, `kill` or a closed terminal leave an airborne
    drone flying: exit code 130; you are told what it will do, and track, tlog and JSON are kept.
    """
    plan = load_mission(file)
    if track is not None:
        refuse_unwritable(track)
    limits = FlightLimits(
        wind_mps=max_wind,
        gap_s=None if simulated else max_gap,
        give_up_s=give_up_after,
        traffic=TrafficLimit(action=traffic, hold_low_m=hold_low_m),
    )
    sink = None if cot is None else open_sink(cot)
    operator = operator_at_terminal()
    authority = Authority(confirmed=yes, override=override, plan_in_force=in_force, now=moment(now))
    if not simulated:
        refuse_unattended(vehicle, authority, operator)
    secret = signing_key(key)
    with one_stop():
        left: LeftInFlight | None = None
        with (
            order_desk(orders, ask=not simulated) as desk,
            connect(vehicle, system=system, simulated=simulated, signing_key=secret, tlog=tlog) as target,
            _stopped_before(target),
            FlightTeller() as teller,
            target.overhearing(teller.text),
            _told(sink, target),
        ):
            report, aloft = prepare_flight(
                target,
                plan,
                file,
                url=vehicle,
                authority=authority,
                replace_all=replace_all,
                operator=operator,
            )
            try:
                flown = fly_dispatch(
                    target,
                    plan,
                    confirmed=yes or not simulated,
                    on_state=_in_turn(teller.state, _Doubles(target), desk),
                    on_event=teller.event,
                    orders=desk.orders,
                    may_force_disarm=True if force_disarm else None,
                    dock_tolerance_m=dock_tolerance_m,
                    limits=limits,
                    aloft=aloft,
                )
            except LeftInFlight as stop:
                flown, left = stop.flown, stop
        if track is not None:
            write_atomically(track, track_csv(flown.track))
        if left is not None:
            raise typer.Exit(_say_left(left, report, as_json=as_json))
    if as_json:
        emit_json(flight_document(flown, report))
    else:
        print_report(report)
        print_flight(flown)
    if not flown.ending.as_asked:
        raise typer.Exit(EXIT_NOT_SERVED)


@contextmanager
def _stopped_before(target: MavlinkVehicle) -> Iterator[None]:
    """Ctrl-C before anything was armed says so, and what is on board."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise StoppedError(
            f"stopped before arming; the plan on board is {target.plan.value}", do="start it again to fly it"
        ) from stop


def _say_left(left: LeftInFlight, report: TransferReport, *, as_json: bool) -> int:
    """The last word on a flight that goes on without us; the exit code. A closed terminal hears nothing."""
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


def _told(sink: Sink | None, vehicle: MavlinkVehicle) -> AbstractContextManager[object]:
    """The control room's map is told where the drone is, where there is one."""
    if sink is None:
        return nullcontext()
    uid = f"dfr.{socket.gethostname()}.{vehicle.target[0]}"
    return CotFeed(sink, lambda: vehicle.state, uid=uid, callsign=f"DFR-{vehicle.target[0]}", tell=note)


def _in_turn(*lookers: OnState) -> OnState:
    """Those who look at every state of the vehicle, one after another."""

    def look(state: VehicleState) -> None:
        for each in lookers:
            each(state)

    return look


class _Doubles:
    """Tells once, on stderr, that another vehicle has begun to speak under this one's system id."""

    def __init__(self, vehicle: MavlinkVehicle) -> None:
        self._vehicle = vehicle
        self._told = False

    def __call__(self, state: VehicleState) -> None:
        del state
        if self._told:
            return
        try:
            self._vehicle.refuse_double()
        except LinkError as error:
            self._told = True
            note(f"warning: {error}")
