"""Failsafes: ground station, battery, position, radio and engine; each acts once as its parameter says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sitl.vehicle import modes

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle

GCS_ACTIONS = {
    1: (modes.RTL, modes.LAND),
    2: (modes.RTL, modes.LAND),
    3: (modes.SMART_RTL, modes.RTL, modes.LAND),
    4: (modes.SMART_RTL, modes.LAND),
    5: (modes.LAND,),
    7: (modes.BRAKE, modes.LAND),
}
"""FS_GCS_ENABLE (and FS_THR_ENABLE alike) to the modes tried in turn. FS_THR_ENABLE 3 means land."""

BATTERY_ACTIONS = {
    1: (modes.LAND,),
    2: (modes.RTL, modes.LAND),
    3: (modes.SMART_RTL, modes.RTL, modes.LAND),
    4: (modes.SMART_RTL, modes.LAND),
    7: (modes.BRAKE, modes.LAND),
}
THROTTLE_ACTIONS = {
    1: (modes.RTL, modes.LAND),
    2: (modes.RTL, modes.LAND),
    3: (modes.LAND,),
    4: (modes.SMART_RTL, modes.RTL, modes.LAND),
    5: (modes.SMART_RTL, modes.LAND),
    7: (modes.BRAKE, modes.LAND),
}
TERMINATE = 5
RC_CONTINUES_AUTO, GCS_CONTINUES_AUTO, RC_CONTINUES_GUIDED = 1, 2, 4
CONTINUE_IF_LANDING, GCS_CONTINUES_PILOTED = 8, 16
"""Bits of FS_OPTIONS."""

LEAST_SILENCE_S = 0.3
"""Wall seconds for which a ground station may be held up by a busy machine; a vehicle whose clock runs fast
waits so long at least, whatever FS_GCS_TIMEOUT is in its own seconds (assumed)."""

PILOTED = (modes.STABILIZE, modes.ALT_HOLD, modes.LOITER, modes.POSHOLD)


class Failsafes:
    """Watches for what went wrong."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.gcs_heard_s: float | None = None
        self._gcs_heard_link_s = 0.0
        self.gcs_lost = False
        self.ekf_lost = False
        self.radio_lost = False
        self.battery_low = False
        self.battery_critical = False
        self._low_since_s: float | None = None
        self._critical_since_s: float | None = None

    def clear(self) -> None:
        """Forget the battery's failsafes: on arming."""
        self.battery_low = self.battery_critical = False
        self._low_since_s = self._critical_since_s = None

    @property
    def any(self) -> bool:
        """Whether one is in force."""
        return self.gcs_lost or self.ekf_lost or self.battery_low or self.battery_critical or self.radio_lost

    def hear_gcs(self, t_s: float) -> None:
        """A heartbeat of the ground station with the right system id."""
        self.gcs_heard_s, self._gcs_heard_link_s = t_s, self._vehicle.link_s

    def watch(self, t_s: float) -> None:
        """Look at everything; several times a second."""
        self._watch_gcs(t_s)
        self._watch_battery(t_s)
        self._watch_position()
        self._watch_radio()

    def _watch_gcs(self, t_s: float) -> None:
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        action = int(parameters["FS_GCS_ENABLE"])
        if action == 0 or self.gcs_heard_s is None:
            self.gcs_lost = False
            return
        silent_s = vehicle.link_s - self._gcs_heard_link_s
        lost = t_s - self.gcs_heard_s > parameters["FS_GCS_TIMEOUT"] and silent_s > LEAST_SILENCE_S
        if lost == self.gcs_lost:
            return
        self.gcs_lost = lost
        if not lost:
            vehicle.say(4, "GCS Failsafe Cleared")
            return
        if not vehicle.craft.motors.armed:
            vehicle.say(4, "GCS Failsafe")
            return
        options = int(parameters["FS_OPTIONS"])
        piloted = self._vehicle.mode.number in PILOTED and options & GCS_CONTINUES_PILOTED
        if piloted or self._continues(options, auto=GCS_CONTINUES_AUTO, guided=0):
            vehicle.say(4, f"GCS Failsafe - Continuing {vehicle.mode.name.title()} Mode")
            return
        vehicle.say(4, "GCS Failsafe")
        self._act(GCS_ACTIONS.get(action, (modes.RTL, modes.LAND)))

    def _watch_battery(self, t_s: float) -> None:
        parameters, battery = self._vehicle.parameters, self._vehicle.craft.battery
        if not self._vehicle.craft.motors.armed:
            return
        hold_s = parameters["BATT_LOW_TIMER"]
        self._critical_since_s = self._since(t_s, self._critical_since_s, "BATT_CRT")
        self._low_since_s = self._since(t_s, self._low_since_s, "BATT_LOW")
        if not self.battery_critical and _held(self._critical_since_s, t_s, hold_s):
            self.battery_critical = True
            self._battery_event(
                "critical", int(parameters["BATT_FS_CRT_ACT"]), battery.volt, battery.used_mah
            )
        elif not self.battery_low and not self.battery_critical and _held(self._low_since_s, t_s, hold_s):
            self.battery_low = True
            self._battery_event("low", int(parameters["BATT_FS_LOW_ACT"]), battery.volt, battery.used_mah)

    def _since(self, t_s: float, since: float | None, name: str) -> float | None:
        """Since when voltage or charge has been below a threshold; charge counts at once."""
        parameters, battery = self._vehicle.parameters, self._vehicle.craft.battery
        volt, charge = parameters[f"{name}_VOLT"], parameters[f"{name}_MAH"]
        if charge > 0.0 and battery.capacity_mah - battery.used_mah < charge:
            return float("-inf")
        if volt > 0.0 and 0.0 < battery.volt < volt:
            return t_s if since is None else since
        return None

    def _battery_event(self, what: str, action: int, volt: float, used_mah: float) -> None:
        self._vehicle.say(4, f"Battery 1 is {what} {volt:.2f}V used {used_mah:.0f} mAh")
        if action == 0:
            return
        self._vehicle.say(4, "Battery Failsafe")
        if action == TERMINATE:
            self._vehicle.craft.motors.disarm()
            return
        if self._vehicle.mode.landing and int(self._vehicle.parameters["FS_OPTIONS"]) & CONTINUE_IF_LANDING:
            return
        self._act(BATTERY_ACTIONS.get(action, (modes.LAND,)))

    def _watch_position(self) -> None:
        vehicle = self._vehicle
        lost = not vehicle.estimator.position_ok
        if lost == self.ekf_lost or not vehicle.craft.motors.armed:
            self.ekf_lost = lost and self.ekf_lost
            return
        self.ekf_lost = lost
        if not lost:
            vehicle.say(2, "EKF Failsafe Cleared")
            return
        if vehicle.craft.landed or not vehicle.mode.needs_position:
            return
        vehicle.say(2, "EKF variance")
        vehicle.say(2, "EKF Failsafe: changed to LAND Mode")
        action = int(vehicle.parameters["FS_EKF_ACTION"])
        vehicle.first_mode_of((modes.ALT_HOLD,) if action == 2 else (modes.LAND,))

    def _watch_radio(self) -> None:
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        action = int(parameters["FS_THR_ENABLE"])
        lost = parameters["SIM_RC_FAIL"] != 0.0 and action != 0
        if lost == self.radio_lost:
            return
        self.radio_lost = lost
        if not lost:
            vehicle.say(4, "Radio Failsafe Cleared")
            return
        if not vehicle.craft.motors.armed:
            return
        options = int(parameters["FS_OPTIONS"])
        if action == 2 or self._continues(options, auto=RC_CONTINUES_AUTO, guided=RC_CONTINUES_GUIDED):
            vehicle.say(4, f"Radio Failsafe - Continuing {vehicle.mode.name.title()} Mode")
            return
        vehicle.say(4, "Radio Failsafe")
        self._act(THROTTLE_ACTIONS.get(action, (modes.RTL, modes.LAND)))

    def _continues(self, options: int, *, auto: int, guided: int) -> bool:
        mode = self._vehicle.mode
        if mode is self._vehicle.auto and options & auto:
            return True
        if mode.number == modes.GUIDED and options & guided:
            return True
        return mode.landing and bool(options & CONTINUE_IF_LANDING)

    def _act(self, wanted: tuple[int, ...]) -> None:
        craft = self._vehicle.craft
        if not craft.motors.armed:
            return
        if craft.landed:
            craft.motors.disarm()
            self._vehicle.say(6, "Disarming motors")
            return
        if self._vehicle.mode.number == modes.LAND:
            return
        self._vehicle.first_mode_of(wanted)


def _held(since: float | None, t_s: float, hold_s: float) -> bool:
    return since is not None and t_s - since >= hold_s
