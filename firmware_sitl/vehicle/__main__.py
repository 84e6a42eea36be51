"""`python -m firmware_sitl.vehicle`: the built-in vehicle as a process on loopback TCP ports.

It listens, or connects to a relay (`firmware_sitl.relay`) as ArduCopter does: --serial0 tcpclient:HOST:PORT.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from dfr.errors import DfrError, InputError
from firmware_sitl.ports import LOOPBACK, PORTS_USED
from firmware_sitl.vehicle.airframe import SitlAirframe, read_airframe
from firmware_sitl.vehicle.parameters import Generation, read_parameter_text
from firmware_sitl.vehicle.server import Server
from firmware_sitl.vehicle.state import BANNER, Settings
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

SERIAL_PORTS = range(9)
"""As many as ArduCopter has; three of them can be a telemetry port of this vehicle."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; the exit code."""
    options = _build_parser().parse_args(arguments)
    try:
        dialled = _read_serial_ports(options)
        server = Server(
            BuiltinVehicle(_read_settings(options)), dialled or _choose_ports(options), dials=bool(dialled)
        )
    except (DfrError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    server.vehicle.state.parameters["SIM_SPEEDUP"] = options.speedup
    urls = " ".join(f"tcp:{LOOPBACK}:{port}" for port in server.port_numbers)
    sys.stdout.write(f"{BANNER}\n{'connected to' if dialled else 'listening'} {urls}\n")
    sys.stdout.flush()
    server.parent_pid = options.parent
    signal.signal(signal.SIGTERM, _stop_serving)
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(server):
        while server.serve_clients():
            server.reboot_vehicle()
    return 0


def _stop_serving(number: int, frame: object) -> None:
    """SIGTERM ends the vehicle as an interrupt does: its sockets are closed."""
    raise KeyboardInterrupt


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m firmware_sitl.vehicle", description=BANNER)
    parser.add_argument("--port", type=int, default=5760, help="first TCP port; 0 for any free one")
    parser.add_argument("--ports", type=int, default=3, choices=(1, 2, 3), help="how many ports to serve")
    parser.add_argument("--home", default="50.7810,-1.0890,3,0", help="LAT,LON,ALT,HDG in degrees and m AMSL")
    parser.add_argument("--sysid", type=int, default=1, help="MAVLink system id")
    parser.add_argument("--speedup", type=float, default=1.0, help="vehicle seconds in a second")
    parser.add_argument("--defaults", default="", help="parameter files, comma-separated")
    parser.add_argument("--frame", default="", help="SITL airframe JSON; default ArduPilot's quad")
    parser.add_argument("--parent", type=int, help="process id of the starter: end when it ends")
    for number in SERIAL_PORTS:
        parser.add_argument(
            f"--serial{number}", default="", help="tcpclient:HOST:PORT, a relay's port; or none"
        )
    parser.add_argument("--generation", default="4.6", choices=[g.value for g in Generation])
    return parser


def _read_settings(options: argparse.Namespace) -> Settings:
    try:
        lat, lon, altitude, heading = (float(part) for part in options.home.split(","))
    except ValueError:
        raise InputError(f"--home {options.home!r}: not four numbers", do="write LAT,LON,ALT,HDG") from None
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise InputError(f"--home {options.home!r}: not a place on Earth", do="write LAT,LON,ALT,HDG")
    if not 1 <= options.sysid <= 255:
        raise InputError(f"--sysid {options.sysid} is not between 1 and 255", do="correct it")
    defaults: dict[str, float] = {}
    for name in filter(None, options.defaults.split(",")):
        defaults |= read_parameter_text(Path(name).read_text(encoding="utf-8"), name=name)
    return Settings(
        lat_deg=lat,
        lon_deg=lon,
        altitude_m=altitude,
        heading_deg=heading,
        system_id=options.sysid,
        generation=Generation(options.generation),
        airframe=read_airframe(Path(options.frame)) if options.frame else SitlAirframe(),
        defaults=defaults,
    )


def _read_serial_ports(options: argparse.Namespace) -> list[int]:
    """The ports of a relay to connect to; none without one."""
    told = [getattr(options, f"serial{number}") for number in SERIAL_PORTS]
    return [int(text.rpartition(":")[2]) for text in told if text.startswith(f"tcpclient:{LOOPBACK}:")]


def _choose_ports(options: argparse.Namespace) -> list[int]:
    return [options.port + step if options.port else 0 for step in PORTS_USED[: options.ports]]


if __name__ == "__main__":
    sys.exit(main())
