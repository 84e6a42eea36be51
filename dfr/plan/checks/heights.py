"""Checks of heights: the limit, the ground below each route, and obstacles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import shapely

from dfr.findings import Finding, Severity, Validity
from dfr.geo import FloatArray, VerticalDatum
from dfr.plan.checks.air_data import needs_of, short_name
from dfr.plan.checks.permission import height_limit_m_agl
from dfr.plan.context import (
    PROFILE_STEP_M,
    Context,
    Profile,
    finding,
    listed,
    rounded_up,
    route_words,
)
from dfr.plan.rules import LEAST_CLEARANCE_M
from dfr.plan.volumes import CONTINGENCY, GROUND_RISK_BUFFER, ROUTE_HALF_WIDTH_M, buffers_of
from dfr.scenario.air import DataKind, ObstacleSurvey
from dfr.scenario.model import DockObstacle, Scenario
from dfr.world.zones import (
    HeightReference,
    Range,
    VerticalLimit,
    limit_m_agl,
    vertical_limit,
)

SURVEY_STANDS = timedelta(days=365)
"""So long a survey holds: cranes and masts come and go (assumed, as for airspace data)."""

NEAR_M = 2_000.0
"""Obstacles this near to the contingency volume are named."""

OBSTACLE_KIND = "OBSTACLE"
"""The kind of the zones of NOTAMs about cranes and masts."""


def check_heights(context: Context) -> list[Finding]:
    """Flight and return height against the limit, the contingency top, and what is known of the ground."""
    operation, contingency = context.scenario.operation, context.scenario.contingency
    highest_allowed, allowed_by = height_limit_m_agl(context.scenario)
    limit = min(operation.height_limit_m_agl, highest_allowed)
    highest = max(operation.cruise_height_m_agl, contingency.return_height_m_agl)
    which = "return" if contingency.return_height_m_agl > operation.cruise_height_m_agl else "cruise"
    over = highest > limit
    found = [
        finding(
            "height-limit",
            Severity.VIOLATION if over else Severity.OK,
            f"The {which} height is {highest:g} m AGL; the limit is {limit:g} m"
            + (f" ({allowed_by})." if allowed_by and limit == highest_allowed else "."),
            place=context.scenario.site.centre,
            margin_m=limit - highest,
            fix=f"fly {rounded_up(highest - limit)} lower" if over else "",
        )
    ]
    volume = context.volume(GROUND_RISK_BUFFER)
    above_m = 0.0 if volume is None else volume.top_m_agl - highest_allowed
    if volume is not None and above_m > 0.0:
        found.append(
            finding(
                "height-limit",
                Severity.ADVICE,
                f"The contingency volume reaches {volume.top_m_agl:.0f} m AGL, above {highest_allowed:g} m.",
                margin_m=-above_m,
                fix=f"fly {rounded_up(above_m)} lower to keep contingencies below it",
            )
        )
    return [*found, *_ground_findings(context)]


def _ground_findings(context: Context) -> list[Finding]:
    terrain, profiles = context.world.terrain, context.profiles
    places = [site.position for site in context.plan.sites]
    places += [point for route, _ in context.lines for point in route.points]
    unknown = [place for place in places if terrain.ground_m_amsl(place) is None]
    gaps = np.concatenate(
        [np.empty((0, 2)), *(profile.places[np.isnan(profile.ground_m_amsl)] for profile in profiles)]
    )
    if unknown or len(gaps):
        count = len(places) + sum(len(profile.places) for profile in profiles)
        lost = len(unknown) + len(gaps)
        return [
            finding(
                "terrain-known",
                Severity.UNKNOWN,
                f"The ground height is unknown at {lost} of {count} points ({terrain.source}).",
                place=unknown[0] if unknown else context.place(shapely.Point(gaps[0])),
                fix="state site.ground_m_amsl or give terrain data",
            )
        ]
    words = f"The ground height is known on every route ({terrain.source})."
    return [finding("terrain-known", Severity.OK, words)]


def check_profiles(context: Context) -> list[Finding]:
    """Greatest height above the ground against the limit, and least room above it."""
    known = [profile for profile in context.profiles if np.isfinite(profile.height_m_agl).all()]
    if not known or len(known) < len(context.lines):
        return []
    highest = max(known, key=lambda profile: float(profile.highest_m_agl.max()))
    lowest = min(known, key=lambda profile: float(profile.lowest_m_agl.min()))
    return [_check_highest(context, highest), _check_lowest(context, lowest)]


def _check_highest(context: Context, profile: Profile) -> Finding:
    limit = min(context.scenario.operation.height_limit_m_agl, height_limit_m_agl(context.scenario)[0])
    k = int(np.argmax(profile.highest_m_agl))
    height = float(profile.highest_m_agl[k])
    margin = limit - height
    return finding(
        "terrain-profile",
        Severity.VIOLATION if margin < 0 else Severity.OK,
        f"{route_words(profile.route)} is at most {height:.0f} m above the ground (limit {limit:g} m).",
        place=context.place(shapely.Point(profile.places[k])),
        margin_m=margin,
        fix=f"fly {rounded_up(-margin)} lower, or follow the terrain" if margin < 0 else "",
    )


def _check_lowest(context: Context, profile: Profile) -> Finding:
    k = int(np.argmin(profile.lowest_m_agl))
    height = float(profile.lowest_m_agl[k])
    margin = round(height - LEAST_CLEARANCE_M, 2)
    words = f"is at least {height:.0f} m above the ground."
    if margin < 0:
        words = f"is only {round(height, 2):g} m above the ground at its lowest (at least "
        words += f"{LEAST_CLEARANCE_M:g} m is required)."
    return finding(
        "terrain-profile",
        Severity.VIOLATION if margin < 0 else Severity.OK,
        f"{route_words(profile.route)} {words}",
        place=context.place(shapely.Point(profile.places[k])),
        margin_m=margin,
        fix=f"fly {rounded_up(-margin)} higher or around the hill" if margin < 0 else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NearObstacle:
    """Something that stands up from the ground, in local metres, and whether it is within the volume."""

    label: str
    top: VerticalLimit
    shape: shapely.Geometry
    source: str
    away_m: float


def check_obstacles(context: Context) -> list[Finding]:
    """Every obstacle under or beside the routes with its margin, and whether somebody knows of them all."""
    if context.volume(CONTINGENCY) is None:
        return []
    obstacles = sorted(_obstacles_near(context), key=lambda item: item.away_m)
    profiles = context.profiles
    hit = [
        found
        for item in obstacles
        if item.away_m <= 0.0 and (found := _check_obstacle_below(context, item, profiles)) is not None
    ]
    return [*hit, *_check_all_known(context, obstacles)]


def least_height_m_agl(scenario: Scenario) -> float:
    """The lowest height at which the tallest obstacle of the survey is cleared; 0 without a survey."""
    survey = survey_that_counts(scenario)
    return 0.0 if survey is None else survey.tallest_m_agl + LEAST_CLEARANCE_M


def lowest_m_agl(context: Context) -> float:
    """The lowest height above the ground below on any route, out and home.

    Where ground is unknown the lowest stated height of cruise or return counts too.
    """
    heights = [np.empty(0), *(profile.lowest_m_agl for profile in context.profiles)]
    return _lowest_of(np.concatenate(heights), _stated_lowest_m_agl(context))


def _lowest_of(heights_m: FloatArray, stated_m: float) -> float:
    """The lowest of some heights; a stated one stands for those that are not known."""
    known = heights_m[np.isfinite(heights_m)]
    stated = [] if 0 < known.size == heights_m.size else [stated_m]
    return float(min([*known, *stated]))


def _stated_lowest_m_agl(context: Context) -> float:
    heights = context.scenario.operation.cruise_height_m_agl, context.scenario.contingency.return_height_m_agl
    raised = [site.raised_m for site in context.plan.sites]
    return min(heights) - (max(raised) - min(raised) if raised else 0.0)


def _obstacles_near(context: Context) -> Iterator[NearObstacle]:
    """Obstacles of files, of NOTAMs and beside the places for docks, near the contingency volume."""
    frame, volume = context.world.frame, context.area(CONTINGENCY)
    for site in context.scenario.candidates:
        for stands in site.obstacles:
            shape = _outline_of(stands, frame.point(site.position))
            away_m = float(shape.distance(volume))
            if away_m <= NEAR_M:
                yield NearObstacle(
                    label=f"{stands.name} (beside {site.name})",
                    top=vertical_limit(stands.height_m, VerticalDatum.AGL),
                    shape=shape,
                    source="the scenario",
                    away_m=away_m,
                )
    airspace = context.world.airspace
    for obstacle in airspace.obstacles:
        shape = shapely.Point(frame.point(obstacle.position))
        away_m = float(shape.distance(volume))
        if away_m <= NEAR_M:
            yield NearObstacle(
                label=obstacle.label, top=obstacle.top, shape=shape, source=obstacle.source, away_m=away_m
            )
    for zone in airspace.zones:
        if (
            zone.kind == OBSTACLE_KIND
            and zone.is_active(context.scenario.period.start, context.scenario.period.end) is not False
        ):
            area = zone.area.local_shape(frame)
            away_m = float(area.distance(volume))
            if away_m <= NEAR_M:
                yield NearObstacle(
                    label=zone.label, top=zone.upper, shape=area, source=zone.source, away_m=away_m
                )


def _outline_of(obstacle: DockObstacle, dock: tuple[float, float]) -> shapely.Polygon:
    """The ground it stands on: as wide as given across its bearing, and assumed to be as deep."""
    bearing = math.radians(obstacle.bearing_deg)
    ahead = np.array([math.sin(bearing), math.cos(bearing)])
    across = 0.5 * obstacle.width_m * np.array([ahead[1], -ahead[0]])
    near = np.array(dock) + obstacle.distance_m * ahead
    far = near + obstacle.width_m * ahead
    return shapely.Polygon([near - across, near + across, far + across, far - across])


def _heights_near_m_amsl(context: Context, item: NearObstacle, profiles: Sequence[Profile]) -> FloatArray:
    """The heights flown where the contingency volume about a route holds an obstacle; NaN where unknown."""
    places = np.concatenate([profile.places for profile in profiles])
    heights = np.concatenate([profile.ground_m_amsl + profile.lowest_m_agl for profile in profiles])
    away = shapely.distance(shapely.points(places), item.shape)
    reach_m = ROUTE_HALF_WIDTH_M + buffers_of(context.scenario).contingency_m + PROFILE_STEP_M
    return np.asarray(heights[away <= max(reach_m, float(away.min()))], float)


def _check_obstacle_below(
    context: Context, item: NearObstacle, profiles: Sequence[Profile]
) -> Finding | None:
    """An obstacle within the contingency volume that ends less than the clearance below the drones."""
    place = context.place(shapely.Point(shapely.get_coordinates(item.shape.centroid)[0]))
    height = context.world.terrain.ground_m_amsl(place)
    ground = None if height is None else (height, height)
    top: Range | str = limit_m_agl(item.top, HeightReference(ground_m_amsl=ground))
    if isinstance(top, str):
        fix = "load terrain, or state the height of the ground"
        return finding("obstacle", Severity.UNKNOWN, f"{item.label}: {top}.", place=place, fix=fix)
    heights = _heights_near_m_amsl(context, item, profiles) - (np.nan if height is None else height)
    above_m = round(_lowest_of(heights, _stated_lowest_m_agl(context)) - top[1], 2)
    margin_m = above_m - LEAST_CLEARANCE_M
    if margin_m >= 0.0:
        return None
    return finding(
        "obstacle",
        Severity.VIOLATION,
        f"{item.label} stands {top[1]:.0f} m above the ground within the contingency volume. The lowest "
        f"flight near it is {abs(above_m):g} m {'above' if above_m >= 0.0 else 'below'} its top; it has to "
        f"be {LEAST_CLEARANCE_M:g} m above it.",
        place=place,
        margin_m=margin_m,
        fix=f"fly {rounded_up(-margin_m)} higher, or keep the routes away from it with a keep-out",
        source=item.source,
    )


def _check_all_known(context: Context, obstacles: list[NearObstacle]) -> list[Finding]:
    """Whether a survey or a file speaks of all obstacles that reach the drones."""
    survey = survey_that_counts(context.scenario)
    if survey is not None:
        return [_check_survey(context, survey, obstacles)]
    cover = _find_covering_files(context)
    if cover:
        words = f"All obstacles that reach the drones are listed in {', '.join(map(short_name, cover))}."
        return [finding("obstacle", Severity.OK, f"{words}{_list_near(obstacles)}")]
    words = "Nobody has surveyed this place for obstacles, and no file lists all that reach the drones."
    if context.scenario.obstacles is not None:
        words += " The survey is assumed, which counts in an exercise only."
    return [
        finding(
            "obstacle",
            Severity.UNKNOWN,
            f"{words}{_list_near(obstacles)}",
            place=context.scenario.site.centre,
            fix=needs_of(context.scenario).where_to_get(DataKind.OBSTACLES),
        )
    ]


def survey_that_counts(scenario: Scenario) -> ObstacleSurvey | None:
    """The survey of obstacles; one that is only assumed counts in an exercise alone."""
    survey = scenario.obstacles
    return None if survey is None or (survey.assumed and not scenario.exercise) else survey


def _check_survey(context: Context, survey: ObstacleSurvey, obstacles: list[NearObstacle]) -> Finding:
    lowest_m = round(lowest_m_agl(context), 2)
    margin_m = lowest_m - LEAST_CLEARANCE_M - survey.tallest_m_agl
    by = f"by {survey.surveyed_by} on {survey.read_at:%Y-%m-%d}"
    words = f"Assumed for the exercise (survey {by})" if survey.assumed else f"Surveyed {by}"
    words += (
        f": apart from those listed, the tallest obstacle is {survey.tallest_m_agl:g} m above the ground. "
        f"The lowest flight is at {lowest_m:g} m."
    )
    stands_until = survey.read_at + SURVEY_STANDS
    if stands_until < context.scenario.period.end and not survey.assumed:
        words += f" A survey stands for {SURVEY_STANDS.days} days (assumed): until {stands_until:%Y-%m-%d}."
        fix = "have the site surveyed again"
        return finding("obstacle", Severity.UNKNOWN, words, place=context.scenario.site.centre, fix=fix)
    short = margin_m < 0.0
    fix = f"fly {rounded_up(-margin_m)} higher, or list the tall ones in a file with their places"
    held = Severity.ADVICE if survey.assumed else Severity.OK
    return finding(
        "obstacle",
        Severity.VIOLATION if short else held,
        f"{words}{_list_near(obstacles)}",
        place=context.scenario.site.centre,
        margin_m=margin_m,
        fix=fix if short else "",
        validity=Validity(what="the survey of obstacles", until=stands_until, made_at=survey.read_at),
    )


def _list_near(obstacles: list[NearObstacle]) -> str:
    if not obstacles:
        return ""
    return f" Listed near: {listed([f'{item.label} {item.away_m:.0f} m away' for item in obstacles])}."


def _find_covering_files(context: Context) -> tuple[str, ...]:
    """The files that together list every obstacle which reaches the drones; none where they do not."""
    volume, scenario = context.volume(CONTINGENCY), context.scenario
    if volume is None:
        return ()
    answer = context.world.airspace.volume_conflicts(
        volume.rings,
        lower_m_agl=max(lowest_m_agl(context) - LEAST_CLEARANCE_M, 0.0),
        upper_m_agl=volume.top_m_agl,
        start=scenario.period.start,
        end=scenario.period.end,
        terrain=context.world.terrain,
        needs=(DataKind.OBSTACLES,),
    )
    found = answer.cover_of(DataKind.OBSTACLES)
    return () if found.missing else found.sources
