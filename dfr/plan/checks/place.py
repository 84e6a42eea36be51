"""Checks of routes against the boundary, keep-outs, crowds and lines of sight."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import shapely

from dfr.findings import Finding, Severity
from dfr.plan.checks.context import Context, enough, finding, listed
from dfr.plan.checks.profile import Profile, profile_of
from dfr.plan.jurisdictions import jurisdiction_of
from dfr.plan.matrix import crowd_obstacles
from dfr.plan.permits import allowed, crowd_stand_off_m, in_force, overflight_clause, quoted, visual_range_m
from dfr.plan.posts import manned_posts, people_on_shift
from dfr.plan.routing import START_TOLERANCE_M, Obstacle
from dfr.plan.sight import BoolArray, seen_from
from dfr.plan.volumes import CONTINGENCY, GROUND_RISK_BUFFER, attitude_sight_m
from dfr.plan.windows import hour_windows
from dfr.plan.worksheet import igrc_of
from dfr.scenario.model import Observer, OperationKind
from dfr.world.sun import is_night


def check_boundary(context: Context) -> list[Finding]:
    """Routes inside the keep-in, clear of keep-outs; the contingency volume against the boundary."""
    if not context.lines:
        return []
    keep_in = context.world.frame.polygon(context.scenario.site.boundary)
    shapely.prepare(keep_in)
    worst = min(context.lines, key=lambda pair: _inside_m(keep_in, pair[1]))
    margin, (route, line) = _inside_m(keep_in, worst[1]), worst
    words = f"{route.site_id} to {route.zone_id} comes nearest to the boundary"
    if margin < 0:
        words = f"{route.site_id} to {route.zone_id} leaves the boundary"
    found = [
        finding(
            "keep-in",
            Severity.VIOLATION if margin < 0 else Severity.OK,
            words,
            place=context.place(_nearest_on(line, keep_in.exterior)),
            margin_m=margin,
            fix="move the dock or the zone, or widen the boundary" if margin < 0 else "",
        )
    ]
    return [*found, *_keep_out_findings(context), *_contingency_findings(context, keep_in)]


def _inside_m(keep_in: shapely.Polygon, line: shapely.LineString | shapely.Point) -> float:
    """Distance of a line to the boundary, negative by how far it goes outside."""
    if shapely.covers(keep_in, line):
        return float(shapely.distance(keep_in.exterior, line))
    outside = shapely.difference(line, keep_in)
    return -float(shapely.hausdorff_distance(outside, shapely.intersection(line, keep_in)))


def _nearest_on(line: shapely.LineString | shapely.Point, other: object) -> shapely.Point:
    return shapely.get_point(shapely.shortest_line(line, other), 0)


def _keep_out_findings(context: Context) -> list[Finding]:
    found = []
    for name, ring in context.scenario.site.keep_outs:
        area = context.world.frame.polygon(ring)
        route, line = min(context.lines, key=lambda pair: float(shapely.distance(pair[1], area)))
        gap = float(shapely.distance(line, area))
        entered = gap <= 0
        found.append(
            finding(
                "keep-out",
                Severity.VIOLATION if entered else Severity.OK,
                f"{route.site_id} to {route.zone_id} {'enters' if entered else 'passes nearest to'} {name}",
                place=context.place(_nearest_on(line, area)),
                margin_m=gap,
                fix="route around it" if entered else "",
            )
        )
    return found


def _contingency_findings(context: Context, keep_in: shapely.Polygon) -> list[Finding]:
    volume = context.area(CONTINGENCY)
    outside = shapely.difference(volume, keep_in)
    if outside.is_empty:
        gap = float(shapely.distance(keep_in.exterior, volume))
        words = "the contingency volume is inside the boundary"
        return [finding("contingency-volume", Severity.OK, words, margin_m=gap)]
    beyond = max(
        float(shapely.Point(corner).distance(keep_in)) for corner in shapely.get_coordinates(outside)
    )
    return [
        finding(
            "contingency-volume",
            Severity.ADVICE,
            f"the contingency volume reaches {beyond:.0f} m beyond the boundary",
            place=context.place(outside.representative_point()),
            margin_m=-beyond,
            fix="have the authorisation cover it, control the ground there, or keep routes farther inside",
        )
    ]


def check_crowds(context: Context) -> list[Finding]:
    """Stand-off from dense crowds, the crowd in the ground-risk buffer, and the ground risk class."""
    margin, crowds = context.scenario.operation.crowd_margin_m, crowd_obstacles(context.world)
    dense = max((crowd.people_per_m2 for crowd in context.scenario.site.crowds), default=0.0)
    if not context.scenario.site.crowds_known:
        words = "nobody has said whether people gather here"
        fix = "list site.crowds, or write [] where nobody gathers"
        return [finding("crowd", Severity.UNKNOWN, words, fix=fix)]
    if dense == 0:
        return [finding("crowd", Severity.OK, "no crowd areas in the scenario")]
    if margin is None:
        return [_overflight(context), _ground_risk(context, dense)]
    found = [_stand_off(context, crowd, margin) for crowd in crowds if context.lines]
    below = _crowd_below(context, [crowd.area for crowd in crowds])
    return [*_stand_off_rule(context, margin), *found, *below, _ground_risk(context, dense)]


def _overflight(context: Context) -> Finding:
    """Crowds are flown over only under a clause that says so."""
    clause = overflight_clause(context.scenario)
    words = "the scenario states no stand-off: crowds are flown over"
    if clause is not None:
        words += f", as allowed by {quoted(context.scenario, clause)}"
        return finding("crowd", Severity.ADVICE, words, fix="carry the authorisation")
    words += ", and no authorisation in force allows that"
    fix = "set operation.crowd_margin_m, or get a clause for overflight of assemblies"
    return finding("crowd", Severity.VIOLATION, words, fix=fix)


def _stand_off_rule(context: Context, margin_m: float) -> list[Finding]:
    """The stand-off that the scenario chose, against the least that is allowed."""
    least, source = crowd_stand_off_m(context.scenario)
    if margin_m >= least:
        return []
    words = f"the stand-off from crowds is {margin_m:g} m, at least {least:g} m is required ({source})"
    fix = f"set operation.crowd_margin_m to {least:g}, or get a clause for {margin_m:g} m"
    return [finding("crowd", Severity.VIOLATION, words, margin_m=margin_m - least, fix=fix, source=source)]


def _stand_off(context: Context, crowd: Obstacle, margin_m: float) -> Finding:
    """The route nearest to a crowd, against the larger of the scenario's stand-off and the least allowed."""
    margin_m = max(margin_m, crowd_stand_off_m(context.scenario)[0])
    route, line = min(context.lines, key=lambda pair: float(shapely.distance(pair[1], crowd.area)))
    gap = float(shapely.distance(line, crowd.area))
    short = gap < margin_m - 2 * START_TOLERANCE_M
    return finding(
        "crowd",
        Severity.VIOLATION if short else Severity.OK,
        f"{route.site_id} to {route.zone_id}: {gap:.0f} m from {crowd.name}, stand-off {margin_m:g} m",
        place=context.place(_nearest_on(line, crowd.area)),
        margin_m=gap - margin_m,
        fix=f"keep {enough(margin_m - gap)} farther away" if short else "",
    )


