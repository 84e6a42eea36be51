"""Times and energies of many straight sorties in many winds, from classes of leg and wind.

A sortie of one straight leg depends on its length, the wind's speed and the angle between leg and wind alone,
whichever site, zone and hour it belongs to, where gusts are one share of the wind in all hours. So it is
predicted at the nodes of a grid of these, and between them interpolated: one grid for all speeds of the wind,
or a finer one of length and angle for each speed that is asked of many legs (`planes_of`). How wrong that may
be in a cell of the grid is what it is in the middle, where a bend shows most, plus what the curvature along
each of its axes could make it if these did not cancel out.
Where that is more than the bound, where the corners of a cell are not flown alike (the wanted speed held at
one and not at another), or where the energy leaves open whether the battery is enough, each sortie is
predicted itself (`read_planes`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfr.geo import FloatArray

SHORTEST_M = 20.0
"""Shorter legs are predicted themselves: their profile changes with every metre."""

LENGTH_RATIO, WIND_STEP_MPS, ANGLES = 1.6, 0.5, 46

LEAST_OF_ONE_SPEED = 40_000
"""A speed asked of so many legs has a plane of its own: its nodes cost less than what a grid leaves open."""

LEGS_PER_SQUARED_ANGLE = 20.0
"""Of n legs a plane of A angles leaves about 1.5 n / A open, and 15 lengths make 30 A nodes and middles: the
sum is least at A² = n / 20."""

MOST_AT_ONCE = 100_000
"""Sorties predicted in one go: enough that none waits for Python, few enough for the memory."""

GOLDEN_RAD = math.pi * (3.0 - math.sqrt(5.0))
"""Courses of the checks are so far apart, so that they spread evenly over the compass."""

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flown:
    """Sorties as columns: seconds to overhead, energy (NaN where they cannot be flown), and how they fly.

    Sorties of one `kind` hold the wanted speed on the same legs.
    """

    overhead_s: FloatArray
    energy_wh: FloatArray
    kind: FloatArray


FlyStraight = Callable[[FloatArray, FloatArray, FloatArray], Flown]
"""What predicts straight sorties: lengths (n,) in m, courses (n,) in radians, winds (n, 2) east and north."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StraightSorties:
    """Straight legs, (n,), and the winds they are flown in, (hours, 2), with what a battery gives in each."""

    lengths_m: FloatArray
    courses_rad: FloatArray
    winds_mps: FloatArray
    usable_wh: FloatArray


def planes_of(fly: FlyStraight, longest_m: float, winds_mps: FloatArray, legs: int) -> list[Plane]:
    """For each wind, (hours, 2), the plane that holds legs up to a length; so many will be read from it."""
    speeds = np.asarray(np.round(np.hypot(*winds_mps.T), 9), float)
    distinct = np.asarray(np.unique(speeds), float)
    asked = legs * len(speeds) / len(distinct)
    lengths = _length_nodes(longest_m)
    if asked < LEAST_OF_ONE_SPEED:
        grid = Grid.over(fly, lengths, speeds)
        return [grid.plane(speed) for speed in speeds.tolist()]
    angles = max(ANGLES, round(math.sqrt(asked / LEGS_PER_SQUARED_ANGLE)))
    planes = _own_planes(fly, distinct, lengths, np.linspace(0.0, np.pi, angles))
    own = dict(zip(distinct.tolist(), planes, strict=True))
    return [own[speed] for speed in speeds.tolist()]


