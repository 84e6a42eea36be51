"""Published outlines that a scenario may name instead of drawing a ring."""

from __future__ import annotations

from dfr.geo import Position, Ring

_LONDON_FIR = (
    (55.0, 5.0),
    (51.5, 2.0),
    (51.0 + 7.0 / 60.0, 2.0),
    (51.0, 1.0 + 28.0 / 60.0),
    (50.0 + 40.0 / 60.0, 1.0 + 28.0 / 60.0),
    (50.0, -0.25),
    (50.0, -2.0),
    (48.0 + 50.0 / 60.0, -8.0),
    (51.0, -8.0),
    (52.0 + 20.0 / 60.0, -5.5),
    (55.0, -5.5),
)
"""(lat, lon) of the corners in UK AIP ENR 2.1: every one is published to whole minutes."""


def _ring(corners: tuple[tuple[float, float], ...]) -> Ring:
    return tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in corners)


OUTLINES: dict[str, Ring] = {"EGTT": _ring(_LONDON_FIR), "London FIR": _ring(_LONDON_FIR)}
"""By name. A country or FIR that is not here is drawn as a ring."""
