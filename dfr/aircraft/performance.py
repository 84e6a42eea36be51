"""Times and energy of a sortie: climb, out along the legs, on scene, straight back by the same legs, land.

Legs are ArduCopter's S-curves (`dfr.aircraft.profiles`) at the speed the wind leaves: the wanted ground
speed, or the one at which the tilt limit just balances the drag of the air (`dfr.aircraft.trim`).
Phases begin and end as in `dfr.track`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.energy import forward_power_w
from dfr.aircraft.gusty_legs import Gusts
from dfr.aircraft.legs import (
    ARRIVAL_S,
    TAKEOFF_HEADING_RAD,
    FlownLegs,
    Wind,
    fly_legs,
    heading_out,
    turn_seconds,
)
from dfr.aircraft.profiles import climb_seconds, land_seconds
from dfr.aircraft.return_leg import (
    ReturnFlight,
    ReturnPath,
    Scatter,
    fly_return,
    gust_share,
    return_height_m,
    usual_spread_s,
)
from dfr.aircraft.settings import FlightSettings, SettingColumns, flight_settings
from dfr.aircraft.sitl_effects import (
    SIM_GUST_HEIGHT_M,
    SitlEffects,
    fly_return_from_any_heading,
    fly_return_from_heading,
    fly_return_of_sitl,
    heading_error,
)
from dfr.aircraft.trim import air_density, airframe_of
from dfr.geo import FloatArray
from dfr.units import wh_to_j
from dfr.world.gusts import scale_lengths_m
from dfr.world.weather import MeanWind

__all__ = [
    "FlightSettings",
    "SitlEffects",
    "SortiePrediction",
    "SortiePredictions",
    "flight_settings",
    "predict_path",
    "predict_paths",
    "return_by_s",
]

CONTACT_S = 1.3
"""From 0.15 m above the pad to the ground, and the second ArduCopter takes to believe it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SortiePrediction:
    """The predicted times (s) and energy (Wh) of one sortie; None where a phase cannot be flown.

    Nine flights in ten arrive within `out_early_s` to `out_late_s`, are back within `back_early_s` to
    `back_late_s` and take `late_energy_wh` at most, `late_home_energy_wh` of it from leaving the scene to the
    end of the flight; these three are None where the drone may not come back, near its tilt limit.
    `hover_w` is the power of holding the place on scene.
    `limited_by` is "speed" where the wanted speed is held, "tilt" where the tilt limit sets it,
    "wind" where a leg cannot be flown at all.
    """

    climb_s: float | None
    out_s: float | None
    out_early_s: float | None
    out_late_s: float | None
    on_scene_s: float | None
    back_s: float | None
    back_early_s: float | None
    back_late_s: float | None
    land_s: float | None
    total_s: float | None
    energy_wh: float | None
    late_energy_wh: float | None
    late_home_energy_wh: float | None
    hover_w: float
    reachable: bool
    limited_by: str
    ground_speed_out_mps: float
    ground_speed_back_mps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SortiePredictions:
    """Many sorties as columns, shape (n,); NaN where a phase cannot be flown. See `SortiePrediction`.

    `hover_w` is the power of holding the place on scene. Nine flights in ten arrive within `out_early_s` to
    `out_late_s`, which gusts alone set apart, and are back within `back_early_s` to `back_late_s`, infinite
    where the drone may not come back, near its tilt limit;
    `late_energy_wh` is what the latest of them take, `late_home_energy_wh` what they take from leaving the
    scene on: more than its share of the time where the return is the harder leg. `out_sd_s` is the standard
    deviation that gusts give the legs out, `back_scatter` what gives the return its own.
    """

    climb_s: FloatArray
    out_s: FloatArray
    out_early_s: FloatArray
    out_late_s: FloatArray
    on_scene_s: FloatArray
    back_s: FloatArray
    back_early_s: FloatArray
    back_late_s: FloatArray
    land_s: FloatArray
    total_s: FloatArray
    energy_wh: FloatArray
    late_energy_wh: FloatArray
    late_home_energy_wh: FloatArray
    hover_w: FloatArray
    limited: FloatArray
    ground_speed_out_mps: FloatArray
    ground_speed_back_mps: FloatArray
    out_sd_s: FloatArray
    back_scatter: Scatter

    def __len__(self) -> int:
        return len(self.climb_s)

    def sortie(self, index: int) -> SortiePrediction:
        """One of them."""
        reachable = bool(np.isfinite(self.total_s[index]))
        limits = ("speed", "tilt", "wind")
        return SortiePrediction(
            climb_s=_none_if_nan(self.climb_s[index]),
            out_s=_none_if_nan(self.out_s[index]),
            out_early_s=_none_if_nan(self.out_early_s[index]),
            out_late_s=_none_if_nan(self.out_late_s[index]),
            on_scene_s=_none_if_nan(self.on_scene_s[index]),
            back_s=_none_if_nan(self.back_s[index]),
            back_early_s=_none_if_nan(self.back_early_s[index]),
            back_late_s=_none_if_nan(self.back_late_s[index]),
            land_s=_none_if_nan(self.land_s[index]),
            total_s=_none_if_nan(self.total_s[index]),
            energy_wh=_none_if_nan(self.energy_wh[index]),
            late_energy_wh=_none_if_nan(self.late_energy_wh[index]),
            late_home_energy_wh=_none_if_nan(self.late_home_energy_wh[index]),
            hover_w=float(self.hover_w[index]),
            reachable=reachable,
            limited_by=limits[int(self.limited[index])],
            ground_speed_out_mps=float(self.ground_speed_out_mps[index]),
            ground_speed_back_mps=float(self.ground_speed_back_mps[index]),
        )


