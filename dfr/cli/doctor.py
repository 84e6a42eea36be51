"""`dfr doctor`: what is installed, found and missing, and what each missing thing would give."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from dfr import __version__
from dfr.cli.output import emit_json, say

app = typer.Typer()

REQUIRED = (
    "numpy",
    "scipy",
    "shapely",
    "pyproj",
    "simpy",
    "pymavlink",
    "pydantic",
    "highspy",
    "pyarrow",
    "matplotlib",
)
OPTIONAL = {
    "dronekit": "the dronekit adapter",
    "starlette": "the web map",
    "distributed": "runs on a cluster",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked for."""

    name: str
    found: bool
    required: bool
    what: str


@app.command()
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Say what is installed, found and missing."""
    checks = [*_packages(), _arducopter(), _geoid(), _chromium()]
    healthy = all(check.found for check in checks if check.required)
    if as_json:
        emit_json({"version": __version__, "healthy": healthy, "checks": [asdict(check) for check in checks]})
    else:
        say(
            f"dfr {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
        )
        for check in checks:
            mark = "ok" if check.found else "MISSING" if check.required else "absent"
            say(f"{mark:>8}  {check.name}: {check.what}")
    if not healthy:
        raise typer.Exit(2)


def _packages() -> list[Check]:
    required = [_package(name, "", required=True) for name in REQUIRED]
    return required + [_package(name, what, required=False) for name, what in OPTIONAL.items()]


def _package(name: str, what: str, *, required: bool) -> Check:
    found = importlib.util.find_spec(name) is not None
    version = importlib.metadata.version(name) if found else "not installed"
    return Check(
        name=name, found=found, required=required, what=f"{version} {f'({what})' if what else ''}".strip()
    )


def _arducopter() -> Check:
    """A binary that DFR_ARDUCOPTER names must exist; without the variable PATH is looked through."""
    named = os.environ.get("DFR_ARDUCOPTER")
    path = named or shutil.which("arducopter")
    found = bool(path) and Path(path or "").is_file() and os.access(path or "", os.X_OK)
    if found:
        what = f"{path}"
    elif named:
        what = f"DFR_ARDUCOPTER names {named}, which is no program -> correct or unset it"
    else:
        what = "no real ArduCopter; rehearsals fly the built-in vehicle -> set DFR_ARDUCOPTER to use one"
    return Check(name="ArduCopter SITL", found=found, required=bool(named), what=what)


def _geoid() -> Check:
    """Whether PROJ can turn ellipsoid heights into heights above mean sea level here."""
    from pyproj.transformer import TransformerGroup

    with warnings.catch_warnings():  # PROJ warns of the very absence that is looked for here
        warnings.simplefilter("ignore", UserWarning)
        best = TransformerGroup("EPSG:4979", "EPSG:7405", always_xy=True, allow_ballpark=False)
    found = bool(best.transformers) and best.best_available
    what = "OSGM15 for WGS84 heights" if found else "no geoid grid; heights above WGS84 stay unknown"
    return Check(name="PROJ geoid grid", found=found, required=False, what=what)


def _chromium() -> Check:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    return Check(
        name="Chromium", found=path is not None, required=False, what=path or "not found (PDF printing)"
    )
