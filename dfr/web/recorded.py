"""Every series that a flight log recorded, as the Replay page charts it (`recorded_series`)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dfr.logs.model import FlightLog, Quantity, Series

MOST_POINTS = 400
"""As many as a chart of the page has pixels."""

LEFT_OUT = frozenset({Quantity.LAT_DEG, Quantity.LON_DEG})
"""The map shows these."""

UNITS = {
    "deg": "°",
    "m_home": "m above home",
    "m_amsl": "m AMSL",
    "mps": "m/s",
    "rad": "°",
    "v": "V",
    "a": "A",
    "mah": "mAh",
    "c": "°C",
    "mps2": "m/s²",
    "mgauss": "mG",
}
SHARES = frozenset({Quantity.THROTTLE, Quantity.REMAINING})


def recorded_series(log: FlightLog, *, lift_s: float) -> list[dict[str, Any]]:
    """Each series with its name, unit and [s from lift-off, value] points; long ones are thinned."""
    return [
        _series_of(quantity, series, lift_s)
        for quantity, series in log.series.items()
        if quantity not in LEFT_OUT and series.t_s.size > 1
    ]


def _series_of(quantity: Quantity, series: Series, lift_s: float) -> dict[str, Any]:
    name, unit = _name_and_unit(quantity)
    kept = np.unique(np.linspace(0, series.t_s.size - 1, MOST_POINTS).astype(int))
    factor = 100.0 if quantity in SHARES else math.degrees(1.0) if quantity.value.endswith("_rad") else 1.0
    values = factor * series.values[kept]
    times = (series.t_s[kept] - lift_s).round(2)
    points = [
        [float(t), round(float(value), 3)]
        for t, value in zip(times, values, strict=True)
        if np.isfinite(value)
    ]
    return {"id": quantity.value, "name": name, "unit": unit, "points": points}


def _name_and_unit(quantity: Quantity) -> tuple[str, str]:
    """Name and unit in words.

    >>> _name_and_unit(Quantity.HEIGHT_M_HOME), _name_and_unit(Quantity.SATELLITES)
    (('height', 'm above home'), ('satellites', 'count'))
    """
    if quantity in SHARES:
        return quantity.value, "%"
    for ending in sorted(UNITS, key=len, reverse=True):
        if quantity.value.endswith(f"_{ending}"):
            return quantity.value.removesuffix(f"_{ending}").replace("_", " "), UNITS[ending]
    return quantity.value.replace("_", " "), "count"
