"""Checks that the drone is seen: which posts people can man, lines of sight from them, and flights at night.

A point is seen from a post within its range where the straight line from the eye to the drone clears the
ground, and two metres more wherever people stand, at every step. Unknown ground hides nothing here and
is reported as unknown by its own rule. A post without anybody sees nothing.
"""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import combinations, islice
from math import comb

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.findings import Finding, Severity, counted_noun
from dfr.geo import FloatArray
from dfr.plan.checks.permission import allowed_clauses, authorisation_in_force, quote_clause, visual_range_m
from dfr.plan.context import Context, Profile, finding, listed
from dfr.plan.rules import jurisdiction_of
from dfr.plan.volumes import attitude_sight_m
from dfr.plan.windows import hour_windows
from dfr.scenario.model import Observer, OperationKind
from dfr.world.hours import is_night
from dfr.world.terrain import heights_m_amsl

MOST_CHOICES = 5000
BoolArray = NDArray[np.bool_]
EYE_M = 1.6
"""Height of a standing observer's eye (assumed)."""

CROWD_M = 2.0
"""Height of a crowd line: people standing, arms down (assumed)."""

NEAR_M = 5.0
"""Nearer than this to the eye nothing stands in the way: an observer keeps a clear place."""

STEPS = 60


def check_sight(context: Context) -> list[Finding]:
    """Every point of every route within sight of a post, by the union of what each sees."""
    operation = context.scenario.operation
    if operation.kind is OperationKind.BVLOS:
        words = "Nobody is required to see the drone (BVLOS)."
        fix = "keep to what the authorisation asks of a flight beyond sight"
        return [finding("visual-line-of-sight", Severity.ADVICE, words, fix=fix), *check_night(context)]
    frame = context.world.frame
    height = operation.cruise_height_m_agl
    discs = {
        post.id: shapely.Point(frame.point(post.position)).buffer(
            math.sqrt(post.range_m**2 - height**2), quad_segs=64
        )
        for post in operation.posts
        if post.range_m > height
    }
    if not discs:
        words = "No pilot or observer post sees the height that is flown."
        return [finding("visual-line-of-sight", Severity.VIOLATION, words, fix="add operation.posts")]
    posts = manned_posts(context, discs)
    seen = shapely.union_all([discs[post.id] for post in posts])
    unseen = [(route, shapely.difference(line, seen)) for route, line in context.lines]
    found = [
        _unseen_finding(context, route.zone_id, rest, seen) for route, rest in unseen if not rest.is_empty
    ]
    found += [] if found else _check_hidden(context, posts)
    if not found and context.lines:
        gap = min(float(shapely.distance(line, seen.boundary)) for _, line in context.lines)
        words = f"Every route is within sight of one of {counted_noun(len(posts), 'manned post')}."
        lookers = list(dict.fromkeys(post.confirmed_by for post in posts if post.confirmed_by))
        words += f" Who has looked from there: {listed(lookers)}." if lookers else ""
        found = [finding("visual-line-of-sight", Severity.OK, words, margin_m=gap)]
    return [*found, *_check_posts(context, posts), *_check_far_posts(context), *check_night(context)]


def _check_posts(context: Context, manned: tuple[Observer, ...]) -> list[Finding]:
    """Posts that nobody can stand at, and posts where nobody has stood."""
    posts, found = context.scenario.operation.posts, []
    if drawn := [post.id for post in posts if not post.confirmed]:
        noun = "post" if len(drawn) == 1 else "posts"
        words = f"Nobody has looked from the {noun} {listed(drawn)}."
        fix = (
            "move the posts to where people will stand, look from each, then state who has looked "
            '(in the file: confirmed_by: "..." in place of confirmed: false)'
        )
        found.append(finding("visual-line-of-sight", Severity.UNKNOWN, words, fix=fix))
    if people_on_shift(context) < len(posts):
        people = people_on_shift(context)
        words = f"The people of the smallest shift ({people}) can man {len(manned)} of {len(posts)} posts."
        fix = "add observers, or take posts out"
        found.append(finding("visual-line-of-sight", Severity.ADVICE, words, fix=fix))
    return found


