"""What checks say where there is much to say, or a limit that nobody knows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dfr.findings import Severity
from dfr.plan.checks import air_data, airspace, contingency, hours, permission, site

from .compliance_world import findings


def lost(number: int):
    """Zones that no dock reaches, each for 1 % of the calls, for two reasons."""
    return [
        (SimpleNamespace(name=f"Zone {n}", share=0.01), {"too far" if n % 2 else "no path"})
        for n in range(number)
    ]


def test_zones_that_no_dock_reaches_are_named_one_by_one_or_counted_where_they_are_many():
    few, many = lost(site.MOST_SAID), lost(site.MOST_SAID + 1)
    assert len(list(site._say_unreached(few))) == site.MOST_SAID
    assert next(site._say_unreached(few)) == "No dock reaches Zone 0 (1 % of calls): no path."
    (said,) = site._say_unreached(many)
    assert said.startswith(f"No dock reaches {len(many)} zones ({len(many)} % of calls): no path, too far")


@pytest.mark.parametrize(
    ("operation_mps", "drone_mps", "severity", "says"),
    [
        (None, None, Severity.UNKNOWN, "No wind limit is known for D."),
        (12.0, 10.0, Severity.VIOLATION, "limit of 12 m/s is above the drone's 10 m/s."),
        (10.0, 10.0, None, ""),
        (12.0, None, None, ""),
        (None, 10.0, None, ""),
    ],
)
def test_a_wind_limit_is_known_and_no_higher_than_the_drones(
    monkeypatch, operation_mps, drone_mps, severity, says
):
    monkeypatch.setattr(hours, "landing_wind_limit_mps", lambda *_: 8.0)
    context = SimpleNamespace(
        scenario=SimpleNamespace(operation=SimpleNamespace(max_wind_mps=operation_mps, max_gust_mps=15.0)),
        drone=SimpleNamespace(name="D", max_wind_mps=drone_mps),
        dock=SimpleNamespace(name="Dock"),
    )
    found = hours._check_limits_known(context)
    assert [each.severity for each in found] == ([] if severity is None else [severity])
    assert all(says in each.message and each.rule == "weather" and each.fix for each in found)


def test_a_landing_or_gust_limit_that_nobody_knows_is_told(monkeypatch):
    monkeypatch.setattr(hours, "landing_wind_limit_mps", lambda *_: None)
    context = SimpleNamespace(
        scenario=SimpleNamespace(operation=SimpleNamespace(max_wind_mps=8.0, max_gust_mps=None)),
        drone=SimpleNamespace(name="D", max_wind_mps=10.0),
        dock=SimpleNamespace(name="Dock"),
    )
    landing, gusts = hours._check_limits_known(context)
    assert (landing.severity, gusts.severity) == (Severity.ADVICE, Severity.ADVICE)
    assert (landing.rule, gusts.rule) == ("weather", "weather")
    assert landing.message == "No landing wind limit is published for D on Dock."
    assert (landing.fix, gusts.fix) == ("measure one (`dfr landing`)", "set operation.max_gust_mps")


@pytest.mark.parametrize(
    ("days", "changes", "words"),
    [
        (0, 0, "of the dates flown"),
        (0, 1, "0 days after the flights, with 1 AIRAC change in between"),
        (3, 0, "3 days before the flights, with 0 AIRAC changes in between"),
        (-1, 2, "1 day after the flights, with 2 AIRAC changes in between"),
        (None, 0, "which is no date that can be compared"),
    ],
)
def test_the_age_of_airspace_data_is_told_beside_the_flights(days, changes, words):
    assert air_data._age_words(SimpleNamespace(days=days, changes=changes)) == words


@pytest.mark.parametrize(
    ("shares", "severity"),
    [
        ([(1.0, 1.0)], Severity.OK),
        ([(1.0, 1.0), (1.0, 0.9)], Severity.ADVICE),
        ([(0.99, 0.9), (1.0, 1.0)], Severity.VIOLATION),
        ([(None, None)], None),
    ],
)
def test_the_route_with_the_fewest_places_to_land_decides(monkeypatch, shares, severity):
    monkeypatch.setattr(contingency, "route_words", lambda _: "The route")
    routes = [SimpleNamespace(safe_landing_share=safe, diversion_share=other) for safe, other in shares]
    found = contingency.check_safe_landing(SimpleNamespace(plan=SimpleNamespace(routes=routes)))
    assert [each.severity for each in found] == ([] if severity is None else [severity])
    least = min(safe for safe, _ in shares) if severity else None
    assert all(f"within reach on {least:.0%} of its length" in each.message for each in found)


@pytest.mark.parametrize(
    ("flyable", "required", "severity", "words"),
    [
        (3, None, Severity.OK, "3 of 4 hours can be flown."),
        (3, 0.75, Severity.OK, "3 of 4 hours can be flown."),
        (3, 0.8, Severity.VIOLATION, "3 of 4 hours can be flown. That is 75%; the scenario requires 80%."),
        (0, None, Severity.VIOLATION, "None of the 4 hours can be flown: wind and rain."),
    ],
)
def test_enough_hours_can_be_flown_or_it_is_told_how_many(monkeypatch, flyable, required, severity, words):
    windows = [
        SimpleNamespace(flyable=n < flyable, limited_by=("wind", "rain") if n % 2 else ("wind",))
        for n in range(4)
    ]
    monkeypatch.setattr(hours, "hour_windows", lambda _: windows)
    monkeypatch.setattr(hours, "_count_hours", lambda each: f"{len(each)} hours")
    targets = SimpleNamespace(required_share_of_hours=required)
    context = SimpleNamespace(scenario=SimpleNamespace(targets=targets))
    (found,) = hours.check_flyable_hours(context)
    assert (found.severity, found.message.replace(" and ", ", ")) == (severity, words.replace(" and ", ", "))
    assert bool(found.fix) is (severity is Severity.VIOLATION)


@pytest.mark.parametrize(
    ("cruise_mps", "severity", "fix"),
    [
        (15.0, Severity.OK, ""),
        (15.1, Severity.VIOLATION, "set operation.cruise_mps to 15 or less"),
    ],
)
def test_a_drone_is_flown_no_faster_than_it_flies(cruise_mps, severity, fix):
    operation = SimpleNamespace(cruise_mps=cruise_mps)
    context = SimpleNamespace(
        scenario=SimpleNamespace(operation=operation), drone=SimpleNamespace(name="D", max_speed_mps=15.0)
    )
    (found,) = contingency._check_airframe(context)
    assert (found.severity, found.fix) == (severity, fix)
    assert found.message == f"The cruise speed is {cruise_mps:g} m/s; D flies up to 15 m/s."


@pytest.mark.parametrize(("possible", "label"), [(True, "CTR X [possible, assumed]"), (False, "CTR X")])
def test_a_zone_that_may_not_exist_says_so_in_its_label(possible, label):
    verdict = SimpleNamespace(zone=SimpleNamespace(label="CTR X", possible=possible))
    assert airspace._zone_label(verdict) == label


def test_each_topic_that_the_rules_leave_open_is_told_by_its_name(field):
    world = field(jurisdiction="eu")
    topics = [topic.id for topic in permission.jurisdiction_of(world.scenario).open_topics]
    told = " ".join(found.message for found in findings(world, permission.JURISDICTION_RULE))
    assert topics
    assert all(topic in told for topic in topics)
