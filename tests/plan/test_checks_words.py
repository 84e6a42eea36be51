"""What checks say where there is much to say, or a limit that nobody knows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dfr.findings import Severity
from dfr.plan.checks import hours, site


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
