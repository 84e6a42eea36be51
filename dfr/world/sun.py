"""Sun and night: whether it is night at a place, where the sun stands, and when it rises and sets."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from dfr.geo import Position


class SunEvent(StrEnum):
    """A moment of the day by the sun (ED-318's names)."""

    BMCT = "BMCT"
    SR = "SR"
    SS = "SS"
    EECT = "EECT"


ALTITUDE_DEG = {SunEvent.SR: -0.833, SunEvent.SS: -0.833, SunEvent.BMCT: -6.0, SunEvent.EECT: -6.0}
"""Height of the sun's centre at each event: refraction and half the disc; civil twilight (ICAO)."""


def is_night(moment: datetime, position: Position) -> bool:
    """True between sunset and sunrise: the sun's upper edge is below the horizon, by day or by half-year.

    It asks where the sun stands at the moment, so no date enters, local or UTC.
    """
    return sun_altitude_deg(moment, position) < ALTITUDE_DEG[SunEvent.SS]


def sun_altitude_deg(moment: datetime, position: Position) -> float:
    """Height of the sun's centre above the horizon, refraction aside, to about 0.02 degrees.

    Meeus, Astronomical Algorithms, ch. 13 and 25, low accuracy.
    """
    declination_rad, equation_min = _sun(moment)
    utc = moment.astimezone(UTC)
    hours = utc.hour + utc.minute / 60.0 + utc.second / 3600.0 + equation_min / 60.0 - 12.0
    hour_angle_rad = math.radians(15.0 * hours + position.lon_deg)
    lat_rad = math.radians(position.lat_deg)
    sine = math.sin(lat_rad) * math.sin(declination_rad)
    sine += math.cos(lat_rad) * math.cos(declination_rad) * math.cos(hour_angle_rad)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def sun_time(event: SunEvent, day: date, position: Position) -> datetime | None:
    """UTC of a sun event, to about a minute; None where it does not happen (polar day or night).

    `day` is the local date: the one on which the sun is highest at the position, of whatever date in UTC.
    Meeus, Astronomical Algorithms, ch. 15 and 25, low accuracy, iterated once at the event itself.

    >>> from datetime import date
    >>> sun_time(SunEvent.SR, date(2024, 6, 21), Position(lat_deg=51.4769, lon_deg=0.0)).strftime("%H:%M")
    '03:42'
    """
    before_noon = event in (SunEvent.SR, SunEvent.BMCT)
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(hours=position.lon_deg / 15.0)
    for _ in range(3):
        declination_rad, equation_min = _sun(moment)
        lat_rad = math.radians(position.lat_deg)
        cosine = (
            math.sin(math.radians(ALTITUDE_DEG[event])) - math.sin(lat_rad) * math.sin(declination_rad)
        ) / (math.cos(lat_rad) * math.cos(declination_rad))
        if not -1.0 <= cosine <= 1.0:
            return None
        hours = math.degrees(math.acos(cosine)) / 15.0
        noon_h = 12.0 - position.lon_deg / 15.0 - equation_min / 60.0
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = midnight + timedelta(hours=noon_h - hours if before_noon else noon_h + hours)
    return moment


def _sun(moment: datetime) -> tuple[float, float]:
    """(declination rad, equation of time min)."""
    centuries = (moment.timestamp() - 946_728_000.0) / (86_400.0 * 36_525.0)
    mean_deg = 280.46646 + 36_000.76983 * centuries
    anomaly_rad = math.radians(357.52911 + 35_999.05029 * centuries)
    centre_deg = 1.914602 * math.sin(anomaly_rad) + 0.019993 * math.sin(2.0 * anomaly_rad)
    lon_rad = math.radians(mean_deg + centre_deg - 0.00569)
    tilt_rad = math.radians(23.439291 - 0.0130042 * centuries)
    declination_rad = math.asin(math.sin(tilt_rad) * math.sin(lon_rad))
    ascension_deg = math.degrees(math.atan2(math.cos(tilt_rad) * math.sin(lon_rad), math.cos(lon_rad)))
    equation_deg = (mean_deg - 0.0057183 - ascension_deg + 180.0) % 360.0 - 180.0
    return declination_rad, 4.0 * equation_deg
