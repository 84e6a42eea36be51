"""Flight geography, contingency volume, ground-risk buffer and adjacent area of a plan.

Multirotor method of FOCA / LBA (SORA), with v the speed, H the top of the flight geography, all SI:

    S_CV = gnss + hold + map + v t + v^2 / (2 g tan theta)      horizontal contingency
    H_CV = H + altimetry + climb t + v^2 / (2 g)                 contingency top
    S_GRB = min(v sqrt(2 H_CV / g), H_CV) + CD / 2               ground-risk buffer (ballistic, at most 1:1)

Variants exist; every input is visible and can be changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from dfr.aircraft.catalogue import find_drone
from dfr.geo import LocalFrame
from dfr.plan.model import Volume
from dfr.scenario.model import Scenario
from dfr.units import GRAVITY_MPS2

METHOD = "FOCA/LBA multirotor"

FLIGHT_GEOGRAPHY = "flight_geography"
CONTINGENCY = "contingency"
GROUND_RISK_BUFFER = "ground_risk_buffer"
ADJACENT_AREA = "adjacent_area"
ADJACENT_AREA_120S = "adjacent_area_120s"

OUTLINE_M = 0.2
"""An outline is drawn at least this far outside the true one."""

OUTLINE_SHARE = 0.01
"""Or about this share of its reach, where that is more."""

ARC_SEGMENTS = 16

ROUTE_HALF_WIDTH_M = 10.0
"""Half the width of the flight geography about a route (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInputs:
    """What the volumes are computed from; defaults are the method's own for a multirotor."""

    top_m_agl: float
    speed_mps: float
    climb_mps: float = 5.0
    size_m: float = 1.0
    pitch_deg: float = 45.0
    reaction_s: float = 1.0
    gnss_error_m: float = 3.0
    hold_error_m: float = 3.0
    map_error_m: float = 1.0
    altimetry_error_m: float = 4.0

    def __str__(self) -> str:
        return (
            f"v {self.speed_mps:g} m/s, climb {self.climb_mps:g} m/s, size {self.size_m:g} m, "
            f"pitch {self.pitch_deg:g} deg, reaction {self.reaction_s:g} s, GNSS {self.gnss_error_m:g} m, "
            f"hold {self.hold_error_m:g} m, map {self.map_error_m:g} m, "
            f"altimetry {self.altimetry_error_m:g} m"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """How far the contingency volume and the ground-risk buffer reach, m, and the contingency top."""

    contingency_m: float
    contingency_top_m_agl: float
    ground_risk_m: float


def buffers(inputs: VolumeInputs) -> Buffers:
    """The buffers of the method.

    >>> found = buffers(VolumeInputs(top_m_agl=120, speed_mps=15))
    >>> f"{found.contingency_m:.1f} {found.contingency_top_m_agl:.1f} {found.ground_risk_m:.1f}"
    '33.5 140.5 80.8'
    """
    v, g = inputs.speed_mps, GRAVITY_MPS2
    errors = inputs.gnss_error_m + inputs.hold_error_m + inputs.map_error_m
    braking = v**2 / (2 * g * math.tan(math.radians(inputs.pitch_deg)))
    aside = errors + v * inputs.reaction_s + braking
    climb = inputs.climb_mps * inputs.reaction_s + v**2 / (2 * g)
    top = inputs.top_m_agl + inputs.altimetry_error_m + climb
    fall = min(v * math.sqrt(2 * top / g), top)
    return Buffers(contingency_m=aside, contingency_top_m_agl=top, ground_risk_m=fall + inputs.size_m / 2)


def inputs_of(scenario: Scenario) -> VolumeInputs:
    """The inputs of a scenario: its flight height and speed, and its drone's climb and size."""
    craft = find_drone(scenario.fleet.drone)
    return VolumeInputs(
        top_m_agl=scenario.operation.cruise_height_m_agl,
        speed_mps=scenario.operation.cruise_mps,
        climb_mps=craft.climb_mps,
        size_m=craft.size_m,
    )


def buffers_of(scenario: Scenario) -> Buffers:
    """The buffers of a scenario."""
    return buffers(inputs_of(scenario))


def adjacent_area_m(speed_mps: float) -> float:
    """How far the adjacent area reaches beyond the buffer: three minutes' flight, 5 to 35 km."""
    return min(max(180.0 * speed_mps, 5_000.0), 35_000.0)


def adjacent_area_120s_m(speed_mps: float) -> float:
    """The same by the other method in use: two minutes' flight, without bounds."""
    return 120.0 * speed_mps


def attitude_sight_m(size_m: float) -> float:
    """The farthest at which a drone's attitude can be seen: 327 CD + 20 m.

    >>> attitude_sight_m(1.0)
    347.0
    """
    return 327.0 * size_m + 20.0


def flight_geography(
    lines: Sequence[shapely.LineString | shapely.Point], half_width_m: float = ROUTE_HALF_WIDTH_M
) -> shapely.Polygon | shapely.MultiPolygon:
    """Where the drones are meant to be: all routes with a width, local metres."""
    return shapely.union_all([line.buffer(half_width_m) for line in lines])


def grown(
    area: shapely.Polygon | shapely.MultiPolygon, reach_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """An area grown by a reach or a little more, with few corners: it holds every point within the reach.

    The spare makes up for the arcs' chords, for GEOS, which leaves out small hollows before it grows an
    outline (up to 0.15 % of the reach short where tried), and for the simplification.
    """
    spare = max(OUTLINE_M, OUTLINE_SHARE * reach_m)
    whole = area.buffer(reach_m, quad_segs=ARC_SEGMENTS)
    short_m = reach_m * (1.0 - math.cos(math.pi / (4 * ARC_SEGMENTS)))
    return whole.buffer(0.75 * spare + short_m, quad_segs=4, join_style="mitre").simplify(0.5 * spare)


def plan_volumes(
    frame: LocalFrame, geography: shapely.Polygon | shapely.MultiPolygon, inputs: VolumeInputs
) -> tuple[Volume, ...]:
    """The volumes about a flight geography, innermost first; the adjacent area by both methods in use.

    Each outline is drawn outside the true one, by about a hundredth of its reach, so that few corners do.
    """
    found = buffers(inputs)
    geography = grown(geography, 0.0)
    contingency = grown(geography, found.contingency_m)
    ground = grown(contingency, found.ground_risk_m)
    reach, short_reach = adjacent_area_m(inputs.speed_mps), adjacent_area_120s_m(inputs.speed_mps)
    adjacent, short = (grown(ground, reach_m) for reach_m in (reach, short_reach))
    top = found.contingency_top_m_agl
    rows = (
        (FLIGHT_GEOGRAPHY, "Flight geography", geography, inputs.top_m_agl, "routes with a half-width"),
        (CONTINGENCY, "Contingency volume", contingency, top, f"S_CV {found.contingency_m:.1f} m"),
        (GROUND_RISK_BUFFER, "Ground-risk buffer", ground, top, f"S_GRB {found.ground_risk_m:.1f} m"),
        (ADJACENT_AREA, "Adjacent area", adjacent, top, f"180 s at speed, 5 to 35 km: {reach:.0f} m"),
        (
            ADJACENT_AREA_120S,
            "Adjacent area, 120 s method",
            short,
            top,
            f"120 s at speed, the other method in use: {short_reach:.0f} m",
        ),
    )
    return tuple(
        Volume(
            id=key,
            name=name,
            rings=tuple(frame.ring(part) for part in shapely.get_parts(area).tolist()),
            top_m_agl=height,
            method=f"{METHOD}: {how}, outline simplified outwards; {inputs}",
        )
        for key, name, area, height, how in rows
    )