def _unseen_finding(context: Context, zone: str, rest: shapely.Geometry, seen: shapely.Geometry) -> Finding:
    corners = [shapely.Point(xy) for xy in shapely.get_coordinates(rest)]
    worst = max(corners, key=lambda point: float(point.distance(seen)))
    beyond = float(worst.distance(seen))
    return finding(
        "visual-line-of-sight",
        Severity.VIOLATION,
        f"On the route to {zone} the drone goes {beyond:.0f} m out of sight of every manned post.",
        place=context.place(worst),
        margin_m=-beyond,
        fix="put an observer there, or fly EVLOS / BVLOS under an authorisation",
    )


def _check_hidden(context: Context, posts: tuple[Observer, ...]) -> list[Finding]:
    """Places in range of a post but behind ground or a crowd for every post: the worst route."""
    found: list[tuple[float, Profile, BoolArray]] = []
    for profile in context.profiles:
        seen = [seen_from(context, post, profile) for post in posts]
        hidden = ~np.logical_or.reduce(seen)
        if hidden.any():
            found.append((float(hidden.mean()), profile, hidden))
    if not found:
        return []
    share, profile, hidden = max(found, key=lambda item: item[0])
    place = context.place(shapely.Point(profile.places[int(np.argmax(hidden))]))
    words = f"Ground or a crowd hides the drone on {share:.0%} of the route to {profile.route.zone_id}."
    fix = "move a post to higher or clear ground, or add one"
    return [finding("visual-line-of-sight", Severity.VIOLATION, words, place=place, fix=fix)]


def _check_far_posts(context: Context) -> list[Finding]:
    """The farthest a post is relied on, against the range allowed and the size-based sight distance."""
    size, (limit, source) = context.drone.size_m, visual_range_m(context.scenario)
    near, far = attitude_sight_m(size), max(post.range_m for post in context.scenario.operation.posts)
    judged = f"the attitude of a {size:.2g} m drone can be judged only to about {near:.0f} m."
    if far > limit:
        words = f"Observers are planned to see {far:.0f} m, but at most {limit:g} m is allowed ({source})."
        if near < limit:
            words += f" Also, {judged}"
        fix = f"set range_m of the posts to {limit:g} or less and add posts, or get a clause for {far:.0f} m"
        margin = limit - far
        return [
            finding(
                "visual-line-of-sight", Severity.VIOLATION, words, margin_m=margin, fix=fix, source=source
            )
        ]
    if far <= near:
        return []
    return [
        finding(
            "visual-line-of-sight",
            Severity.ADVICE,
            f"Observers are planned to see {far:.0f} m of the {limit:g} m allowed, but {judged}",
            margin_m=near - far,
            fix="fit lights, use a larger drone, or place posts closer; the pilot decides what is seen",
            source="attitude line of sight 327 CD + 20 m (FOCA)",
        )
    ]


def check_night(context: Context) -> list[Finding]:
    """Calls between sunset and sunrise are flown only under a clause for the night."""
    windows = hour_windows(context.scenario)
    place = context.scenario.site.centre
    dark = [w for w in windows if is_night(w.start + timedelta(minutes=30), place)]
    if not dark:
        return [finding("night", Severity.OK, "All calls are expected between sunrise and sunset.")]
    share = sum(w.calls for w in dark) / sum(w.calls for w in windows)
    hours, meaning = counted_noun(len(dark), "hour"), jurisdiction_of(context.scenario).night
    hours += f"; {meaning}" if meaning else ""
    words = f"{share:.0%} of calls are expected after sunset or before sunrise ({hours})."
    clause = allowed_clauses(context.scenario).night
    if clause is not None and clause.value:
        words += f" Flights then are allowed by {quote_clause(context.scenario, clause)}."
        fix = "green flashing light on, landing area lit, sight range checked in the dark"
        return [finding("night", Severity.ADVICE, words, fix=fix)]
    held = authorisation_in_force(context.scenario)
    words += (
        f" {held.label} does not allow flights then." if held else " No authorisation allows flights then."
    )
    fix = f"fly by day only (first dark hour: {dark[0].start:%a %H:%M}), or get a clause for the night"
    return [finding("night", Severity.VIOLATION if held else Severity.UNKNOWN, words, fix=fix)]


