"""One height for the ground is believed near the site and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from dfr.geo import LocalFrame, Position
from dfr.io.scenario_files import find_scenario, load_world
from dfr.world.terrain import ASSUMED_FLAT_M, FlatGround, heights_m_amsl

ORIGIN = Position(lat_deg=52.0, lon_deg=-2.0)
FRAME = LocalFrame(ORIGIN)


def test_an_assumed_height_ends_with_its_reach():
    ground = FlatGround(height_m_amsl=7.0, source="assumed", centre=ORIGIN)
    places = [FRAME.position(0.0, north) for north in (0.0, ASSUMED_FLAT_M - 1.0, ASSUMED_FLAT_M + 1.0)]
    assert [ground.ground_m_amsl(place) for place in places] == [7.0, 7.0, None]
    many = heights_m_amsl(
        ground, np.array([p.lat_deg for p in places]), np.array([p.lon_deg for p in places])
    )
    np.testing.assert_array_equal(many, [7.0, 7.0, np.nan])


def test_a_height_that_somebody_vouches_for_holds_everywhere():
    ground = FlatGround(height_m_amsl=7.0, source="survey")
    assert ground.ground_m_amsl(FRAME.position(0.0, 50_000.0)) == 7.0


@pytest.mark.parametrize(
    ("name", "known"),
    [("victorious-2024", True), ("protest-surge", False), ("urban-fringe-999", False)],
)
def test_a_shipped_region_does_not_guess_the_ground_of_its_far_towns(name, known):
    world = load_world(find_scenario(name))
    heights = [world.terrain.ground_m_amsl(site.position) for site in world.scenario.candidates]
    assert (None not in heights) is known
