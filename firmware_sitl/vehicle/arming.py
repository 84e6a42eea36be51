"""Arming and disarming: the checks before arming, with ArduCopter's texts."""

from __future__ import annotations

from firmware_sitl.vehicle.battery import Battery
from firmware_sitl.vehicle.fence import fence_problem
from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.state import State

FORCE, FORCE_ARM_ONLY = 21196.0, 2989.0
AUTO_ALLOWS_ARMING = 1
"""Bit of AUTO_OPTIONS: arming in AUTO, which ArduCopter otherwise refuses."""


def arming_problems(state: State) -> list[str]:
    """The reasons against arming; empty where the vehicle may be armed."""
    raised = int(state.parameters["ARMING_CHECK"]) and _throttle_raised(state)
    found = [*_refused_by_mode(state), *prearm_problems(state)]
    return [*found, "Throttle too high"] if raised else found


def prearm_problems(state: State) -> list[str]:
    """What the checks before arming find, as SYS_STATUS tells it; the mode counts only when one arms."""
    found = []
    if state.mode.needs_position and not state.estimator.position_ok:
        found.append("Need Position Estimate")
    if state.mode is state.auto and state.mission.count_items() <= 1:
        found.append("Mode requires mission")
    if int(state.parameters["ARMING_CHECK"]):
        found += _failed_checks(state)
    return found


def _refused_by_mode(state: State) -> list[str]:
    mode = state.mode
    if not mode.allows_arming:
        return ["Mode not armable"]
    flies_mission = mode is state.auto and state.mission.count_items() > 1
    if flies_mission and not int(state.parameters["AUTO_OPTIONS"]) & AUTO_ALLOWS_ARMING:
        return ["AUTO mode not armable"]
    return []


def _throttle_raised(state: State) -> bool:
    """Whether the throttle would make it climb. GUIDED and AUTO may be armed with any by a ground station."""
    sticks, mode = state.aircraft.sticks, state.mode
    if mode in (state.guided, state.auto):
        return False
    return sticks.climb_rate() > 0.0 or (mode.manual and sticks.throttle > 0.0)


def _failed_checks(state: State) -> list[str]:
    parameters, found = state.parameters, []
    if not state.estimator.aligned:
        found.append("AHRS: waiting for home" if state.estimator.position_ok else "Gyros still settling")
    if state.estimator.fix_type < 3 and _wants_position(state):
        found.append("GPS 1: Bad fix")
    if compass_fails(parameters):
        found.append("Compass not healthy")
    battery = battery_problem(state.aircraft.battery, parameters)
    if battery is not None:
        found.append(f"Battery 1 {battery}")
    if state.failsafes.battery_low or state.failsafes.battery_critical:
        found.append("Battery failsafe")
    if parameters["SIM_RC_FAIL"] and parameters["FS_THR_ENABLE"]:
        found.append("RC not found")
    if state.aircraft.sticks.throttle_low and parameters["FS_THR_ENABLE"]:
        found.append("Throttle below failsafe")
    fence = fence_problem(state.fence, parameters, position_ok=state.estimator.position_ok)
    if fence is not None:
        found.append(fence)
    found += state.calibrations.problems()
    if state.safety_on:
        found.append("Hardware safety switch")
    if parameters["FS_GCS_ENABLE"] and state.failsafes.gcs_lost:
        found.append("GCS failsafe on")
    return found


def compass_fails(parameters: Parameters) -> bool:
    """Whether one of the compasses is not healthy."""
    return any(parameters[f"SIM_MAG{compass}_FAIL"] for compass in (1, 2, 3))


def battery_problem(battery: Battery, parameters: Parameters) -> str | None:
    """The first reason of the battery monitor against arming; None where there is none."""
    left_mah = battery.capacity_mah - battery.used_mah

    def below(name: str, value: float) -> bool:
        return parameters[name] > 0.0 and value < parameters[name]

    def inverted(unit: str) -> bool:
        low, critical = parameters[f"BATT_LOW_{unit}"], parameters[f"BATT_CRT_{unit}"]
        return low > 0.0 and critical > 0.0 and not low > critical

    checks = (
        (below("BATT_ARM_VOLT", battery.volt), "below minimum arming voltage"),
        (below("BATT_ARM_MAH", left_mah), "below minimum arming capacity"),
        (below("BATT_LOW_VOLT", battery.volt) and battery.volt > 0.0, "low voltage failsafe"),
        (below("BATT_LOW_MAH", left_mah), "low capacity failsafe"),
        (below("BATT_CRT_VOLT", battery.volt) and battery.volt > 0.0, "critical voltage failsafe"),
        (below("BATT_CRT_MAH", left_mah), "critical capacity failsafe"),
        (inverted("MAH"), "capacity failsafe critical >= low"),
        (inverted("VOLT"), "voltage failsafe critical >= low"),
    )
    return next((words for holds, words in checks if holds), None)


def _wants_position(state: State) -> bool:
    return state.mode.needs_position or state.fence.enabled


def arm_vehicle(state: State, *, force: bool = False) -> bool:
    """Arm; False, with the reasons said, where that is refused."""
    aircraft = state.aircraft
    if aircraft.motors.armed:
        return True
    found = [] if force else arming_problems(state)
    for reason in found:
        state.say(2, f"Arm: {reason}")
    if found:
        return False
    aircraft.motors.arm()
    aircraft.armed_yaw_rad = aircraft.body.yaw
    aircraft.control.restart_here()
    aircraft.landed = True
    if state.estimator.position_ok and not state.home_locked:
        state.set_home_here()
    state.breadcrumbs.start_path()
    state.fence.on_arming()
    state.say(6, "Arming motors")
    return True


def disarm_vehicle(state: State, *, force: bool = False) -> bool:
    """Stop the motors; in flight only by force."""
    aircraft = state.aircraft
    if not aircraft.motors.armed:
        return True
    if not force and not aircraft.landed:
        return False
    aircraft.motors.disarm()
    state.say(6, "Disarming motors")
    after_disarming(state)
    return True


def after_disarming(state: State) -> None:
    """After the motors stopped, for whatever reason: the next mission begins at its start."""
    state.auto.restart_mission()
    state.fence.on_disarming()
