"""Heights that are flown against a zone's floor and ceiling, over ground that is flat, uneven or unknown."""

from __future__ import annotations

import pytest

from dfr.geo import VerticalDatum
from dfr.world.zones import SURFACE, HeightReference, vertical_fit, vertical_limit

FLAT, SLOPE, UNKNOWN = (HeightReference(ground_m_amsl=ground) for ground in ((20.0, 20.0), (0.0, 50.0), None))


def fit(lower, upper, bottom_m, top_m, ground):
    found = vertical_fit(lower, upper, bottom_m_agl=bottom_m, top_m_agl=top_m, floor=ground, ceiling=ground)
    return found.inside, found.margin_m


def amsl(height_m: float):
    return vertical_limit(height_m, VerticalDatum.AMSL)


@pytest.mark.parametrize(
    ("lower", "upper", "layer", "ground", "inside", "margin_m"),
    [
        (amsl(100.0), amsl(500.0), (0.0, 60.0), FLAT, False, 20.0),  # its floor is 80 m above the ground
        (amsl(100.0), amsl(500.0), (0.0, 90.0), FLAT, True, -10.0),
        (amsl(100.0), amsl(500.0), (490.0, 600.0), FLAT, False, 10.0),
        (amsl(100.0), amsl(500.0), (470.0, 600.0), FLAT, True, -10.0),
        (SURFACE, amsl(120.0), (0.0, 60.0), FLAT, True, -100.0),  # out of it by the ceiling alone
        # Its floor is 50 to 100 m above ground that lies between 0 and 50 m.
        (amsl(100.0), amsl(500.0), (0.0, 40.0), SLOPE, False, 10.0),
        (amsl(100.0), amsl(500.0), (0.0, 70.0), SLOPE, None, -20.0),
        (amsl(100.0), amsl(500.0), (0.0, 110.0), SLOPE, True, -60.0),
        (amsl(100.0), amsl(500.0), (0.0, 60.0), UNKNOWN, None, None),
        (SURFACE, amsl(120.0), (0.0, 60.0), UNKNOWN, True, None),
        (SURFACE, amsl(120.0), (130.0, 160.0), UNKNOWN, None, None),
    ],
)
def test_a_layer_is_within_a_zone_outside_or_nobody_knows_and_by_how_much(
    lower, upper, layer, ground, inside, margin_m
):
    assert fit(lower, upper, *layer, ground) == (inside, margin_m)
