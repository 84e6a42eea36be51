"""Drones on paper as a picture: power over airspeed, landings over wind, control with a motor out."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfr.aircraft.airframe_study import AirframeStudy
from dfr.aircraft.energy import forward_power_w
from dfr.aircraft.landing_study import Axis
from dfr.aircraft.redundancy import attainable_moments, holds_heading
from dfr.geo import FloatArray
from dfr.report.charts import CYCLE, STYLE, svg_of


def airframe_chart(studies: Sequence[AirframeStudy]) -> str:
    """The picture as SVG, a colour for each design."""
    with mpl.rc_context(STYLE):
        picture = Figure(figsize=(10.5, 3.6), layout="constrained")
        power, landing, control = picture.subplots(1, 3)
        for study, colour in zip(studies, CYCLE, strict=False):
            _draw_power(power, study, colour)
            _draw_landings(landing, study, colour)
            _draw_control(control, study, colour)
        power.set(
            xlabel="airspeed, m/s", ylabel="electrical power, W", title="Power, still air", ylim=(0, None)
        )
        landing.set(xlabel="mean wind, m/s", ylabel="% docked", title="Landings in its dock", ylim=(0, 103))
        control.set(
            xlabel="roll, weight × arm",
            ylabel="pitch, weight × arm",
            title="Control, worst motor out (dashed)",
        )
        control.set_aspect("equal")
        power.legend(fontsize=8)
        return svg_of(picture, "Drones on paper")


def _draw_power(axes: Axes, study: AirframeStudy, colour: str) -> None:
    speeds = np.linspace(0.0, study.drone.max_speed_mps, 60)
    axes.plot(speeds, forward_power_w(study.drone, speeds), color=colour, label=study.design.name)


def _draw_landings(axes: Axes, study: AirframeStudy, colour: str) -> None:
    winds = [float(str(row[Axis.WIND.value])) for row in study.landing_rows]
    shares = [_docked(row) for row in study.landing_rows]
    axes.plot(winds, [100.0 * share for share in shares], "o-", color=colour, markersize=3)


def _docked(row: dict[str, object]) -> float:
    success = row["success"]
    assert isinstance(success, dict)
    return float(success["rate"])


def _draw_control(axes: Axes, study: AirframeStudy, colour: str) -> None:
    layout, ratio = study.design.layout, study.design.thrust_to_weight
    whole = attainable_moments(layout, thrust_to_weight=ratio)
    _draw_outline(axes, whole, colour, "-")
    worst, least = None, np.inf
    for stopped in range(layout.rotors):
        held = holds_heading(layout, stopped, thrust_to_weight=ratio)
        left = attainable_moments(layout, thrust_to_weight=ratio, stopped=stopped, hold_yaw=held)
        room = float(np.nan_to_num(np.hypot(*left.T)).min())
        if room < least:
            worst, least = left, room
    if worst is not None and least > 0.0:
        _draw_outline(axes, worst, colour, "--")
    else:
        axes.plot([0.0], [0.0], "x", color=colour)


def _draw_outline(axes: Axes, moments: FloatArray, colour: str, line: str) -> None:
    closed = np.vstack([moments, moments[:1]])
    axes.plot(closed[:, 0], closed[:, 1], line, color=colour)
