"""What paths cost: sorties in each hour's wind and gusts, one by one or by classes of leg and wind.

Times are those of the mean flight; energies are those of the latest of nine flights in ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dfr.aircraft.catalogue import drone_of
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import SortiePredictions, predict_paths
from dfr.geo import FloatArray, LocalFrame
from dfr.plan.flight_path import dispatch_settings, raised_scenario, sortie_legs
from dfr.plan.routing import FlightPath
from dfr.plan.wind_classes import MOST_AT_ONCE, Flown, IntArray, StraightSorties, planes_of, read_planes
from dfr.plan.windows import HourWindow
from dfr.scenario.model import Scenario

HELD_SHARE = 0.99
"""A ground speed of this share of the wanted one counts as held."""

GUST_STEP = 0.02
"""Hours whose gusts differ by less, as a share of the wind, are one class, flown as the gustiest of them."""

LEAST_WIND_MPS = 0.5
"""Gusts are a share of the wind, or of this in less wind."""

IN_CACHE = 5_000
"""Sorties predicted in one go where there are many: their columns stay in a processor's cache."""

MOST_READ = 2_000_000
"""Sorties read from classes in one go, for the memory."""

NO_PATH, BENT = -1, -2

OnShare = Callable[[float], object]
"""Told which share of a large table is done, 0 to 1."""

SmallFloatArray = NDArray[np.float32]
"""Times and energies of whole tables: their last digit is far below what classes leave open."""

SmallIntArray = NDArray[np.int8]


def on_scene_s(scenario: Scenario) -> float:
    """Typical time on scene: the median of each grade of call, weighted by its share."""
    grades = scenario.demand.priorities
    total = sum(grade.share for grade in grades)
    return sum(grade.share * grade.on_scene.median_s for grade in grades) / total


def usable_by_hour(scenario: Scenario, windows: Sequence[HourWindow]) -> FloatArray:
    """What the battery gives above the reserve in each hour, Wh."""
    drone, reserve = drone_of(scenario.fleet), scenario.contingency.reserve_fraction
    return np.array([usable_wh(drone, w.weather.temperature_c, reserve_fraction=reserve) for w in windows])


def sorties_of(
    scenario: Scenario,
    paths: Sequence[FlightPath],
    windows: Sequence[HourWindow],
    raised_m: Sequence[float] | None = None,
) -> SortiePredictions:
    """Sorties out along paths and home by `dfr.plan.flight_path` in each hour's wind.

    `raised_m` is by how much higher than the scenario says each path is flown. Shape (hours * paths,), NaN
    where there is no path.
    """
    raises = [0.0] * len(paths) if raised_m is None else list(raised_m)
    at = {metres: raised_scenario(scenario, metres) for metres in dict.fromkeys(raises)}
    settings = {metres: dispatch_settings(flown) for metres, flown in at.items()}
    heights = {metres: flown.operation.cruise_height_m_agl for metres, flown in at.items()}
    frame, rally = LocalFrame(scenario.site.centre), scenario.contingency.rally_points
    lengths, courses = sortie_legs(frame, [np.asarray(path.points) for path in paths], rally)
    hours, count = len(windows), len(windows) * len(paths)
    aloft = [{metres: w.wind.components_mps(height) for metres, height in heights.items()} for w in windows]
    winds = np.array([wind[metres] for wind in aloft for metres in raises]).reshape(count, 2)
    found = predict_paths(
        np.tile(lengths, (hours, 1)),
        np.tile(courses, (hours, 1)),
        height_m=np.tile([heights[metres] for metres in raises], hours),
        on_scene_s=np.full(count, on_scene_s(scenario)),
        wind_east_mps=winds[:, 0],
        wind_north_mps=winds[:, 1],
        gust_deviation_mps=np.repeat([window.wind.gust_deviation_mps for window in windows], len(paths)),
        drone=drone_of(scenario.fleet),
        settings=[settings[metres] for metres in raises] * hours if len(at) > 1 else settings[raises[0]],
        temperature_c=float(np.mean([window.weather.temperature_c for window in windows])),
    )
    missing = np.tile(np.array([not path.reachable for path in paths]), hours)
    for column in (found.out_s, found.back_s, found.total_s, found.energy_wh, found.late_energy_wh):
        column[missing] = np.nan
    return found