def read_planes(
    planes: Sequence[Plane], fly: FlyStraight, asked: StraightSorties, *, error_s: float
) -> tuple[FloatArray, FloatArray]:
    """(seconds to overhead, energy in Wh) of each leg in each wind, shape (hours, n), NaN where not flown.

    Each wind is read from its own plane. Where a sortie is within the usable energy its time is within
    `error_s` of the prediction's.
    """
    shape = len(asked.winds_mps), len(asked.lengths_m)
    overhead, energy, doubtful = np.empty(shape), np.empty(shape), np.empty(shape, bool)
    places = planes[0].place_lengths(asked.lengths_m)
    for hour, (wind, usable) in enumerate(zip(asked.winds_mps, asked.usable_wh, strict=True)):
        read = planes[hour].read(places, asked.courses_rad, wind)
        overhead[hour], energy[hour] = read.overhead_s, read.energy_wh
        doubtful[hour] = read.doubtful(usable, error_s) | (asked.lengths_m < SHORTEST_M)
    hours, legs = np.nonzero(doubtful)
    for first in range(0, len(hours), MOST_AT_ONCE):
        at = hours[first : first + MOST_AT_ONCE], legs[first : first + MOST_AT_ONCE]
        flown = fly(asked.lengths_m[at[1]], asked.courses_rad[at[1]], asked.winds_mps[at[0]])
        overhead[at], energy[at] = flown.overhead_s, flown.energy_wh
    return overhead, energy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What a grid says of some legs in one wind, and by how much each figure may be wrong."""

    overhead_s: FloatArray
    energy_wh: FloatArray
    error_s: FloatArray
    error_wh: FloatArray

    def doubtful(self, usable_wh: float, error_s: float) -> BoolArray:
        """Where the grid is not good enough; what is surely beyond the battery needs no time."""
        lost = np.isnan(self.energy_wh) & (self.error_wh == 0.0)
        within = self.energy_wh + self.error_wh <= usable_wh
        beyond = self.energy_wh - self.error_wh > usable_wh
        settled: BoolArray = lost | beyond | (within & (self.error_s <= error_s))
        return ~settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Predictions in one wind speed at the nodes of (length, angle), and how wrong each cell may be."""

    lengths: FloatArray
    overhead_s: FloatArray
    energy_wh: FloatArray
    error_s: FloatArray
    error_wh: FloatArray

    def place_lengths(self, lengths_m: FloatArray) -> tuple[IntArray, FloatArray]:
        """(the cell each length is in, how far along it)."""
        cell = np.clip(np.searchsorted(self.lengths, lengths_m, side="right") - 1, 0, len(self.lengths) - 2)
        return cell, (lengths_m - self.lengths[cell]) / (self.lengths[cell + 1] - self.lengths[cell])

    def read(
        self, places: tuple[IntArray, FloatArray], courses_rad: FloatArray, wind_mps: FloatArray
    ) -> _Reading:
        """Legs at some places along the plane's lengths in a wind of its speed."""
        steps = self.overhead_s.shape[1] - 1
        toward = math.atan2(wind_mps[0], wind_mps[1])
        apart = np.abs((toward - courses_rad + np.pi) % (2.0 * np.pi) - np.pi) / (np.pi / steps)
        angle = np.minimum(apart.astype(int), steps - 1)
        cells = places[0], angle
        return _Reading(
            overhead_s=_interpolate(self.overhead_s, cells, places[1], apart - angle),
            energy_wh=_interpolate(self.energy_wh, cells, places[1], apart - angle),
            error_s=self.error_s[cells],
            error_wh=self.error_wh[cells],
        )


