"""The night finding at sites all over the world, where the date is not always that of UTC."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dfr.findings import Severity
from dfr.geo import Position
from dfr.plan.checks import place as rule

from .conftest import Field

LOS_ANGELES = Position(lat_deg=34.05, lon_deg=-118.24)
SYDNEY = Position(lat_deg=-33.87, lon_deg=151.21)
AUCKLAND = Position(lat_deg=-36.85, lon_deg=174.76)
LONGYEARBYEN = Position(lat_deg=78.22, lon_deg=15.65)


def moved(value: Any, by: timedelta) -> Any:
    """A scenario with every moment in it so much later."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, tuple):
        return tuple(moved(item, by) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: moved(getattr(value, f.name), by) for f in fields(value) if f.init})
    return value


class Asked:
    """What the night finding looks at: the scenario."""

    def __init__(self, scenario: Any) -> None:
        self.scenario = scenario


@pytest.mark.parametrize(
    ("site", "later", "severity"),
    [
        # The four hours with calls begin on 1 June 2024 at 09:00 UTC, and later by so many hours.
        (LOS_ANGELES, 13, Severity.OK),  # 15 to 19 h on 1 June there, over midnight UTC; sunset 19:59
        (LOS_ANGELES, 0, Severity.ADVICE),  # 2 to 6 h; sunrise 05:43
        (SYDNEY, 14, Severity.OK),  # 9 to 13 h on 2 June
        (SYDNEY, 0, Severity.ADVICE),  # 19 to 23 h; sunset 16:54
        (AUCKLAND, 12, Severity.OK),  # 9 to 13 h on 2 June
        (AUCKLAND, 0, Severity.ADVICE),  # 21 to 1 h
        (LONGYEARBYEN, 14, Severity.OK),  # 1 to 5 h: midnight sun
        (LONGYEARBYEN, 200 * 24, Severity.ADVICE),  # 10 to 14 h on 18 December: polar night
    ],
)
def test_the_night_finding_follows_the_sun_of_the_site(field: Field, site, later: int, severity) -> None:
    scenario = moved(field().scenario, timedelta(hours=later))
    scenario = replace(scenario, site=replace(scenario.site, centre=site))
    (found,) = rule._night(Asked(scenario))
    assert found.severity is severity
    if severity is Severity.ADVICE:
        assert "after sunset or before sunrise" in found.message
        assert "half an hour after sunset" in found.message
