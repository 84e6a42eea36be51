"""A flight plan as lists of items on the wire, and back."""

from __future__ import annotations

from dfr.mission.wire import fence_from_wire, wire_lists


def test_the_lists_number_items_from_home_and_count_vertices(dispatch):
    lists = wire_lists(dispatch)
    mission, fence, rally = (lists[kind] for kind in sorted(lists))
    assert [entry.seq for entry in mission] == [0, 1, 2, 3, 4, 5]
    assert [entry.params[0] for entry in fence] == [4.0] * 8 + [50.5]
    assert {entry.frame for entry in rally} == {3}
    back = fence_from_wire(fence)
    assert [area.inclusion for area in back] == [True, False, False]
