"""One height for the ground is believed near the site and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.geo import LocalFrame, Position
from dfr.io.scenario_files import find_scenario, load_world
from dfr.world.terrain import (
    ASSUMED_FLAT_M,
    BRITISH_GRID,
    GEOGRAPHIC,
    FlatGround,
    GridTerrain,
    HeightGrid,
    degrees_of_cells,
    heights_m_amsl,
    on_grid,
)

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


def plane(*, unknown: tuple[int, int] | None = None) -> HeightGrid:
    """Posts every hundredth of a degree from 52 N, 2 W: 10 m more a column east, 3 m more a row south."""
    rows, columns = np.mgrid[0:4, 0:5]
    heights = (10.0 * columns + 3.0 * rows).astype(np.float32)
    if unknown is not None:
        heights[unknown] = np.nan
    return HeightGrid(
        name="plane", heights=heights, west=-2.0, north=52.0, step_east=0.01, step_south=0.01, crs=GEOGRAPHIC
    )


def test_between_posts_the_ground_is_a_plane_where_the_posts_lie_in_one():
    for east, south in [(0.0, 0.0), (1.25, 0.5), (3.999, 2.999), (0.1, 2.7), (4.0, 3.0)]:
        found = plane().heights_m_amsl(52.0 - 0.01 * south, -2.0 + 0.01 * east)
        assert float(found) == pytest.approx(10.0 * east + 3.0 * south, abs=1e-6)


def test_a_grid_ends_half_a_step_beyond_its_posts_and_is_level_there():
    east_of = plane().heights_m_amsl([52.0, 52.0], [-2.0 + 0.0449, -2.0 + 0.0451])
    south_of = plane().heights_m_amsl([52.0 - 0.0349, 52.0 - 0.0351], [-2.0, -2.0])
    np.testing.assert_allclose(east_of, [40.0, np.nan])
    np.testing.assert_allclose(south_of, [9.0, np.nan])


def test_beside_an_unknown_post_the_ground_is_unknown_and_on_the_next_one_it_is_known():
    grid = plane(unknown=(0, 1))
    beside = grid.heights_m_amsl([52.0, 52.0, 51.995], [-2.0, -1.995, -1.995])
    np.testing.assert_allclose(beside, [0.0, np.nan, np.nan])


def test_each_reference_system_has_its_datum_and_a_strange_one_says_that_it_is_assumed():
    assert plane().datum == "EGM96"
    british = replace(plane(), crs=BRITISH_GRID)
    assert british.datum == "Ordnance Datum Newlyn"
    assert replace(plane(), crs="EPSG:25832").datum == "mean sea level (assumed, EPSG:25832)"


def test_a_place_on_the_british_grid_is_where_the_ordnance_survey_has_it():
    """Caister water tower, the example of the OS guide to coordinate systems; 5 m off without OSTN15."""
    x, y = on_grid(BRITISH_GRID, 52.658007833, 1.716073973)
    assert float(x) == pytest.approx(651409.804, abs=5.0)
    assert float(y) == pytest.approx(313177.450, abs=5.0)


@pytest.mark.parametrize(
    ("crs", "west", "north", "step"),
    [("EPSG:27700", 460_000.0, 100_000.0, 50.0), ("EPSG:4326", -1.1, 50.8, 0.001)],
)
def test_the_cells_of_a_grid_are_where_their_heights_are_read(crs, west, north, step):
    """Ground that rises to the east and falls to the south tells each cell from every other."""
    rows, columns = np.mgrid[0:4, 0:5]
    grid = HeightGrid(
        name="slope", heights=(10.0 * columns + rows).astype(np.float32), west=west, north=north,
        step_east=step, step_south=2.0 * step, crs=crs,
    )  # fmt: skip
    lat, lon = degrees_of_cells(grid, rows.ravel(), columns.ravel())
    read = GridTerrain(grids=(grid,), source="made up").heights_m_amsl(lat, lon)
    assert read == pytest.approx(grid.heights.ravel(), abs=0.01)
    assert lat.min() > 50.7
    assert abs(lon + 1.1).max() < 0.1
