"""The night finding at sites all over the world, where the date is not always that of UTC."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dfr.findings import Severity
from dfr.geo import Position
from dfr.plan.checks.sight import check_night
from dfr.plan.windows import hour_windows

from .conftest import Field, authorisation

BY_NIGHT = authorisation(night=True)
LOS_ANGELES = Position(lat_deg=34.05, lon_deg=-118.24)
SYDNEY = Position(lat_deg=-33.87, lon_deg=151.21)
AUCKLAND = Position(lat_deg=-36.85, lon_deg=174.76)
LONGYEARBYEN = Position(lat_deg=78.22, lon_deg=15.65)


def moved(value: Any, zone: ZoneInfo, later: timedelta) -> Any:
    """A scenario whose every moment has the same hour on the clocks of a zone, so many days later."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone) + later
    if isinstance(value, ZoneInfo):
        return zone
    if isinstance(value, tuple):
        return tuple(moved(item, zone, later) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: moved(getattr(value, f.name), zone, later) for f in fields(value) if f.init}
        return replace(value, **changes)
    return value


class Asked:
    """What the night finding looks at: the scenario."""

    def __init__(self, scenario: Any) -> None:
        self.scenario = scenario


@pytest.mark.parametrize(
    ("site", "clock", "days", "severity"),
    [
        # Calls arise from 10 to 14 h on 1 June 2024, by the clocks of the zone named.
        (LOS_ANGELES, "America/Los_Angeles", 0, Severity.OK),
        (LOS_ANGELES, "Pacific/Auckland", 0, Severity.OK),  # 15 to 19 h there, over midnight UTC
        (LOS_ANGELES, "Europe/London", 0, Severity.ADVICE),  # 2 to 6 h; sunrise 05:43
        (SYDNEY, "Australia/Sydney", 0, Severity.OK),
        (SYDNEY, "Pacific/Auckland", 0, Severity.OK),  # 8 to 12 h
        (SYDNEY, "Europe/London", 0, Severity.ADVICE),  # 19 to 23 h; sunset 16:54
        (AUCKLAND, "Pacific/Auckland", 0, Severity.OK),
        (AUCKLAND, "Europe/London", 0, Severity.ADVICE),  # 21 to 1 h
        (LONGYEARBYEN, "Pacific/Auckland", 0, Severity.OK),  # midnight sun
        (LONGYEARBYEN, "Europe/London", 200, Severity.ADVICE),  # 18 December: polar night
    ],
)
def test_the_night_finding_follows_the_sun_of_the_site(field: Field, site, clock, days, severity) -> None:
    later = (ZoneInfo(clock), timedelta(days=days))
    scenario = moved(field().scenario, *later)
    operation = replace(scenario.operation, authorisation=moved(BY_NIGHT, *later))
    scenario = replace(scenario, site=replace(scenario.site, centre=site), operation=operation)
    assert len(hour_windows(scenario)) == 4
    (found,) = check_night(Asked(scenario))
    assert found.severity is severity
    if severity is Severity.ADVICE:
        assert "after sunset or before sunrise" in found.message
        assert "half an hour after sunset" in found.message
