"""Weather: the mean wind at a height, how gusty a surface makes it, and whether an hour may be flown in.

A gust that was not reported is censored, not absent: a METAR names gusts only from 10 kt above the
mean. In its place stands the gust factor of the site's turbulence times the mean, labelled estimated.

Sources: log law and intensity `1 / ln(z / z0)` for neutral stability (Panofsky and Dutton 1984;
roughness classes after Wieringa 1992); gust factors WMO TD-1555 (Harper, Kepert and Ginger 2010). Gust
series are in `dfr.world.gusts`, wakes of obstacles in `dfr.world.wakes`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import numpy as np

from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.scenario.air import HourWeather, Weather
from dfr.scenario.model import Scenario, Surface

REFERENCE_HEIGHT_M = 10.0
"""Height of a reported surface wind (WMO-No. 8)."""

ROUGHNESS_M: dict[Surface, float] = {
    Surface.SEA: 0.0002,
    Surface.BEACH: 0.005,
    Surface.OPEN: 0.03,
    Surface.URBAN: 0.5,
}
"""Roughness length of each surface, m (Wieringa 1992; sea: Charnock at moderate wind)."""

LOWEST_HEIGHT_IN_ROUGHNESS = 1.05
"""The log law is not read below this many roughness lengths, where it would turn negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanWind:
    """The ten-minute mean wind: speed at 10 m, where it comes from, and the roughness it blows over.

    `roughness_m` None means the same wind at every height. `gust_deviation_mps` is the standard deviation of
    its gusts along the wind, the same at any height that drones fly at; 0 is the mean wind alone.
    """

    speed_mps: float
    from_deg: float
    roughness_m: float | None = None
    gust_deviation_mps: float = 0.0

    def speed_at_mps(self, height_m: float) -> float:
        """Mean speed at a height above ground by the log law.

        >>> round(MeanWind(speed_mps=10.0, from_deg=240.0, roughness_m=0.03).speed_at_mps(30.0), 2)
        11.89
        """
        return self.speed_mps * float(profile_factor(height_m, self.roughness_m))

    def components_mps(self, height_m: float) -> tuple[float, float]:
        """(east, north) velocity of the air at a height: a wind from the west is (+, 0)."""
        speed = self.speed_at_mps(height_m)
        towards_rad = math.radians(self.from_deg + 180.0)
        return speed * math.sin(towards_rad), speed * math.cos(towards_rad)


CALM = MeanWind(speed_mps=0.0, from_deg=0.0)


def profile_factor(height_m: float | FloatArray, roughness_m: float | None) -> FloatArray:
    """Mean speed at a height over the one at 10 m, by the neutral log law; 1 where roughness is None.

    >>> float(profile_factor(2.0, 0.03).round(3))
    0.723
    """
    height = np.asarray(height_m, dtype=float)
    if roughness_m is None:
        return np.ones_like(height)
    above = np.maximum(height, LOWEST_HEIGHT_IN_ROUGHNESS * roughness_m)
    factor: FloatArray = np.log(above / roughness_m) / math.log(REFERENCE_HEIGHT_M / roughness_m)
    return factor


def turbulence_intensity(surface: Surface, height_m: float = REFERENCE_HEIGHT_M) -> float:
    """Standard deviation of the along-wind gusts over the mean: 1 / ln(z / z0).

    >>> round(turbulence_intensity(Surface.OPEN), 2)
    0.17
    """
    return intensity_of_roughness(ROUGHNESS_M[surface], height_m)


def intensity_of_roughness(roughness_m: float, height_m: float = REFERENCE_HEIGHT_M) -> float:
    """Turbulence intensity over a roughness length (neutral; sigma_u = 2.5 u*, von Karman 0.4)."""
    return 1.0 / math.log(max(height_m, math.e * roughness_m) / roughness_m)


PEAK_FACTOR = 2.55
"""Deviations of the gusts by which the largest 3-second gust in ten minutes is above the mean (TD-1555)."""


def gust_factor(intensity: float, *, peak_factor: float = PEAK_FACTOR) -> float:
    """Largest 3-second gust in ten minutes over the mean: G = 1 + g * Iu (WMO TD-1555 form).

    g = 2.55 gives TD-1555's 1.23 over sea, 1.33 beach, 1.43 open and 1.84 in town from the intensities
    of `turbulence_intensity`.

    >>> round(gust_factor(0.172), 2)
    1.44
    """
    return 1.0 + peak_factor * intensity


