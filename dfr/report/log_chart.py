"""A flight log as a picture: height, speed, battery and vibration over time, flights and gaps shaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfr.io.files import write_atomically
from dfr.logs.flights import LoggedFlight, height_series
from dfr.logs.model import FlightLog, Quantity, Series
from dfr.report.charts import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, STYLE, svg_of

MOST_POINTS = 2_000
"""A series is thinned to this: the picture has no more pixels."""


def write_log_chart(path: Path, log: FlightLog, flights: Sequence[LoggedFlight]) -> None:
    """Write the picture as SVG. Raises InputError where the file cannot be written."""
    rows = [(label, colour, series) for label, colour, series in _rows(log) if series is not None]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.0, 0.6 + 1.5 * len(rows)), layout="constrained")
        panels = np.atleast_1d(figure.subplots(len(rows), 1, sharex=True))
        for panel, (label, colour, series) in zip(panels, rows, strict=True):
            _draw(panel, label, colour, _with_breaks(log, _thinned(series)))
            _shade(panel, log, flights)
        panels[-1].set_xlabel("s from the first record")
        panels[0].set_title(f"{log.name}: flights shaded, gaps grey", loc="left")
        write_atomically(path, svg_of(figure, f"flight log {log.name}"))


def _rows(log: FlightLog) -> list[tuple[str, str, Series | None]]:
    series = log.series
    return [
        ("height\nm above home", BLUE, height_series(log)),
        ("speed\nm/s", GREEN, series.get(Quantity.SPEED_MPS)),
        ("climb\nm/s", SKY, series.get(Quantity.CLIMB_MPS)),
        ("battery\nV", ORANGE, series.get(Quantity.VOLTAGE_V)),
        ("current\nA", PURPLE, series.get(Quantity.CURRENT_A)),
        ("vibration\nm/s²", GREY, series.get(Quantity.VIBRATION_MPS2)),
    ]


def _with_breaks(log: FlightLog, series: Series) -> Series:
    """A series with nothing in the gaps of its log: no line is drawn through them."""
    breaks_s = np.array([0.5 * (gap.start_s + gap.end_s) for gap in log.gaps])
    at = np.searchsorted(series.t_s, breaks_s)
    return Series(t_s=np.insert(series.t_s, at, breaks_s), values=np.insert(series.values, at, np.nan))


def _thinned(series: Series) -> Series:
    step = max(1, len(series.t_s) // MOST_POINTS)
    return Series(t_s=series.t_s[::step], values=series.values[::step])


def _draw(panel: Axes, label: str, colour: str, series: Series) -> None:
    panel.plot(series.t_s, series.values, color=colour, linewidth=0.9)
    panel.set_ylabel(label)


def _shade(panel: Axes, log: FlightLog, flights: Sequence[LoggedFlight]) -> None:
    for flight in flights:
        panel.axvspan(flight.start_s, flight.end_s, color=SKY, alpha=0.15, linewidth=0.0)
    for gap in log.gaps:
        panel.axvspan(gap.start_s, gap.end_s, color=GREY, alpha=0.25, linewidth=0.0)
