"""Vertical limits as people write them (`2000ft AMSL`, `FL65`, `GND`), and whether two enclose anything."""

from __future__ import annotations

import re
from functools import lru_cache

from dfr.geo import VerticalDatum
from dfr.units import flight_level_to_m_std, ft_to_m, m_to_ft
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit, flight_level_range_m_amsl

MAX_LIMIT_M = 30_480.0
"""No published limit is higher than 100,000 ft; more is a misprint."""

_SURFACE = frozenset(
    {"SFC", "GND", "GDN", "GROUND", "SURFACE", "0", "0FT", "0FTSFC", "0FTGND", "0FTAGL", "0AGL", "0M"}
)
_UNLIMITED = frozenset({"UNL", "UNLIM", "UNLTD", "UNLIMITED", "UNLFT", "UNLIMFT", "INF"})
_LEVEL = re.compile(r"FL(\d{1,3}(?:\.\d)?)|(\d{2,3})FL")
_DATUMS = {
    "": VerticalDatum.AMSL,
    "AMSL": VerticalDatum.AMSL,
    "MSL": VerticalDatum.AMSL,
    "ASL": VerticalDatum.AMSL,
    "ALT": VerticalDatum.AMSL,
    "QNH": VerticalDatum.AMSL,
    "AGL": VerticalDatum.AGL,
    "AGND": VerticalDatum.AGL,
    "ASFC": VerticalDatum.AGL,
    "SFC": VerticalDatum.AGL,
    "GND": VerticalDatum.AGL,
    "AAL": VerticalDatum.AERODROME,
    "STD": VerticalDatum.FLIGHT_LEVEL,
    "WGS84": VerticalDatum.ELLIPSOID,
}
_HEIGHT = re.compile(
    r"(-?\d{1,6}(?:\.\d{1,6})?)(FT|FEET|F|'|METRES|METERS|MTR|M)?(" + "|".join(_DATUMS) + ")"
)
_STANDARD = {VerticalDatum.FLIGHT_LEVEL: "STD"}


_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{3})(?![\d.,])")
_SLASH = re.compile(r"(?<=[A-Z'])/((?:AGL|AMSL|MSL|AAL|SFC|GND|ALT|STD|QNH)$)")
"""Between a unit and its datum."""

_AMBIGUOUS = re.compile(r"\d{1,3}\.\d{3}(?!\d)")
"""Thousands in one country, a decimal fraction in another."""


@lru_cache(maxsize=8192)
def parse_limit(text: str) -> VerticalLimit | None:
    """The limit a text means, None where it means none. A bare number is feet above mean sea level.

    >>> parse_limit("600m AGL")
    VerticalLimit(value_m=600.0, datum=<VerticalDatum.AGL: 'AGL'>, text='600m AGL')
    >>> parse_limit("FL 65").value_m
    1981.2
    >>> parse_limit("2,500 ft").value_m
    762.0
    >>> parse_limit("Ask on 122.8") is None, parse_limit("2.500 ft") is None
    (True, True)
    """
    words = " ".join(text.split())
    squeezed = _SLASH.sub(r"\1", _THOUSANDS.sub(r"\1\2", words.upper()).replace(" ", ""))
    if squeezed in _SURFACE:
        return SURFACE
    if squeezed in _UNLIMITED:
        return UNLIMITED
    if level := _LEVEL.fullmatch(squeezed):
        height_m = flight_level_to_m_std(float(level[1] or level[2]))
        return VerticalLimit(value_m=height_m, datum=VerticalDatum.FLIGHT_LEVEL, text=words)
    match = _HEIGHT.fullmatch(squeezed)
    if match is None or _AMBIGUOUS.match(squeezed):
        return None
    value_m = float(match[1]) if (match[2] or "").startswith("M") else ft_to_m(float(match[1]))
    if not -500.0 <= value_m <= MAX_LIMIT_M:
        return None
    return VerticalLimit(value_m=value_m, datum=_DATUMS[match[3]], text=words)


def limit_text(level: VerticalLimit) -> str:
    """Words that read back as this very limit: its own where they do, else made from its value."""
    found = parse_limit(level.text)
    same = found is not None and found.datum is level.datum and found.value_m == level.value_m
    return level.text if same else plain_words(level)


def plain_words(level: VerticalLimit) -> str:
    """A limit with its unit and datum, in feet where these are whole, else to the centimetre.

    >>> [plain_words(level) for text in ("2000ALT", "100m AGL", "fl065") if (level := parse_limit(text))]
    ['2000 ft AMSL', '100.00 m AGL', 'FL65']
    """
    if level.datum in (VerticalDatum.SURFACE, VerticalDatum.UNLIMITED):
        return level.datum.value
    feet = m_to_ft(level.value_m)
    hundreds = round(feet / 100.0)
    if level.datum is VerticalDatum.FLIGHT_LEVEL and abs(feet - 100.0 * hundreds) < 1e-6:
        return f"FL{hundreds}"
    datum = _STANDARD.get(level.datum, level.datum.value)
    whole = abs(feet - round(feet)) < 1e-6
    return f"{feet:.0f} ft {datum}" if whole else f"{level.value_m:.2f} m {datum}"


def are_inverted(lower: VerticalLimit, upper: VerticalLimit) -> bool:
    """Whether an upper limit is surely not above a lower one, so that they enclose nothing."""
    if lower.datum is VerticalDatum.UNLIMITED or upper.datum is VerticalDatum.SURFACE:
        return True
    if lower.datum is VerticalDatum.SURFACE and upper.datum is VerticalDatum.AGL:
        return upper.value_m <= 0.0
    if lower.datum is VerticalDatum.SURFACE or upper.datum is VerticalDatum.UNLIMITED:
        return False
    if lower.datum is upper.datum:
        return upper.value_m < lower.value_m
    if {VerticalDatum.ELLIPSOID, VerticalDatum.AERODROME} & {lower.datum, upper.datum}:
        return False
    return _amsl_range(upper)[1] < _amsl_range(lower)[0]


GROUND_UK_M_AMSL = (-5.0, 1345.0)
"""Lowest and highest ground of the United Kingdom (Holme Fen, Ben Nevis): limits above ground and above sea
that are upside down over all of it enclose nothing anywhere; elsewhere they are refused and unknown too."""


@lru_cache(maxsize=1024)
def _amsl_range(level: VerticalLimit) -> tuple[float, float]:
    if level.datum is VerticalDatum.AGL:
        return level.value_m + GROUND_UK_M_AMSL[0], level.value_m + GROUND_UK_M_AMSL[1]
    if level.datum is VerticalDatum.FLIGHT_LEVEL:
        return flight_level_range_m_amsl(level.value_m, None)
    return level.value_m, level.value_m