def predict_path(
    lengths_m: Sequence[float],
    courses_deg: Sequence[float],
    *,
    height_m: float,
    on_scene_s: float,
    wind: MeanWind,
    drone: Drone,
    settings: FlightSettings,
    temperature_c: float = 15.0,
    sitl: SitlEffects | None = None,
) -> SortiePrediction:
    """The sortie out along legs (true courses, degrees) at a height above home, and back by the same legs.

    `sitl` corrects it for a flight on ArduCopter SITL: see `predict_paths`.
    """
    east, north = wind.components_mps(height_m)
    return predict_paths(
        np.atleast_2d(np.asarray(lengths_m, dtype=float)),
        np.atleast_2d(np.asarray(courses_deg, dtype=float)),
        height_m=np.array([height_m]),
        on_scene_s=np.array([on_scene_s]),
        wind_east_mps=np.array([east]),
        wind_north_mps=np.array([north]),
        gust_deviation_mps=np.array([wind.gust_deviation_mps]),
        drone=drone,
        settings=settings,
        temperature_c=temperature_c,
        sitl=sitl,
    ).sortie(0)


def predict_paths(
    lengths_m: FloatArray,
    courses_deg: FloatArray,
    *,
    height_m: FloatArray,
    on_scene_s: FloatArray,
    wind_east_mps: FloatArray,
    wind_north_mps: FloatArray,
    drone: Drone,
    settings: FlightSettings | Sequence[FlightSettings],
    temperature_c: float | FloatArray = 15.0,
    ground_m_amsl: float = 0.0,
    gust_deviation_mps: FloatArray | None = None,
    sitl: SitlEffects | None = None,
) -> SortiePredictions:
    """Many sorties of one drone at once.

    `lengths_m` and `courses_deg` have shape (n, legs), shorter paths padded with legs of length 0; the
    rest broadcasts to (n,). The wind is the way the air moves at flight height
    (`MeanWind.components_mps`), so each path may have its own hour; `settings` may be one for all or a
    sequence with one for each path. `gust_deviation_mps` is the standard deviation of the gusts
    along the wind, shape (n,): gusts beyond the tilt limit cost time, others nothing. None is the mean wind
    alone. `sitl` corrects the return for flights on ArduCopter SITL (`dfr.aircraft.sitl_effects`); None is
    for real drones.
    """
    lengths = np.atleast_2d(np.asarray(lengths_m, dtype=float))
    count = lengths.shape[0]
    height, scene, wind_e, wind_n = (
        np.broadcast_to(np.asarray(value, dtype=float), (count,))
        for value in (height_m, on_scene_s, wind_east_mps, wind_north_mps)
    )
    density = air_density(height + ground_m_amsl, temperature_c)
    paths = _Paths(
        drone=drone,
        lengths_m=lengths,
        courses_rad=np.radians(np.broadcast_to(np.asarray(courses_deg, dtype=float), lengths.shape)),
        height_m=height,
        on_scene_s=scene,
        wind=_wind_of(wind_e, wind_n, density, gust_deviation_mps, height, everywhere=sitl is not None),
        settings=SettingColumns.from_settings(settings, count),
        temperature_c=temperature_c,
        sitl=sitl,
    )
    return paths.fly_sorties()