def _crowd_below(context: Context, crowds: list[shapely.Polygon]) -> list[Finding]:
    buffer = context.area(GROUND_RISK_BUFFER)
    below = shapely.intersection(buffer, shapely.union_all(crowds))
    if below.is_empty or below.area == 0:
        return []
    operation, crew = context.scenario.operation, context.scenario.crew
    watched = operation.kind is OperationKind.VLOS and crew.safety_pilots_per_drone > 0
    allows = overflight_clause(context.scenario) is not None
    return [
        finding(
            "ground-risk",
            Severity.ADVICE if watched or allows else Severity.UNKNOWN,
            f"{below.area:.0f} m2 of dense crowd lie inside the ground-risk buffer",
            place=context.place(below.representative_point()),
            fix="accept it in the risk assessment, fly lower or slower, or enlarge operation.crowd_margin_m",
        )
    ]


def _ground_risk(context: Context, people_per_m2: float) -> Finding:
    size, speed = context.craft.size_m, context.craft.max_speed_mps
    found = igrc_of(people_per_m2 * 1e6, size_m=size, speed_mps=speed)
    risk = "no iGRC, outside SORA," if found is None else f"iGRC {found}"
    words = (
        f"densest crowd {people_per_m2:g} people per m2: {risk} where it is overflown "
        f"by a drone of {size:.2g} m and {speed:g} m/s"
    )
    return finding("ground-risk", Severity.ADVICE, words, fix="state the mitigations in the application")


