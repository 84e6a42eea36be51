"""A fence made coarse enough for a board: it never loses its keep-in or a keep-out."""

from __future__ import annotations

import pytest

from dfr.errors import InfeasibleError
from dfr.geo import Position
from dfr.mission.fence import fence_areas, fence_shape
from dfr.mission.items import FencePolygon

from ..places import HOME, at, square


def corridor(width_m: float) -> tuple[Position, ...]:
    """A corridor to the east that swings 8 m to and fro in 60 bends: too many corners for a board."""
    bends = [(10.0 * n, 8.0 * (n % 2)) for n in range(60)]
    north = [at(east, swing + width_m / 2.0) for east, swing in bends]
    return (*north, *(at(east, swing - width_m / 2.0) for east, swing in reversed(bends)))


def test_a_wide_corridor_becomes_simpler_and_no_larger():
    keep_in, keep_out = fence_areas(corridor(20.0), [square(30.0, north_m=100.0)])
    assert (keep_in.inclusion, keep_out.inclusion) == (True, False)
    true = fence_shape([FencePolygon(ring=corridor(20.0), inclusion=True)], origin=HOME).inside
    assert fence_shape([keep_in], origin=HOME).inside.difference(true).area < 1.0


@pytest.mark.parametrize("width_m", [2.0, 6.0])
def test_a_corridor_of_which_nothing_would_be_left_is_refused_not_left_away(width_m):
    with pytest.raises(InfeasibleError, match="a fence of 2 areas does not fit"):
        fence_areas(corridor(width_m), [square(30.0, north_m=100.0)])