def people_on_shift(context: Context) -> int:
    """Pilots and safety pilots of the smallest shift: each can stand at one post."""
    shifts = context.scenario.crew.shifts
    return min((shift.remote_pilots + shift.safety_pilots for shift in shifts), default=0)


def manned_posts(context: Context, discs: dict[str, shapely.Polygon]) -> tuple[Observer, ...]:
    """The posts that the smallest shift can man: those that together see most of all routes.

    `discs` is the ground below what each post sees, by its id; posts without one see nothing.
    """
    posts = [post for post in context.scenario.operation.posts if post.id in discs]
    people = people_on_shift(context)
    if people >= len(posts):
        return tuple(posts)
    lines = shapely.union_all([line for _, line in context.lines])
    if comb(len(posts), people) <= MOST_CHOICES:
        choices = islice(combinations(posts, people), MOST_CHOICES)
        return max(choices, key=lambda chosen: _seen_m(lines, discs, chosen))
    chosen: tuple[Observer, ...] = ()
    for _ in range(people):
        rest = [post for post in posts if post not in chosen]
        chosen = (*chosen, max(rest, key=lambda post: _seen_m(lines, discs, (*chosen, post))))
    return chosen


def _seen_m(lines: shapely.Geometry, discs: dict[str, shapely.Polygon], posts: tuple[Observer, ...]) -> float:
    return float(shapely.intersection(lines, shapely.union_all([discs[post.id] for post in posts])).length)


def seen_from(context: Context, post: Observer, profile: Profile) -> BoolArray:
    """Which places of a profile a post sees, (n,): in its slant range and over all that is between."""
    frame = context.world.frame
    eye_xy = np.asarray(frame.point(post.position))
    eye_ground = _find_ground_heights(context, eye_xy[None, :])[0]
    away = np.hypot(*(profile.places - eye_xy).T)
    drone = np.nan_to_num(profile.ground_m_amsl + profile.height_m_agl, nan=profile.route.height_m_agl)
    eye = np.nan_to_num(eye_ground) + EYE_M
    in_range = np.hypot(away, drone - eye) <= post.range_m
    return np.asarray(in_range & _is_view_clear(context, eye_xy, eye, profile.places, drone), bool)


def _is_view_clear(
    context: Context, eye_xy: FloatArray, eye: float, places: FloatArray, drone: FloatArray
) -> BoolArray:
    """Whether nothing stands between an eye and drones, (n,); steps are finer near the eye."""
    away = np.hypot(*(places - eye_xy).T)
    share = (np.arange(1, STEPS) / STEPS) ** 2
    xy = eye_xy + share[None, :, None] * (places - eye_xy)[:, None, :]
    sight = eye + share[None, :] * (drone - eye)[:, None]
    flat = xy.reshape(-1, 2)
    top = np.nan_to_num(_find_ground_heights(context, flat), nan=-np.inf) + _crowd_m(context, flat)
    blocked = (sight < top.reshape(sight.shape)) & (share[None, :] * away[:, None] >= NEAR_M)
    return np.asarray(~blocked.any(axis=1))


def _find_ground_heights(context: Context, xy: FloatArray) -> FloatArray:
    lat, lon = context.world.frame.to_geodetic(xy[:, 0], xy[:, 1])
    return heights_m_amsl(context.world.terrain, lat, lon)


def _crowd_m(context: Context, xy: FloatArray) -> FloatArray:
    """Height of the people at places, over the whole period: a crowd that may be there is taken to be."""
    areas = [c.area for c in context.scenario.site.crowds if c.people_per_m2 > 0]
    if not areas:
        return np.zeros(len(xy))
    crowd = shapely.union_all([context.world.frame.polygon(area) for area in areas])
    shapely.prepare(crowd)
    return np.where(shapely.intersects_xy(crowd, xy[:, 0], xy[:, 1]), CROWD_M, 0.0)