def check_sight(context: Context) -> list[Finding]:
    """Every point of every route within sight of a post, by the union of what each sees."""
    operation = context.scenario.operation
    if operation.kind is OperationKind.BVLOS:
        words = "BVLOS: nobody is required to see the drone"
        fix = "keep to what the authorisation asks of a flight beyond sight"
        return [finding("visual-line-of-sight", Severity.ADVICE, words, fix=fix), *_night(context)]
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
        words = "no pilot or observer post sees the flight height"
        return [finding("visual-line-of-sight", Severity.VIOLATION, words, fix="add operation.posts")]
    posts = manned_posts(context, discs)
    seen = shapely.union_all([discs[post.id] for post in posts])
    unseen = [(route, shapely.difference(line, seen)) for route, line in context.lines]
    found = [_unseen(context, route.zone_id, rest, seen) for route, rest in unseen if not rest.is_empty]
    found += [] if found else _hidden(context, posts)
    if not found and context.lines:
        gap = min(float(shapely.distance(line, seen.boundary)) for _, line in context.lines)
        words = f"every route is within sight of one of {len(posts)} manned posts"
        found = [finding("visual-line-of-sight", Severity.OK, words, margin_m=gap)]
    return [*found, *_posts(context, posts), *_far_posts(context), *_night(context)]


def _posts(context: Context, manned: tuple[Observer, ...]) -> list[Finding]:
    """Posts that nobody can stand at, and posts where nobody has stood."""
    posts, found = context.scenario.operation.posts, []
    if drawn := [post.id for post in posts if not post.confirmed]:
        words = f"posts {listed(drawn)}: drawn by a program, nobody has looked from there"
        fix = "put the real posts, or take out confirmed: false"
        found.append(finding("visual-line-of-sight", Severity.UNKNOWN, words, fix=fix))
    if people_on_shift(context) < len(posts):
        people = people_on_shift(context)
        words = f"{people} people on the thinnest shift can man {len(manned)} of {len(posts)} posts"
        fix = "add observers, or take posts out"
        found.append(finding("visual-line-of-sight", Severity.ADVICE, words, fix=fix))
    return found


def _unseen(context: Context, zone: str, rest: shapely.Geometry, seen: shapely.Geometry) -> Finding:
    corners = [shapely.Point(xy) for xy in shapely.get_coordinates(rest)]
    worst = max(corners, key=lambda point: float(point.distance(seen)))
    beyond = float(worst.distance(seen))
    return finding(
        "visual-line-of-sight",
        Severity.VIOLATION,
        f"on the way to {zone} the drone goes {beyond:.0f} m out of sight of every post that is manned",
        place=context.place(worst),
        margin_m=-beyond,
        fix="put an observer there, or fly EVLOS / BVLOS under an authorisation",
    )


