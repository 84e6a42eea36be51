"""Arming: what must hold first, and the texts ArduCopter gives where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sitl.vehicle.fence_checks import fence_problem

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle

FORCE, FORCE_ARM_ONLY = 21196.0, 2989.0
AUTO_ALLOWS_ARMING = 1
"""Bit of AUTO_OPTIONS: arming in AUTO, which ArduCopter otherwise refuses."""


def problems(vehicle: Vehicle) -> list[str]:
    """Why the vehicle must not be armed; empty where it may."""
    return [*_refused_by_mode(vehicle), *prearm_problems(vehicle)]


def prearm_problems(vehicle: Vehicle) -> list[str]:
    """What the checks before arming find, as SYS_STATUS tells it; the mode counts only when one arms."""
    found = []
    if vehicle.mode.needs_position and not vehicle.estimator.position_ok:
        found.append("Need Position Estimate")
    if vehicle.mode is vehicle.auto and vehicle.mission.count() <= 1:
        found.append("Mode requires mission")
    if int(vehicle.parameters["ARMING_CHECK"]):
        found += _checked(vehicle)
    return found


def _refused_by_mode(vehicle: Vehicle) -> list[str]:
    mode = vehicle.mode
    if not mode.allows_arming:
        return ["Mode not armable"]
    flies_mission = mode is vehicle.auto and vehicle.mission.count() > 1
    if flies_mission and not int(vehicle.parameters["AUTO_OPTIONS"]) & AUTO_ALLOWS_ARMING:
        return ["AUTO mode not armable"]
    return []


def _checked(vehicle: Vehicle) -> list[str]:
    parameters, found = vehicle.parameters, []
    if not vehicle.estimator.aligned:
        found.append("AHRS: waiting for home" if vehicle.estimator.position_ok else "Gyros still settling")
    if vehicle.estimator.fix_type < 3 and _wants_position(vehicle):
        found.append("GPS 1: Bad fix")
    battery = battery_problem(vehicle)
    if battery is not None:
        found.append(f"Battery 1 {battery}")
    if vehicle.failsafes.battery_low or vehicle.failsafes.battery_critical:
        found.append("Battery failsafe")
    if parameters["SIM_RC_FAIL"] and parameters["FS_THR_ENABLE"]:
        found.append("RC not found")
    fence = fence_problem(vehicle)
    if fence is not None:
        found.append(fence)
    if vehicle.safety_on:
        found.append("Hardware safety switch")
    if parameters["FS_GCS_ENABLE"] and vehicle.failsafes.gcs_lost:
        found.append("GCS failsafe on")
    return found


def battery_problem(vehicle: Vehicle) -> str | None:
    """What the monitor has against the battery or its own thresholds; the first that holds."""
    parameters, battery = vehicle.parameters, vehicle.craft.battery
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


def _wants_position(vehicle: Vehicle) -> bool:
    return vehicle.mode.needs_position or vehicle.fence.enabled


def arm(vehicle: Vehicle, *, force: bool = False) -> bool:
    """Arm; False, with the reasons said, where that is refused."""
    craft = vehicle.craft
    if craft.motors.armed:
        return True
    found = [] if force else problems(vehicle)
    for reason in found:
        vehicle.say(2, f"Arm: {reason}")
    if found:
        return False
    craft.motors.arm()
    craft.control.reset()
    craft.armed_yaw = craft.body.yaw
    craft.landed = True
    if vehicle.estimator.position_ok:
        vehicle.set_home_here()
    vehicle.breadcrumbs.start()
    vehicle.fence.on_arming()
    vehicle.say(6, "Arming motors")
    return True


def disarm(vehicle: Vehicle, *, force: bool = False) -> bool:
    """Stop the motors; in flight only by force."""
    craft = vehicle.craft
    if not craft.motors.armed:
        return True
    if not force and not craft.landed:
        return False
    craft.motors.disarm()
    vehicle.say(6, "Disarming motors")
    after_disarming(vehicle)
    return True


def after_disarming(vehicle: Vehicle) -> None:
    """Whatever stopped the motors: the next mission begins at its start."""
    vehicle.auto.restart()
    vehicle.fence.on_disarming()
