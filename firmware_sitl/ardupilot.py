"""Runs a real ArduCopter SITL: finds the binary, gives it a folder and free ports, and always ends it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from dfr.ardupilot.parameters import spell_both
from dfr.errors import InputError, VehicleStartError
from firmware_sitl.endpoints import Endpoint, loopback_endpoints
from firmware_sitl.guard import GuardedFolder, guarded_folder
from firmware_sitl.process import VehicleProcess, run_module
from firmware_sitl.vehicle.parameters import Parameters, unknown_parameters

VARIABLE = "DFR_ARDUCOPTER"
BINARY = "arducopter"
LISTEN_TIMEOUT_S = 180.0
"""Only ends a vehicle that hangs."""

PROBE_HOME = "0,0,0,0"
MODELS = {(1, 0): "quad", (1, 1): "x", (2, 0): "hexa", (2, 1): "hexax", (3, 0): "octa"}
"""FRAME_CLASS and FRAME_TYPE -> SITL's airframe with these motors (SIM_Frame.cpp)."""

BANNER = re.compile(rb"ArduCopter V\d+\.\d+\.\d+[\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArduCopter:
    """An ArduCopter SITL binary and the version it holds."""

    path: Path
    version: str


def named_binary() -> Path | None:
    """The program that DFR_ARDUCOPTER names; None where the variable is not set.

    Raises VehicleStartError where that program cannot be run: it never falls back silently.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise VehicleStartError(
            f"{VARIABLE}={named} is not a program that can be run",
            do="correct the path, or unset the variable",
        )
    return path.resolve()


def find_arducopter() -> ArduCopter | None:
    """The binary that DFR_ARDUCOPTER names, or an `arducopter` on the PATH; None where there is neither."""
    path = named_binary()
    if path is None:
        found = shutil.which(BINARY)
        path = Path(found) if found else None
    return None if path is None else ArduCopter(path=path, version=version_of(path))


def version_of(path: Path) -> str:
    """The version that the binary carries, `unknown` where it shows none."""
    match = BANNER.search(path.read_bytes())
    return match.group().decode() if match else "ArduCopter of unknown version"


@contextmanager
def run_sitl(
    binary: ArduCopter,
    folder: GuardedFolder,
    *,
    home: str,
    params: Mapping[str, float],
    system_id: int = 1,
    speedup: float = 1.0,
    frame: Path | None = None,
    endpoints: Sequence[Endpoint] = loopback_endpoints(0),
) -> Iterator[tuple[VehicleProcess, tuple[str, ...]]]:
    """A running SITL behind a relay (`firmware_sitl.relay`), and its URLs, where it waits for a client.

    ArduCopter ignores parameters that it does not have (`refuse_unknown` tells).
    """
    base = folder.path / "base.parm"
    base.write_text(_base_text() + parameter_lines(params), encoding="utf-8")
    model = (
        _choose_model(params)
        if frame is None
        else f"{_choose_model(params)}:{_copy_into(frame, folder.path)}"
    )
    command = [
        str(binary.path), "-w", "--model", model, f"--home={home}", "--defaults", str(base.resolve()),
        "--sysid", str(system_id), "--speedup", f"{speedup:g}",
    ]  # fmt: skip
    relay = ["firmware_sitl.relay", *map(str, endpoints), "--", *command]
    with run_module(relay, folder.path, folder.environment) as process:
        yield process, process.wait_for_urls(timeout_s=LISTEN_TIMEOUT_S)


def _choose_model(params: Mapping[str, float]) -> str:
    """The SITL airframe with the motors of FRAME_CLASS and FRAME_TYPE; a plus quad by default.

    Raises InputError where SITL has none: with other motors than the firmware drives it cannot fly.
    """
    kind = (int(params.get("FRAME_CLASS", 1)), int(params.get("FRAME_TYPE", 0)))
    if kind not in MODELS:
        raise InputError(
            f"FRAME_CLASS {kind[0]} with FRAME_TYPE {kind[1]}: no SITL airframe has these motors",
            do="use a quad or hexa (plus or X), or an octa (plus)",
        )
    return MODELS[kind]


def _copy_into(frame: Path, folder: Path) -> str:
    """The name of a copy of the airframe in the vehicle's folder: SITL opens no absolute path."""
    shutil.copyfile(frame, folder / frame.name)
    return frame.name


def gust_script(folder: Path, intensity: float, seed: int) -> dict[str, float]:
    """Put the gust script where ArduCopter looks for scripts; returns the parameters that let it run."""
    text = resources.files(__package__).joinpath("scripts", "gusts.lua").read_text(encoding="utf-8")
    text = text.replace("local INTENSITY = 0.0", f"local INTENSITY = {intensity:.6f}")
    text = text.replace("local SEED = 1 ", f"local SEED = {abs(int(seed))} ")
    scripts = folder / "scripts"
    scripts.mkdir(exist_ok=True)
    (scripts / "gusts.lua").write_text(text, encoding="utf-8")
    return {"SCR_ENABLE": 1.0, "SIM_WIND_TC": 0.1}


def parameter_lines(params: Mapping[str, float]) -> str:
    """Parameters under the names and units of both generations; firmware ignores unknown names."""
    return "".join(
        f"{spelling.name} {value * spelling.factor:.9g}\n"
        for name, value in params.items()
        for spelling in spell_both(name)
    )


_known: dict[Path, set[str]] = {}
"""The parameters that each binary has been seen to have."""


def refuse_unknown(binary: ArduCopter, params: Mapping[str, float]) -> None:
    """Raise InputError for parameters that the firmware has under no name.

    ArduCopter ignores them silently, so a probe vehicle is started with them and asked for each.
    """
    known = _known.setdefault(binary.path, set())
    new = [name for name in params if name not in known]
    if not new:
        return
    with (
        guarded_folder() as folder,
        run_sitl(binary, folder, home=PROBE_HOME, params=params) as (_, urls),
    ):
        had = _ask_for(urls[0], {spelling.name for name in new for spelling in spell_both(name)})
    known |= {name for name in new if any(spelling.name in had for spelling in spell_both(name))}
    if unknown := [name for name in new if name not in known]:
        raise unknown_parameters(binary.version, unknown, Parameters().known_names() | had)


def _ask_for(url: str, names: set[str]) -> set[str]:
    from firmware_sitl.client import SitlClient

    with SitlClient(url) as client:
        return {name for name in sorted(names) if client.find_parameter(name) is not None}


def _base_text() -> str:
    return resources.files(__package__).joinpath("ardupilot_base.parm").read_text(encoding="utf-8")