def _hidden(context: Context, posts: tuple[Observer, ...]) -> list[Finding]:
    """Places in range of a post but behind ground or a crowd for every post: the worst route."""
    found: list[tuple[float, Profile, BoolArray]] = []
    for route, line in context.lines:
        profile = profile_of(context, route, line)
        seen = [seen_from(context, post, profile) for post in posts]
        hidden = ~np.logical_or.reduce(seen)
        if hidden.any():
            found.append((float(hidden.mean()), profile, hidden))
    if not found:
        return []
    share, profile, hidden = max(found, key=lambda item: item[0])
    place = context.place(shapely.Point(profile.places[int(np.argmax(hidden))]))
    words = f"to {profile.route.zone_id}: ground or a crowd hides the drone on {share:.0%} of the way"
    fix = "move a post to higher or clear ground, or add one"
    return [finding("visual-line-of-sight", Severity.VIOLATION, words, place=place, fix=fix)]


def _far_posts(context: Context) -> list[Finding]:
    """The farthest a post is relied on, against the range allowed and the size-based sight distance."""
    size, (limit, source) = context.craft.size_m, visual_range_m(context.scenario)
    near, far = attitude_sight_m(size), max(post.range_m for post in context.scenario.operation.posts)
    judged = f"the attitude of a {size:.2g} m drone can be judged only to about {near:.0f} m"
    if far > limit:
        words = f"observers are planned to see {far:.0f} m, at most {limit:g} m is allowed ({source})"
        if near < limit:
            words += f"; {judged}"
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
            f"observers are planned to see {far:.0f} m of the {limit:g} m allowed, but {judged}",
            margin_m=near - far,
            fix="fit lights, use a larger drone, or place posts closer; the pilot decides what is seen",
            source="attitude line of sight 327 CD + 20 m (FOCA)",
        )
    ]


def _night(context: Context) -> list[Finding]:
    """Calls between sunset and sunrise are flown only under a clause for the night."""
    windows = hour_windows(context.scenario)
    place = context.scenario.site.centre
    dark = [w for w in windows if is_night(w.start + timedelta(minutes=30), place)]
    if not dark:
        return [finding("night", Severity.OK, "all calls arise between sunrise and sunset")]
    share = sum(w.calls for w in dark) / sum(w.calls for w in windows)
    hours = f"{len(dark)} {'hour' if len(dark) == 1 else 'hours'}"
    counted = jurisdiction_of(context.scenario).night
    hours += f"; {counted}" if counted else ""
    words = f"{share:.0%} of calls arise after sunset or before sunrise ({hours})"
    clause = allowed(context.scenario).night
    if clause is not None and clause.value:
        words += f", allowed by {quoted(context.scenario, clause)}"
        fix = "green flashing light on, landing area lit, sight range checked in the dark"
        return [finding("night", Severity.ADVICE, words, fix=fix)]
    held = in_force(context.scenario)
    words += f"; {held.label} does not say that they may be flown" if held else "; no authorisation allows it"
    fix = f"fly by day only (first dark hour: {dark[0].start:%a %H:%M}), or get a clause for the night"
    return [finding("night", Severity.VIOLATION if held else Severity.UNKNOWN, words, fix=fix)]


def check_reach(context: Context) -> list[Finding]:
    """Zones that no dock reaches, and zones watched from a distance."""
    found, near = [], []
    for zone in context.scenario.demand.zones:
        routes = [route for route in context.plan.routes if route.zone_id == zone.id]
        open_routes = [route for route in routes if route.reachable]
        if not open_routes:
            why = listed(sorted({route.limited_by for route in routes}), most=2)
            words = f"{zone.name} ({zone.share:.0%} of calls) is reached from no dock: {why}"
            fix = "add a candidate site, or widen keep-in or crowd margins"
            found.append(finding("reach", Severity.ADVICE, words, fix=fix))
        elif min(route.stand_off_m for route in open_routes) > 0:
            least = min(open_routes, key=lambda route: route.stand_off_m)
            near.append(f"{zone.name}: {least.limited_by}")
    found += [finding("reach", Severity.ADVICE, words) for words in near]
    if not found:
        found.append(finding("reach", Severity.OK, "every zone is reached and flown to its centre"))
    return found