def _own_planes(
    fly: FlyStraight, speeds: FloatArray, lengths: FloatArray, angles: FloatArray
) -> Iterator[Plane]:
    """A plane for each speed, predicted at just that."""
    axes = lengths, angles
    nodes = _fly_nodes(fly, speeds, lengths, angles)
    middles = _fly_nodes(fly, speeds, _middles(lengths), _middles(angles))
    for k in range(len(speeds)):
        alike = _flown_alike(nodes.kind[k], middles.kind[k])
        yield Plane(
            lengths=lengths,
            overhead_s=nodes.overhead_s[k],
            energy_wh=nodes.energy_wh[k],
            error_s=_cell_errors(nodes.overhead_s[k], middles.overhead_s[k], alike, axes),
            error_wh=_cell_errors(nodes.energy_wh[k], middles.energy_wh[k], alike, axes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Predictions at the nodes of (wind speed, length, angle), and how wrong each cell between may be."""

    speeds: FloatArray
    lengths: FloatArray
    overhead_s: FloatArray
    energy_wh: FloatArray
    error_s: FloatArray
    error_wh: FloatArray

    @classmethod
    def over(cls, fly: FlyStraight, lengths: FloatArray, speeds_mps: FloatArray) -> Grid:
        """The grid that holds some lengths and all of some wind speeds."""
        steps = speeds_mps / WIND_STEP_MPS
        speeds = np.arange(math.floor(steps.min()), math.floor(steps.max()) + 3) * WIND_STEP_MPS
        axes = speeds, lengths, np.linspace(0.0, np.pi, ANGLES)
        nodes = _fly_nodes(fly, *axes)
        middles = _fly_nodes(fly, *map(_middles, axes))
        alike = _flown_alike(nodes.kind, middles.kind)
        return cls(
            speeds=speeds,
            lengths=lengths,
            overhead_s=nodes.overhead_s,
            energy_wh=nodes.energy_wh,
            error_s=_cell_errors(nodes.overhead_s, middles.overhead_s, alike, axes),
            error_wh=_cell_errors(nodes.energy_wh, middles.energy_wh, alike, axes),
        )

    def plane(self, speed_mps: float) -> Plane:
        """What it says of one speed of the wind."""
        at = (speed_mps - self.speeds[0]) / WIND_STEP_MPS
        slab = min(int(at), len(self.speeds) - 2)
        share = at - slab

        def between(nodes: FloatArray) -> FloatArray:
            mixed: FloatArray = (1.0 - share) * nodes[slab] + share * nodes[slab + 1]
            return mixed

        return Plane(
            lengths=self.lengths,
            overhead_s=between(self.overhead_s),
            energy_wh=between(self.energy_wh),
            error_s=self.error_s[slab],
            error_wh=self.error_wh[slab],
        )


def _length_nodes(longest_m: float) -> FloatArray:
    """Lengths that hold all legs up to the longest."""
    longest = max(longest_m, 2.0 * SHORTEST_M)
    ratios = math.floor(math.log(longest / SHORTEST_M) / math.log(LENGTH_RATIO)) + 2
    return np.asarray(SHORTEST_M * LENGTH_RATIO ** np.arange(ratios), float)


def _fly_nodes(fly: FlyStraight, speeds: FloatArray, lengths: FloatArray, angles: FloatArray) -> Flown:
    """Sorties of each speed, length and angle, each on a course and with the wind on a side of its own."""
    shape = len(speeds), len(lengths), len(angles)
    speed, length, angle = (part.ravel() for part in np.meshgrid(speeds, lengths, angles, indexing="ij"))
    number = np.arange(speed.size)
    courses = np.asarray(number * GOLDEN_RAD % (2.0 * np.pi), float)
    toward = courses + np.where(number % 2 == 0, angle, -angle)
    winds = np.stack([speed * np.sin(toward), speed * np.cos(toward)], axis=1)
    parts = [
        fly(length[part], courses[part], winds[part])
        for part in np.split(number, range(MOST_AT_ONCE, number.size, MOST_AT_ONCE))
    ]
    return Flown(
        overhead_s=np.concatenate([flown.overhead_s for flown in parts]).reshape(shape),
        energy_wh=np.concatenate([flown.energy_wh for flown in parts]).reshape(shape),
        kind=np.concatenate([flown.kind for flown in parts]).reshape(shape),
    )


def _flown_alike(nodes: FloatArray, middles: FloatArray) -> BoolArray:
    """Which cells are flown in one way at all corners and in the middle."""
    alike: BoolArray = np.ptp([*_corners(nodes), middles], axis=0) == 0.0
    return alike


def _cell_errors(
    nodes: FloatArray, middles: FloatArray, alike: BoolArray, axes: tuple[FloatArray, ...]
) -> FloatArray:
    """How wrong each cell may be: 0 where nothing flies at all, inf where that or the kind changes.

    A cell of width h is wrong by h²/8 times the curvature. A bend by a slope s, at a share x of h, is wrong
    by x(1-x)hs: no more than its min(x, 1-x)hs/2 in the middle and its share of the curvature at both ends.
    """
    corners = _corners(nodes)
    flown = np.isfinite([*corners, middles])
    errors = np.abs(sum(corners) / len(corners) - middles)
    for axis, at in enumerate(axes):
        curved = np.max(_corners(_curvature(nodes, at, axis)), axis=0)
        errors = errors + curved * _along(np.diff(at), axis, nodes.ndim) ** 2 / 8.0
    errors = np.where(flown.all(axis=0) & alike, np.nan_to_num(errors, nan=np.inf), np.inf)
    return np.where(flown.any(axis=0), errors, 0.0)


def _curvature(nodes: FloatArray, at: FloatArray, axis: int) -> FloatArray:
    """The size of the second derivative along an axis; at its ends that of the nodes beside them."""
    widths = np.diff(at)
    slopes = np.diff(nodes, axis=axis) / _along(widths, axis, nodes.ndim)
    inside = np.abs(np.diff(slopes, axis=axis)) / _along(_middles(widths), axis, nodes.ndim)
    return np.pad(inside, [(1, 1) if each == axis else (0, 0) for each in range(nodes.ndim)], mode="edge")


def _along(values: FloatArray, axis: int, axes: int) -> FloatArray:
    """Values along one axis of a grid of so many."""
    return values.reshape([-1 if each == axis else 1 for each in range(axes)])


def _corners(nodes: FloatArray) -> list[FloatArray]:
    """The corners of each cell."""
    ends = (slice(None, -1), slice(1, None))
    return [nodes[corner] for corner in itertools.product(ends, repeat=nodes.ndim)]


def _middles(nodes: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (nodes[1:] + nodes[:-1]), float)


def _interpolate(
    plane: FloatArray, cells: tuple[IntArray, IntArray], along: FloatArray, across: FloatArray
) -> FloatArray:
    i, j = cells
    near = (1.0 - across) * plane[i, j] + across * plane[i, j + 1]
    far = (1.0 - across) * plane[i + 1, j] + across * plane[i + 1, j + 1]
    mixed: FloatArray = (1.0 - along) * near + along * far
    return mixed
