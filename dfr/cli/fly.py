"""`dfr fly`: a mission file uploaded, flown and followed to the dock."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.fly_orders import order_desk
from dfr.cli.output import emit_json, note, say
from dfr.cli.upload import load_flight_plan, print_report
from dfr.errors import VehicleRefusedError
from dfr.geo import LocalFrame
from dfr.io.files import write_atomically
from dfr.link.cot import CotFeed, Sink, open_sink
from dfr.link.director import fly_dispatch
from dfr.link.dispatched import DOCK_TOLERANCE_M, FlownDispatch
from dfr.link.limits import DEFAULT_HOLD_LOW_M, Action, FlightLimits, TrafficLimit
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.transfer import TransferReport, refuse_bad_plan, upload_verified
from dfr.link.vehicle import VehicleState
from dfr.mission.items import Command, FlightPlan
from dfr.track import FlightTrack, phase_seconds

app = typer.Typer()

EXIT_NOT_DOCKED = 5
TELL_EVERY_S = 5.0


@app.command()
def fly(
    file: Annotated[Path, typer.Argument(help="A .plan, .waypoints, .kml or .geojson file.")],
    *,
    vehicle: Annotated[
        str, typer.Option(help="tcp:, tcpin:, udp: or udpout:HOST:PORT, or serial:PATH[:BAUD].")
    ],
    system: Annotated[int | None, typer.Option(help="System id, where several share the line.")] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The vehicle is SITL: no confirmation is needed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Go: arm and fly this vehicle now.")] = False,
    force_disarm: Annotated[
        bool, typer.Option(help="Landed, not disarmed: stop the motors by force (always so on SITL).")
    ] = False,
    dock_tolerance_m: Annotated[
        float, typer.Option(min=0.0, help="Half the dock's pad less the drone's footprint; an open pad's.")
    ] = DOCK_TOLERANCE_M,
    max_wind: Annotated[
        float | None, typer.Option(min=0.0, help="Come home above this wind, m/s, by its own estimate.")
    ] = None,
    traffic: Annotated[
        Action, typer.Option(help="What to do when other traffic (ADS-B) comes near.")
    ] = Action.HOLD_LOW,
    hold_low_m: Annotated[
        float, typer.Option(min=2.0, help="Height above home at which it waits for other traffic.")
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
    tlog: Annotated[Path | None, typer.Option(help="Keep every packet in this file.")] = None,
    track: Annotated[Path | None, typer.Option(help="Write the flown track as CSV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Confirm, upload, preflight, arm, fly and say whether it docked.

    Nothing is sent to a vehicle before a person's yes or `--yes`, unless it is said to be `--simulated`.
    An order in flight (`--orders`) is sent on hardware only where the line after it is `yes`.
    Docked is judged by the vehicle's own estimate of its position.
    Exit code 5 where the flight is not confirmed or does not end docked.
    """
    plan = load_flight_plan(file)
    refuse_bad_plan(plan)
    limits = FlightLimits(
        wind_mps=max_wind,
        gap_s=None if simulated else FlightLimits().gap_s,
        traffic=TrafficLimit(action=traffic, hold_low_m=hold_low_m),
    )
    sink = None if cot is None else open_sink(cot)
    confirmed = yes or (not simulated and _confirmed(plan, vehicle))
    with (
        order_desk(orders, ask=not simulated) as desk,
        connect(vehicle, system=system, simulated=simulated, tlog=tlog) as target,
    ):
        report = upload_verified(target, plan)
        with _told(sink, target):
            flown = fly_dispatch(
                target,
                plan,
                confirmed=confirmed,
                on_state=_Lookers(_Teller(), desk),
                orders=desk.orders,
                may_force_disarm=True if force_disarm else None,
                dock_tolerance_m=dock_tolerance_m,
                limits=limits,
            )
    if track is not None:
        write_atomically(track, _csv(flown.track))
    if as_json:
        emit_json(_document(plan, flown, report))
    else:
        print_report(report)
        _print(plan, flown)
    if not flown.docked:
        raise typer.Exit(EXIT_NOT_DOCKED)


