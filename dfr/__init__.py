"""dfr: a scenario goes in; a plan, its proof and a flight come out.

    import dfr

    world = dfr.load_scenario("victorious-2024")
    plan = dfr.plan(world, docks=2)
    print(dfr.check(world, plan).verdict.headline)
    run = dfr.simulate(world, plan, replications=20)
    print(run.summary.kpis["call_to_overhead_s"].mean)
    calls = run.table("calls")  # Arrow: calls.to_pandas(), polars.from_arrow(calls)
    mission = dfr.compile_mission(world, plan, zone="castle-stage")
    dfr.fly(mission.flight, "tcp:127.0.0.1:5760", simulated=True)

Each name is imported when it is first asked for, so `import dfr` itself loads nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.2.0"

PUBLIC = {
    "load_scenario": "dfr.api.planning",
    "with_weather": "dfr.api.planning",
    "plan": "dfr.api.planning",
    "load_plan": "dfr.api.planning",
    "check": "dfr.api.planning",
    "compile_mission": "dfr.api.planning",
    "simulate": "dfr.api.simulation",
    "study_sensitivity": "dfr.api.sensitivity",
    "predict": "dfr.api.prediction",
    "landing_study": "dfr.api.prediction",
    "read_log": "dfr.api.logs",
    "list_flights": "dfr.api.logs",
    "calibrate": "dfr.api.logs",
    "compare": "dfr.api.logs",
    "study_airframe": "dfr.api.airframes",
    "fly_designs": "dfr.api.airframes",
    "upload": "dfr.api.vehicles",
    "fly": "dfr.api.vehicles",
    "load_mission": "dfr.api.vehicles",
    "Authority": "dfr.api.vehicles",
    "Connection": "dfr.api.vehicles",
    "Operator": "dfr.link.operator",
    "FlightLimits": "dfr.link.limits",
    "Flight": "dfr.sim.flight",
    "Flights": "dfr.sim.flight",
    "model_flights": "dfr.sim.engine",
    "TraceCall": "dfr.sim.inputs",
    "HourWeather": "dfr.scenario.air",
    "Objective": "dfr.plan.objectives",
    "Guidance": "dfr.scenario.model",
    "Position": "dfr.geo",
    "DfrError": "dfr.errors",
}
"""The public names and the module each is in; `__init__.pyi` says the same to type checkers."""


def __getattr__(name: str) -> Any:
    """A public name, from its module, which is imported now."""
    if name == "plan":  # the package of that name, which can be called
        return importlib.import_module("dfr.plan")
    if name not in PUBLIC:
        raise AttributeError(f"module 'dfr' has no attribute {name!r}")
    return getattr(importlib.import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return ["__version__", *PUBLIC]
