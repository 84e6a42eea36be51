"""The optional parts of an installation: which modules each brings, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What `pip install 'dfr-planner[NAME]'` adds."""

    modules: tuple[str, ...]
    gives: str


EXTRAS = {
    "plan": Extra(
        modules=("scipy", "highspy", "pyarrow", "matplotlib", "contourpy"),
        gives="planning, checks, simulation, live shifts and reports",
    ),
    "web": Extra(modules=("starlette", "uvicorn", "websockets"), gives="`dfr serve`"),
    "dronekit": Extra(modules=("dronekit", "future", "monotonic"), gives="dfr for existing dronekit scripts"),
    "cluster": Extra(modules=("dask", "distributed"), gives="`dfr simulate --cluster`"),
    "gis": Extra(modules=("pyogrio",), gives="airspace and features in shapefiles and GeoPackages"),
    "tables": Extra(modules=("openpyxl",), gives="calls in Excel workbooks"),
    "px4": Extra(modules=("pyulog",), gives="flight logs of PX4"),
    "places": Extra(
        modules=("mgrs", "timezonefinder"), gives="MGRS references, and the time zone of a place"
    ),
}


def install_command(extra: str) -> str:
    """The command that installs an extra.

    >>> install_command("web")
    "pip install 'dfr-planner[web]'"
    """
    return f"pip install 'dfr-planner[{extra}]'"


def extra_with(module: str) -> str | None:
    """The extra that brings a module, such as `scipy.special`; None for a module of no extra."""
    top = module.partition(".")[0]
    return next((name for name, extra in EXTRAS.items() if top in extra.modules), None)
