"""Parameters: ArduCopter's names and values, in both naming generations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfr.errors import InputError
from firmware_sitl.vehicle.parameters import Generation, Parameters, read_parameter_text


def test_every_default_is_arducopters_own(reference: Path) -> None:
    recorded = json.loads((reference / "arducopter" / "params.json").read_text())["params"]
    # The recorded firmware is older than the one that took 0 for SIM_ENGINE_MUL.
    own = {"SIM_PLD_LAT", "SIM_PLD_LON", "SIM_ENGINE_MUL"}
    for parameter in Parameters().all_shown():
        streamed = parameter.name.startswith("SR") and parameter.value > 0.0
        if parameter.name in recorded and parameter.name not in own and not streamed:
            value, kind = recorded[parameter.name]
            assert parameter.value == pytest.approx(value, rel=1e-6), parameter.name
            assert parameter.type == kind, parameter.name


@pytest.mark.parametrize(
    ("old", "new", "old_value", "new_value"),
    [
        ("RTL_ALT", "RTL_ALT_M", 1500.0, 15.0),
        ("WPNAV_SPEED", "WP_SPD", 1000.0, 10.0),
        ("WPNAV_JERK", "WP_JERK", 1.0, 1.0),
        ("LAND_SPEED", "LAND_SPD_MS", 50.0, 0.5),
        ("ANGLE_MAX", "ATC_ANGLE_MAX", 3000.0, 30.0),
        ("SYSID_MYGCS", "MAV_GCS_SYSID", 255.0, 255.0),
        ("ARMING_CHECK", "ARMING_SKIPCHK", 1.0, 0.0),
        ("SR0_POSITION", "MAV1_POSITION", 2.0, 2.0),
    ],
)
def test_each_generation_has_its_own_name_and_unit(
    old: str, new: str, old_value: float, new_value: float
) -> None:
    older, newer = Parameters(Generation.V4_6), Parameters(Generation.V4_7)
    assert older.find_shown(new) is None
    assert newer.find_shown(old) is None
    shown_old, shown_new = older.find_shown(old), newer.find_shown(new)
    assert shown_old is not None
    assert shown_new is not None
    assert (shown_old.value, shown_new.value) == pytest.approx((old_value, new_value))


def test_a_write_in_the_new_unit_is_the_same_parameter_inside() -> None:
    parameters = Parameters(Generation.V4_7)
    assert parameters.set_shown("WP_SPD", 12.5)
    assert parameters["WPNAV_SPEED"] == 1250.0
    assert not parameters.set_shown("WPNAV_SPEED", 1.0)


def test_whole_number_parameters_stay_whole_and_in_range() -> None:
    parameters = Parameters()
    parameters["FENCE_TYPE"] = 6.7
    assert parameters["FENCE_TYPE"] == 6.0
    parameters["FENCE_TYPE"] = 6.995
    assert parameters["FENCE_TYPE"] == 7.0
    parameters["FENCE_TYPE"] = 1000.0
    assert parameters["FENCE_TYPE"] == 127.0


def test_a_parameter_file_may_be_of_either_generation() -> None:
    parameters = Parameters(Generation.V4_6)
    given = read_parameter_text("# mine\nRTL_ALT_M, 30\nWPNAV_SPEED 1200\n@include x\n", name="x.parm")
    assert all(parameters.set_default(name, value) for name, value in given.items())
    assert (parameters["RTL_ALT"], parameters["WPNAV_SPEED"]) == (3000.0, 1200.0)


def test_a_bad_line_names_file_and_line() -> None:
    with pytest.raises(InputError, match=r"x\.parm:2"):
        read_parameter_text("RTL_ALT 1500\nRTL_ALT high\n", name="x.parm")


def test_the_list_counts_what_it_holds_and_indexes_it() -> None:
    parameters = Parameters()
    listed = list(parameters.all_shown())
    assert len(listed) == len(parameters)
    assert [p.index for p in listed] == list(range(len(listed)))
    assert parameters.shown_at(5) == listed[5]
    assert parameters.shown_at(len(listed)) is None
