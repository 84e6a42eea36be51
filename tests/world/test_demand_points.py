"""Zones made of calls at their own places: no call is lost, each is flown to where it is, or nearly so."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position
from dfr.world.demand import zone_centre
from dfr.world.demand_points import CallPlaces, PlacedZones, zones_of_places

FRAME = LocalFrame(Position(lat_deg=50.8, lon_deg=-1.08))
CORNERS = ((-2000, -2000), (2000, -2000), (2000, 2000), (-2000, 2000))
BOUNDARY = tuple(FRAME.position(*corner) for corner in CORNERS)


def places_at(points: np.ndarray, calls: np.ndarray | None = None) -> CallPlaces:
    lat, lon = FRAME.to_geodetic(points[:, 0], points[:, 1])
    return CallPlaces(lat_deg=lat, lon_deg=lon, calls=np.ones(len(points)) if calls is None else calls)


def made_of(points: np.ndarray, cell_m: float, calls: np.ndarray | None = None) -> PlacedZones:
    return zones_of_places(places_at(points, calls), boundary=BOUNDARY, frame=FRAME, cell_m=cell_m)


def drawn(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0.0, 700.0, (count, 2)).clip(-1990, 1990), rng.integers(1, 9, count).astype(float)


@pytest.mark.parametrize("cell_m", [0.0, 150.0, 1000.0])
def test_every_call_lies_in_the_zone_that_counts_it(cell_m: float) -> None:
    points, calls = drawn(200)
    made = made_of(points, cell_m, calls)
    areas = [FRAME.polygon(zone.area).buffer(0.01) for zone in made.zones]
    counted = [calls[shapely.contains_xy(area, points[:, 0], points[:, 1])].sum() for area in areas]
    assert counted == pytest.approx([zone.share * calls.sum() for zone in made.zones])
    assert made.outside_share == 0.0


def in_two_rows(east: float, north: float) -> np.ndarray:
    """Sixteen places in a square of 100 m whose corner is there; their mean is 20 m from its middle."""
    return np.array([[east + 5.0 * k, north + 10.0 + 40.0 * (k % 2)] for k in range(4, 20)])


def test_a_square_is_flown_to_at_the_mean_place_of_its_calls() -> None:
    made = made_of(np.concatenate([in_two_rows(0.0, 0.0), [[310.0, 10.0]] * 4]), 100.0)
    assert made.zones[0].place is not None
    assert FRAME.point(made.zones[0].place) == pytest.approx((57.5, 30.0), abs=0.01)
    assert [zone.share for zone in made.zones] == [0.8, 0.2]


@pytest.mark.parametrize(
    ("points", "calls"),
    [
        (np.array([[310.0, 10.0]]), None),
        (np.array([[310.0, 10.0], [320.0, 20.0]]), None),
        (np.array([[310.0, 10.0]] * 30), None),
        (in_two_rows(300.0, 0.0), np.array([400.0] + [1.0] * 15)),
    ],
    ids=["one call", "two calls", "thirty calls from one home", "most calls from one home"],
)
def test_a_square_does_not_show_where_the_few_that_called_in_it_are(
    points: np.ndarray, calls: np.ndarray | None
) -> None:
    """Whoever reads a plan must not learn the home of somebody who called."""
    (zone,) = made_of(points, 100.0, calls).zones
    assert FRAME.point(zone_centre(zone)) == pytest.approx((350.0, 50.0), abs=0.1)


def test_by_call_each_place_is_flown_to_itself_and_owns_what_is_nearest_to_it() -> None:
    points, _ = drawn(40)
    made = made_of(points, 0.0)
    flown = np.array([FRAME.point(zone.place) for zone in made.zones if zone.place])
    assert np.hypot(*(flown[:, None] - points[None]).transpose(2, 0, 1)).min(axis=0).max() < 0.01
    asked = np.random.default_rng(2).uniform(-1990, 1990, (300, 2))
    nearest = np.hypot(*(asked[:, None] - flown[None]).transpose(2, 0, 1)).argmin(axis=1)
    for point, number in zip(asked, nearest, strict=True):
        assert FRAME.polygon(made.zones[number].area).distance(shapely.Point(point)) < 0.5


def test_calls_outside_the_boundary_are_left_out_and_said() -> None:
    made = made_of(np.array([[0.0, 0.0], [5000.0, 0.0]]), 100.0, np.array([3.0, 1.0]))
    assert len(made.zones) == 1
    assert made.outside_share == pytest.approx(0.25)


def test_a_square_that_the_boundary_cuts_is_a_zone_on_each_side_of_the_cut() -> None:
    notch = ((1000, 2000), (1000, -1), (1200, -1), (1200, 2000))
    boundary = tuple(FRAME.position(*corner) for corner in (*CORNERS[:3], *reversed(notch), CORNERS[3]))
    points = np.concatenate([in_two_rows(1250.0, 500.0), in_two_rows(850.0, 500.0)[:12]])
    made = zones_of_places(places_at(points), boundary=boundary, frame=FRAME, cell_m=5000.0)
    assert [zone.share for zone in made.zones] == pytest.approx([16 / 28, 12 / 28])
    flown = [FRAME.point(zone.place) for zone in made.zones if zone.place]
    assert flown == [pytest.approx((1307.5, 530.0), abs=0.01), pytest.approx((897.5, 530.0), abs=0.01)]


def test_calls_round_a_bend_of_the_boundary_are_flown_to_inside_it_and_at_no_call() -> None:
    notch = ((1000, 2000), (1000, 100), (1200, 100), (1200, 2000))
    boundary = tuple(FRAME.position(*corner) for corner in (*CORNERS[:3], *reversed(notch), CORNERS[3]))
    points = np.concatenate([in_two_rows(1250.0, 500.0), in_two_rows(850.0, 500.0)])
    (zone,) = zones_of_places(places_at(points), boundary=boundary, frame=FRAME, cell_m=5000.0).zones
    flown = FRAME.point(zone_centre(zone))
    assert FRAME.polygon(zone.area).covers(shapely.Point(flown))
    assert np.hypot(*(points - flown).T).min() > 10.0


def test_no_call_inside_and_too_many_places_are_refused() -> None:
    with pytest.raises(InputError, match="no call of the file lies inside the boundary"):
        made_of(np.array([[9000.0, 0.0]]), 100.0)
    grid = np.stack(np.meshgrid(np.arange(-1990.0, 1990.0, 25.0), np.arange(-1990.0, 1990.0, 25.0)), -1)
    with pytest.raises(InputError, match="20000 can be planned for -> give a larger cell_m"):
        made_of(grid.reshape(-1, 2), 0.0)
