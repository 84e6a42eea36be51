"""Calibration, against drones whose figures are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.catalogue import Drone, build_own_drone, find_drone
from dfr.aircraft.energy import hover_power_w
from dfr.aircraft.trim import air_density, airframe_of, tilt_for_airspeed
from dfr.errors import InputError
from dfr.logs.calibration import Calibration, calibrate_drone, pool_values
from dfr.logs.model import Quantity
from dfr.scenario.own_drone import OwnFigure
from firmware_sitl.vehicle.airframe import read_airframe

from .made_flights import Truth, fly_made_flights, small_battery
from .sitl_flights import fly_sitl_flight

AIRFRAMES = ("arducopter-sitl-quad", "dji-m30t", "study-hexa")
SETS = 100
FRAMES = Path(__file__).parents[2] / "firmware_sitl" / "frames"


def made_drone(key: str) -> Drone:
    """A drone of the catalogue with rates of its own and a battery for twelve minutes."""
    return small_battery(replace(find_drone(key), climb_mps=3.0, descent_mps=2.0))


def true_figures(drone: Drone) -> dict[str, float]:
    return {
        "hover_power_w": hover_power_w(drone),
        "climb_mps": drone.climb_mps,
        "descent_mps": drone.descent_mps,
        "land_mps": drone.land_mps,
        "drag_area_m2": airframe_of(drone).drag_area_m2,
        "momentum_drag": drone.momentum_drag,
    }


def calibrated(drone: Drone, seed: int, *, count: int = 10) -> Calibration:
    logs = fly_made_flights(Truth(drone=drone), seed, count=count)
    return calibrate_drone(
        logs, key="own", name="own", based_on=drone.key, entered={"mass_kg": drone.mass_kg}
    )


def figures_of(found: Calibration) -> dict[str, OwnFigure]:
    return {figure.field: figure for figure in found.own.figures}


@pytest.fixture(scope="module")
def quad() -> Calibration:
    return calibrated(made_drone("arducopter-sitl-quad"), seed=1)


def test_ten_flights_give_the_figures_of_the_drone_that_flew_them(quad: Calibration) -> None:
    truth, figures = true_figures(made_drone("arducopter-sitl-quad")), figures_of(quad)
    for name, value in truth.items():
        figure = figures[name]
        assert figure.value == pytest.approx(value, rel=0.15 if "drag" in name else 0.04), name
        assert figure.flights == 10
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
        assert "flight-1.bin" in figure.source


def test_what_is_given_by_hand_is_not_measured(quad: Calibration) -> None:
    mass = figures_of(quad)["mass_kg"]
    assert (mass.value, mass.measured) == (made_drone("arducopter-sitl-quad").mass_kg, False)


def test_what_is_not_in_the_logs_is_said(quad: Calibration) -> None:
    assert "gnss_error_m" in quad.missing
    assert "mass_kg" not in quad.missing
    assert not set(quad.missing) & set(figures_of(quad))


def test_logs_without_a_current_give_no_power() -> None:
    drone = made_drone("arducopter-sitl-quad")
    logs = [
        replace(log, series={q: s for q, s in log.series.items() if q != "current_a"})
        for log in fly_made_flights(Truth(drone=drone), 2, count=3)
    ]
    found = calibrate_drone(logs, key="own", name="own", based_on=drone.key)
    assert "hover_power_w" not in figures_of(found)
    assert found.missing["hover_power_w"] == "no flight hovers for 8 s with current and voltage logged"
    assert "climb_mps" in figures_of(found)


def test_a_voltage_that_never_sags_shows_no_resistance() -> None:
    drone = made_drone("arducopter-sitl-quad")
    logs = []
    for log in fly_made_flights(Truth(drone=drone), 2, count=3):
        volts = log.series[Quantity.VOLTAGE_V]
        logs.append(
            replace(
                log, series={**log.series, Quantity.VOLTAGE_V: replace(volts, values=0 * volts.values + 12.6)}
            )
        )
    found = calibrate_drone(logs, key="own", name="own", based_on=drone.key)
    assert "battery_ohm" not in {figure.field for figure in found.observed}
    assert "does not follow" in found.missing["battery_ohm"]


def test_one_flight_gives_figures_without_intervals() -> None:
    found = calibrated(made_drone("arducopter-sitl-quad"), seed=3, count=1)
    power = figures_of(found)["hover_power_w"]
    assert (power.low, power.high, power.flights) == (None, None, 1)
    assert "too few for an interval" in power.status
    assert "drag_area_m2" in found.missing


def test_a_figure_that_varies_wildly_is_shown_and_not_planned_with() -> None:
    drone = made_drone("arducopter-sitl-quad")
    logs = [
        fly_made_flights(Truth(drone=replace(drone, climb_mps=rate)), 5, count=1)[0]
        for rate in (1.5, 3.0, 5.0)
    ]
    found = calibrate_drone(logs, key="own", name="own", based_on=drone.key)
    assert "climb_mps" not in figures_of(found)
    assert "climb_mps" in {figure.field for figure in found.observed}
    assert "varies too much" in found.missing["climb_mps"]


def test_two_airframes_are_refused_and_named() -> None:
    small, large = (made_drone(key) for key in ("arducopter-sitl-quad", "dji-m30t"))
    first = fly_made_flights(Truth(drone=small), 1, count=2)
    second = [
        replace(log, name=f"other-{log.name}") for log in fly_made_flights(Truth(drone=large), 2, count=2)
    ]
    with pytest.raises(InputError, match="not flights of one drone: hover_power_w") as caught:
        calibrate_drone([*first, *second], key="own", name="own", based_on=small.key)
    assert "other-flight-1.bin" in str(caught.value)


def test_two_frames_by_their_parameters_are_refused() -> None:
    drone = made_drone("arducopter-sitl-quad")
    one, two = fly_made_flights(Truth(drone=drone), 1, count=2)
    logs = [replace(one, parameters={"FRAME_CLASS": 1.0}), replace(two, parameters={"FRAME_CLASS": 2.0})]
    with pytest.raises(InputError, match="differ in FRAME_CLASS"):
        calibrate_drone(logs, key="own", name="own", based_on=drone.key)


def test_logs_without_a_flight_are_refused() -> None:
    log = fly_made_flights(Truth(drone=made_drone("arducopter-sitl-quad")), 1, count=1)[0]
    grounded = replace(log, series={q: s.between(0.0, 6.0) for q, s in log.series.items()})
    with pytest.raises(InputError, match="no flight in these logs"):
        calibrate_drone([grounded], key="own", name="own", based_on="arducopter-sitl-quad")


def test_a_pooled_value_loses_an_outlier_and_keeps_its_coverage() -> None:
    rng = np.random.default_rng(0)
    assert pool_values(np.array([*rng.normal(10.0, 0.1, 9), 90.0]))[0] == pytest.approx(10.0, abs=0.2)
    held = 0
    for _ in range(1000):
        _, interval = pool_values(rng.normal(10.0, 1.0, 10))
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= 10.0 <= interval.high
    assert 0.93 <= held / 1000 <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("key", AIRFRAMES)
def test_nineteen_in_twenty_intervals_hold_the_truth(key: str) -> None:
    drone = made_drone(key)
    truth = true_figures(drone)
    held = dict.fromkeys(truth, 0)
    halves: dict[str, list[float]] = {name: [] for name in truth}
    for seed in range(SETS):
        figures = figures_of(calibrated(drone, seed))
        for name, value in truth.items():
            low, high = figures[name].low, figures[name].high
            assert low is not None
            assert high is not None
            held[name] += low <= value <= high
            halves[name].append(0.5 * (high - low) / value)
    assert {name: count for name, count in held.items() if not 88 <= count <= 100} == {}
    assert max(np.median(half) for half in halves.values()) < 0.12


@pytest.mark.slow
@pytest.mark.parametrize("key", AIRFRAMES)
def test_logs_of_the_built_in_vehicle_give_back_what_it_flies(key: str) -> None:
    """Figures of its frame file and parameters; of the drag both parts, and the tilt at 10 m/s."""
    frame = read_airframe(FRAMES / f"{key}.json")
    rng = np.random.default_rng(3)
    logs = [fly_sitl_flight(frame, rng, name=f"flight-{n}.bin") for n in range(5)]
    entered = {"mass_kg": frame.mass_kg, "disc_area_m2": frame.disc_area_m2}
    found = calibrate_drone(logs, key="own", name="own", based_on=key, entered=entered)
    figures = figures_of(found)
    asked = {
        "hover_power_w": frame.reference_volt * frame.reference_amp,
        "climb_mps": 2.5,
        "descent_mps": 1.5,
        "land_mps": 0.5,
    }
    for name, value in asked.items():
        assert figures[name].value == pytest.approx(value, rel=0.01), name
    area_m2, momentum = frame.drag_coefficients()
    true = replace(find_drone(key), mass_kg=frame.mass_kg, disc_area_m2=frame.disc_area_m2)
    true = replace(true, drag_area_m2=area_m2, momentum_drag=momentum)
    assert figures["drag_area_m2"].value == pytest.approx(area_m2, rel=0.06)
    assert figures["momentum_drag"].value == pytest.approx(momentum, rel=0.03)
    density = air_density(0.0)
    tilts = [
        float(tilt_for_airspeed(airframe_of(drone), 10.0, density))
        for drone in (build_own_drone(found.own), true)
    ]
    assert tilts[0] == pytest.approx(tilts[1], rel=0.06)
