"""One table of ArduCopter's parameters for both naming generations, and nobody with another."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from dfr.aircraft.settings import PARAMETERS, FlightSettings
from dfr.ardupilot.parameters import (
    INVERTED,
    OLD_NAMES,
    RENAMED,
    Naming,
    near_names,
    spell_both,
    spell_for,
    translate_parameters,
)
from dfr.errors import InputError
from firmware_sitl.vehicle.parameters import Generation, Parameters

RELEASED = {
    # ArduCopter 4.6.0's defaults and, after conversion, 4.7.0's (ArduPilot's parameter documentation).
    "ANGLE_MAX": (3000.0, "ATC_ANGLE_MAX", 30.0),
    "ATC_ACCEL_R_MAX": (110000.0, "ATC_ACC_R_MAX", 1100.0),
    "LAND_SPEED": (50.0, "LAND_SPD_MS", 0.5),
    "LAND_ALT_LOW": (1000.0, "LAND_ALT_LOW_M", 10.0),
    "PSC_ACCZ_P": (0.5, "PSC_D_ACC_P", 0.05),
    "PSC_JERK_XY": (5.0, "PSC_JERK_NE", 5.0),
    "PSC_POSXY_P": (1.0, "PSC_NE_POS_P", 1.0),
    "PSC_VELXY_IMAX": (1000.0, "PSC_NE_VEL_IMAX", 10.0),
    "PSC_VELXY_P": (2.0, "PSC_NE_VEL_P", 2.0),
    "RTL_ALT": (1500.0, "RTL_ALT_M", 15.0),
    "SYSID_MYGCS": (255.0, "MAV_GCS_SYSID", 255.0),
    "WPNAV_ACCEL": (250.0, "WP_ACC", 2.5),
    "WPNAV_RADIUS": (200.0, "WP_RADIUS_M", 2.0),
    "WPNAV_SPEED": (1000.0, "WP_SPD", 10.0),
    "WPNAV_SPEED_DN": (150.0, "WP_SPD_DN", 1.5),
}


@pytest.mark.parametrize("old", RELEASED)
def test_the_default_of_one_release_is_that_of_the_other_under_its_name_and_unit(old: str) -> None:
    old_value, new, new_value = RELEASED[old]
    assert translate_parameters({old: old_value}, Naming.METRES) == {new: pytest.approx(new_value)}
    assert translate_parameters({new: new_value}, Naming.CENTIMETRES) == {old: pytest.approx(old_value)}


@pytest.mark.parametrize("naming", [Naming.CENTIMETRES, Naming.METRES])
def test_a_name_that_a_firmware_already_has_stays_as_it_is(naming: Naming) -> None:
    own = OLD_NAMES.values() if naming is Naming.CENTIMETRES else RENAMED.values()
    for spelling in own:
        assert translate_parameters({spelling.name: 7.0}, naming) == {spelling.name: 7.0}
    assert translate_parameters({"FENCE_ENABLE": 1.0}, naming) == {"FENCE_ENABLE": 1.0}


def test_no_two_parameters_share_a_name() -> None:
    assert len(OLD_NAMES) == len(RENAMED)
    assert not set(OLD_NAMES) & set(RENAMED)


def test_a_meaning_that_was_turned_round_is_never_translated() -> None:
    assert not set(INVERTED) & set(RENAMED)
    assert not set(INVERTED.values()) & set(OLD_NAMES)
    with pytest.raises(InputError, match="ARMING_SKIPCHK"):
        translate_parameters({"ARMING_CHECK": 0.0}, Naming.METRES)


def test_two_names_of_one_parameter_that_disagree_are_refused() -> None:
    assert translate_parameters({"RTL_ALT": 3000.0, "RTL_ALT_M": 30.0}, Naming.METRES) == {"RTL_ALT_M": 30.0}
    with pytest.raises(InputError, match="contradicts"):
        translate_parameters({"RTL_ALT": 3000.0, "RTL_ALT_M": 31.0}, Naming.CENTIMETRES)


def test_the_flight_model_knows_both_names_of_every_parameter_that_it_reads() -> None:
    for name, (field, scale) in PARAMETERS.items():
        for spelling in spell_both(name):
            assert PARAMETERS[spelling.name] == (field, pytest.approx(scale / spelling.factor))


def test_the_flight_model_reads_an_airframe_alike_in_both_generations() -> None:
    airframe = {name: old_value for name, (old_value, _, _) in RELEASED.items() if name in PARAMETERS}
    newer = FlightSettings.from_params(translate_parameters(airframe, Naming.METRES))
    assert asdict(newer) == pytest.approx(asdict(FlightSettings.from_params(airframe)))


def test_the_simulated_vehicle_of_each_generation_has_that_generations_names_and_no_other() -> None:
    for generation in Generation:
        shown = {parameter.name for parameter in Parameters(generation).all_shown()}
        for name in shown - set(INVERTED) - set(INVERTED.values()):
            assert spell_for(name, generation.naming).name == name


def test_the_arming_checks_left_out_by_a_file_are_those_left_out() -> None:
    parameters = Parameters(Generation.V4_6)
    assert parameters.set_default("ARMING_SKIPCHK", 0.0)
    assert parameters["ARMING_CHECK"] == 1.0
    assert parameters.set_default("ARMING_SKIPCHK", -1.0)
    assert parameters["ARMING_CHECK"] == 0.0


def test_a_mistyped_name_is_near_the_one_that_was_meant() -> None:
    names = Parameters().known_names()
    assert near_names("SIM_WIND_SPED", names)[0] == "SIM_WIND_SPD"
    assert "WP_SPD" in near_names("wp_sped", names)
    assert near_names("COLOUR", names) == []
