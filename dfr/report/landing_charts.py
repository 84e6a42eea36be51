"""Charts of how landings end over wind, gusts and rain: of a scenario's drone and dock, and of a study."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np

from dfr.aircraft.catalogue import Drone, drone_of, find_dock
from dfr.aircraft.landing import ODDS_WINDS_MPS, landing_odds
from dfr.aircraft.landing_study import Axis, LandingAir
from dfr.geo import FloatArray
from dfr.io.files import write_atomically
from dfr.plan.windows import landing_wind_limit_mps
from dfr.report.charts import CYCLE, RED, empty_chart, svg_of
from dfr.world.model import World
from dfr.world.weather import turbulence_intensity_of

EnvelopeRow = dict[str, object]

LABELS = {
    Axis.WIND: "mean wind over the pad, m/s",
    Axis.GUST: "turbulence intensity",
    Axis.RAIN: "rain, mm/h (its effect is assumed)",
}


def scenario_landing_chart(world: World) -> str:
    """The landing envelope of the scenario's drone and dock in its own turbulence and guidance.

    How stiffly the drone holds its place is assumed for every airframe but SITL's, so ArduCopter's own
    stiffness stands beside the catalogue's.
    """
    fleet = world.scenario.fleet
    drone, dock = drone_of(fleet), find_dock(fleet.dock)
    drones = {f"catalogue (stiffness {drone.loop_gain:g}, assumed)": drone}
    if drone.loop_gain != 1.0:
        drones["ArduCopter's own stiffness"] = replace(drone, loop_gain=1.0)
    intensity = turbulence_intensity_of(world.scenario)

    def docked_shares(drone: Drone) -> FloatArray:
        odds = (
            landing_odds(drone, dock, fleet.guidance, wind_mps=wind, turbulence_intensity=intensity)
            for wind in ODDS_WINDS_MPS
        )
        return np.array([chance.docked for chance in odds])

    return landing_chart(
        np.array(ODDS_WINDS_MPS),
        {name: docked_shares(each) for name, each in drones.items()},
        limit_mps=landing_wind_limit_mps(drone, dock),
    )


def landing_chart(winds_mps: FloatArray, docked: Mapping[str, FloatArray], *, limit_mps: float | None) -> str:
    """Share of landing attempts that end in the dock against the mean wind, one line for each guidance."""
    figure, axes = empty_chart(4.2, 2.8)
    for (name, share), colour in zip(docked.items(), CYCLE, strict=False):
        axes.plot(winds_mps, 100.0 * share, "o-", color=colour, markersize=3.5, label=name)
    if limit_mps is not None:
        axes.axvline(limit_mps, color=RED, linestyle="--", linewidth=1, label=f"limit {limit_mps:g} m/s")
    axes.set(xlabel="mean wind at 10 m, m/s", ylabel="% docked at first attempt", ylim=(0, 102))
    axes.legend(loc="lower left", fontsize=8)
    return svg_of(figure, "Landing envelope")


def write_envelope_svg(
    path: Path, rows: Mapping[Axis, Sequence[EnvelopeRow]], title: str, air: LandingAir
) -> None:
    """Write the envelope's plot; each row holds its axis' value and `success` {rate, low, high}."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    held = {
        Axis.WIND: f"Iu {air.turbulence_intensity:.2f}, {air.rain_mm_h:g} mm/h",
        Axis.GUST: f"{air.wind_mps:.1f} m/s, {air.rain_mm_h:g} mm/h",
        Axis.RAIN: f"{air.wind_mps:.1f} m/s, Iu {air.turbulence_intensity:.2f}",
    }
    with matplotlib.rc_context({"svg.hashsalt": "dfr", "font.size": 9.0}):
        figure, panels = pyplot.subplots(1, len(rows), figsize=(10.0, 3.4), sharey=True, layout="constrained")
        for panel, (axis, own) in zip(panels, rows.items(), strict=True):
            at = [float(str(row[axis.value])) for row in own]
            rate, low, high = ([_success_share(row, name) for row in own] for name in ("rate", "low", "high"))
            panel.fill_between(at, low, high, alpha=0.25, linewidth=0.0, label="95 %")
            panel.plot(at, rate, marker="o", markersize=3.0, label="docked")
            panel.set(xlabel=LABELS[axis], ylim=(0.0, 1.02), title=held[axis])
            panel.grid(alpha=0.3)
        panels[0].set(ylabel="share of landings")
        panels[0].legend()
        figure.suptitle(title)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    write_atomically(path, buffer.getvalue())


def _success_share(row: EnvelopeRow, name: str) -> float:
    success = row["success"]
    assert isinstance(success, dict)
    return float(success[name])
