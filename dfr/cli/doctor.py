"""`dfr doctor`: reports what is installed, found and missing, and what each missing part would provide."""

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
from dfr.errors import InputError
from dfr.extras import EXTRAS, Extra, install_command
from dfr.io.scenario_files import shipped_folder
from dfr.report.pdf import find_chromium

app = typer.Typer(add_completion=False, rich_markup_mode=None)

REQUIRED = {
    "numpy": "numpy",
    "shapely": "shapely",
    "pyproj": "pyproj",
    "simpy": "simpy",
    "pymavlink": "pymavlink",
    "pydantic": "pydantic",
    "typer": "typer",
    "rich": "rich",
    "yaml": "pyyaml",
    "tzdata": "tzdata",
    "jinja2": "jinja2",
    "lxml": "lxml",
}
"""Module and distribution of all that dfr cannot do without."""

SHIPPED = {"scenarios": ".yaml", "airspace": ".txt"}
"""What comes with dfr, and how the names of its files end; other files there go with these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked for."""

    name: str
    found: bool
    required: bool
    what: str


@app.command()
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Report what is installed, found and missing."""
    required = [_check_package(module, named) for module, named in REQUIRED.items()]
    extras = [_check_extra(name, extra) for name, extra in EXTRAS.items()]
    geoid = [_check_geoid()] if all(check.found for check in required) else []
    checks = [
        *required,
        *extras,
        _check_arducopter(),
        *geoid,
        _check_chromium(),
        *(_check_folder(kind, ending) for kind, ending in SHIPPED.items()),
    ]
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


def _check_package(module: str, named: str) -> Check:
    """Whether a package can be loaded; a wheel for another machine is there but cannot be."""
    try:
        importlib.import_module(module)
        found, what = True, importlib.metadata.version(named)
    except importlib.metadata.PackageNotFoundError:
        found, what = True, "loads, version not recorded"
    except (ImportError, OSError) as error:
        found, what = False, f"{error} -> pip install --force-reinstall {named}"
    return Check(name=named, found=found, required=True, what=what)


def _check_extra(name: str, extra: Extra) -> Check:
    missing = [module for module in extra.modules if importlib.util.find_spec(module) is None]
    lacking = f"{extra.gives}; not installed: {', '.join(missing)} -> {install_command(name)}"
    what = lacking if missing else extra.gives
    return Check(name=f"{name} extra", found=not missing, required=False, what=what)


def _check_folder(kind: str, ending: str) -> Check:
    """Whether the shipped files of a kind are where this dfr is installed."""
    folder = shipped_folder(kind)
    count = len([path for path in folder.glob(f"*{ending}") if path.is_file()]) if folder.is_dir() else 0
    what = f"{count} in {folder}" if count else f"none in {folder} -> install dfr again"
    return Check(name=f"shipped {kind}", found=count > 0, required=True, what=what)


def _check_arducopter() -> Check:
    """Whether the binary that DFR_ARDUCOPTER names exists; without the variable, search PATH."""
    named = os.environ.get("DFR_ARDUCOPTER")
    path = named or shutil.which("arducopter")
    found = bool(path) and Path(path or "").is_file() and os.access(path or "", os.X_OK)
    if found:
        what = f"{path}"
    elif named:
        what = f"DFR_ARDUCOPTER names {named}, which is not a program -> correct or unset it"
    else:
        what = "no real ArduCopter; rehearsals fly the built-in vehicle -> set DFR_ARDUCOPTER to use one"
    return Check(name="ArduCopter SITL", found=found, required=bool(named), what=what)


def _check_geoid() -> Check:
    """Whether PROJ can convert heights above the ellipsoid to heights above mean sea level."""
    from pyproj.transformer import TransformerGroup

    with warnings.catch_warnings():  # PROJ warns of the very absence that is looked for here
        warnings.simplefilter("ignore", UserWarning)
        best = TransformerGroup("EPSG:4979", "EPSG:7405", always_xy=True, allow_ballpark=False)
    found = bool(best.transformers) and best.best_available
    what = (
        "OSGM15 for WGS84 heights"
        if found
        else "no geoid grid; WGS84 heights cannot be converted and stay unknown"
    )
    return Check(name="PROJ geoid grid", found=found, required=False, what=what)


def _check_chromium() -> Check:
    """Which browser `dfr brief` would print with; DFR_CHROMIUM must name a browser."""
    try:
        path = find_chromium()
    except InputError as error:
        return Check(name="Chromium", found=False, required=True, what=str(error))
    what = path or "not found -> install chromium to write PDFs; HTML prints from any browser"
    return Check(name="Chromium", found=path is not None, required=False, what=what)
