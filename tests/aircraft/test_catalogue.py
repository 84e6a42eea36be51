"""The hardware catalogue: every figure says where it is from, and what nobody published stays unknown."""

from __future__ import annotations

import pytest

from dfr.aircraft.catalogue import STATUSES, find_dock, find_drone, list_docks, list_drones
from dfr.errors import InputError

PUBLISHED = {
    ("dji-m3td", "max_wind_mps"): 12.0,
    ("dji-m3td", "takeoff_landing_wind_mps"): 8.0,
    ("dji-m3td", "flight_min"): 50.0,
    ("dji-m4td", "takeoff_landing_wind_mps"): 12.0,
    ("dji-m4td", "min_temperature_c"): -30.0,
    ("dji-m30t", "max_speed_mps"): 23.0,
    ("dji-m30t", "flight_min"): 41.0,
    ("skydio-x10", "max_speed_mps"): 20.0,
}


@pytest.mark.parametrize(("key", "name"), PUBLISHED)
def test_a_published_figure_has_its_value_and_status(key, name):
    figure = find_drone(key).figures()[name]
    assert figure.value == PUBLISHED[key, name]
    assert figure.source_status == STATUSES["S"]


@pytest.mark.parametrize("row", [*list_drones().values(), *list_docks().values()], ids=lambda row: row.key)
def test_every_figure_names_its_status_and_unit(row):
    figures = row.figures()
    assert len(figures) > 8
    for name, figure in figures.items():
        assert figure.source_status in STATUSES.values(), name
        assert figure.unit
        assert figure.value is not None or figure.source_status in ("unknown", STATUSES["derived"]), name


@pytest.mark.parametrize("row", list_drones().values(), ids=lambda row: row.key)
def test_a_drone_is_wider_tip_to_tip_than_it_stands(row):
    assert row.size_m == pytest.approx(row.wheelbase_m + 2 * row.rotor_radius_m)
    assert row.size_m > row.footprint_m or row.key == "arducopter-sitl-quad"


def test_the_size_of_a_matrice_30t_counts_its_rotors():
    """668 mm from motor to motor and rotors of 18 inches: over the 1 m of the iGRC table's first column."""
    assert find_drone("dji-m30t").size_m == pytest.approx(1.125, abs=0.005)


def test_a_wind_limit_nobody_published_is_none_and_says_unknown():
    figure = find_drone("brinc-responder").figures()["max_wind_mps"]
    assert figure.value is None
    assert figure.source_status == "unknown"


def test_an_open_pad_has_no_box():
    assert not find_dock("open-pad").has_box
    assert find_dock("open-pad").opening_m is None
    assert find_dock("dji-dock-2").has_box


@pytest.mark.parametrize("lookup", [find_drone, find_dock])
def test_an_unknown_key_lists_the_known_ones(lookup):
    with pytest.raises(InputError, match=r"no-such.*use one of: "):
        lookup("no-such")
