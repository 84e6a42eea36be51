"""The figures of a calibration as a picture: a panel each, a point for each flight, the interval shaded."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfr.io.files import write_atomically
from dfr.logs.calibration import Calibration
from dfr.report.charts import BLUE, GREY, STYLE, svg_of
from dfr.scenario.own_drone import OwnFigure

COLUMNS = 3


def write_calibration_chart(path: Path, found: Calibration) -> None:
    """Write the picture as SVG. Raises InputError where the file cannot be written."""
    figures = [figure for figure in (*found.own.figures, *found.observed) if figure.measured]
    rows = max(1, -(-len(figures) // COLUMNS))
    with mpl.rc_context(STYLE):
        picture = Figure(figsize=(9.0, 0.5 + 1.7 * rows), layout="constrained")
        panels = np.atleast_1d(picture.subplots(rows, COLUMNS)).ravel()
        for panel in panels[len(figures) :]:
            panel.set_axis_off()
        for panel, figure in zip(panels, figures, strict=False):
            _draw(panel, figure, found)
        picture.suptitle(
            f"{found.own.name}: flight by flight, pooled value and its 95 % interval", x=0.01, ha="left"
        )
        write_atomically(path, svg_of(picture, f"calibration of {found.own.key}"))


def _draw(panel: Axes, figure: OwnFigure, found: Calibration) -> None:
    numbers = [n for n, one in enumerate(found.flights, 1) if figure.field in one.values]
    values = [one.values[figure.field] for one in found.flights if figure.field in one.values]
    panel.plot(numbers, values, "o", color=GREY, markersize=3)
    panel.axhline(figure.value, color=BLUE)
    if figure.low is not None and figure.high is not None:
        panel.axhspan(figure.low, figure.high, color=BLUE, alpha=0.15)
    panel.set_title(f"{figure.field}: {figure.value:.4g}", loc="left", fontsize=8)
    panel.set_xlabel("flight" if values else "fitted to all flights at once", fontsize=7)