def fly_paths(
    scenario: Scenario,
    rows: Iterable[Sequence[FlightPath]],
    windows: Sequence[HourWindow],
    on_share: OnShare | None = None,
) -> tuple[SmallFloatArray, SmallFloatArray]:
    """(seconds to overhead, energies in Wh) of rows of paths in the wind of each hour, (hours, paths).

    Those of one straight leg are read from classes of leg and wind (`dfr.plan.wind_classes`): times within
    the battery are right to `study.time_error_s`. Hours about as gusty are all flown as the gustiest of them,
    so that time and energy of the others err on the long side. NaN where nothing flies. The rows are taken
    one after the other, so that they need not be there at once. `on_share` hears after each
    part how far it is.
    """
    sorties = _Sorties.of(scenario, rows, windows)
    shape = len(windows), len(sorties.straight_after)
    overhead, energy = np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    done = 0
    for lead in sorted(set(sorties.straight_after.tolist()) - {NO_PATH}):
        own = np.flatnonzero(sorties.straight_after == lead)
        if lead == BENT:
            overhead[:, own], energy[:, own] = sorties.fly_bent()
            continue
        for hours in sorties.hours_alike():
            for part, found in sorties.fly_straight(own, lead, hours):
                at = np.ix_(hours, part)
                overhead[at], energy[at] = found
                done += found[0].size
                if on_share is not None:
                    on_share(done / overhead.size)
    return overhead, energy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorties:
    """The leg of each straight path, (paths,), those of the others, (bent, legs), and the winds.

    These are (hours, 2), with their gusts, (hours,). `straight_after` is how many legs of no length go before
    the only one of a straight sortie (one where RTL begins over the dock), BENT for a sortie of several legs,
    NO_PATH where there is none.
    """

    scenario: Scenario
    lengths_m: FloatArray
    courses_deg: FloatArray
    straight_after: SmallIntArray
    bent_m: FloatArray
    bent_deg: FloatArray
    winds_mps: FloatArray
    gust_deviation_mps: FloatArray
    usable_wh: FloatArray
    temperature_c: float

    @classmethod
    def of(
        cls, scenario: Scenario, rows: Iterable[Sequence[FlightPath]], windows: Sequence[HourWindow]
    ) -> _Sorties:
        frame, rally = LocalFrame(scenario.site.centre), scenario.contingency.rally_points
        rally_m = frame.points(rally)
        parts, bent = list[tuple[FloatArray, FloatArray, SmallIntArray]](), list[FloatArray]()
        for row in rows:
            parts.append(_straight_legs(row, rally_m))
            bent += [np.asarray(row[k].points) for k in np.flatnonzero(parts[-1][2] == BENT).tolist()]
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        height = scenario.operation.cruise_height_m_agl
        bent_m, bent_deg = sortie_legs(frame, bent, rally)
        return cls(
            scenario=scenario,
            lengths_m=columns[0],
            courses_deg=columns[1],
            straight_after=columns[2],
            bent_m=bent_m,
            bent_deg=bent_deg,
            winds_mps=np.array([w.wind.components_mps(height) for w in windows]).reshape(-1, 2),
            gust_deviation_mps=np.array([window.wind.gust_deviation_mps for window in windows], float),
            usable_wh=usable_by_hour(scenario, windows),
            temperature_c=float(np.mean([window.weather.temperature_c for window in windows])),
        )

    def fly_bent(self) -> tuple[FloatArray, FloatArray]:
        """The paths that bend in each hour, predicted once for each wind that differs."""
        airs = np.column_stack((self.winds_mps, self.gust_deviation_mps))
        winds, hour = np.unique(airs, axis=0, return_inverse=True)
        overhead, energy = np.empty((2, len(winds), len(self.bent_m)))
        step = max(1, MOST_AT_ONCE // max(1, len(self.bent_m)))
        for first in range(0, len(winds), step):
            part = winds[first : first + step]
            each = np.repeat(part, len(self.bent_m), axis=0)
            flown = self._predict(
                np.tile(self.bent_m, (len(part), 1)),
                np.tile(self.bent_deg, (len(part), 1)),
                each[:, :2],
                each[:, 2],
            )
            overhead[first : first + step] = flown.overhead_s.reshape(len(part), -1)
            energy[first : first + step] = flown.energy_wh.reshape(len(part), -1)
        return overhead[hour], energy[hour]

    @property
    def gustiness(self) -> FloatArray:
        """The deviation of each hour's gusts over its wind."""
        return self.gust_deviation_mps / _wind_to_share(self.winds_mps)

    def hours_alike(self) -> list[IntArray]:
        """The hours of each class of gusts."""
        kind = np.ceil(self.gustiness / GUST_STEP - 1e-9)
        return [np.flatnonzero(kind == each) for each in np.unique(kind)]

    def fly_straight(
        self, own: IntArray, lead: int, hours: IntArray
    ) -> Iterator[tuple[IntArray, tuple[FloatArray, FloatArray]]]:
        """Parts of some straight paths, and what they cost in hours that are about as gusty."""
        fly = partial(self._predict_straight, lead, float(self.gustiness[hours].max()))
        planes = planes_of(fly, float(self.lengths_m[own].max()), self.winds_mps[hours], len(own))
        step = max(1, MOST_READ // len(hours))
        for part in np.split(own, range(step, len(own), step)):
            asked = StraightSorties(
                lengths_m=self.lengths_m[part],
                courses_rad=np.radians(self.courses_deg[part]),
                winds_mps=self.winds_mps[hours],
                usable_wh=self.usable_wh[hours],
            )
            yield part, read_planes(planes, fly, asked, error_s=self.scenario.study.time_error_s)

    def _predict_straight(
        self,
        lead: int,
        gustiness: float,
        lengths_m: FloatArray,
        courses_rad: FloatArray,
        winds_mps: FloatArray,
    ) -> Flown:
        lengths, courses = np.zeros((2, len(lengths_m), lead + 1))
        lengths[:, lead], courses[:, lead] = lengths_m, np.degrees(courses_rad)
        return self._predict(lengths, courses, winds_mps, gustiness * _wind_to_share(winds_mps))

    def _predict(
        self,
        lengths_m: FloatArray,
        courses_deg: FloatArray,
        winds_mps: FloatArray,
        gust_deviation_mps: FloatArray,
    ) -> Flown:
        columns = lengths_m, courses_deg, winds_mps, gust_deviation_mps
        parts = [
            self._predict_some(*(column[first : first + IN_CACHE] for column in columns))
            for first in range(0, max(1, len(lengths_m)), IN_CACHE)
        ]
        return Flown(
            overhead_s=np.concatenate([part.overhead_s for part in parts]),
            energy_wh=np.concatenate([part.energy_wh for part in parts]),
            kind=np.concatenate([part.kind for part in parts]),
        )

    def _predict_some(
        self,
        lengths_m: FloatArray,
        courses_deg: FloatArray,
        winds_mps: FloatArray,
        gust_deviation_mps: FloatArray,
    ) -> Flown:
        operation = self.scenario.operation
        settings = dispatch_settings(self.scenario)
        found = predict_paths(
            lengths_m,
            courses_deg,
            height_m=np.full(len(lengths_m), operation.cruise_height_m_agl),
            on_scene_s=np.full(len(lengths_m), on_scene_s(self.scenario)),
            wind_east_mps=winds_mps[:, 0],
            wind_north_mps=winds_mps[:, 1],
            gust_deviation_mps=gust_deviation_mps,
            drone=drone_of(self.scenario.fleet),
            settings=settings,
            temperature_c=self.temperature_c,
        )
        held = found.ground_speed_out_mps >= HELD_SHARE * settings.cruise_mps
        return Flown(
            overhead_s=found.climb_s + found.out_s,
            # Infinite where some may never come home: as good as not flown.
            energy_wh=np.where(np.isfinite(found.late_energy_wh), found.late_energy_wh, np.nan),
            kind=2.0 * found.limited + held,
        )


def _straight_legs(
    row: Sequence[FlightPath], rally_m: FloatArray
) -> tuple[FloatArray, FloatArray, SmallIntArray]:
    """(lengths in m, true courses in degrees, `straight_after`) of paths, each as `sortie_legs` flies it.

    Zeros where a path is not of one leg.
    """
    nowhere = ((0.0, 0.0), (0.0, 0.0))
    ends = np.array([path.points if len(path.points) == 2 else nowhere for path in row]).reshape(-1, 2, 2)
    legs = ends[:, 1] - ends[:, 0]
    lengths = np.hypot(legs[:, 0], legs[:, 1])
    to_rally = np.hypot(*(rally_m[:, None, :] - ends[None, :, 1, :]).transpose(2, 0, 1))
    over_home = (to_rally < lengths).any(axis=0).astype(np.int8)
    missing = np.array([not path.reachable for path in row])
    after = np.where(missing, NO_PATH, np.where(lengths > 0.0, over_home, BENT)).astype(np.int8)
    return lengths, np.degrees(np.arctan2(legs[:, 0], legs[:, 1])) % 360.0, after


def _wind_to_share(winds_mps: FloatArray) -> FloatArray:
    """The speeds of winds, (hours, 2), that gusts are counted as a share of."""
    return np.maximum(np.hypot(winds_mps[:, 0], winds_mps[:, 1]), LEAST_WIND_MPS)
