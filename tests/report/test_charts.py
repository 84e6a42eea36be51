"""Pictures say what the values say: checked on the values they are drawn from, and that they are drawn."""

import dataclasses
import re
import xml.etree.ElementTree as ET
from datetime import datetime

import numpy as np
import pytest

from dfr.plan.matrix import build_matrix
from dfr.plan.model import RouteProfile
from dfr.report.charts import BLUE, PHASE_COLOURS, TradeoffPanel, tradeoff_chart, undominated
from dfr.report.isochrones import (
    band_colours,
    draw_isochrones,
    draw_isochrones_by_hour,
)
from dfr.report.landing_charts import landing_chart, scenario_landing_chart
from dfr.report.overhead_times import times_by_hour, times_by_wind
from dfr.report.profiles import height_profiles, profiles_chart
from dfr.world.demand import zone_centres

from ..shipped import plan_of, world_of


@pytest.fixture(scope="module")
def world():
    return world_of("victorious-2024")


@pytest.fixture(scope="module")
def plan(world):
    return plan_of("victorious-2024")


@pytest.fixture(scope="module")
def found(world, plan):
    return times_by_wind(world, plan)


def nearest(reach, east, north):
    return reach.seconds[np.abs(reach.north_m - north).argmin(), np.abs(reach.east_m - east).argmin()]


def test_reach_starts_at_the_docks_and_grows_with_the_way(world, plan, found):
    still = found[0]
    assert still.name == "still air"
    for site in plan.sites:
        east, north = world.frame.point(site.position)
        assert nearest(still, east, north) < np.nanmedian(still.seconds)
    far = world.frame.points(world.scenario.site.boundary)
    corner = min(nearest(still, *point) for point in far if np.isfinite(nearest(still, *point)))
    assert corner > np.nanmin(still.seconds)


def test_reach_in_the_planning_wind_agrees_with_the_planned_routes(world, plan, found):
    (planned,) = [reach for reach in found if reach.name.startswith("planning wind")]
    for zone in world.scenario.demand.zones:
        route = min((r for r in plan.routes if r.zone_id == zone.id), key=lambda r: r.overhead_s or np.inf)
        east, north = world.frame.point(route.points[-1])
        step_s = (planned.east_m[1] - planned.east_m[0]) / 8.0
        assert nearest(planned, east, north) == pytest.approx(route.overhead_s, abs=2 * step_s)


def test_no_reach_is_shown_outside_the_site(world, found):
    outside = found[0].seconds[0, 0], found[0].seconds[-1, -1]
    assert np.isnan(outside).all()


@pytest.fixture(scope="module")
def hours(world, plan):
    return times_by_hour(world, plan)


def test_every_hour_of_the_plan_has_its_reach_or_is_closed(plan, hours):
    assert [hour.window.start.isoformat() for hour in hours] == [h.hour for h in plan.coverage_by_hour]
    assert [hour.times is not None for hour in hours] == [h.flyable for h in plan.coverage_by_hour]


def test_reach_in_each_hour_agrees_with_the_routes_in_that_hour_s_wind(world, plan, hours):
    chosen = [world.scenario.candidates.index(s) for s in world.scenario.candidates if s.id in plan_ids(plan)]
    flyable = [hour for hour in hours if hour.times is not None]
    soonest = build_matrix(world, [hour.window for hour in flyable]).overhead_s[:, :, chosen].min(axis=2)
    places = [world.frame.point(centre) for centre in zone_centres(world.scenario).values()]
    for hour, by_zone in zip(flyable, soonest, strict=True):
        step_s = (hour.times.east_m[1] - hour.times.east_m[0]) / 8.0
        assert [nearest(hour.times, *place) for place in places] == pytest.approx(by_zone, abs=2 * step_s)


def plan_ids(plan):
    return {site.id for site in plan.sites}


def test_a_sheet_for_each_day_shows_every_hour_with_its_wind(world, plan, hours):
    sheets = draw_isochrones_by_hour(world, plan)
    assert [day for day, _ in sheets] == sorted({f"{h.window.start:%A %d %B %Y}" for h in hours}, key=day_of)
    for day, svg in sheets:
        ET.fromstring(svg)
        for hour in hours:
            if f"{hour.window.start:%A %d %B %Y}" == day:
                weather = hour.window.weather
                words = f"{hour.window.start:%H:%M}  {weather.wind_mps:.1f} m/s {weather.wind_from_deg:.0f}°"
                assert words in svg, words


def day_of(words):
    return datetime.strptime(words, "%A %d %B %Y").astimezone()


def test_closed_hours_are_hatched_and_only_those(world, plan, hours):
    """A hatch is a pattern that each closed hour fills itself with, and the legend once."""
    for day, svg in draw_isochrones_by_hour(world, plan):
        closed = sum(h.times is None for h in hours if f"{h.window.start:%A %d %B %Y}" == day)
        assert len(re.findall(r"fill: url\(#", svg)) == closed + 1


