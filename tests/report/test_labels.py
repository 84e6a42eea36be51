"""Words on a map stay off its marks and off each other where there is room."""

import itertools

import pytest
import shapely

from dfr.report.labels import Box, Labels, box_of

PICTURE = Box(500.0, 400.0, 1000.0, 800.0)


def rectangle(box):
    return shapely.box(
        box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2
    )


def test_the_shared_area_is_that_of_geometry():
    pairs = itertools.product([0.0, 3.0, 9.0, 12.0, -7.0], [0.0, 4.0, 5.0, -20.0], [2.0, 10.0, 30.0])
    first = Box(0.0, 0.0, 10.0, 6.0)
    for x, y, width in pairs:
        second = Box(x, y, width, 8.0)
        wanted = rectangle(first).intersection(rectangle(second)).area
        assert first.shared_area(second) == pytest.approx(wanted)


def test_a_name_alone_stands_on_its_place():
    box = Labels(PICTURE).place_about((300.0, 300.0), (80.0, 30.0), (0.0, -0.5, 0.5))
    assert (box.x, box.y) == (300.0, 300.0)


def test_a_name_moves_off_a_mark():
    labels = Labels(PICTURE)
    labels.block_mark(300.0, 300.0, 20.0)
    box = labels.place_about((300.0, 300.0), (80.0, 30.0), (0.0, -1.0, 1.0))
    assert box.shared_area(Box(300.0, 300.0, 20.0, 20.0)) == 0.0


def test_names_of_neighbours_do_not_hide_each_other():
    labels = Labels(PICTURE)
    boxes = [
        labels.place_about((300.0 + 20.0 * i, 300.0), (80.0, 30.0), (0.0, -0.7, 0.7, -1.1, 1.1))
        for i in range(4)
    ]
    assert all(a.shared_area(b) == 0.0 for a, b in itertools.combinations(boxes, 2))


def test_a_dock_at_the_edge_has_its_name_inside_the_picture():
    box = Labels(PICTURE).place_beside(
        (990.0, 400.0), box_of(["Emsworth fire station yard"], size=12.0), 13.0
    )
    assert box.shared_area(PICTURE) == pytest.approx(box.area)
