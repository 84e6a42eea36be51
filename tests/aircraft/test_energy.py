"""Power by momentum theory, batteries and charging."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_dock, find_drone, list_docks, list_drones
from dfr.aircraft.energy import (
    USABLE_FRACTION,
    charge_seconds,
    cold_share,
    figure_of_merit,
    forward_power_w,
    hover_power_w,
    induced_velocity_mps,
    usable_wh,
)
from dfr.aircraft.trim import airframe_of
from dfr.units import GRAVITY_MPS2

ENDURANCE = [key for key, row in list_drones().items() if row.hover_min and row.flight_min]


@pytest.mark.parametrize("key", list(list_drones()))
def test_hover_power_is_momentum_theory_over_the_figure_of_merit(key):
    row = find_drone(key)
    weight = row.mass_kg * GRAVITY_MPS2
    expected = weight**1.5 / (math.sqrt(2.0 * 1.225 * row.disc_area_m2) * figure_of_merit(row))
    assert hover_power_w(row) == pytest.approx(expected, rel=0.01)
    assert float(forward_power_w(row, 0.0)) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("key", list(list_drones()))
def test_no_chain_from_battery_to_air_is_better_than_physics_allows(key):
    assert 0.3 < figure_of_merit(find_drone(key)) < 0.95


def test_the_sitl_quad_hovers_on_the_power_its_frame_states():
    assert hover_power_w(find_drone("arducopter-sitl-quad")) == pytest.approx(29.3 * 12.09, rel=0.001)


@pytest.mark.parametrize("key", ENDURANCE)
def test_endurance_is_the_sheets_within_a_tenth(key):
    """One number per drone is fitted; hover time and flight time must both come out."""
    row = find_drone(key)
    hover = 60.0 * row.battery_wh * USABLE_FRACTION / hover_power_w(row)
    assert hover == pytest.approx(row.hover_min, rel=0.10)
    least = forward_power_w(row, np.linspace(0.0, row.max_speed_mps, 60)).min()
    minutes = 60.0 * row.battery_wh * USABLE_FRACTION / least
    assert minutes == pytest.approx(row.flight_min, rel=0.10)


def test_power_falls_from_hover_to_a_best_speed_and_rises_again():
    power = forward_power_w(find_drone("dji-m30t"), np.linspace(0.0, 22.0, 45))
    best = int(power.argmin())
    assert 4 < best < 40
    assert (np.diff(power[best:]) > 0.0).all()


def test_induced_velocity_solves_glauerts_equation():
    frame = airframe_of(find_drone("arducopter-sitl-quad"))
    airspeed, tilt, thrust, density = 8.0, 0.35, 32.0, 1.2
    inflow = float(induced_velocity_mps(frame, np.array(thrust), np.array(airspeed), np.array(tilt), density))
    hover2 = thrust / (2.0 * density * frame.disc_area_m2)
    total = math.hypot(airspeed * math.cos(tilt), airspeed * math.sin(tilt) + inflow)
    assert inflow == pytest.approx(hover2 / total, rel=1e-9)


def test_a_cold_battery_gives_less_and_a_reserve_less_still():
    row = find_drone("dji-m30t")
    assert 0.85 <= cold_share(0.0) <= 0.9
    assert 0.7 <= cold_share(-10.0) <= 0.8
    assert usable_wh(row, -10.0) < usable_wh(row, 0.0) < usable_wh(row, 25.0) < row.battery_wh
    assert usable_wh(row, 20.0, health=0.8, reserve_fraction=0.25) == pytest.approx(
        usable_wh(row, 20.0) * 0.8 * 0.75
    )


@pytest.mark.parametrize("key", list(list_docks()))
def test_the_makers_charge_takes_the_makers_time(key):
    row = find_dock(key)
    stated = charge_seconds(row, row.charge_from, row.charge_to)
    assert stated == pytest.approx(60.0 * row.charge_min)


def test_charging_is_steady_then_slows_down():
    row = find_dock("dji-dock-2")
    tenths = [charge_seconds(row, level / 10, (level + 1) / 10) for level in range(10)]
    assert tenths[0] == pytest.approx(tenths[7])
    assert tenths[9] > 1.5 * tenths[7]
    assert charge_seconds(row, 0.9, 0.5) == 0.0


@pytest.mark.parametrize(("start", "end"), [(-0.1, 1.0), (0.2, 1.01), (math.nan, 0.5)])
def test_a_state_of_charge_outside_nought_to_one_is_refused(start, end):
    with pytest.raises(ValueError, match="state of charge"):
        charge_seconds(find_dock("dji-dock-1"), start, end)


def test_a_climb_straight_up_induces_as_momentum_theory_says():
    """v_i = -C/2 + sqrt(C²/4 + v_h²) (Leishman 2006): the air that the climb sends through induces less."""
    row = airframe_of(find_drone("dji-m30t"))
    thrust = np.array([row.weight_n])
    hover = math.sqrt(row.weight_n / (2.0 * 1.225 * row.disc_area_m2))
    still = np.zeros(1)
    found = induced_velocity_mps(row, thrust, still, still, 1.225, climb_mps=np.array([3.0]))
    assert found == pytest.approx([-1.5 + math.sqrt(2.25 + hover**2)], rel=1e-6)


def test_a_climb_costs_less_than_the_weight_it_lifts_and_a_descent_no_less_than_a_hover():
    drone = find_drone("dji-m30t")
    level, up, down = (float(forward_power_w(drone, 0.0, climb_mps=rate)) for rate in (0.0, 3.0, -3.0))
    lifted = drone.mass_kg * GRAVITY_MPS2 * 3.0
    assert 0.4 * lifted < up - level < lifted
    assert down == level