def return_by_s(sorties: SortiePredictions, usable: FloatArray | float) -> FloatArray:
    """Seconds after lift by which each drone must have turned home from its target, NaN where it cannot fly.

    `usable` is the energy a sortie may use (Wh): see `dfr.aircraft.energy.usable_wh`. Earlier than its
    arrival where it could not come home at all with the reserve it is to keep.
    """
    spare_s = wh_to_j(1.0) * (usable - sorties.late_energy_wh) / sorties.hover_w
    return sorties.climb_s + sorties.out_s + sorties.on_scene_s + spare_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _PhaseTimes:
    """Seconds of each phase of many sorties, (n,)."""

    climb_s: FloatArray
    out_s: FloatArray
    on_scene_s: FloatArray
    back_s: FloatArray
    over_home_s: FloatArray
    land_s: FloatArray

    @property
    def down_s(self) -> FloatArray:
        """The landing, to the end of the flight."""
        return self.land_s + CONTACT_S

    @property
    def total_s(self) -> FloatArray:
        """All of them."""
        return self.climb_s + self.out_s + self.on_scene_s + self.back_s + self.over_home_s + self.down_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths:
    """What many sorties of a drone are to fly, (n,) or (n, legs), and in which air."""

    drone: Drone
    lengths_m: FloatArray
    courses_rad: FloatArray
    height_m: FloatArray
    on_scene_s: FloatArray
    wind: Wind
    settings: SettingColumns
    temperature_c: float | FloatArray
    sitl: SitlEffects | None

    @property
    def wind_mps(self) -> FloatArray:
        """The wind's speed."""
        return np.hypot(self.wind.east_mps, self.wind.north_mps)

    @property
    def top_m(self) -> FloatArray:
        """The height they go home at."""
        return return_height_m(self.height_m, self.lengths_m[:, 0], self.settings)

    def fly_sorties(self) -> SortiePredictions:
        """The sorties."""
        asked = self.settings
        climb, takeoff_end = climb_seconds(
            self.height_m, asked.climb_mps, asked.vertical_accel_mps2, asked.vertical_shaping_jerk_mps3
        )
        out = self.fly_out()
        out_s = out.seconds + takeoff_end
        home = self.fly_home(out, climb + out_s)
        over_home, land = self.landing_seconds(home.legs)
        phases = _PhaseTimes(
            climb_s=climb,
            out_s=out_s,
            on_scene_s=self.on_scene_s + out.settling_s + ARRIVAL_S,
            back_s=home.seconds,
            over_home_s=over_home,
            land_s=land,
        )
        return self.collect_sorties(phases, out, home)

    def fly_out(self) -> FlownLegs:
        """The legs out."""
        return fly_legs(
            airframe_of(self.drone),
            self.lengths_m,
            self.courses_rad,
            heading_out(self.courses_rad, self.settings),
            wind=self.wind,
            wanted_mps=self.settings.cruise_mps,
            settings=self.settings,
        )

    def fly_home(self, out: FlownLegs, arrived_s: FloatArray) -> ReturnFlight:
        """The legs back, of drones that arrive so long after the lift."""
        path = ReturnPath(
            airframe=airframe_of(self.drone),
            lengths_m=self.lengths_m,
            courses_rad=self.courses_rad,
            climb_m=self.top_m - self.height_m,
            wind=self.wind,
            settings=self.settings,
        )
        if self.sitl is None:
            return fly_return(path)
        if self.sitl.looks_down:
            return fly_return_from_any_heading(path)
        if self.sitl.scene_heading_deg is not None:
            return fly_return_from_heading(path, np.radians(self.sitl.scene_heading_deg))
        course = self.courses_rad[:, 0]
        error = heading_error(
            self.drone,
            turn_rad=course - TAKEOFF_HEADING_RAD,
            leg_s=out.seconds,
            airspeed_mps=self.settings.cruise_mps - self.wind.along_courses(course),
            wind_mps=self.wind_mps,
            up_s=self.sitl.up_s + arrived_s,
            settings=self.settings,
        )
        on_scene_s = self.on_scene_s + out.slow_s + ARRIVAL_S
        return fly_return_of_sitl(path, on_scene_s=on_scene_s, error=error)

    def landing_seconds(self, back: FlownLegs) -> tuple[FloatArray, FloatArray]:
        """Seconds over home until 1 m below the return's height, and from there to the ground."""
        asked = self.settings
        first_metre, land = land_seconds(
            self.top_m,
            asked.effective_land_high_mps,
            asked.land_low_mps,
            asked.land_low_height_m,
            asked.vertical_accel_mps2,
            asked.vertical_shaping_jerk_mps3,
        )
        loiter = np.maximum(asked.return_loiter_s, turn_seconds(self.courses_rad[:, 0] + np.pi, asked))
        return back.settling_s + ARRIVAL_S + loiter + first_metre, land

    def collect_sorties(self, phases: _PhaseTimes, out: FlownLegs, home: ReturnFlight) -> SortiePredictions:
        """The results: what the phases last, and the energy they take."""
        total = phases.total_s
        arrives, returns = np.isfinite(phases.out_s), np.isfinite(total)
        hover_w = forward_power_w(self.drone, self.wind_mps, temperature_c=self.temperature_c)
        away_wh, home_wh = self.energies_wh(phases, out, home.legs, hover_w)
        energy = away_wh + home_wh
        sooner_s, later_s = usual_spread_s(out, phases.out_s, gust_share(out, phases.out_s))
        # The late ones make hardly any headway: they fly at about the wind's own speed.
        home_later_s = home.late_s - home.seconds
        late_wh, late_home_wh = (
            seconds * hover_w / 3600.0 for seconds in (np.hypot(later_s, home_later_s), home_later_s)
        )
        return SortiePredictions(
            climb_s=phases.climb_s,
            out_s=phases.out_s,
            out_early_s=phases.out_s - sooner_s,
            out_late_s=phases.out_s + later_s,
            on_scene_s=np.where(arrives, phases.on_scene_s, np.nan),
            back_s=np.where(arrives, phases.back_s, np.nan),
            back_early_s=np.where(arrives, home.early_s, np.nan),
            back_late_s=np.where(arrives, home.late_s, np.nan),
            land_s=np.where(returns, phases.land_s, np.nan),
            total_s=total,
            energy_wh=np.where(returns, energy, np.nan),
            late_energy_wh=np.where(returns, energy + late_wh, np.nan),
            late_home_energy_wh=np.where(returns, home_wh + late_home_wh, np.nan),
            hover_w=hover_w,
            limited=np.where(returns, (out.slowed | home.legs.slowed).astype(float), 2.0),
            ground_speed_out_mps=out.ground_speed_mps,
            ground_speed_back_mps=home.legs.ground_speed_mps,
            out_sd_s=out.deviation_s,
            back_scatter=home.scatter,
        )

    def energies_wh(
        self, phases: _PhaseTimes, out: FlownLegs, back: FlownLegs, hover_w: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Energy of a sortie until it leaves the scene, and from there to the end of the flight."""
        rising_w = forward_power_w(
            self.drone, self.wind_mps, climb_mps=self.settings.climb_mps, temperature_c=self.temperature_c
        )
        out_w, back_w = (
            forward_power_w(self.drone, legs.airspeed_mps, temperature_c=self.temperature_c)
            for legs in (out, back)
        )
        away = rising_w * phases.climb_s + out_w * phases.out_s + hover_w * phases.on_scene_s
        home = back_w * phases.back_s + hover_w * (phases.over_home_s + phases.down_s)
        return away / 3600.0, home / 3600.0


def _wind_of(
    east: FloatArray,
    north: FloatArray,
    density: FloatArray,
    gust_deviation_mps: FloatArray | None,
    height: FloatArray,
    *,
    everywhere: bool,
) -> Wind:
    """The wind of each path, gusts included where any are given; simulated ones are `everywhere`."""
    if gust_deviation_mps is None or not np.any(gust_deviation_mps > 0.0):
        return Wind(east_mps=east, north_mps=north, density=density)
    return Wind(
        east_mps=east,
        north_mps=north,
        density=density,
        gusts=Gusts(
            deviation_mps=gust_deviation_mps,
            length_m=_gust_lengths_m(np.full_like(height, SIM_GUST_HEIGHT_M) if everywhere else height),
            everywhere=everywhere,
        ),
    )


def _gust_lengths_m(height: FloatArray) -> FloatArray:
    heights, at = np.unique(height, return_inverse=True)
    return np.array([scale_lengths_m(metres)[0] for metres in heights.tolist()])[at]


def _none_if_nan(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