ICING_BELOW_C = 2.0
"""In visible moisture below this, ice may form on propellers (assumed; carburettor tables start higher)."""

FOG_BELOW_M = 1000.0
"""Visibility below this is fog, visible moisture (WMO-No. 8)."""


class WeatherQuantity(StrEnum):
    """Quantities that can close an hour to flying."""

    WIND = "wind"
    GUST = "gust"
    RAIN = "rain"
    VISIBILITY = "visibility"
    COLD = "cold"
    HEAT = "heat"
    ICING = "icing"
    LANDING_WIND = "landing wind"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherLimits:
    """The weather that may be flown in; None where there is no limit.

    Wind is at `height_m_agl`, gusts are at 10 m.
    """

    height_m_agl: float
    max_wind_mps: float | None = None
    max_gust_mps: float | None = None
    max_rain_mm_h: float | None = None
    min_visibility_m: float = 0.0
    min_temperature_c: float | None = None
    max_temperature_c: float | None = None
    icing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gust:
    """The 3-second gust of an hour at 10 m, m/s; `estimated` where none was reported."""

    mps: float
    estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedValue:
    """A value of an hour beside its limit; `estimated` where nobody reported the value.

    `least` marks a limit that the value must reach, others are not to be exceeded.
    """

    quantity: WeatherQuantity
    value: float
    limit: float
    estimated: bool = False
    least: bool = False

    @property
    def broken(self) -> bool:
        """Whether the limit is broken."""
        return self.value < self.limit if self.least else self.value > self.limit

    @property
    def used(self) -> float:
        """The share of the limit that is used, 1 at the limit.

        >>> LimitedValue(quantity=WeatherQuantity.WIND, value=6.0, limit=12.0).used
        0.5
        """
        part, whole = (self.limit, self.value) if self.least else (self.value, self.limit)
        return part / whole if whole > 0.0 else 0.0 if part <= 0.0 else math.inf

    def __str__(self) -> str:
        """The reason in words.

        >>> str(LimitedValue(quantity=WeatherQuantity.WIND, value=13.2, limit=12.0))
        'wind 13.2 m/s, limit 12 m/s'
        """
        unit = _UNITS[self.quantity]
        label = " (estimated)" if self.estimated else ""
        value = f"{self.value:.0f}" if abs(self.value) >= 100.0 else f"{self.value:.1f}"
        return f"{self.quantity} {value} {unit}{label}, limit {self.limit:g} {unit}"


_UNITS = {
    WeatherQuantity.WIND: "m/s",
    WeatherQuantity.GUST: "m/s",
    WeatherQuantity.RAIN: "mm/h",
    WeatherQuantity.VISIBILITY: "m",
    WeatherQuantity.COLD: "°C",
    WeatherQuantity.HEAT: "°C",
    WeatherQuantity.ICING: "°C",
    WeatherQuantity.LANDING_WIND: "m/s",
}


def weather_at(weather: Weather, when: datetime) -> HourWeather:
    """The hour that `when` falls in. Raises InputError for a time without a row."""
    asked_s = when.timestamp()
    index = bisect_right(weather.hours, asked_s, key=lambda hour: hour.start.timestamp()) - 1
    if index < 0 or asked_s - weather.hours[index].start.timestamp() >= 3600.0:
        raise InputError(f"no weather for {when:%Y-%m-%d %H:%M %Z}", do="add a row to weather")
    return weather.hours[index]


def mean_wind(scenario: Scenario, hour: HourWeather) -> MeanWind:
    """The hour's mean wind over the site's surface."""
    return MeanWind(
        speed_mps=hour.wind_mps,
        from_deg=hour.wind_from_deg,
        roughness_m=ROUGHNESS_M[scenario.site.surface],
    )


def gusty_wind(scenario: Scenario, hour: HourWeather) -> MeanWind:
    """The hour's mean wind with its gusts: the site's own, or those of the reported gust where that is more.

    Their deviation is the same at all heights of the neutral surface layer (2.5 friction velocities). Plans,
    simulations and missions take this wind, so that they agree about a flight.
    """
    wind = mean_wind(scenario, hour)
    own = turbulence_intensity_of(scenario) * wind.speed_mps
    told = 0.0 if hour.gust_mps is None else (hour.gust_mps - wind.speed_mps) / PEAK_FACTOR
    return replace(wind, gust_deviation_mps=max(own, told))