def _told(sink: Sink | None, vehicle: MavlinkVehicle) -> AbstractContextManager[object]:
    """The control room's map is told where the drone is, where there is one."""
    if sink is None:
        return nullcontext()
    uid = f"dfr.{socket.gethostname()}.{vehicle.target[0]}"
    return CotFeed(sink, lambda: vehicle.state, uid=uid, callsign=f"DFR-{vehicle.target[0]}", tell=note)


class _Lookers:
    """Those who look at every state of the vehicle, one after another."""

    def __init__(self, *lookers: Callable[[VehicleState], None]) -> None:
        self._lookers = lookers

    def __call__(self, state: VehicleState) -> None:
        for look in self._lookers:
            look(state)


class _Teller:
    """A line about the flight every few seconds of vehicle time, on stderr."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, state: VehicleState) -> None:
        t_s = state.t_s or 0.0
        if t_s < self._next_s:
            return
        self._next_s = t_s + TELL_EVERY_S
        height = "?" if state.height_m_home is None else f"{state.height_m_home:.0f}"
        place = "no position" if state.position is None else str(state.position)
        note(f"{t_s:8.1f} s  {state.mode_name:<8} item {state.mission_seq}  {height:>4} m  {place}")


def _confirmed(plan: FlightPlan, url: str) -> bool:
    """A person's yes on a terminal. Raises VehicleRefusedError without one: nothing has been sent by then."""
    if not sys.stdin.isatty():
        raise VehicleRefusedError(
            f"{url} is not known to be simulated, nothing was sent -> confirm the flight with --yes, "
            "or say --simulated where it is SITL"
        )
    question = f"Upload to {url}, ARM it and fly {plan.name!r} now?"
    if not typer.confirm(question, err=True):
        raise VehicleRefusedError("not confirmed, nothing was sent")
    return True


def _phases(plan: FlightPlan, flown: FlownDispatch) -> dict[str, float | None]:
    holds = [i for i in plan.items if i.command == Command.NAV_LOITER_TIME and i.position is not None]
    if not holds:
        return {}
    hold = holds[-1]
    assert hold.position is not None
    east_m, north_m = LocalFrame(plan.home).point(hold.position)
    seconds = phase_seconds(
        flown.track, target_east_m=east_m, target_north_m=north_m, cruise_height_m=hold.z_m
    )
    return {phase.value: value for phase, value in seconds.items()}


def _document(plan: FlightPlan, flown: FlownDispatch, report: TransferReport) -> dict[str, object]:
    return {
        "upload": report.as_dict(),
        "docked": flown.docked,
        "landed": flown.disarmed,
        "disarmed": flown.disarmed,
        "taken_over": flown.taken_over,
        "dock_error_m": flown.dock_error_m,
        "dock_tolerance_m": flown.dock_tolerance_m,
        "dock_error_by": "the vehicle's own estimate",
        "energy_wh": flown.energy_wh,
        "traffic": [near.as_dict() for near in flown.traffic],
        "firmware": flown.firmware,
        "simulated": flown.simulated,
        "phases": _phases(plan, flown),
        "events": [{"t_s": event.t_s, "what": event.what} for event in flown.events],
        "texts": [{"t_s": text.t_s, "severity": text.severity, "text": text.text} for text in flown.texts],
    }


def _print(plan: FlightPlan, flown: FlownDispatch) -> None:
    for name, seconds in _phases(plan, flown).items():
        say(f"{name:>9}: " + ("did not end" if seconds is None else f"{seconds:.1f} s"))
    for near in flown.traffic:
        say(f"nearest {near.name}: {near.horizontal_m:.0f} m across, {near.vertical_m:.0f} m in height")
    say(flown.landing)


def _csv(track: FlightTrack) -> str:
    rows = zip(track.t_s, track.east_m, track.north_m, track.height_m, strict=True)
    lines = [f"{t:.3f},{east:.3f},{north:.3f},{height:.3f}" for t, east, north, height in rows]
    return "\n".join(["t_s,east_m,north_m,height_m", *lines]) + "\n"
