"""Items of missions, fences and rally lists as MAVLink carries them, and how C++ casts their numbers.

`WireItem` is the one type for an item on the wire: missions are compiled to it, the link sends it and reads
it back, and the built-in vehicle stores it.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack, unpack

Params = tuple[float, float, float, float]
"""Parameters 1 to 4 of an item or a command."""

MOST_LAT_E7, MOST_LON_E7 = 900_000_000, 1_800_000_000
"""The ends of latitude and longitude, in 1e-7 degrees."""

MOST_ALTITUDE_M = 83_000.0
"""ArduPilot refuses altitudes from here on, up or down (LOCATION_ALT_MAX_M)."""

MOST_CAST = 2**31
"""A float beyond this is cast to the least 32-bit number, as x86 processors do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireItem:
    """The fields of a MISSION_ITEM_INT that mean something, in the wire's integers and floats."""

    seq: int = 0
    command: int
    frame: int = 0
    params: Params = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: int = 1

    @property
    def lat_deg(self) -> float:
        """Latitude, degrees."""
        return self.x * 1e-7

    @property
    def lon_deg(self) -> float:
        """Longitude, degrees."""
        return self.y * 1e-7

    @property
    def is_somewhere(self) -> bool:
        """Whether latitude, longitude and height can be a place on Earth."""
        return abs(self.x) <= MOST_LAT_E7 and abs(self.y) <= MOST_LON_E7 and abs(self.z) < MOST_ALTITUDE_M


def single(value: float) -> float:
    """A number in single precision, as floats are stored and sent."""
    return float(unpack("<f", pack("<f", value))[0])


def cast(value: float, bits: int, *, signed: bool = False) -> int:
    """A float as C++ puts it into an integer of so many bits.

    >>> cast(3.9, 8), cast(-1.0, 16), cast(300.0, 8), cast(200.0, 8, signed=True)
    (3, 65535, 44, -56)
    """
    whole = int(value) if abs(value) < MOST_CAST else -MOST_CAST
    kept = whole & ((1 << bits) - 1)
    return kept - (1 << bits) if signed and kept >> (bits - 1) else kept
