"""`dfr sitl`: start simulated vehicles and keep them running until Ctrl-C."""

from __future__ import annotations

import math
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import AsJson, emit_json, note, say
from dfr.cli.sitl_options import Engine, parse_engine, parse_parameter
from dfr.cli.sitl_ports import refuse_ports, vehicle_endpoints, who_has_control
from dfr.errors import InputError, VehicleStartError
from dfr.geo import Position, offset
from dfr.io.files import read_bounded
from dfr.mission.formats import read_plan
from firmware_sitl.ports import LOOPBACK
from firmware_sitl.start import RunningVehicle, start_vehicle

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HOME = "50.7810,-1.0890,3,0"
MOST_VEHICLES = 100
POLL_S = 0.2

LOGGING = {"LOG_BACKEND_TYPE": 1.0}
"""A vehicle that is started by hand writes a DataFlash log, as real ones do; rehearsals do without."""


@app.command()
def sitl(  # noqa: PLR0917 - options of a verb
    engine: Engine = "auto",
    count: Annotated[int, typer.Option(help="Number of vehicles.")] = 1,
    port: Annotated[int, typer.Option(help="First TCP port; each next vehicle's is 10 higher.")] = 5760,
    bind: Annotated[
        str,
        typer.Option(help="IPv4 address to listen on; beyond 127.0.0.1, anybody who reaches it has control."),
    ] = LOOPBACK,
    udp_server: Annotated[
        list[int] | None,
        typer.Option(
            help="UDP port to listen on in place of a TCP port; each next vehicle's is 10 higher. Repeatable."
        ),
    ] = None,
    udp_client: Annotated[
        list[str] | None,
        typer.Option(
            help="HOST:PORT to send to by UDP in place of a TCP port, such as a ground station's. Repeatable."
        ),
    ] = None,
    home: Annotated[
        str, typer.Option(help="Where the first one starts, LAT,LON,ALT,HDG: degrees, m AMSL, degrees.")
    ] = HOME,
    at: Annotated[
        Path | None, typer.Option(help="A mission file: start at its home position instead.")
    ] = None,
    spacing_m: Annotated[
        float, typer.Option(help="Distance between vehicles, m; each next one stands farther east.")
    ] = 5.0,
    speedup: Annotated[
        float, typer.Option(help="How many times faster than real time the vehicles run.")
    ] = 1.0,
    sysid: Annotated[int, typer.Option(help="System id of the first vehicle; the others count up.")] = 1,
    param: Annotated[
        list[str] | None, typer.Option(help="ArduPilot parameter, NAME=VALUE. Repeatable.")
    ] = None,
    defaults: Annotated[list[Path] | None, typer.Option(help="Parameter file (.parm). Repeatable.")] = None,
    frame: Annotated[Path | None, typer.Option(help="SITL airframe file (JSON).")] = None,
    generation: Annotated[
        str, typer.Option(help="Firmware generation whose parameter names the built-in vehicle uses.")
    ] = "4.6",
    seconds: Annotated[
        float, typer.Option("--for", help="Stop after this many seconds; 0 runs until Ctrl-C.")
    ] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Start simulated vehicles and keep them running until Ctrl-C.

    Each writes a DataFlash log of its flights, which `dfr vehicle logs` downloads.
    """
    chosen = parse_engine(engine)
    place, altitude_m, heading_deg = _parse_home(home) if at is None else _home_of_mission(at)
    if not 1 <= count <= MOST_VEHICLES or not 1 <= sysid <= 256 - count:
        raise InputError(
            f"--count {count}, --sysid {sysid}: 1 to {MOST_VEHICLES} vehicles, system ids to 255"
        )
    if not 0.0 < speedup < math.inf:
        raise InputError(f"--speedup {speedup:g}: not a number above 0")
    served = [
        vehicle_endpoints(
            index, port=port, bind=bind, udp_servers=udp_server or (), udp_clients=udp_client or ()
        )
        for index in range(count)
    ]
    refuse_ports(served)
    with ExitStack() as stack:
        vehicles = [
            stack.enter_context(
                start_vehicle(
                    engine=chosen,
                    home=offset(place, bearing_deg=90.0, distance_m=index * spacing_m) if index else place,
                    home_m_amsl=altitude_m,
                    heading_deg=heading_deg,
                    speedup=speedup,
                    params={**LOGGING, **dict(map(parse_parameter, param or []))},
                    defaults=tuple(defaults or ()),
                    frame=frame,
                    system_id=sysid + index,
                    endpoints=served[index],
                    generation=generation,
                )
            )
            for index in range(count)
        ]
        _print_vehicles(vehicles, as_json=as_json)
        if words := who_has_control(served):
            note(words)
        _keep_running(vehicles, seconds)


def _parse_home(text: str) -> tuple[Position, float, float]:
    try:
        lat, lon, altitude, heading = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--home {text!r}: not LAT,LON,ALT,HDG") from None
    return Position(lat_deg=lat, lon_deg=lon), altitude, heading


def _home_of_mission(file: Path) -> tuple[Position, float, float]:
    """The home of a mission file, facing north; at sea level if the file has no ground height."""
    mission = read_plan(read_bounded(file), name=str(file))
    return mission.home, mission.home_m_amsl or 0.0, 0.0


def _print_vehicles(vehicles: list[RunningVehicle], *, as_json: bool) -> None:
    if as_json:
        emit_json({"vehicles": [_vehicle_document(vehicle) for vehicle in vehicles]})
    else:
        for vehicle in vehicles:
            say(f"system {vehicle.system_id}: {' '.join(vehicle.urls)}  {vehicle.version}, pid {vehicle.pid}")
    sys.stdout.flush()
    note("running; press Ctrl-C to stop")


def _vehicle_document(vehicle: RunningVehicle) -> dict[str, object]:
    return {
        "system_id": vehicle.system_id,
        "url": vehicle.url,
        "urls": list(vehicle.urls),
        "engine": vehicle.engine,
        "version": vehicle.version,
        "pid": vehicle.pid,
        "simulated": vehicle.simulated,
    }


def _keep_running(vehicles: list[RunningVehicle], seconds: float) -> None:
    """Wait until interrupted or time is up; a vehicle that ends before that is an error."""
    deadline = time.monotonic() + seconds if seconds > 0.0 else None
    while deadline is None or time.monotonic() < deadline:
        for vehicle in vehicles:
            if not vehicle.process.running:
                raise VehicleStartError(
                    f"system {vehicle.system_id} has ended: {vehicle.process.output()[-500:]}"
                )
        time.sleep(POLL_S)
