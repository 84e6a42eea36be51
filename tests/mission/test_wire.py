"""A flight plan as lists of items on the wire, and back."""

from __future__ import annotations

import pytest

from dfr.errors import MissionFileError
from dfr.mission.wire import fence_from_wire, wire_lists


def test_the_lists_number_items_from_home_and_count_vertices(dispatch):
    lists = wire_lists(dispatch)
    mission, fence, rally = (lists[kind] for kind in sorted(lists))
    assert [entry.seq for entry in mission] == [0, 1, 2, 3, 4, 5]
    assert [entry.params[0] for entry in fence] == [4.0] * 8 + [50.5]
    assert {entry.frame for entry in rally} == {3}
    back = fence_from_wire(fence)
    assert [area.inclusion for area in back] == [True, False, False]


def test_every_item_is_at_its_own_place_in_ten_millionths_of_a_degree(dispatch):
    mission, fence, rally = (wire_lists(dispatch)[kind] for kind in sorted(wire_lists(dispatch)))
    places = [
        *(item.position for item in dispatch.items),
        *(corner for area in dispatch.fence[:2] for corner in area.ring),
        dispatch.fence[2].centre,
        dispatch.rally[0].position,
    ]
    sent = [(item.x, item.y) for item in (*mission[1:], *fence, *rally)]
    assert sent == [
        (0, 0) if place is None else (round(1e7 * place.lat_deg), round(1e7 * place.lon_deg))
        for place in places
    ]
    assert (rally[0].z, mission[1].z, mission[0].z) == (30.0, 30.0, 3.0)


def test_a_fence_whose_corners_do_not_add_up_is_refused_with_both_numbers(dispatch):
    _, fence, _ = (wire_lists(dispatch)[kind] for kind in sorted(wire_lists(dispatch)))
    with pytest.raises(MissionFileError, match="fence item 4: 4 vertices announced, 3 found"):
        fence_from_wire(fence[:7])
    with pytest.raises(MissionFileError, match="fence item 4: 4 vertices announced"):
        fence_from_wire((*fence[:7], fence[8]))