def test_bands_are_told_apart_without_colour():
    """Relative luminance as WCAG 2.2 defines it rises from band to band, so that grey print shows them."""
    for count in (3, 6, 9):
        linear = np.where(
            band_colours(count)[:, :3] <= 0.04045,
            band_colours(count)[:, :3] / 12.92,
            ((band_colours(count)[:, :3] + 0.055) / 1.055) ** 2.4,
        )
        assert (np.diff(linear @ [0.2126, 0.7152, 0.0722]) > 0.02).all()


def test_every_picture_of_the_report_is_well_formed_and_has_words_for_those_who_cannot_see_it(world, plan):
    for svg in (draw_isochrones(world, plan), height_profiles(world, plan)[0], scenario_landing_chart(world)):
        root = ET.fromstring(svg)
        assert root.get("aria-label")
        assert root.get("role") == "img"


def with_profile(route, **heights):
    return dataclasses.replace(route, profile=RouteProfile(along_m=(0.0, 100.0, 200.0), **heights))


def drawn(svg: str, colour: str) -> int:
    """How many lines of a colour there are in a picture."""
    return len(re.findall(rf"<path [^>]*fill: none[^>]*stroke: {colour}", svg, re.IGNORECASE))


def test_a_profile_over_unknown_ground_says_so_and_draws_no_flight(plan):
    nothing = (None, None, None)
    unknown = with_profile(plan.routes[0], ground_m_amsl=nothing, lowest_m_agl=nothing, highest_m_agl=nothing)
    svg = profiles_chart([unknown], ceiling_m_agl=120.0)
    assert "ground unknown" in svg
    assert "flown" not in svg
    assert drawn(svg, BLUE) == 0


def test_the_profile_drawn_is_the_one_kept_with_the_plan(plan):
    """Over a step of 40 m: the lines are those of the heights, and the limit goes up with the ground."""
    hill = with_profile(
        plan.routes[0],
        ground_m_amsl=(10.0, 50.0, 50.0),
        lowest_m_agl=(80.0, 40.0, 40.0),
        highest_m_agl=(90.0, 60.0, 60.0),
    )
    svg = profiles_chart([hill], ceiling_m_agl=120.0)
    assert drawn(svg, BLUE) >= 2
    assert "limit 120 m above ground" in svg
    flat = with_profile(
        plan.routes[0], ground_m_amsl=(10.0,) * 3, lowest_m_agl=(80.0,) * 3, highest_m_agl=(90.0,) * 3
    )
    assert svg != profiles_chart([flat], ceiling_m_agl=120.0)


def test_of_many_profiles_those_with_least_room_are_drawn(plan):
    def at_height(number: int, height_m: float):
        route = dataclasses.replace(plan.routes[0], zone_id=f"zone-{number:02}")
        level = {"lowest_m_agl": (height_m,) * 3, "highest_m_agl": (height_m,) * 3}
        return with_profile(route, ground_m_amsl=(0.0,) * 3, **level)

    svg = profiles_chart([at_height(k, 40.0 + k) for k in range(20)], ceiling_m_agl=120.0)
    assert "zone-19" in svg
    assert "zone-11" in svg
    assert "zone-10" not in svg


def test_a_plan_without_profiles_says_so(plan):
    bare = dataclasses.replace(plan.routes[0], profile=None)
    assert "no profile in this plan" in profiles_chart([bare], ceiling_m_agl=120.0)


def test_the_same_data_give_the_same_bytes():
    winds, share = np.array([0.0, 5.0, 10.0]), {"gnss": np.array([1.0, 0.9, 0.2])}
    assert landing_chart(winds, share, limit_mps=8.0) == landing_chart(winds, share, limit_mps=8.0)


def test_the_front_holds_what_no_other_option_beats():
    options = [(2, 80.0, "b"), (1, 60.0, "a"), (2, 90.0, "c"), (3, 90.0, "d"), (4, 95.0, "e")]
    assert [name for *_, name in undominated(options)] == ["a", "c", "e"]
    more = TradeoffPanel(title="coverage", across="docks", up="%", points=options)
    less = TradeoffPanel(title="mean", across="docks", up="s", points=options, down=True)
    svg = tradeoff_chart([more, less], title="Options")
    assert ">e<" in svg.replace("\n", "")
    assert svg.count(">a<") == 2
    assert svg.count(">b<") == 0


def test_routes_over_flat_ground_at_one_height_are_drawn_once(world, plan):
    svg, alike = height_profiles(world, plan)
    routes = [route for route in plan.routes if route.reachable and len(route.points) > 1]
    heights = {round(max(route.profile.highest_m_agl)) for route in routes}
    flat = all(max(r.profile.ground_m_amsl) - min(r.profile.ground_m_amsl) <= 2.0 for r in routes)
    assert flat, "the festival's ground is assumed level"
    assert alike == len(routes) - len(heights) > 0
    assert svg.count(" to ") >= len(heights)


def test_every_phase_of_a_drone_has_a_colour_of_its_own():
    assert len(set(PHASE_COLOURS.values())) == len(PHASE_COLOURS)
