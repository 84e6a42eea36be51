"""The vehicle's failsafes by the clock alone: when each begins, what it does, and when it is over."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.failsafes import end_battery_failsafes, watch_failsafes
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import State

from .inside import standing

LAND_ACT, RTL_ACT, SMART_RTL_ACT = 1.0, 2.0, 3.0
"""BATT_FS_LOW_ACT and BATT_FS_CRT_ACT."""


class Aloft:
    """A vehicle in GUIDED, put 20 m above home without flying there, its parameters, and what it says."""

    def __init__(self, **parameters: float) -> None:
        self.state: State = standing().state
        assert change_mode(self.state, modes.GUIDED)
        assert arming.arm_vehicle(self.state)
        self.state.aircraft.landed = False
        self.state.aircraft.body.up = 20.0
        self.said: list[str] = []
        self.state.aircraft.say = lambda _, text: self.said.append(text)
        self.set(**parameters)

    def set(self, **parameters: float) -> None:
        for name, value in parameters.items():
            self.state.parameters[name] = value

    def at(self, t_s: float) -> int:
        """The number of its mode once it has looked at a time."""
        watch_failsafes(self.state, t_s)
        return self.state.mode.number


@pytest.mark.parametrize(("kind", "word"), [("LOW", "low"), ("CRT", "critical")])
def test_a_low_voltage_counts_once_it_has_lasted_for_the_timer(kind, word):
    given = {f"BATT_{kind}_VOLT": 99.0, f"BATT_FS_{kind}_ACT": RTL_ACT, "BATT_LOW_TIMER": 10.0}
    aloft = Aloft(**given)
    assert [aloft.at(t_s) for t_s in (100.0, 105.0, 109.9)] == [modes.GUIDED] * 3
    assert aloft.said == []
    assert aloft.at(110.0) == modes.RTL
    assert aloft.said[0].startswith(f"Battery 1 is {word} ")
    assert aloft.said[1] == "Battery Failsafe"
    assert (aloft.state.failsafes.battery_low, aloft.state.failsafes.battery_critical) == (
        kind == "LOW",
        kind == "CRT",
    )
    said = len(aloft.said)
    aloft.at(200.0)
    assert len(aloft.said) == said, "once"


def test_a_voltage_that_recovers_begins_anew():
    aloft = Aloft(BATT_LOW_VOLT=99.0, BATT_FS_LOW_ACT=RTL_ACT, BATT_LOW_TIMER=10.0)
    aloft.at(100.0)
    aloft.set(BATT_LOW_VOLT=1.0)
    aloft.at(105.0)
    aloft.set(BATT_LOW_VOLT=99.0)
    assert [aloft.at(t_s) for t_s in (106.0, 115.9, 116.0)] == [modes.GUIDED, modes.GUIDED, modes.RTL]


@pytest.mark.parametrize("kind", ["LOW", "CRT"])
def test_a_low_charge_counts_at_once(kind):
    aloft = Aloft(**{f"BATT_{kind}_MAH": 1e6, f"BATT_FS_{kind}_ACT": LAND_ACT})
    assert aloft.at(100.0) == modes.LAND


def test_a_graver_action_follows_a_low_battery_and_a_lesser_one_changes_nothing():
    grave = Aloft(BATT_LOW_MAH=1e6, BATT_FS_LOW_ACT=RTL_ACT)
    assert grave.at(100.0) == modes.RTL
    grave.set(BATT_CRT_MAH=1e6, BATT_FS_CRT_ACT=LAND_ACT)
    assert grave.at(101.0) == modes.LAND
    light = Aloft(BATT_LOW_MAH=1e6, BATT_FS_LOW_ACT=LAND_ACT)
    assert light.at(100.0) == modes.LAND
    light.set(BATT_CRT_MAH=1e6, BATT_FS_CRT_ACT=RTL_ACT)
    assert light.at(101.0) == modes.LAND
    assert light.said[-1].startswith("Battery 1 is critical"), "said all the same"


def test_after_a_critical_battery_a_low_one_is_no_news():
    aloft = Aloft(BATT_CRT_MAH=1e6, BATT_FS_CRT_ACT=LAND_ACT)
    aloft.at(100.0)
    said = list(aloft.said)
    aloft.set(BATT_LOW_MAH=1e6, BATT_FS_LOW_ACT=RTL_ACT)
    assert aloft.at(101.0) == modes.LAND
    assert aloft.said == said


def test_another_battery_that_is_good_ends_the_failsafe_and_one_that_is_not_does_not():
    aloft = Aloft(BATT_LOW_MAH=1e6, BATT_FS_LOW_ACT=RTL_ACT)
    aloft.at(100.0)
    end_battery_failsafes(aloft.state)
    assert aloft.state.failsafes.battery_low
    aloft.set(BATT_LOW_MAH=0.0)
    end_battery_failsafes(aloft.state)
    assert not aloft.state.failsafes.battery_low
    assert aloft.state.failsafes.battery_rank is None


def test_a_battery_on_the_ground_fails_nobody_before_arming_and_disarms_after_it():
    aloft = Aloft(BATT_LOW_MAH=1e6, BATT_FS_LOW_ACT=RTL_ACT)
    aloft.state.aircraft.landed = True
    aloft.at(100.0)
    assert not aloft.state.aircraft.motors.armed
    assert aloft.said[-1] == "Battery Failsafe - Disarming"
    standing_by = Aloft(BATT_LOW_MAH=1e6, BATT_FS_LOW_ACT=RTL_ACT)
    standing_by.state.aircraft.motors.disarm()
    standing_by.at(100.0)
    assert standing_by.said == []


def test_a_transmitter_is_lost_after_a_second_and_found_again():
    aloft = Aloft(FS_THR_ENABLE=1.0, SIM_RC_FAIL=1.0)
    assert [aloft.at(t_s) for t_s in (100.0, 100.9)] == [modes.GUIDED] * 2
    assert aloft.at(101.0) == modes.RTL
    assert aloft.said[0] == "Radio Failsafe"
    aloft.at(150.0)
    aloft.set(SIM_RC_FAIL=0.0)
    aloft.at(151.0)
    assert aloft.said[-1] == "Radio Failsafe Cleared"
    aloft.set(SIM_RC_FAIL=1.0)
    aloft.at(152.0)
    assert aloft.said[-1] == "Radio Failsafe Cleared", "another second"


def test_a_lost_transmitter_is_nothing_where_nobody_asked_for_the_failsafe():
    aloft = Aloft(FS_THR_ENABLE=0.0, SIM_RC_FAIL=1.0)
    assert [aloft.at(t_s) for t_s in (100.0, 200.0)] == [modes.GUIDED] * 2
    assert aloft.said == []


def test_a_lost_position_lands_after_a_second_and_its_return_is_told():
    aloft = Aloft(FS_EKF_ACTION=1.0)
    aloft.state.estimator.position_ok = False
    assert [aloft.at(t_s) for t_s in (100.0, 100.9)] == [modes.GUIDED] * 2
    assert aloft.at(101.0) == modes.LAND
    assert aloft.said[0] == "EKF variance"
    assert aloft.said[-1] == "EKF Failsafe: changed to LAND Mode"
    aloft.state.estimator.position_ok = True
    assert aloft.at(102.0) == modes.LAND
    assert aloft.said[-1] == "EKF Failsafe Cleared"


def test_a_station_that_nobody_watches_is_neither_lost_nor_found():
    aloft = Aloft(FS_GCS_ENABLE=0.0)
    aloft.state.failsafes.hear_gcs(0.0, aloft.state.link_s - 100.0)
    aloft.at(100.0)
    aloft.set(FS_GCS_ENABLE=1.0)
    aloft.state.failsafes.hear_gcs(100.0, aloft.state.link_s)
    assert aloft.at(101.0) == modes.GUIDED
    assert aloft.said == []
