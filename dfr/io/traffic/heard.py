"""Another aircraft as a report of a receiver tells of it (`HeardAircraft`), whatever the receiver speaks."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.geo import Position, VerticalDatum

PRESSURE_ERROR_M = 60.0
"""How far a reported pressure altitude may be off (200 ft: within it, ATC takes a transponder's height as
verified, UK CAP 493)."""

UNKNOWN_QNH_ERROR_M = 350.0
"""How far a pressure altitude lies from mean sea level at most where nobody knows the QNH (971 to 1056 hPa;
assumed: the UK has seen less and more on a few days in a century)."""

UNNAMED = 0x1000000
"""Added to an address that is no aircraft's own (TIS-B, ADS-R), so that it is never taken for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardAircraft:
    """An aircraft that was heard now.

    `height_m` counts from `height_datum`: AMSL, or FLIGHT_LEVEL for pressure altitude on 1013.25 hPa; it is
    off by `height_error_m` at most. What a receiver did not say is None. `accuracy_m` is the reported
    accuracy of the position (95 %), `source` the kind of receiver.
    """

    icao: int
    name: str
    position: Position
    height_m: float | None
    height_datum: VerticalDatum
    height_error_m: float
    track_deg: float | None
    speed_mps: float | None
    climb_mps: float | None
    accuracy_m: float | None
    on_ground: bool
    source: str


def name_of(callsign: str, icao: int) -> str:
    r"""The call sign where it is one, else the address as hexadecimal digits.

    >>> name_of("HLE51   ", 0x400F01), name_of("\x1b[2J", 0x400F01)
    ('HLE51', '400f01')
    """
    plain = callsign.strip()
    is_one = 0 < len(plain) <= 8 and all(
        sign.isascii() and (sign.isalnum() or sign in "-_ ") for sign in plain
    )
    return plain if is_one else f"{icao & 0xFFFFFF:06x}"
