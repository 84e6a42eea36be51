"""Starts a simulated vehicle as a process and always ends it: the built-in one, or a real ArduCopter SITL."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dfr.errors import InputError, VehicleStartError
from dfr.geo import Position
from firmware_sitl import BUILTIN_VERSION, ardupilot
from firmware_sitl.endpoints import Endpoint, loopback_endpoints
from firmware_sitl.guard import GuardedFolder, guarded_folder
from firmware_sitl.process import VehicleProcess, run_module
from firmware_sitl.vehicle.parameters import read_parameter_text, refuse_unknown

SitlEngine = Literal["builtin", "ardupilot", "auto"]

BUILTIN_TIMEOUT_S = 180.0
"""Only ends a vehicle that hangs: on a machine with far too much to do, one took more than 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningVehicle:
    """A vehicle that waits for a client; `urls` has one for each client it takes, `url` is the first."""

    url: str
    urls: tuple[str, ...]
    engine: Literal["builtin", "ardupilot"]
    version: str
    pid: int
    system_id: int
    folder: Path
    process: VehicleProcess
    simulated: bool = True


@contextmanager
def start_vehicle(
    *,
    home: Position,
    engine: SitlEngine = "auto",
    home_m_amsl: float = 0.0,
    heading_deg: float = 0.0,
    speedup: float = 1.0,
    params: Mapping[str, float] | None = None,
    defaults: Sequence[Path] = (),
    frame: Path | None = None,
    system_id: int = 1,
    port: int | None = None,
    endpoints: Sequence[Endpoint] = (),
    generation: str = "4.6",
    folder: Path | None = None,
    gust_intensity: float = 0.0,
    gust_seed: int = 1,
) -> Iterator[RunningVehicle]:
    """A vehicle at home on the ground, in a folder of its own, ended and reaped when the block ends.

    `auto` takes the ArduCopter that DFR_ARDUCOPTER names, and the built-in vehicle where it names none.
    It listens on three TCP ports of the loopback interface from `port` on (None: free ones), or where
    `endpoints` say, one to three of them.
    `params` are set over the `defaults` files; names and units may be of either generation, and one that the
    vehicle does not know is an InputError with the names it resembles. Gusts of
    `gust_intensity` are added to SIM_WIND_SPD, in the built-in vehicle by SIM_GUST_I, in ArduCopter by a
    script.
    Raises VehicleStartError, with the end of its output, for a vehicle that does not come up.
    """
    if not speedup > 0.0:
        raise InputError(
            f"speed-up {speedup:g} is not above 0", do="give 1 for real time, 10 for ten times as fast"
        )
    chosen = choose_engine(engine)
    settings = read_given_parameters(defaults, params or {})
    served = tuple(endpoints) or loopback_endpoints(port or 0)
    with ExitStack() as stack:
        place = stack.enter_context(guarded_folder(folder))
        text = f"{home.lat_deg:.9f},{home.lon_deg:.9f},{home_m_amsl:.3f},{heading_deg:.2f}"
        if chosen is not None:
            if gust_intensity > 0.0:
                settings = ardupilot.gust_script(place.path, gust_intensity, gust_seed) | settings
            ardupilot.refuse_unknown(chosen, settings)
            process, urls = stack.enter_context(
                ardupilot.run_sitl(
                    chosen,
                    place,
                    home=text,
                    system_id=system_id,
                    speedup=speedup,
                    params=settings,
                    frame=frame,
                    endpoints=served,
                )
            )
            version = chosen.version
        else:
            if gust_intensity > 0.0:
                settings |= {"SIM_GUST_I": gust_intensity, "SIM_GUST_SEED": float(gust_seed)}
            # In one argument: a southern latitude would be read as an option of its own.
            options = [f"--home={text}", "--sysid", str(system_id), "--speedup", f"{speedup:g}"]
            options += ["--generation", generation, *(("--frame", str(frame.resolve())) if frame else ())]
            process, urls = stack.enter_context(_run_builtin(place, options, settings, served))
            version = BUILTIN_VERSION
        yield RunningVehicle(
            url=urls[0],
            urls=urls,
            engine="builtin" if chosen is None else "ardupilot",
            version=version,
            pid=process.pid,
            system_id=system_id,
            folder=place.path,
            process=process,
        )


def read_given_parameters(files: Sequence[Path], params: Mapping[str, float]) -> dict[str, float]:
    """The parameters of some files, overridden by single ones.

    Raises InputError for a file that cannot be read, a line that is none, and a value that is no number.
    """
    given: dict[str, float] = {}
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{file}: the parameter file cannot be read ({error})", do="correct the path"
            ) from error
        given |= read_parameter_text(text, name=str(file))
    given |= {name.upper(): float(value) for name, value in params.items()}
    for name, value in given.items():
        if not math.isfinite(value):
            raise InputError(f"{name} = {value}: not a finite number", do="give a number")
    return given


def choose_engine(engine: SitlEngine) -> ardupilot.ArduCopter | None:
    """The ArduCopter to start, or None for the built-in vehicle.

    Raises VehicleStartError where ArduCopter is asked for and not found, or DFR_ARDUCOPTER names no program.
    """
    if engine == "builtin":
        return None
    if engine == "auto":
        return ardupilot.find_arducopter() if ardupilot.named_binary() is not None else None
    found = ardupilot.find_arducopter()
    if found is None:
        raise VehicleStartError(
            "no ArduCopter SITL found",
            do=f"set {ardupilot.VARIABLE}=/path/to/arducopter, or use the built-in vehicle (docs/sitl.md)",
        )
    return found


@contextmanager
def _run_builtin(
    folder: GuardedFolder,
    options: Sequence[str],
    params: Mapping[str, float],
    endpoints: tuple[Endpoint, ...],
) -> Iterator[tuple[VehicleProcess, tuple[str, ...]]]:
    """It listens by itself at its usual ports, and a relay does at any others."""
    refuse_unknown(params)
    own = folder.path / "given.parm"
    own.write_text("".join(f"{name} {value:.9g}\n" for name, value in params.items()), encoding="utf-8")
    command = ["firmware_sitl.vehicle", *options, "--defaults", own.name]
    if endpoints == loopback_endpoints(endpoints[0].port):
        command += ["--port", str(endpoints[0].port), "--parent", str(os.getpid())]
    else:
        command = ["firmware_sitl.relay", *map(str, endpoints), "--", sys.executable, "-m", *command]
    with run_module(command, folder.path, folder.environment) as process:
        yield process, process.wait_for_urls(timeout_s=BUILTIN_TIMEOUT_S)
