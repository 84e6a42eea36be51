"""Failsafes: ground station, battery, position and radio; each acts once as its parameter says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.failsafe_actions import FailsafeAction, act, action_of, land_after_pause

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle

_A = FailsafeAction
GCS_ACTIONS = {
    1: _A.RTL, 2: _A.RTL, 3: _A.SMART_RTL, 4: _A.SMART_RTL_OR_LAND, 5: _A.LAND,
    6: _A.LANDING_SEQUENCE, 7: _A.BRAKE_OR_LAND,
}  # fmt: skip
"""FS_GCS_ENABLE; any other number means RTL."""

THROTTLE_ACTIONS = {
    1: _A.RTL, 2: _A.RTL, 3: _A.LAND, 4: _A.SMART_RTL, 5: _A.SMART_RTL_OR_LAND,
    6: _A.LANDING_SEQUENCE, 7: _A.BRAKE_OR_LAND,
}  # fmt: skip
"""FS_THR_ENABLE; any other number means LAND."""

GRAVEST_FIRST = (_A.TERMINATE, _A.LAND, _A.RTL, _A.SMART_RTL_OR_LAND, _A.SMART_RTL, _A.NONE)
"""Of two battery failsafes the later acts only where it is the graver; what is not among these comes last."""

RC_CONTINUES_AUTO, GCS_CONTINUES_AUTO, RC_CONTINUES_GUIDED = 1, 2, 4
CONTINUE_IF_LANDING, GCS_CONTINUES_PILOTED = 8, 16
"""Bits of FS_OPTIONS."""

LEAST_SILENCE_S = 0.3
"""Wall seconds for which a ground station may be held up by a busy machine; a vehicle whose clock runs fast
waits so long at least, whatever FS_GCS_TIMEOUT is in its own seconds (assumed)."""

EKF_CHECK_S = 1.0
EKF_REPORT_ONLY, EKF_ALT_HOLD, EKF_LAND_EVEN_STABILIZE = 0, 2, 3
"""FS_EKF_ACTION; any other number means LAND."""

NO_PULSES, RC_SILENCE_S = 1.0, 1.0
"""SIM_RC_FAIL, and RC_FS_TIMEOUT; a throttle below FS_THR_VALUE is seen at once."""

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
        self._battery_rank = len(GRAVEST_FIRST) + 1
        self._low_since_s: float | None = None
        self._critical_since_s: float | None = None
        self._astray_since_s: float | None = None
        self._unheard_since_s: float | None = None

    def battery_reset(self) -> None:
        """The monitor has been told of another battery: its failsafes are over, where it is a good one."""
        if self._since(0.0, None, "BATT_LOW") is None and self._since(0.0, None, "BATT_CRT") is None:
            self.battery_low = self.battery_critical = False
            self._battery_rank = len(GRAVEST_FIRST) + 1
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
        self._watch_position(t_s)
        self._watch_radio(t_s)

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
        options, goes_on = int(parameters["FS_OPTIONS"]), ""
        if vehicle.mode is vehicle.auto and options & GCS_CONTINUES_AUTO:
            goes_on = "Continuing Auto Mode"
        elif vehicle.mode.number in PILOTED and options & GCS_CONTINUES_PILOTED:
            goes_on = "Continuing Pilot Control"
        self._respond("GCS", GCS_ACTIONS.get(action, _A.RTL), goes_on=goes_on)

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

    def _battery_event(self, what: str, value: int, volt: float, used_mah: float) -> None:
        vehicle, action = self._vehicle, action_of(value)
        vehicle.say(4, f"Battery 1 is {what} {volt:.2f}V used {used_mah:.0f} mAh")
        rank = GRAVEST_FIRST.index(action) if action in GRAVEST_FIRST else len(GRAVEST_FIRST)
        if rank >= self._battery_rank:
            return
        self._battery_rank = rank
        keeps_landing = vehicle.mode.landing and int(vehicle.parameters["FS_OPTIONS"]) & CONTINUE_IF_LANDING
        if self._idle_on_ground():
            arming.disarm(vehicle, force=True)
            vehicle.say(4, "Battery Failsafe - Disarming")
        elif keeps_landing and action is not FailsafeAction.NONE:
            vehicle.say(4, "Battery Failsafe - Continuing Landing")
            act(vehicle, FailsafeAction.LAND)
        else:
            vehicle.say(4, "Battery Failsafe")
            act(vehicle, action)

    def _watch_position(self, t_s: float) -> None:
        """The filter's failsafe: without a position for a second (10 looks of ArduCopter's EKF check)."""
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        bad = not vehicle.estimator.position_ok and vehicle.home_set and parameters["FS_EKF_THRESH"] > 0.0
        self._astray_since_s = _since(t_s, self._astray_since_s, holds=bad)
        lost = _held(self._astray_since_s, t_s, EKF_CHECK_S)
        if lost == self.ekf_lost:
            return
        self.ekf_lost = lost
        if not vehicle.craft.motors.armed:
            return
        if not lost:
            vehicle.say(2, "EKF Failsafe Cleared")
            return
        vehicle.say(2, "EKF variance")
        action = int(parameters["FS_EKF_ACTION"])
        unmoved = not vehicle.mode.needs_position and action != EKF_LAND_EVEN_STABILIZE
        if action == EKF_REPORT_ONLY or unmoved or vehicle.mode is vehicle.land:
            vehicle.say(2, "EKF Failsafe")
            return
        holds_height = action == EKF_ALT_HOLD and not self.radio_lost and vehicle.change_mode(modes.ALT_HOLD)
        if not holds_height:
            land_after_pause(vehicle)
        vehicle.say(2, f"EKF Failsafe: changed to {vehicle.mode.name} Mode")

    def _watch_radio(self, t_s: float) -> None:
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        action = int(parameters["FS_THR_ENABLE"])
        self._unheard_since_s = _since(t_s, self._unheard_since_s, holds=parameters["SIM_RC_FAIL"] != 0.0)
        after_s = RC_SILENCE_S if parameters["SIM_RC_FAIL"] == NO_PULSES else 0.0
        lost = _held(self._unheard_since_s, t_s, after_s) and action != 0
        if lost == self.radio_lost:
            return
        self.radio_lost = lost
        if not lost:
            vehicle.say(4, "Radio Failsafe Cleared")
            return
        options, goes_on = int(parameters["FS_OPTIONS"]), ""
        if vehicle.mode is vehicle.auto and options & RC_CONTINUES_AUTO:
            goes_on = "Continuing Auto"
        elif vehicle.mode.number == modes.GUIDED and options & RC_CONTINUES_GUIDED:
            goes_on = "Continuing Guided Mode"
        self._respond("Radio", THROTTLE_ACTIONS.get(action, _A.LAND), goes_on=goes_on)

    def _respond(self, what: str, action: FailsafeAction, *, goes_on: str) -> None:
        """Say that a link is lost, and act: unless on the ground, landing anyhow, or told to go on."""
        vehicle = self._vehicle
        if self._idle_on_ground():
            vehicle.say(4, f"{what} Failsafe - Disarming")
            arming.disarm(vehicle, force=True)
            return
        lands_by_battery = self._battery_rank <= GRAVEST_FIRST.index(FailsafeAction.LAND)
        if vehicle.mode.landing and lands_by_battery:
            what, goes_on, action = f"{what} + Battery", "Continuing Landing", FailsafeAction.LAND
        elif vehicle.mode.landing and int(vehicle.parameters["FS_OPTIONS"]) & CONTINUE_IF_LANDING:
            goes_on, action = "Continuing Landing", FailsafeAction.LAND
        elif goes_on:
            action = FailsafeAction.NONE
        vehicle.say(4, f"{what} Failsafe - {goes_on}" if goes_on else f"{what} Failsafe")
        act(vehicle, action)

    def _idle_on_ground(self) -> bool:
        """Landed: a failsafe stops the motors. In AUTO not before the mission's end, which does so itself."""
        vehicle = self._vehicle
        return vehicle.craft.landed and not (vehicle.mode is vehicle.auto and vehicle.auto.running)


def _since(t_s: float, since_s: float | None, *, holds: bool) -> float | None:
    """Since when something has held without a break."""
    if not holds:
        return None
    return t_s if since_s is None else since_s


def _held(since: float | None, t_s: float, hold_s: float) -> bool:
    return since is not None and t_s - since >= hold_s