def turbulence_intensity_of(scenario: Scenario, height_m: float = REFERENCE_HEIGHT_M) -> float:
    """Turbulence intensity at a height: the scenario's own at 10 m, else by the surface.

    The scenario's own falls with height as its equivalent roughness has it fall.
    """
    own = scenario.weather.turbulence_intensity
    if own is None:
        return turbulence_intensity(scenario.site.surface, height_m)
    if own <= 0.0 or height_m == REFERENCE_HEIGHT_M:
        return own
    # 1 / ln(10 / z0) = own, so the roughness that would make the air this gusty at 10 m:
    roughness_m = REFERENCE_HEIGHT_M * math.exp(-1.0 / own)
    return intensity_of_roughness(roughness_m, height_m)


def gust_of_hour(scenario: Scenario, hour: HourWeather) -> Gust:
    """The hour's gust at 10 m: as reported, or estimated by the gust factor."""
    if hour.gust_mps is not None:
        return Gust(mps=hour.gust_mps, estimated=False)
    factor = gust_factor(turbulence_intensity_of(scenario))
    return Gust(mps=hour.wind_mps * factor, estimated=True)


def operation_limits(
    scenario: Scenario,
    *,
    drone_max_wind_mps: float | None = None,
    min_temperature_c: float | None = None,
    max_temperature_c: float | None = None,
) -> WeatherLimits:
    """The operation's limits; its wind limit, where it has none, and the temperatures are the drone's."""
    operation = scenario.operation
    max_wind = operation.max_wind_mps if operation.max_wind_mps is not None else drone_max_wind_mps
    return WeatherLimits(
        height_m_agl=operation.cruise_height_m_agl,
        max_wind_mps=max_wind,
        max_gust_mps=operation.max_gust_mps,
        max_rain_mm_h=operation.max_rain_mm_h,
        min_visibility_m=operation.min_visibility_m,
        min_temperature_c=min_temperature_c,
        max_temperature_c=max_temperature_c,
    )


def broken_limits(scenario: Scenario, hour: HourWeather, limits: WeatherLimits) -> tuple[LimitedValue, ...]:
    """Every limit that the hour breaks; empty where the hour may be flown."""
    broken = [each for each in compare_with_limits(scenario, hour, limits) if each.broken]
    if limits.icing and _may_ice(hour):
        broken.append(
            LimitedValue(quantity=WeatherQuantity.ICING, value=hour.temperature_c, limit=ICING_BELOW_C)
        )
    return tuple(broken)


def compare_with_limits(
    scenario: Scenario, hour: HourWeather, limits: WeatherLimits
) -> tuple[LimitedValue, ...]:
    """Every value of the hour that has a limit, with the limit."""
    wind_mps = mean_wind(scenario, hour).speed_at_mps(limits.height_m_agl)
    gust = gust_of_hour(scenario, hour)
    over = (
        (WeatherQuantity.WIND, wind_mps, limits.max_wind_mps, False),
        (WeatherQuantity.GUST, gust.mps, limits.max_gust_mps, gust.estimated),
        (WeatherQuantity.RAIN, hour.rain_mm_h, limits.max_rain_mm_h, False),
        (WeatherQuantity.HEAT, hour.temperature_c, limits.max_temperature_c, False),
    )
    under = (
        (WeatherQuantity.VISIBILITY, hour.visibility_m, limits.min_visibility_m),
        (WeatherQuantity.COLD, hour.temperature_c, limits.min_temperature_c),
    )
    held = [
        LimitedValue(quantity=quantity, value=value, limit=limit, estimated=estimated)
        for quantity, value, limit, estimated in over
        if limit is not None
    ]
    held += [
        LimitedValue(quantity=quantity, value=value, limit=limit, least=True)
        for quantity, value, limit in under
        if limit is not None
    ]
    return tuple(held)


def _may_ice(hour: HourWeather) -> bool:
    moist = hour.rain_mm_h > 0.0 or hour.visibility_m < FOG_BELOW_M
    return moist and hour.temperature_c < ICING_BELOW_C
